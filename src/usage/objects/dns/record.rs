//! The text of a record of query logs: its members, found by their quotes.

use std::net::IpAddr;

use jiff::Timestamp;
use memchr::memmem;

/// The text of the first member with one of these names, as JSON writes it; none if it is empty.
pub(super) fn member<'r>(record: &'r str, names: &[&str]) -> Option<&'r str> {
    let found = names.iter().filter_map(|name| {
        let mut from = 0;
        loop {
            let at = from + memmem::find(record.as_bytes().get(from..)?, name.as_bytes())?;
            from = at + name.len();
            if let Some(text) = text_after(record, at, from) {
                return Some((at, text));
            }
        }
    });
    found.min_by_key(|(at, _)| *at).map(|(_, text)| text)
}

/// The text of a member whose name stands from `at` to `end`, if it stands in quotes there.
pub(super) fn text_after(record: &str, at: usize, end: usize) -> Option<&str> {
    let quoted = at.checked_sub(1).and_then(|it| record.as_bytes().get(it)) == Some(&b'"');
    let rest = record.get(end..)?.strip_prefix('"').filter(|_| quoted)?;
    let rest = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let mut escaped = false;
    let length = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    rest.get(..length).filter(|it| !it.is_empty())
}

/// The inside of the list of answers, up to the first `]`.
pub(super) fn answers(record: &str) -> Option<&str> {
    let at = memmem::find(record.as_bytes(), b"\"answers\"")?;
    let rest = record.get(at + 9..)?.trim_start().strip_prefix(':')?;
    let rest = rest.trim_start().strip_prefix('[')?;
    rest.split_once(']').map(|(inside, _)| inside)
}

/// The first data of an answer whose whole text has the shape of an address.
pub(super) fn first_address(record: &str) -> Option<&str> {
    let mut from = 0;
    loop {
        let at = from + memmem::find(record.as_bytes().get(from..)?, b"data\"")?;
        from = at + 4;
        let start = at.checked_sub(1)?;
        let named = matches!(record.as_bytes().get(start), Some(b'R' | b'r'));
        let text = text_after(record, start, from).filter(|_| named);
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

/// Whether a name ends in a zone, on a label.
pub(super) fn is_in(name: &str, zones: &[String]) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).as_bytes();
    zones.iter().any(|zone| {
        let Some(at) = name.len().checked_sub(zone.len()) else {
            return false;
        };
        let ends = name
            .get(at..)
            .is_some_and(|it| it.eq_ignore_ascii_case(zone.as_bytes()));
        ends && (at == 0 || name.get(at - 1) == Some(&b'.'))
    })
}

/// A number that stands for a source address.
pub(super) fn source_number(text: &str) -> u128 {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.to_ipv6_mapped().to_bits(),
        Ok(IpAddr::V6(address)) => address.to_bits(),
        Err(_) => text
            .bytes()
            .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
                (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
            }),
    }
}

/// The second of `2026-06-01T12:00:00Z`.
pub(super) fn seconds(text: &str) -> Option<i64> {
    Some(text.parse::<Timestamp>().ok()?.as_second())
}
