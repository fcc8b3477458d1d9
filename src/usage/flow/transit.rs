//! Records of transit gateways: the fields that rows are made of, and what these are named.
//!
//! A transit gateway translates no address, so that `srcaddr` and `dstaddr` are the ends of the traffic.
//! The flow log of a transit gateway has a record at each of the two attachments that traffic passes; what
//! reads the rows counts one of them
//! (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>).

use std::collections::BTreeSet;

use super::pattern::{Slot, capture};
use crate::model::flow_format::LogFormat;

/// What every record shows, whichever way it goes, and what the values are named.
pub(super) const COMMON: [(&str, &str); 3] = [
    ("tgw-id", "tgw"),
    ("tgw-attachment-id", "att"),
    ("flow-direction", "flow"),
];

/// The names of the values by which records of these transit gateways and attachments are chosen; none
/// if the records lack one of them: then all count.
pub(super) fn chosen_by<'i>(
    format: &LogFormat,
    ids: impl IntoIterator<Item = &'i str>,
) -> BTreeSet<&'static str> {
    let [gateway, attachment, _] = COMMON;
    let named = ids.into_iter().map(|id| {
        let (field, name) = if is_attachment(id) {
            attachment
        } else {
            gateway
        };
        format.has(field).then_some(name)
    });
    named.collect::<Option<_>>().unwrap_or_default()
}

/// The condition of a question to a log group about transit gateways and attachments; `list` is their
/// ids, quoted.
pub(super) fn filter<'i>(
    format: &LogFormat,
    ids: impl IntoIterator<Item = &'i str>,
    list: &str,
) -> String {
    let chosen = chosen_by(format, ids).into_iter();
    let chosen: Vec<_> = chosen.map(|it| format!("{it} in [{list}]")).collect();
    match chosen.as_slice() {
        [] => "filter ispresent(octets)".to_owned(),
        chosen => format!("filter {}", chosen.join(" or ")),
    }
}

/// The names of all values that a format has.
pub(super) fn names(format: &LogFormat) -> impl Iterator<Item = &'static str> {
    let of_ends = [true, false].into_iter().flat_map(ends);
    let fields = COMMON.into_iter().chain(of_ends);
    fields
        .filter(|(field, _)| format.has(field))
        .map(|(_, name)| name)
}

/// Captures what every record shows.
pub(super) fn common_slots() -> impl Iterator<Item = Slot<'static>> {
    COMMON.into_iter().map(|(field, name)| capture(field, name))
}

/// What rows of a statement are grouped by besides: values and their names. `column` is what a field is
/// named in the statement, where the records have it.
pub(super) fn keys(column: impl Fn(&str) -> Option<&'static str>) -> Vec<(String, &'static str)> {
    let direction = column("flow-direction").map(|it| (it.to_owned(), "flow"));
    let mut keys: Vec<_> = direction.into_iter().collect();
    for (up, goes) in [(true, "goes_up"), (false, "goes_down")] {
        for (field, name) in ends(up) {
            let value = column(field).map(|it| format!("CASE WHEN {goes} THEN {it} END"));
            keys.extend(value.map(|it| (it, name)));
        }
    }
    keys
}

/// Whether an id is that of an attachment, and not of a transit gateway.
pub(super) fn is_attachment(id: &str) -> bool {
    id.starts_with("tgw-attach-")
}

/// What a record shows of one direction (up: from the client), by field, and what the values are named:
/// the client's VPC, the VPC behind the transit gateway, and the subnet of its attachment.
pub(super) fn ends(up: bool) -> [(&'static str, &'static str); 3] {
    if up {
        [
            ("tgw-src-vpc-id", "upvpc"),
            ("tgw-dst-vpc-id", "uphub"),
            ("tgw-dst-subnet-id", "uphubnet"),
        ]
    } else {
        [
            ("tgw-dst-vpc-id", "downvpc"),
            ("tgw-src-vpc-id", "downhub"),
            ("tgw-src-subnet-id", "downhubnet"),
        ]
    }
}

/// Captures what a record shows of one direction.
pub(super) fn slots(up: bool) -> impl Iterator<Item = Slot<'static>> {
    ends(up)
        .into_iter()
        .map(|(field, name)| capture(field, name))
}
