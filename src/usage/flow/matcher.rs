//! Matches records with what a source asks for: the same choice of records, and the same fields, as the
//! questions to Logs Insights make (`query.rs`), without their patterns.

use std::net::{IpAddr, Ipv4Addr};

use hashbrown::HashSet;

use super::{
    ipv4::v4,
    pattern::is_captured_as_public,
    place::{Flags, Place},
    record::{
        ACTION, ATTACHMENT, DESTINATION, DESTINATION_SERVICE, DESTINATION_SUBNET, DESTINATION_VPC,
        DIRECTION, HOP, INTERFACE, PACKET_DESTINATION, PACKET_SOURCE, PATH, RESOURCE, Record,
        SOURCE, SOURCE_SERVICE, SOURCE_SUBNET, SOURCE_VPC, STATUS, SUBNET, TRANSIT_GATEWAY, VPC,
    },
    source::Source,
    texts::{Address, MISSING, Texts},
    transit,
};
use crate::model::{flow::FlowKind, id::VpcId};

/// Addresses, to look others up in.
#[derive(Clone, Debug, Default)]
struct Addresses {
    v4: HashSet<u32>,
    texts: HashSet<String>,
}

impl Addresses {
    fn of<'a>(all: impl Iterator<Item = &'a IpAddr>) -> Self {
        let mut found = Self::default();
        for address in all {
            match address {
                IpAddr::V4(v4) => drop(found.v4.insert(v4.to_bits())),
                IpAddr::V6(v6) => drop(found.texts.insert(v6.to_string())),
            }
        }
        found
    }

    fn has(&self, address: Address, texts: &Texts) -> bool {
        match address {
            Address::V4(number) => self.v4.contains(&number),
            Address::Text(id) => self.texts.contains(texts.text(id)),
            Address::Missing | Address::Block(_) => false,
        }
    }
}

/// What a source asks for, ready to be compared with many records.
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
    addresses: Option<Addresses>,
    left_out: HashSet<String>,
    vpcs: Option<HashSet<VpcId>>,
    endpoints: Addresses,
    whole_clients: bool,
    by_interface: bool,
    /// Whether records of transit gateways name what is asked about.
    by_id: bool,
}

/// What fits a record of one direction.
#[derive(Clone, Copy, Default)]
struct Side {
    net: Address,
    external: Address,
    via: Address,
    tag: u32,
}

impl Matcher {
    pub(in crate::usage) fn new(source: &Source) -> Self {
        let ids = source.interfaces.keys().map(String::as_str);
        let known = source.interfaces.values().all(|it| !it.is_empty());
        let by_direction = source.format.has("flow-direction") && !known;
        let addresses = source.interfaces.values().flatten();
        let by_vpc = source.format.has("vpc-id") && source.subnets.is_empty();
        Self {
            kind: source.kind,
            has_action: source.format.has("action"),
            has_status: source.format.has("log-status"),
            interfaces: source.interfaces.keys().cloned().collect(),
            addresses: (!by_direction).then(|| Addresses::of(addresses)),
            left_out: source.left_out.iter().cloned().collect(),
            vpcs: by_vpc.then(|| source.vpcs.iter().cloned().collect()),
            endpoints: Addresses::of(source.endpoints.iter().chain(&source.elsewhere)),
            whole_clients: source.whole_clients,
            by_interface: source.by_interface,
            by_id: !transit::chosen_by(&source.format, ids).is_empty(),
        }
    }

    /// Whether anything depends on a field of records.
    pub(in crate::usage) fn needs(&self, field: usize) -> bool {
        match field {
            ACTION => self.has_action,
            VPC | SUBNET | PATH | HOP => self.kind == FlowKind::Client,
            RESOURCE => self.kind != FlowKind::Client,
            PACKET_SOURCE | PACKET_DESTINATION => self.kind == FlowKind::NatPackets,
            DIRECTION => self.kind == FlowKind::TransitGateway || self.addresses.is_none(),
            TRANSIT_GATEWAY..=DESTINATION_SUBNET => self.kind == FlowKind::TransitGateway,
            _ => true,
        }
    }

    /// What is known of a text, whichever field it stands in.
    fn flags(&self, text: &str) -> u8 {
        let vpcs = self.vpcs.as_ref();
        let all = [
            (ACCEPT, text == "ACCEPT"),
            (NO_BYTES, matches!(text, "SKIPDATA" | "NODATA")),
            (DASH, text == "-"),
            (LEFT_OUT, self.left_out.contains(text)),
            (VPC_ASKED, vpcs.is_some_and(|it| it.contains(text))),
            (ASKED, self.interfaces.contains(text)),
            (INGRESS, text == "ingress"),
            (EGRESS, text == "egress"),
        ];
        let set = all.iter().filter(|(_, is_set)| *is_set);
        set.fold(0, |flags, (flag, _)| flags | flag)
    }

    /// The place that a record counts for, with the addresses that are called, up and down; none if it does not
    /// count.
    pub(in crate::usage) fn place(
        &self,
        record: &impl Record,
        texts: &mut Texts,
        flags: &mut Flags,
    ) -> Option<(Place, [Address; 2])> {
        let mut is = |field: usize, flag: u8, texts: &mut Texts| {
            let id = record.id(field, texts);
            flags.of(id, texts, |text| self.flags(text)) & flag != 0
        };
        let without_bytes = if self.has_status {
            is(STATUS, NO_BYTES, texts)
        } else {
            record.is_without_bytes()
        };
        let accepted = !self.has_action || is(ACTION, ACCEPT, texts);
        if !(accepted || without_bytes) || !self.is_asked_about(record, texts, flags) {
            return None;
        }
        // Not by `map`, which takes longer than what it calls.
        let up = self.side(record, true, texts, flags).unwrap_or_default();
        let down = self.side(record, false, texts, flags).unwrap_or_default();
        let counts = match self.kind {
            FlowKind::NatPackets => {
                let passes = |it: Side| !it.external.is_missing() && it.external != it.via;
                passes(up) || passes(down)
            }
            FlowKind::Endpoint => !(up.net.is_missing() && down.net.is_missing()),
            FlowKind::NatOutside | FlowKind::TransitGateway => {
                !(up.external.is_missing() && down.external.is_missing())
            }
            FlowKind::Client => true,
        };
        if !counts && !without_bytes {
            return None;
        }
        let mut place = Place::default();
        self.name(&mut place, [up, down], record, texts);
        Some((place, [up.external, down.external]))
    }

    /// Fills in what a place is known by.
    fn name(
        &self,
        place: &mut Place,
        [up, down]: [Side; 2],
        record: &impl Record,
        texts: &mut Texts,
    ) {
        let client = self.kind == FlowKind::Client;
        let mut of = |on: bool, field: usize| {
            if on { record.id(field, texts) } else { MISSING }
        };
        let usual = [
            of(true, STATUS),
            of(!client || self.by_interface, INTERFACE),
            of(!client, RESOURCE),
            of(client, VPC),
            of(client, SUBNET),
            of(client, PATH),
            of(client, HOP),
            up.tag,
            down.tag,
        ];
        if let Some(values) = place.values.first_chunk_mut() {
            *values = usual;
        }
        if self.kind == FlowKind::TransitGateway {
            let (up, down) = (!up.external.is_missing(), !down.external.is_missing());
            let of_transit_gateways = [
                of(true, TRANSIT_GATEWAY),
                of(true, ATTACHMENT),
                of(true, DIRECTION),
                of(up, SOURCE_VPC),
                of(down, DESTINATION_VPC),
                of(up, DESTINATION_VPC),
                of(down, SOURCE_VPC),
                of(up, DESTINATION_SUBNET),
                of(down, SOURCE_SUBNET),
            ];
            if let Some(values) = place.values.last_chunk_mut() {
                *values = of_transit_gateways;
            }
        }
        place.nets = [up.net, down.net];
        place.vias = [up.via, down.via];
    }

    fn is_asked_about(&self, record: &impl Record, texts: &mut Texts, flags: &mut Flags) -> bool {
        let mut of = |field: usize| {
            let id = record.id(field, texts);
            (id, flags.of(id, texts, |text| self.flags(text)))
        };
        if self.kind == FlowKind::Client {
            let (interface, known) = of(INTERFACE);
            return interface != MISSING
                && known & (DASH | LEFT_OUT) == 0
                && (self.vpcs.is_none() || of(VPC).1 & VPC_ASKED != 0);
        }
        let mut named = |fields: [usize; 2]| fields.iter().any(|it| of(*it).1 & ASKED != 0);
        if self.kind == FlowKind::TransitGateway {
            // Without the ids that are asked about: the object has records of this flow log alone.
            return !self.by_id || named([TRANSIT_GATEWAY, ATTACHMENT]);
        }
        named([INTERFACE, RESOURCE])
    }

    /// What a record shows of one direction; none if it does not go that way.
    fn side(
        &self,
        record: &impl Record,
        up: bool,
        texts: &mut Texts,
        flags: &mut Flags,
    ) -> Option<Side> {
        // From the client's side: its own address, then that of the other end.
        let (near, far, packet_far, tag) = if up {
            (SOURCE, DESTINATION, PACKET_DESTINATION, DESTINATION_SERVICE)
        } else {
            (DESTINATION, SOURCE, PACKET_SOURCE, SOURCE_SERVICE)
        };
        let net = |texts: &mut Texts| {
            let found = net_of(record.address(near, texts), self.whole_clients, texts);
            (!found.is_missing()).then_some(found)
        };
        let outside = |texts: &mut Texts| {
            let found = record.address(far, texts);
            self.is_outside(found, texts).then_some(found)
        };
        Some(match self.kind {
            FlowKind::NatPackets => Side {
                net: net(texts)?,
                external: record.address(packet_far, texts),
                via: self.at_interface(record, far, up, texts, flags)?,
                tag: record.id(tag, texts),
            },
            FlowKind::Endpoint => Side {
                net: net(texts)?,
                via: self.at_interface(record, far, up, texts, flags)?,
                ..Side::default()
            },
            FlowKind::NatOutside => {
                let external = record.address(far, texts);
                Side {
                    external: (!external.is_missing()).then_some(external)?,
                    // Outside of the gateway, what goes up leaves it.
                    via: self.at_interface(record, near, !up, texts, flags)?,
                    tag: record.id(tag, texts),
                    ..Side::default()
                }
            }
            FlowKind::TransitGateway => Side {
                external: outside(texts)?,
                tag: record.id(tag, texts),
                ..Side::default()
            },
            FlowKind::Client => Side {
                external: outside(texts)?,
                net: net(texts)?,
                tag: record.id(tag, texts),
                ..Side::default()
            },
        })
    }

    /// The interface's own address in a field of a record into it, or out of it.
    fn at_interface(
        &self,
        record: &impl Record,
        field: usize,
        into: bool,
        texts: &mut Texts,
        flags: &mut Flags,
    ) -> Option<Address> {
        let address = record.address(field, texts);
        let fits = if let Some(addresses) = &self.addresses {
            addresses.has(address, texts)
        } else {
            let direction = record.id(DIRECTION, texts);
            let wanted = if into { INGRESS } else { EGRESS };
            flags.of(direction, texts, |text| self.flags(text)) & wanted != 0
        };
        (fits && !address.is_missing()).then_some(address)
    }

    fn is_outside(&self, address: Address, texts: &Texts) -> bool {
        let public = match address {
            Address::V4(number) => is_captured_as_public(Ipv4Addr::from_bits(number).into()),
            Address::Text(id) => {
                let address = texts.text(id).parse();
                address.is_ok_and(is_captured_as_public)
            }
            Address::Missing | Address::Block(_) => false,
        };
        public || self.endpoints.has(address, texts)
    }
}

/// What [`Matcher::flags`] knows of a text.
const ACCEPT: u8 = 1;
const NO_BYTES: u8 = 1 << 1;
const DASH: u8 = 1 << 2;
const LEFT_OUT: u8 = 1 << 3;
const VPC_ASKED: u8 = 1 << 4;
const ASKED: u8 = 1 << 5;
const INGRESS: u8 = 1 << 6;
const EGRESS: u8 = 1 << 7;

/// A client's address, or the start of it that stands for its neighbours too; missing if it is none.
fn net_of(address: Address, whole: bool, texts: &mut Texts) -> Address {
    match address {
        Address::V4(number) if !whole => Address::Block(number >> 8),
        Address::Text(id) => {
            let Some(net) = start_of(texts.text(id), whole) else {
                return Address::Missing;
            };
            let net = net.to_owned();
            match v4(net.as_bytes()) {
                Some(number) => Address::V4(number),
                None => Address::Text(texts.id(&net)),
            }
        }
        same => same,
    }
}

/// A client's address, or the start of it that stands for its neighbours too: three numbers of IPv4, four
/// groups of IPv6.
fn start_of(text: &str, whole: bool) -> Option<&str> {
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

#[cfg(test)]
mod tests;
