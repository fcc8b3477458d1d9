//! Rows of an answer, summed up by what they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;

use super::{plan::Source, query::LEFT_OUT};
use crate::{
    model::flow::{CLIENTS, FlowKind, FlowRow, FlowSource},
    usage::insights::Row,
};

/// The sums of a source.
#[derive(Debug, Default)]
pub(super) struct Sums {
    rows: BTreeMap<FlowRow, u64>,
    skipped: BTreeMap<String, u64>,
    quiet: BTreeSet<String>,
    /// Rows that could not be understood.
    pub(super) unreadable: usize,
}

impl Sums {
    /// Adds a row.
    pub(super) fn take(&mut self, source: &Source, row: &Row) {
        if self.add(source, row).is_none() {
            self.unreadable += 1;
        }
    }

    fn add(&mut self, source: &Source, row: &Row) -> Option<()> {
        let names = ["eni", "res"].map(|field| text(row, field));
        let asked = |name: &&String| source.interfaces.contains_key(*name);
        // A regional gateway may be asked about by its own id, beside which a record names an interface.
        let asked = names.iter().flatten().find(asked).cloned();
        let interface = asked.or_else(|| names.into_iter().flatten().next());
        if row.get("stat").is_some_and(|it| it == "SKIPDATA") {
            let records = whole(row.get("records")?)?;
            let interface = interface.unwrap_or_else(|| CLIENTS.to_owned());
            *self.skipped.entry(interface).or_default() += records;
            return Some(());
        }
        let left_out = source.left_out.len() > LEFT_OUT
            && interface
                .as_ref()
                .is_some_and(|it| source.left_out.contains(it));
        if left_out {
            return Some(());
        }
        let up = match direction(source, row)? {
            Direction::Up => true,
            Direction::Down => false,
            Direction::Inside | Direction::None => {
                self.quiet.insert(who(source, row, interface));
                return Some(());
            }
        };
        let bytes = whole(row.get("total")?)?;
        let name = |field: &str| format!("{}{field}", if up { "up" } else { "down" });
        let client = source.kind == FlowKind::Client;
        let key = FlowRow {
            interface: interface.filter(|_| !client),
            vpc_id: text(row, "vpc"),
            subnet_id: text(row, "subnet"),
            client: match row.get(&name("net")) {
                Some(net) => Some(block(net)?),
                None => None,
            },
            external: match row.get(&name("ext")) {
                Some(address) => Some(address.parse().ok()?),
                None => None,
            },
            up,
            aws_service: text(row, &name("tag")),
            traffic_path: text(row, "path").and_then(|it| it.parse().ok()),
            next_hop: text(row, "hop"),
        };
        *self.rows.entry(key).or_default() += bytes;
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
            part: source.part.clone(),
        }
    }
}

/// Which way a row goes.
enum Direction {
    Up,
    Down,
    /// Both ends are in the VPC.
    Inside,
    /// It shows no bytes from or to the outside.
    None,
}

/// Whose records a row without bytes is of.
fn who(source: &Source, row: &Row, interface: Option<String>) -> String {
    let place = if source.kind == FlowKind::Client {
        text(row, "vpc").or_else(|| text(row, "subnet"))
    } else {
        interface
    };
    place.unwrap_or_else(|| CLIENTS.to_owned())
}

fn direction(source: &Source, row: &Row) -> Option<Direction> {
    let key = if source.kind == FlowKind::Endpoint {
        ["upnet", "downnet"]
    } else {
        ["upext", "downext"]
    };
    match key.map(|key| row.get(key)) {
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

/// A whole number. Large sums may come as floating point, exact up to 2^53.
fn whole(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked right here"
    )]
    (number.is_finite() && (0.0..1e19).contains(&number)).then(|| number.round() as u64)
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

    #[test]
    fn sums_are_read_in_every_spelling_of_a_number() {
        assert_eq!(whole("18446744073709551615"), Some(u64::MAX));
        assert_eq!(whole("1.5E3"), Some(1500));
        assert_eq!(whole("12.0"), Some(12));
        for odd in ["", "-", "-1", "NaN", "inf", "many"] {
            assert_eq!(whole(odd), None, "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_block_or_none(text in "[0-9a-f.:]{0,30}|.*") {
            let _ = block(&text);
        }
    }
}
