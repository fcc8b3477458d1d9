//! Flow log records as the embedded engine reads them: the same choice of records, and the same fields,
//! as the questions to Logs Insights make (`query.rs`), without their patterns.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use super::{pattern::is_captured_as_public, source::Source, transit};
use crate::{model::flow::FlowKind, usage::insights::Row};

/// The fields of a record that decide anything, in the order of [`Values`].
pub(in crate::usage) const FIELDS: [&str; 23] = [
    "interface-id",
    "bytes",
    "action",
    "log-status",
    "vpc-id",
    "subnet-id",
    "traffic-path",
    "next-hop-interface-type",
    "resource-id",
    "srcaddr",
    "dstaddr",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "flow-direction",
    "start",
    "tgw-id",
    "tgw-attachment-id",
    "tgw-src-vpc-id",
    "tgw-dst-vpc-id",
    "tgw-src-subnet-id",
    "tgw-dst-subnet-id",
];
const INTERFACE: usize = 0;
const BYTES: usize = 1;
const ACTION: usize = 2;
const STATUS: usize = 3;
const VPC: usize = 4;
const SUBNET: usize = 5;
const PATH: usize = 6;
const HOP: usize = 7;
const RESOURCE: usize = 8;
const SOURCE: usize = 9;
const DESTINATION: usize = 10;
const PACKET_SOURCE: usize = 11;
const PACKET_DESTINATION: usize = 12;
const SOURCE_SERVICE: usize = 13;
const DESTINATION_SERVICE: usize = 14;
const DIRECTION: usize = 15;
pub(in crate::usage) const START: usize = 16;
const TRANSIT_GATEWAY: usize = 17;
const ATTACHMENT: usize = 18;
const SOURCE_VPC: usize = 19;
const DESTINATION_VPC: usize = 20;
const SOURCE_SUBNET: usize = 21;
const DESTINATION_SUBNET: usize = 22;

/// The values of a record; none where its format does not have the field.
pub(in crate::usage) type Values<'r> = [Option<&'r str>; FIELDS.len()];

/// What rows are grouped by, in the order of a key. The last ones are of transit gateways alone.
const KEYS: [&str; 24] = [
    "stat",
    "eni",
    "res",
    "vpc",
    "subnet",
    "path",
    "hop",
    "upext",
    "downext",
    "upnet",
    "downnet",
    "upvia",
    "downvia",
    "uptag",
    "downtag",
    "tgw",
    "att",
    "flow",
    "upvpc",
    "downvpc",
    "uphub",
    "downhub",
    "uphubnet",
    "downhubnet",
];
/// Between two values of a key, and in place of one that is missing: neither is in a record.
const BETWEEN: u8 = 0x1f;
const MISSING: u8 = 0;

/// What a source asks for, ready to be held against many records.
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a format has and a source asks for, each by itself"
)]
#[derive(Clone, Debug)]
pub(in crate::usage) struct Matcher {
    kind: FlowKind,
    has_action: bool,
    has_status: bool,
    interfaces: HashSet<String>,
    /// Addresses of the interfaces; none if they are known by the direction.
    addresses: Option<HashSet<String>>,
    left_out: HashSet<String>,
    vpcs: Option<HashSet<String>>,
    endpoints: HashSet<String>,
    whole_clients: bool,
    by_interface: bool,
    /// Whether records of transit gateways name what is asked about.
    by_id: bool,
}

/// What fits a record of one direction.
#[derive(Clone, Copy, Default)]
struct Side<'r> {
    net: Option<&'r str>,
    external: Option<&'r str>,
    via: Option<&'r str>,
    tag: Option<&'r str>,
}

impl Matcher {
    pub(in crate::usage) fn new(source: &Source) -> Self {
        let texts = |addresses: &mut dyn Iterator<Item = &IpAddr>| {
            addresses.map(ToString::to_string).collect::<HashSet<_>>()
        };
        let ids = source.interfaces.keys().map(String::as_str);
        let known = source.interfaces.values().all(|it| !it.is_empty());
        let by_direction = source.format.has("flow-direction") && !known;
        let addresses = (!by_direction).then(|| texts(&mut source.interfaces.values().flatten()));
        let by_vpc = source.format.has("vpc-id") && source.subnets.is_empty();
        Self {
            kind: source.kind,
            has_action: source.format.has("action"),
            has_status: source.format.has("log-status"),
            interfaces: source.interfaces.keys().cloned().collect(),
            addresses,
            left_out: source.left_out.iter().cloned().collect(),
            vpcs: by_vpc.then(|| source.vpcs.iter().cloned().collect()),
            endpoints: texts(&mut source.endpoints.iter().chain(&source.elsewhere)),
            whole_clients: source.whole_clients,
            by_interface: source.by_interface,
            by_id: !transit::chosen_by(&source.format, ids).is_empty(),
        }
    }

    /// Writes the key of a record's row; false if the record does not count.
    pub(in crate::usage) fn key(&self, record: &Values<'_>, key: &mut Vec<u8>) -> bool {
        if !self.is_asked_about(record) {
            return false;
        }
        let [up, down] = [true, false].map(|up| self.side(record, up).unwrap_or_default());
        let counts = match self.kind {
            FlowKind::NatPackets => {
                let passes = |it: Side<'_>| it.external.is_some() && it.external != it.via;
                passes(up) || passes(down)
            }
            FlowKind::Endpoint => up.net.is_some() || down.net.is_some(),
            FlowKind::NatOutside | FlowKind::TransitGateway => {
                up.external.is_some() || down.external.is_some()
            }
            FlowKind::Client => true,
        };
        if !counts && !self.is_without_bytes(record) {
            return false;
        }
        let client = self.kind == FlowKind::Client;
        let of = |on: bool, field: usize| record[field].filter(|_| on);
        let values = [
            record[STATUS],
            of(!client || self.by_interface, INTERFACE),
            of(!client, RESOURCE),
            of(client, VPC),
            of(client, SUBNET),
            of(client, PATH),
            of(client, HOP),
            up.external,
            down.external,
            up.net,
            down.net,
            up.via,
            down.via,
            up.tag,
            down.tag,
        ];
        key.clear();
        write(key, &values);
        if self.kind == FlowKind::TransitGateway {
            let (up, down) = (up.external.is_some(), down.external.is_some());
            let values = [
                record[TRANSIT_GATEWAY],
                record[ATTACHMENT],
                record[DIRECTION],
                of(up, SOURCE_VPC),
                of(down, DESTINATION_VPC),
                of(up, DESTINATION_VPC),
                of(down, SOURCE_VPC),
                of(up, DESTINATION_SUBNET),
                of(down, SOURCE_SUBNET),
            ];
            write(key, &values);
        }
        true
    }

    fn is_without_bytes(&self, record: &Values<'_>) -> bool {
        if self.has_status {
            matches!(record[STATUS], Some("SKIPDATA" | "NODATA"))
        } else {
            record[BYTES] == Some("-")
        }
    }

    fn is_asked_about(&self, record: &Values<'_>) -> bool {
        let accepted = !self.has_action || record[ACTION] == Some("ACCEPT");
        if !accepted && !self.is_without_bytes(record) {
            return false;
        }
        let is_in =
            |set: &HashSet<String>, field: usize| record[field].is_some_and(|it| set.contains(it));
        if self.kind == FlowKind::Client {
            return record[INTERFACE].is_some_and(|it| it != "-")
                && !is_in(&self.left_out, INTERFACE)
                && self.vpcs.as_ref().is_none_or(|vpcs| is_in(vpcs, VPC));
        }
        if self.kind == FlowKind::TransitGateway {
            let named = [TRANSIT_GATEWAY, ATTACHMENT];
            // Without the ids that are asked about: the object has records of this flow log alone.
            return !self.by_id || named.iter().any(|it| is_in(&self.interfaces, *it));
        }
        is_in(&self.interfaces, INTERFACE) || is_in(&self.interfaces, RESOURCE)
    }

    /// What a record shows of one direction; none if it does not go that way.
    fn side<'r>(&self, record: &Values<'r>, up: bool) -> Option<Side<'r>> {
        // From the client's side: its own address, then that of the other end.
        let (near, far, packet_far, tag) = if up {
            (SOURCE, DESTINATION, PACKET_DESTINATION, DESTINATION_SERVICE)
        } else {
            (DESTINATION, SOURCE, PACKET_SOURCE, SOURCE_SERVICE)
        };
        let tag = record[tag];
        let net = || net_of(record[near]?, self.whole_clients);
        Some(match self.kind {
            FlowKind::NatPackets => Side {
                net: Some(net()?),
                external: record[packet_far],
                via: Some(self.at_interface(record, far, up)?),
                tag,
            },
            FlowKind::Endpoint => Side {
                net: Some(net()?),
                via: Some(self.at_interface(record, far, up)?),
                ..Side::default()
            },
            FlowKind::NatOutside => Side {
                external: Some(record[far]?),
                // Outside of the gateway, what goes up leaves it.
                via: Some(self.at_interface(record, near, !up)?),
                tag,
                ..Side::default()
            },
            FlowKind::TransitGateway => Side {
                external: Some(record[far].filter(|it| self.is_outside(it))?),
                tag,
                ..Side::default()
            },
            FlowKind::Client => Side {
                net: Some(net()?),
                external: Some(record[far].filter(|it| self.is_outside(it))?),
                tag,
                ..Side::default()
            },
        })
    }

    /// The interface's own address in a field of a record into it, or out of it.
    fn at_interface<'r>(&self, record: &Values<'r>, field: usize, into: bool) -> Option<&'r str> {
        let address = record[field]?;
        let fits = match &self.addresses {
            Some(addresses) => addresses.contains(address),
            None => record[DIRECTION] == Some(if into { "ingress" } else { "egress" }),
        };
        fits.then_some(address)
    }

    fn is_outside(&self, text: &str) -> bool {
        self.endpoints.contains(text) || text.parse().is_ok_and(is_captured_as_public)
    }
}

/// Writes values to a key.
fn write(key: &mut Vec<u8>, values: &[Option<&str>]) {
    for value in values {
        match value {
            Some(value) => key.extend_from_slice(value.as_bytes()),
            None => key.push(MISSING),
        }
        key.push(BETWEEN);
    }
}

/// A client's address, or the start of it that stands for its neighbours too: three numbers of IPv4, four
/// groups of IPv6.
fn net_of(text: &str, whole: bool) -> Option<&str> {
    let address = |it: u8| it.is_ascii_hexdigit() || it == b'.' || it == b':';
    if text.is_empty() || !text.bytes().all(address) {
        return None;
    }
    if whole {
        return Some(text);
    }
    if !text.contains(':') {
        let mut dots = text.match_indices('.').map(|(at, _)| at);
        return text.get(..dots.nth(2)?);
    }
    let mut groups = text.split(':');
    let first = groups
        .next()
        .filter(|it| !it.is_empty() && !it.contains('.'));
    let mut length = first.map_or(0, str::len);
    let mut found = usize::from(first.is_some());
    for group in groups.take(3) {
        if group.is_empty() || group.contains('.') || found == 0 {
            break;
        }
        length += 1 + group.len();
        found += 1;
    }
    if found >= 2 {
        text.get(..length)
    } else {
        Some(text)
    }
}

/// Bytes and records by key.
#[derive(Debug, Default)]
pub(in crate::usage) struct Table {
    sums: HashMap<Box<[u8]>, (u64, u64)>,
}

impl Table {
    /// Adds a record.
    pub(in crate::usage) fn add(&mut self, key: &[u8], record: &Values<'_>) {
        let bytes = record[BYTES].and_then(|it| it.parse().ok()).unwrap_or(0);
        self.absorb_one(key, bytes, 1);
    }

    fn absorb_one(&mut self, key: &[u8], bytes: u64, records: u64) {
        let sum = match self.sums.get_mut(key) {
            Some(sum) => sum,
            None => self.sums.entry(key.into()).or_default(),
        };
        sum.0 = sum.0.saturating_add(bytes);
        sum.1 += records;
    }

    pub(in crate::usage) fn absorb(&mut self, other: Self) {
        if self.sums.is_empty() {
            *self = other;
            return;
        }
        for (key, (bytes, records)) in other.sums {
            self.absorb_one(&key, bytes, records);
        }
    }

    /// How many rows there are.
    pub(in crate::usage) fn len(&self) -> usize {
        self.sums.len()
    }

    /// The rows as Logs Insights returns them.
    pub(in crate::usage) fn rows(&self) -> impl Iterator<Item = Row> {
        self.sums.iter().map(|(key, (bytes, records))| {
            let values = key.split(|byte| *byte == BETWEEN);
            let known = KEYS.iter().zip(values);
            let known = known.filter(|(_, value)| *value != [MISSING]);
            let mut row: Row = known
                .map(|(name, value)| {
                    (
                        (*name).to_owned(),
                        String::from_utf8_lossy(value).into_owned(),
                    )
                })
                .collect();
            row.insert("total".to_owned(), bytes.to_string());
            row.insert("records".to_owned(), records.to_string());
            row
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_an_address_is_what_the_pattern_captures() {
        for (text, expected) in [
            ("10.0.7.9", Some("10.0.7")),
            ("2600:1f18:0:7::9", Some("2600:1f18:0:7")),
            ("2600:1f18::9", Some("2600:1f18")),
            ("2600::9", Some("2600::9")),
            ("::1", Some("::1")),
            ("64:ff9b::1.2.3.4", Some("64:ff9b")),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(net_of(text, false), expected, "{text}");
        }
        assert_eq!(net_of("10.0.7.9", true), Some("10.0.7.9"));
    }
}
