//! The zones whose names are counted, ready to be compared with many names.

/// As many bytes of the end of a name as one comparison takes.
const END: usize = 8;

/// Zones, each with its last bytes.
#[derive(Clone, Debug)]
pub(super) struct Zones(Vec<Zone>);

#[derive(Clone, Debug)]
struct Zone {
    name: Box<[u8]>,
    end: u64,
    /// The bytes of `end` that the name has.
    mask: u64,
}

impl Zones {
    pub(super) fn new(zones: &[String]) -> Self {
        let zone = |name: &String| {
            let short = END.saturating_sub(name.len());
            Zone {
                name: name.to_ascii_lowercase().into_bytes().into(),
                end: end_of(name.as_bytes()),
                mask: u64::MAX.checked_shl(bits(short)).unwrap_or(0),
            }
        };
        Self(zones.iter().map(zone).collect())
    }

    /// Whether a name ends in a zone, on a label.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).as_bytes();
        let end = end_of(name);
        let mut zones = self.0.iter();
        zones.any(|zone| (zone.end ^ end) & zone.mask == 0 && ends_in(name, &zone.name))
    }
}

fn ends_in(name: &[u8], zone: &[u8]) -> bool {
    let Some(at) = name.len().checked_sub(zone.len()) else {
        return false;
    };
    let end = name.get(at..);
    let ends = end.is_some_and(|it| it.eq_ignore_ascii_case(zone));
    ends && (at == 0 || name.get(at - 1) == Some(&b'.'))
}

/// The last bytes of a name as a number that upper and lower case have alike; names that differ may have the same.
fn end_of(name: &[u8]) -> u64 {
    let end = if let Some(end) = name.last_chunk::<END>() {
        u64::from_le_bytes(*end)
    } else {
        let shifted = |number: u64, byte: &u8| number >> 8 | u64::from(*byte) << 56;
        name.iter().fold(0, shifted)
    };
    end | 0x2020_2020_2020_2020
}

fn bits(bytes: usize) -> u32 {
    u32::try_from(bytes * 8).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, text by text.
    fn is_in(name: &str, zones: &[String]) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        zones.iter().any(|zone| {
            let behind = name.strip_suffix(zone.as_str());
            behind.is_some_and(|it| it.is_empty() || it.ends_with('.'))
        })
    }

    #[test]
    fn a_name_ends_in_a_zone_on_a_label_in_any_spelling() {
        let zones = Zones::new(&["amazonaws.com".to_owned(), "aws".to_owned()]);
        for (name, expected) in [
            ("STS.eu-west-1.AmazonAWS.com.", true),
            ("amazonaws.com", true),
            ("badamazonaws.com", false),
            ("a.aws", true),
            ("aws.", true),
            ("laws", false),
            ("", false),
            ("ws", false),
        ] {
            assert_eq!(zones.has(name), expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn names_are_in_zones_as_their_texts_end(
            name in "([a-cA-C.]{0,4}\\.)?(aB|b\\.a|abcabc\\.abc|cabcabc\\.abc)?\\.?",
            zones in proptest::collection::vec("[abc]{1,2}|b\\.a|[abc]{5,6}\\.abc", 0..4),
        ) {
            proptest::prop_assert_eq!(Zones::new(&zones).has(&name), is_in(&name, &zones));
        }
    }
}
