//! Rows of an answer, summed up by what they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;

use super::{query::Question, source::Source};
use crate::{
    model::{
        flow::{CLIENTS, FlowGroup, FlowGroups, FlowKind, FlowRow, FlowSource},
        id::{SubnetId, VpcId},
    },
    usage::{insights::Row, number::whole},
};

/// The sums of a source.
#[derive(Debug, Default)]
pub(super) struct Sums {
    rows: BTreeMap<FlowRow, u64>,
    groups: FlowGroups,
    skipped: BTreeMap<String, u64>,
    quiet: BTreeSet<String>,
    /// Rows that could not be understood.
    pub(super) unreadable: usize,
    /// Interfaces, VPCs and subnets of such rows: their bytes are not all there.
    incomplete: BTreeSet<String>,
}

impl Sums {
    /// Adds a row. One that cannot be read costs its own bytes, and is counted.
    pub(super) fn take(&mut self, question: &Question<'_>, row: &Row) {
        let source = question.source;
        let interface = interface_of(source, row);
        if self.add(question, row, interface.clone()).is_some() {
            return;
        }
        self.unreadable += 1;
        let place = recorder(source, row, interface);
        if place == CLIENTS {
            let vpcs = source.vpcs.iter().map(VpcId::to_string);
            let all = vpcs.chain(source.subnets.iter().map(SubnetId::to_string));
            self.incomplete.extend(all);
        } else {
            self.incomplete.insert(place);
        }
    }

    /// Whether no row could be read.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.skipped.is_empty() && self.quiet.is_empty()
    }

    fn add(&mut self, question: &Question<'_>, row: &Row, interface: Option<String>) -> Option<()> {
        let source = question.source;
        if row.get("stat").is_some_and(|it| it == "SKIPDATA") {
            if !question.is_first {
                return Some(());
            }
            let records = whole(row.get("records")?)?;
            let interface = interface.unwrap_or_else(|| CLIENTS.to_owned());
            *self.skipped.entry(interface).or_default() += records;
            return Some(());
        }
        let left_out = |it: &String| source.left_out.contains(it);
        if source.kind == FlowKind::Client && interface.as_ref().is_some_and(left_out) {
            return Some(());
        }
        let up = match direction(source, row, interface.as_deref())? {
            Direction::Up => true,
            Direction::Down => false,
            Direction::OfAnother => return Some(()),
            Direction::Inside | Direction::None => {
                self.quiet.insert(recorder(source, row, interface));
                return Some(());
            }
        };
        let bytes = whole(row.get("total")?)?;
        let name = |field: &str| format!("{}{field}", if up { "up" } else { "down" });
        let transit = source.kind == FlowKind::TransitGateway;
        let named = |field: &str, behind: &str| {
            if transit {
                text(row, &name(behind))
            } else {
                text(row, field)
            }
        };
        let group = FlowGroup {
            interface: interface.filter(|_| source.kind != FlowKind::Client || source.by_interface),
            vpc_id: named("vpc", "vpc").map(Into::into),
            subnet_id: named("subnet", "hubnet").map(Into::into),
            client: match row.get(&name("net")) {
                Some(net) => Some(block(net)?),
                None => None,
            },
            up,
            aws_service: text(row, &name("tag")),
            traffic_path: text(row, "path").and_then(|it| it.parse().ok()),
            next_hop: text(row, "hop"),
            hub_vpc_id: text(row, &name("hub")).filter(|_| transit).map(Into::into),
            ingress: text(row, "flow").map(|it| it == "ingress"),
        };
        let external = match row.get(&name("ext")) {
            Some(address) => Some(address.parse().ok()?),
            None => None,
        };
        let row = self.groups.share(FlowRow::new(external, group));
        *self.rows.entry(row).or_default() += bytes;
        Some(())
    }

    /// The source with its sums.
    pub(super) fn of(self, source: &Source) -> FlowSource {
        FlowSource {
            kind: source.kind,
            interfaces: source.interfaces.keys().cloned().collect(),
            vpcs: source.vpcs.iter().cloned().collect(),
            subnets: source.subnets.iter().cloned().collect(),
            others: source.others.iter().cloned().collect(),
            rows: self.rows,
            skipped: self.skipped,
            quiet: self.quiet,
            part: source.part.union(&self.incomplete).cloned().collect(),
        }
    }
}

/// The direction of a row.
enum Direction {
    Up,
    Down,
    /// Both ends are in the VPC.
    Inside,
    /// It shows no bytes from or to the outside.
    None,
    /// It has the address of another interface that was asked about, not that of its own.
    OfAnother,
}

/// The interface of a row, or the regional gateway, which may be asked about by its own id although
/// its records name an interface; of a transit gateway the attachment, where records name it.
fn interface_of(source: &Source, row: &Row) -> Option<String> {
    if source.kind == FlowKind::TransitGateway {
        return text(row, "att").or_else(|| text(row, "tgw"));
    }
    let names = ["eni", "res"].map(|field| text(row, field));
    let asked = |name: &&String| source.interfaces.contains_key(*name);
    let asked = names.iter().flatten().find(asked).cloned();
    asked.or_else(|| names.into_iter().flatten().next())
}

/// The VPC, subnet or interface that recorded a row without bytes.
fn recorder(source: &Source, row: &Row, interface: Option<String>) -> String {
    let place = if source.kind == FlowKind::Client {
        text(row, "vpc").or_else(|| text(row, "subnet"))
    } else {
        interface
    };
    place.unwrap_or_else(|| CLIENTS.to_owned())
}

fn direction(source: &Source, row: &Row, interface: Option<&str>) -> Option<Direction> {
    let key = if source.kind == FlowKind::Endpoint {
        ["upnet", "downnet"]
    } else {
        ["upext", "downext"]
    };
    // Blocks of VPCs may be equal: an address that is an interface's own in one VPC is a client's in
    // another. The record's own interface decides.
    let own = interface.and_then(|id| source.interfaces.get(id));
    let own = own.filter(|addresses| !addresses.is_empty());
    let is_own = |via: &str| match (own, row.get(via)) {
        (Some(addresses), Some(text)) => {
            let address = text.parse::<IpAddr>();
            address.is_ok_and(|it| addresses.contains(&it))
        }
        _ => true,
    };
    let shown = key.map(|key| row.get(key));
    let [up, down] = shown;
    let found = [
        up.filter(|_| is_own("upvia")),
        down.filter(|_| is_own("downvia")),
    ];
    if found == [None, None] && shown != [None, None] {
        return Some(Direction::OfAnother);
    }
    match found {
        [Some(_), None] => Some(Direction::Up),
        [None, Some(_)] => Some(Direction::Down),
        [None, None] => {
            let without_bytes = match row.get("stat") {
                Some(status) => status == "NODATA",
                None => !source.format.has("log-status"),
            };
            (without_bytes || source.kind == FlowKind::Client).then_some(Direction::None)
        }
        // Blocks of VPCs may lie in public space: then both ends look like the internet.
        [Some(to), Some(from)] => {
            let inside = |text: &String| -> Option<bool> {
                let address: IpAddr = text.parse().ok()?;
                Some(source.blocks.iter().any(|block| block.contains(&address)))
            };
            Some(match (inside(from)?, inside(to)?) {
                (true, true) => Direction::Inside,
                (false, true) => Direction::Down,
                _ => Direction::Up,
            })
        }
    }
}

/// A field, unless it is the `-` of what a record does not have.
fn text(row: &Row, field: &str) -> Option<String> {
    row.get(field).filter(|it| *it != "-").cloned()
}

/// A client's address, or the start of it that stands for its neighbours.
fn block(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.into());
    }
    if text.contains(':') {
        // Four groups are the half of an address that names a subnet.
        let address: IpAddr = format!("{}::", text.trim_end_matches(':')).parse().ok()?;
        return IpNet::new(address, 64).ok();
    }
    IpNet::new(format!("{text}.0").parse().ok()?, 24).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_an_address_is_a_block() {
        let shown = |text| block(text).map(|it| it.to_string());
        assert_eq!(shown("10.0.7").as_deref(), Some("10.0.7.0/24"));
        assert_eq!(shown("10.0.7.9").as_deref(), Some("10.0.7.9/32"));
        assert_eq!(
            shown("2600:1f18:0:7").as_deref(),
            Some("2600:1f18:0:7::/64")
        );
        assert_eq!(shown("2600:1f18").as_deref(), Some("2600:1f18::/64"));
        assert_eq!(shown("2600::9").as_deref(), Some("2600::9/128"));
        for odd in ["", "ten", "10", "10.0.0.0.1"] {
            assert_eq!(block(odd), None, "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_block_or_none(text in "[0-9a-f.:]{0,30}|.*") {
            let _ = block(&text);
        }
    }
}
