//! Flow log records as text: a header with the names of the fields, then a record a line.

mod record;
mod words;

use self::{
    record::{TextRecord, number},
    words::{MOST, Words},
};
use super::{
    flow_sums::{Flows, Start},
    gunzip,
    workers::Body,
};
use crate::{
    model::coverage::{Failure, Reason},
    usage::flow::{
        record::{FIELDS, START, Values},
        texts::Texts,
    },
};

/// Fields without which a record shows no bytes between two addresses.
const NEEDED: [&str; 3] = ["srcaddr", "dstaddr", "bytes"];
/// Of these one at least: whose record it is.
const PLACES: [&str; 2] = ["interface-id", "tgw-src-vpc-id"];

/// Where the fields stand in a line.
struct Header {
    /// By the position in the line, the place in [`Values`].
    places: Vec<Option<usize>>,
    /// The fields that decide anything: their positions in the line and their places in [`Values`].
    columns: Vec<(usize, usize)>,
    /// The position of the start.
    start: Option<usize>,
    /// The positions of the first and the last tag, whose values may have spaces.
    tags: Option<(usize, usize)>,
}

/// Reads an object.
pub(super) fn read(key: &str, body: Body, flows: &mut Flows) -> Result<(), Failure> {
    let mut header = None;
    let mut words = Words::default();
    gunzip::lines(key, body, |line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        words.find(line);
        if !words.is_ascii() && std::str::from_utf8(line).is_err() {
            flows.no_record();
            return Ok(());
        }
        let Some(header) = &header else {
            let found = Header::of_first_line(key, line, flows)?;
            flows.has_start &= found.start.is_some();
            header = Some(found);
            return Ok(());
        };
        if !line.is_empty() {
            header.take(line, &words, flows);
        }
        flows.check_size()
    })
}

fn start(values: &Values<'_>) -> Start {
    let second = values[START].map(str::parse);
    second.map_or(Start::Unknown, |it| it.map_or(Start::Unreadable, Start::At))
}

impl Header {
    fn of_first_line(key: &str, line: &[u8], flows: &Flows) -> Result<Self, Failure> {
        let text = String::from_utf8_lossy(line);
        Self::read(&text, |field| flows.needs(field)).ok_or_else(|| {
            let why =
                format!("the first line of object `{key}` does not name the fields: {text:.80}");
            Failure::new(Reason::InvalidResponse, why)
        })
    }

    /// Sums a record.
    fn take(&self, line: &[u8], words: &Words, flows: &mut Flows) {
        if words.count() != self.places.len() || words.count() > MOST {
            let text = std::str::from_utf8(line).ok();
            match text.and_then(|it| self.values(it)) {
                Some(values) => flows.record(start(&values), &values),
                None => flows.no_record(),
            }
            return;
        }
        let start = self.start.map_or(Start::Unknown, |at| {
            number(words.get(line, at)).map_or(Start::Unreadable, Start::At)
        });
        if flows.starts(start) {
            let record = self.record(line, words, &mut flows.texts);
            flows.add(&record);
        }
    }

    /// A record with as many words as there are fields.
    fn record<'l>(&self, line: &'l [u8], words: &Words, texts: &mut Texts) -> TextRecord<'l> {
        let mut record = TextRecord::default();
        for (at, field) in &self.columns {
            record.set(*field, words.get(line, *at), texts);
        }
        record
    }

    fn read(line: &str, needs: impl Fn(usize) -> bool) -> Option<Self> {
        let names: Vec<&str> = line.split(' ').collect();
        let has = |it: &&str| names.contains(it);
        if !(NEEDED.iter().all(has) && PLACES.iter().any(has)) {
            return None;
        }
        let is_tag = |name: &&str| name.ends_with("-tag") || name.ends_with("-tag-2");
        let first = names.iter().position(&is_tag);
        let last = names.iter().rposition(is_tag);
        let place = |name: &&str| {
            FIELDS
                .iter()
                .position(|it| it == name)
                .filter(|it| needs(*it))
        };
        let places: Vec<_> = names.iter().map(place).collect();
        let columns = places.iter().enumerate();
        let columns = columns.filter_map(|(at, place)| Some((at, (*place)?)));
        let start = |(_, field): &(usize, usize)| *field == START;
        Some(Self {
            start: columns.clone().rfind(start).map(|(at, _)| at),
            columns: columns.filter(|it| !start(it)).collect(),
            places,
            tags: first.zip(last),
        })
    }

    /// The values of any line; none if it does not have the fields.
    fn values<'r>(&self, line: &'r str) -> Option<Values<'r>> {
        let words = line.split(' ').count();
        let mut values: Values<'r> = [None; FIELDS.len()];
        let mut fill = |place: &Option<usize>, word: &'r str| {
            if let Some(slot) = place.and_then(|it| values.get_mut(it)) {
                *slot = Some(word);
            }
        };
        if words == self.places.len() {
            let all = self.places.iter().zip(line.split(' '));
            all.for_each(|(place, word)| fill(place, word));
            return Some(values);
        }
        let (first, last) = self.tags.filter(|_| words > self.places.len())?;
        // Spaces within tags: what stands before the first and behind the last is where it was.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::Strategy;

    use super::*;
    use crate::usage::flow::record::{ADDRESSES, BYTES, Record};

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

    /// What a record is for those who count it.
    fn shown(record: &impl Record, texts: &mut Texts) -> Vec<String> {
        let fields = 0..FIELDS.len();
        let shown = fields.map(|field| {
            if ADDRESSES.contains(&field) {
                let address = record.address(field, texts);
                format!("{:?}", address.to_text(texts))
            } else if field == BYTES {
                format!("{:?} {}", record.bytes(), record.is_without_bytes())
            } else if field == START {
                String::new()
            } else {
                let id = record.id(field, texts);
                texts.text(id).to_owned()
            }
        });
        shown.collect()
    }

    proptest::proptest! {
        #[test]
        fn a_record_read_at_once_is_what_its_values_are_one_by_one(
            order in proptest::sample::subsequence((0..FIELDS.len()).collect::<Vec<_>>(), 4..FIELDS.len())
                .prop_shuffle(),
            values in proptest::collection::vec(
                "-|[0-9]{1,20}|10\\.0\\.[01]\\.[0-9]{1,3}|2600:[0-9a-f]{1,4}::1|vpc-[0-9a-f]{17}|é?[a-z]{0,3}",
                FIELDS.len(),
            ),
            unneeded in 0..FIELDS.len(),
        ) {
            let mut names: Vec<&str> = order.iter().map(|it| FIELDS[*it]).collect();
            for needed in NEEDED.iter().chain(&PLACES) {
                if !names.contains(needed) {
                    names.push(needed);
                }
            }
            let header = Header::read(&names.join(" "), |it| it != unneeded).unwrap();
            let line = values.iter().take(names.len()).cloned().collect::<Vec<_>>().join(" ");
            let general = header.values(&line);
            let mut words = Words::default();
            words.find(line.as_bytes());
            proptest::prop_assert_eq!(words.count() == names.len(), general.is_some());
            if let Some(general) = general {
                let mut texts = Texts::default();
                let quick = header.record(line.as_bytes(), &words, &mut texts);
                let expected = shown(&general, &mut texts);
                proptest::prop_assert_eq!(shown(&quick, &mut texts), expected);
                let second = header.start.map(|at| number::<i64>(words.get(line.as_bytes(), at)));
                let expected = general[START].map(|it| it.parse().ok());
                proptest::prop_assert_eq!(second, expected);
            }
        }

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
