//! Splitting a question whose answer does not fit: by time down to a slice worth a query, then by
//! name, and where one name alone is too much (thousands of VPCs ask for it), by time again.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::model::run::Window;

/// A part of a question: a span of time, and conditions on the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The span, in whole seconds.
    pub(super) window: Window,
    /// Insights conditions on the names, all of which hold.
    pub(super) names: Vec<String>,
}

/// The share of the names, in percent, that one side of a split may have before it is refined.
const LOPSIDED_PERCENT: usize = 75;

impl Part {
    /// The whole of a window.
    pub(super) fn whole(window: Window) -> Self {
        Self {
            window,
            names: Vec::new(),
        }
    }

    /// Two parts that together are this one and share nothing; none if it cannot be split.
    /// `names` are the values of `field` that the answer held: a sample, since it was cut off.
    pub(super) fn split<'n>(
        &self,
        min_slice_seconds: i64,
        field: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<[Self; 2]> {
        if self.seconds() > min_slice_seconds {
            return self.halves();
        }
        let Some(pattern) = halving_pattern(names) else {
            return self.halves();
        };
        let part = |operator: &str| Self {
            names: [
                self.names.clone(),
                vec![format!("{field} {operator} /{pattern}/")],
            ]
            .concat(),
            ..self.clone()
        };
        Some([part("like"), part("not like")])
    }

    fn seconds(&self) -> i64 {
        self.window.end.as_second() - self.window.start.as_second()
    }

    fn halves(&self) -> Option<[Self; 2]> {
        let half = Some(self.seconds() / 2).filter(|half| *half > 0)?;
        let middle = self
            .window
            .start
            .checked_add(SignedDuration::from_secs(half))
            .ok()?;
        let part = |start, end| Self {
            window: Window { start, end },
            names: self.names.clone(),
        };
        Some([
            part(self.window.start, middle),
            part(middle, self.window.end),
        ])
    }
}

/// A regular expression on the start of a name that fits about half of the sample. What does not
/// fit it is the other half, so that no name, however odd, falls between the two.
fn halving_pattern<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let sample: Vec<Vec<char>> = names
        .map(|name| name.to_ascii_lowercase().chars().collect())
        .collect();
    let total = sample.len();
    let mut prefix: Vec<char> = Vec::new();
    loop {
        let mut next: BTreeMap<char, usize> = BTreeMap::new();
        for name in sample.iter().filter(|name| name.starts_with(&prefix)) {
            if let Some(letter) = name.get(prefix.len()) {
                *next.entry(*letter).or_default() += 1;
            }
        }
        let (most, count) = next
            .iter()
            .max_by_key(|(_, count)| **count)
            .map(|(c, n)| (*c, *n))?;
        if count * 100 > total * LOPSIDED_PERCENT {
            prefix.push(most);
            continue;
        }
        let mut chosen = String::new();
        let mut covered = 0;
        for (letter, count) in &next {
            if covered > 0 && (covered + count) * 2 > total {
                break;
            }
            covered += count;
            chosen.push_str(&escaped(*letter));
        }
        let start: String = prefix.iter().map(|letter| escaped(*letter)).collect();
        return Some(format!("(?i)^{start}[{chosen}]"));
    }
}

/// A character as a regular expression takes it literally.
fn escaped(letter: char) -> String {
    if letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii() {
        letter.to_string()
    } else {
        format!("\\x{:02x}", u32::from(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn window(start: i64, end: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window {
            start: at(start),
            end: at(end),
        }
    }

    #[test]
    fn time_is_halved_without_gap_or_overlap() {
        let whole = Part::whole(window(100, 107));
        let [left, right] = whole.split(3, "query_name", std::iter::empty()).unwrap();
        assert_eq!(left.window.start, whole.window.start);
        assert_eq!(left.window.end, right.window.start);
        assert_eq!(right.window.end, whole.window.end);
    }

    #[test]
    fn a_short_slice_is_split_by_names_into_a_pattern_and_its_complement() {
        let names = ["alpha.aws", "beta.aws", "gamma.aws", "delta.aws"];
        let part = Part::whole(window(0, 3));
        let [left, right] = part.split(3, "query_name", names.into_iter()).unwrap();
        assert_eq!(left.names, ["query_name like /(?i)^[ab]/"]);
        assert_eq!(right.names, ["query_name not like /(?i)^[ab]/"]);
    }

    #[test]
    fn a_common_prefix_is_passed_over_and_its_odd_characters_are_escaped() {
        let names = ["a-b.c0", "a-b.c1", "a-b.c2", "a-b.c3"];
        assert_eq!(
            halving_pattern(names.into_iter()).unwrap(),
            "(?i)^a\\x2db\\x2ec[01]"
        );
    }

    #[test]
    fn one_name_is_split_by_time_until_a_second_is_left() {
        let names = || ["s3.aws"; 9].into_iter();
        assert!(
            Part::whole(window(0, 2))
                .split(3600, "query_name", names())
                .is_some()
        );
        assert!(
            Part::whole(window(0, 1))
                .split(3600, "query_name", names())
                .is_none()
        );
        assert_eq!(halving_pattern(["s3.aws"; 9].into_iter()), None);
        assert_eq!(halving_pattern(std::iter::empty()), None);
    }

    proptest::proptest! {
        #[test]
        fn both_sides_of_a_split_hold_something(names in proptest::collection::hash_set("[a-c.]{1,6}", 2..40)) {
            if let Some(pattern) = halving_pattern(names.iter().map(String::as_str)) {
                // The pattern is a literal prefix and a class; read it back without a regex crate.
                let inner = pattern.trim_start_matches("(?i)^").replace("\\x2e", ".");
                let (prefix, class) = inner.split_once('[').unwrap();
                let class = class.trim_end_matches(']');
                let fits = |name: &&String| {
                    name.strip_prefix(prefix).and_then(|rest| rest.chars().next()).is_some_and(|c| class.contains(c))
                };
                let inside = names.iter().filter(fits).count();
                proptest::prop_assert!(inside > 0 && inside < names.len(), "{pattern}");
            }
        }
    }
}
