//! Flow log records as text: a header with the names of the fields, then a record a line.

use super::{
    flow_sums::{Flows, Start},
    gunzip,
    workers::Body,
};
use crate::{
    model::coverage::{Failure, Reason},
    usage::flow::record::{FIELDS, START, Values},
};

/// Fields without which a record shows no bytes between two addresses.
const NEEDED: [&str; 3] = ["srcaddr", "dstaddr", "bytes"];
/// Of these one at least: whose record it is.
const PLACES: [&str; 2] = ["interface-id", "tgw-src-vpc-id"];

/// Bytes that are searched for spaces at once.
const WORD: usize = 8;

/// Where the fields stand in a line.
struct Header {
    /// By the position in the line, the place in [`Values`].
    places: Vec<Option<usize>>,
    /// The positions of the first and the last tag, whose values may have spaces.
    tags: Option<(usize, usize)>,
}

/// Reads an object.
pub(super) fn read(key: &str, body: Body, flows: &mut Flows) -> Result<(), Failure> {
    let mut header = None;
    gunzip::lines(key, body, |line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(text) = std::str::from_utf8(line) else {
            flows.no_record();
            return Ok(());
        };
        let Some(header) = &header else {
            let found = Header::read(text, |field| flows.needs(field)).ok_or_else(|| {
                let why = format!(
                    "the first line of object `{key}` does not name the fields: {text:.80}"
                );
                Failure::new(Reason::InvalidResponse, why)
            })?;
            flows.has_start &= found.places.contains(&Some(START));
            header = Some(found);
            return Ok(());
        };
        if text.is_empty() {
            return Ok(());
        }
        match header.values(text) {
            Some(values) => flows.record(start(&values), &values),
            None => flows.no_record(),
        }
        flows.check_size()
    })
}

fn start(values: &Values<'_>) -> Start {
    let second = values[START].map(str::parse);
    second.map_or(Start::Unknown, |it| it.map_or(Start::Unreadable, Start::At))
}

impl Header {
    fn read(line: &str, needs: impl Fn(usize) -> bool) -> Option<Self> {
        let names: Vec<&str> = line.split(' ').collect();
        let has = |it: &&str| names.contains(it);
        if !(NEEDED.iter().all(has) && PLACES.iter().any(has)) {
            return None;
        }
        let is_tag = |name: &&str| name.ends_with("-tag") || name.ends_with("-tag-2");
        let first = names.iter().position(&is_tag);
        let last = names.iter().rposition(is_tag);
        Some(Self {
            places: names
                .iter()
                .map(|name| {
                    FIELDS
                        .iter()
                        .position(|it| it == name)
                        .filter(|it| needs(*it))
                })
                .collect(),
            tags: first.zip(last),
        })
    }

    /// The values of a line; none if it does not have the fields.
    fn values<'r>(&self, line: &'r str) -> Option<Values<'r>> {
        let mut values: Values<'r> = [None; FIELDS.len()];
        let (mut from, mut count) = (0, 0);
        let mut take = |end: usize| {
            let place = self.places.get(count).copied().flatten();
            if let Some(slot) = place.and_then(|it| values.get_mut(it)) {
                *slot = line.get(from..end);
            }
            (from, count) = (end + 1, count + 1);
        };
        let (words, rest) = line.as_bytes().as_chunks();
        let mut at = 0;
        for word in words {
            let mut spaces = spaces_in(*word);
            while spaces != 0 {
                take(at + spaces.trailing_zeros() as usize / 8);
                spaces &= spaces - 1;
            }
            at += WORD;
        }
        for byte in rest {
            if *byte == b' ' {
                take(at);
            }
            at += 1;
        }
        take(at);
        if count == self.places.len() {
            return Some(values);
        }
        let (first, last) = self.tags.filter(|_| count > self.places.len())?;
        // Spaces within tags: what stands before the first and behind the last is where it was.
        let mut values: Values<'r> = [None; FIELDS.len()];
        let mut fill = |place: &Option<usize>, word: &'r str| {
            if let Some(slot) = place.and_then(|it| values.get_mut(it)) {
                *slot = Some(word);
            }
        };
        let before = self.places.iter().take(first).zip(line.split(' '));
        before.for_each(|(place, word)| fill(place, word));
        let behind = self
            .places
            .iter()
            .skip(last + 1)
            .rev()
            .zip(line.rsplit(' '));
        behind.for_each(|(place, word)| fill(place, word));
        let between = self.places.get(first..=last)?;
        between.iter().all(Option::is_none).then_some(values)
    }
}

/// The spaces in a word: the highest bit of the byte of each. Most fields have a few bytes, for which searching each
/// end by itself takes longer.
fn spaces_in(word: [u8; WORD]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let others = u64::from_le_bytes(word) ^ 0x2020_2020_2020_2020;
    !(((others & LOW) + LOW) | others | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_the_header_and_tags_may_have_spaces() {
        let header = Header::read(
            "bytes instance-tag interface-id srcaddr dstaddr start",
            |_| true,
        )
        .unwrap();
        let values = header
            .values("7 a b c eni-1 10.0.0.1 10.0.0.2 100")
            .unwrap();
        let found: Vec<_> = values.iter().flatten().copied().collect();
        assert_eq!(found, ["eni-1", "7", "10.0.0.1", "10.0.0.2", "100"]);
        assert!(header.values("7 eni-1 10.0.0.1").is_none());
        assert!(Header::read("2 111111111111 eni-1 10.0.0.1 10.0.0.2", |_| true).is_none());
        assert!(Header::read("tgw-src-vpc-id srcaddr dstaddr bytes", |_| true).is_some());
    }

    proptest::proptest! {
        #[test]
        fn values_are_what_stands_between_the_spaces(
            words in proptest::collection::vec("[a-z!0~\u{a0}é-]{0,12}", 4..9)
        ) {
            let header = Header::read("interface-id srcaddr dstaddr bytes", |_| true).unwrap();
            let line = words.join(" ");
            let values = header.values(&line);
            if let [interface, source, destination, bytes] = words.as_slice() {
                let mut expected: Values<'_> = [None; FIELDS.len()];
                for (name, value) in [
                    ("interface-id", interface), ("srcaddr", source), ("dstaddr", destination), ("bytes", bytes),
                ] {
                    let at = FIELDS.iter().position(|it| *it == name).unwrap();
                    expected[at] = Some(value.as_str());
                }
                proptest::prop_assert_eq!(values, Some(expected));
            } else {
                proptest::prop_assert_eq!(values, None);
            }
        }
    }
}
