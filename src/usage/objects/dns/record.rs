//! The text of a record of query logs: its members, found by their quotes.

use std::sync::LazyLock;

use jiff::Timestamp;
use memchr::memmem::Finder;

/// The name of a member, in its quotes.
pub(super) type MemberName = LazyLock<Finder<'static>>;

pub(super) static TIME: MemberName = LazyLock::new(|| Finder::new("\"query_timestamp\""));
static CODE: MemberName = LazyLock::new(|| Finder::new("\"rcode\""));
static VPC: MemberName = LazyLock::new(|| Finder::new("\"vpc_id\""));
static VPC_OF_OCSF: MemberName = LazyLock::new(|| Finder::new("\"vpc_uid\""));
static ASKED: MemberName = LazyLock::new(|| Finder::new("\"query_name\""));
static ASKED_OF_OCSF: MemberName = LazyLock::new(|| Finder::new("\"hostname\""));
static SOURCE: MemberName = LazyLock::new(|| Finder::new("\"srcaddr\""));
static SOURCE_OF_OCSF: MemberName = LazyLock::new(|| Finder::new("\"ip\""));
static ANSWERS: MemberName = LazyLock::new(|| Finder::new("\"answers\""));
static DATA: MemberName = LazyLock::new(|| Finder::new("data\""));

pub(super) static VPC_NAMES: [&MemberName; 2] = [&VPC, &VPC_OF_OCSF];
pub(super) static ASKED_NAMES: [&MemberName; 2] = [&ASKED, &ASKED_OF_OCSF];
static SOURCE_NAMES: [&MemberName; 2] = [&SOURCE, &SOURCE_OF_OCSF];

/// Whether one of the members is named that are looked up behind the name that is asked for, or that name.
pub(super) fn names_the_rest(text: &str) -> bool {
    let names: [&MemberName; 7] = [
        &ASKED,
        &ASKED_OF_OCSF,
        &CODE,
        &SOURCE,
        &SOURCE_OF_OCSF,
        &ANSWERS,
        &DATA,
    ];
    names.iter().any(|it| it.find(text.as_bytes()).is_some())
}

/// The members of a record that are looked up behind the name that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Members<'r> {
    pub(super) code: Option<&'r str>,
    /// The first data of an answer that is an address.
    pub(super) address: Option<&'r str>,
    pub(super) source: Option<&'r str>,
    /// The inside of the list of answers.
    pub(super) answers: Option<&'r str>,
}

impl<'r> Members<'r> {
    /// Looks them up, wherever they stand.
    pub(super) fn of(record: &'r str) -> Self {
        Self {
            code: member(record, &[&CODE]),
            address: first_address(record),
            source: member(record, &SOURCE_NAMES),
            answers: answers(record),
        }
    }

    /// The same of what stands behind the name in a record as AWS writes it; none if anything is otherwise.
    pub(super) fn usual(rest: &'r str) -> Option<Self> {
        let (_, rest) = usual_text(rest.strip_prefix(",\"query_type\":\"")?)?;
        let (_, rest) = usual_text(rest.strip_prefix(",\"query_class\":\"")?)?;
        let (code, rest) = usual_text(rest.strip_prefix(",\"rcode\":\"")?)?;
        let rest = rest.strip_prefix(",\"answers\":[")?;
        let (answers, rest) = rest.split_at_checked(memchr::memchr(b']', rest.as_bytes())?)?;
        let rest = rest.strip_prefix("],\"srcaddr\":\"")?;
        let (source, rest) = usual_text(rest)?;
        let names_source = |it: &&MemberName| it.find(answers.as_bytes()).is_some();
        if SOURCE_NAMES.iter().any(names_source) {
            return None;
        }
        Some(Self {
            code: Some(code),
            address: first_address(answers).or_else(|| first_address(rest)),
            source: Some(source),
            answers: Some(answers),
        })
    }
}

/// A text that begins here, up to its quote, and what stands behind it; none if it could be the name of a member, or
/// has anything escaped.
fn usual_text(text: &str) -> Option<(&str, &str)> {
    let may_begin = |it: &u8| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == b':';
    text.as_bytes().first().filter(|it| may_begin(it))?;
    let mut bytes = text.bytes();
    let end = bytes.position(|it| matches!(it, b'"' | b'\\'))?;
    let (text, rest) = text.split_at_checked(end)?;
    Some((text, rest.strip_prefix('"')?))
}

/// The text of the first member with one of these names, as JSON writes it; none if it is empty.
pub(super) fn member<'r>(record: &'r str, names: &[&MemberName]) -> Option<&'r str> {
    let mut found: Option<(usize, &str)> = None;
    for name in names {
        let mut from = 0;
        // What stands behind another one's does not count.
        let until = found.map_or(record.len(), |(at, _)| at);
        let within = record.as_bytes().get(..until)?;
        while let Some(at) = name.find(within.get(from..)?) {
            let at = from + at;
            from = at + name.needle().len();
            if let Some(text) = text_behind(record, from) {
                found = Some((at, text));
                break;
            }
        }
    }
    found.map(|(_, text)| text)
}

/// The text of a member whose name ends here.
fn text_behind(record: &str, end: usize) -> Option<&str> {
    let rest = record.get(end..)?.trim_start().strip_prefix(':')?;
    let rest = rest.trim_start().strip_prefix('"')?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', rest.as_bytes().get(from..)?)?;
        if rest.as_bytes().get(at) == Some(&b'"') {
            return rest.get(..at).filter(|it| !it.is_empty());
        }
        // Whatever is escaped is one byte at least.
        from = at + 2;
    }
}

/// The inside of the list of answers, up to the first `]`.
fn answers(record: &str) -> Option<&str> {
    let end = ANSWERS.find(record.as_bytes())? + ANSWERS.needle().len();
    let rest = record.get(end..)?.trim_start().strip_prefix(':')?;
    let rest = rest.trim_start().strip_prefix('[')?;
    let length = memchr::memchr(b']', rest.as_bytes())?;
    rest.get(..length)
}

/// The first data of an answer whose whole text has the shape of an address.
pub(super) fn first_address(record: &str) -> Option<&str> {
    let bytes = record.as_bytes();
    let mut from = 0;
    loop {
        let at = from + DATA.find(bytes.get(from..)?)?;
        from = at + DATA.needle().len();
        let before = at.checked_sub(2).and_then(|it| bytes.get(it..at));
        let is_named = matches!(before, Some(b"\"R" | b"\"r"));
        let text = text_behind(record, from).filter(|_| is_named);
        if let Some(text) = text.filter(|it| has_shape_of_address(it)) {
            return Some(text);
        }
    }
}

pub(super) fn has_shape_of_address(text: &str) -> bool {
    let v4 = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let v6 = || {
        let letters = |it: u8| it.is_ascii_hexdigit() || it == b'.' || it == b':';
        text.contains(':') && text.bytes().all(letters)
    };
    v4 || v6()
}

/// The second of `2026-06-01T12:00:00Z`.
pub(super) fn seconds(text: &str) -> Option<i64> {
    usual_seconds(text.as_bytes()).or_else(|| Some(text.parse::<Timestamp>().ok()?.as_second()))
}

/// The same of the usual form, in the days that every month has.
fn usual_seconds(text: &[u8]) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b'Z',
    ] = text
    else {
        return None;
    };
    let mut are_digits = true;
    let mut number = |tens: u8, ones: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        are_digits &= tens < 10 && ones < 10;
        i64::from(tens) * 10 + i64::from(ones)
    };
    let year = number(y1, y2) * 100 + number(y3, y4);
    let (month, day) = (number(m1, m2), number(d1, d2));
    let (hour, minute, second) = (number(h1, h2), number(n1, n2), number(s1, s2));
    let is_usual = are_digits
        && (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_usual {
        return None;
    }
    // Years from March on, so that the day of a leap year is the last
    // (https://howardhinnant.github.io/date_algorithms.html#days_from_civil).
    let year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_second_is_what_the_library_reads(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z|.*"
        ) {
            let expected = text.parse::<Timestamp>().ok().map(Timestamp::as_second);
            proptest::prop_assert_eq!(seconds(&text), expected);
        }
    }
}
