//! The question to flow logs in S3, for Athena: the same choice of records, and the same fields, as the
//! questions to Logs Insights make (`query.rs`).
//!
//! In a direction (up, from the client, or down, to it) only those records have values that go this way,
//! so that one statement finds both. `-` stands for a value that a record does not have, also where
//! Parquet has none.

use std::net::IpAddr;

use super::{
    columns::FIELDS,
    pattern::{NEIGHBOURS, PUBLIC, is_captured_as_public},
    source::Source,
    transit,
};
use crate::{
    model::{flow::FlowKind, id::VpcId, run::Window},
    usage::athena::{
        sql::{self, LENGTH, is_one_of},
        table::column_of,
    },
};

/// What a statement reads.
#[derive(Clone, Copy, Debug)]
pub(in crate::usage) struct Scan<'s> {
    /// The quoted name of the table.
    pub(in crate::usage) table: &'s str,
    /// The condition that chooses partitions and objects.
    pub(in crate::usage) condition: &'s str,
    /// The flow log: its id is in the name of each object.
    pub(in crate::usage) flow_log_id: &'s str,
    /// The records that count, by their start.
    pub(in crate::usage) window: Window,
}

/// A statement about a source, or a part of it.
#[derive(Clone, Debug)]
pub(in crate::usage) struct Statement {
    /// Its text.
    pub(in crate::usage) text: String,
    /// Whether records without bytes count here.
    pub(in crate::usage) is_first: bool,
}

/// What a statement asks about.
#[derive(Clone, Debug)]
struct Part<'s> {
    source: &'s Source,
    interfaces: Vec<(&'s str, &'s [IpAddr])>,
    /// Addresses that clients are asked about besides the public ones.
    endpoints: Vec<String>,
    is_first: bool,
    /// Whether interfaces that are no clients are left out here; else rows are by interface.
    leaves_out: bool,
    /// Whether other VPCs are left out here.
    by_vpc: bool,
}

/// The statements about a source, each short enough. None if even one without lists would be too long.
pub(in crate::usage) fn statements(source: &Source, scan: Scan<'_>) -> Vec<Statement> {
    statements_within(source, scan, LENGTH)
}

fn statements_within(source: &Source, scan: Scan<'_>, length: usize) -> Vec<Statement> {
    let mut parts = vec![Part::whole(source)];
    let mut done = Vec::new();
    while let Some(part) = parts.pop() {
        let text = part.text(scan);
        let halves = if text.len() > length {
            part.shorter()
        } else {
            None
        };
        match halves {
            Some(halves) => parts.extend(halves.into_iter().rev()),
            None => done.push(Statement {
                text,
                is_first: part.is_first,
            }),
        }
    }
    done
}

impl<'s> Part<'s> {
    fn whole(source: &'s Source) -> Self {
        let interfaces = source.interfaces.iter();
        let elsewhere = source.elsewhere.difference(&source.endpoints);
        let listed = source.endpoints.iter().chain(elsewhere);
        let listed = listed.filter(|it| !is_captured_as_public(**it));
        Self {
            source,
            interfaces: interfaces
                .map(|(id, addresses)| (id.as_str(), addresses.as_slice()))
                .collect(),
            endpoints: listed.map(ToString::to_string).collect(),
            is_first: true,
            leaves_out: true,
            by_vpc: true,
        }
    }

    /// Parts that together ask for the same. Lists that only shorten the answer give way first.
    fn shorter(&self) -> Option<Vec<Self>> {
        let is_client = self.source.kind == FlowKind::Client;
        if is_client && (self.by_vpc || self.leaves_out) {
            let part = Self {
                leaves_out: self.leaves_out && self.by_vpc,
                by_vpc: false,
                ..self.clone()
            };
            return Some(vec![part]);
        }
        if is_client && self.endpoints.len() > 1 {
            let (first, second) = self.endpoints.split_at(self.endpoints.len() / 2);
            let part = |endpoints: &[String], is_first| Self {
                endpoints: endpoints.to_vec(),
                is_first,
                ..self.clone()
            };
            return Some(vec![part(first, self.is_first), part(second, false)]);
        }
        if !is_client && self.interfaces.len() > 1 {
            let (first, second) = self.interfaces.split_at(self.interfaces.len() / 2);
            let part = |interfaces: &[(&'s str, &'s [IpAddr])]| Self {
                interfaces: interfaces.to_vec(),
                ..self.clone()
            };
            return Some(vec![part(first), part(second)]);
        }
        None
    }

    fn has(&self, field: &str) -> bool {
        self.source.format.has(field)
    }

    fn text(&self, scan: Scan<'_>) -> String {
        let known = FIELDS.iter().filter(|(field, _)| self.has(field));
        let columns: Vec<_> = known
            .map(|(field, name)| {
                let column = sql::name(&column_of(field));
                format!("    coalesce(CAST({column} AS varchar), '-') AS {name}")
            })
            .collect();
        let path = sql::text(&format!("_{}_", scan.flow_log_id));
        let mut during = String::new();
        if self.has("start") {
            let (start, end) = (scan.window.start.as_second(), scan.window.end.as_second());
            let column = sql::name("start");
            during = format!(
                "\n    AND try_cast({column} AS bigint) >= {start} AND try_cast({column} AS bigint) < \
                 {end}"
            );
        }
        let keys: Vec<(String, &str)> = self.keys();
        let selected: Vec<_> = keys
            .iter()
            .map(|(value, name)| format!("  {value} AS {name},"))
            .collect();
        let numbers: Vec<_> = (1..=keys.len()).map(|it| it.to_string()).collect();
        format!(
            "WITH records AS (\n  SELECT\n{}\n  FROM {}\n  WHERE {}\n    AND strpos(\"$path\", {path}) > \
             0{during}\n),\nsides AS (\n  SELECT records.*,\n    {} AS goes_up,\n    {} AS goes_down\n  FROM \
             records\n  WHERE {}\n    AND {}\n)\nSELECT\n{}\n  sum(try_cast(octets AS bigint)) AS total,\n  \
             count(*) AS records\nFROM sides\nWHERE {}\nGROUP BY {}",
            columns.join(",\n"),
            scan.table,
            scan.condition,
            self.side(true),
            self.side(false),
            self.accepted(),
            self.places(),
            selected.join("\n"),
            self.wanted(),
            numbers.join(", "),
        )
    }

    /// Accepted traffic, and records that stand for traffic that was not captured, or for none.
    fn accepted(&self) -> String {
        if self.has("action") {
            format!("(act = 'ACCEPT' OR {})", self.without_bytes())
        } else {
            "true".to_owned()
        }
    }

    fn without_bytes(&self) -> &'static str {
        if self.has("log-status") {
            "stat IN ('SKIPDATA', 'NODATA')"
        } else {
            "octets = '-'"
        }
    }

    /// The interfaces, or the VPCs, that are asked about.
    fn places(&self) -> String {
        let source = self.source;
        if source.kind == FlowKind::Client {
            let mut conditions = vec!["eni <> '-'".to_owned()];
            if self.leaves_out && !source.left_out.is_empty() {
                conditions.push(format!(
                    "NOT ({})",
                    is_one_of("eni", source.left_out.iter().map(String::as_str))
                ));
            }
            if self.has("vpc-id") && source.subnets.is_empty() && self.by_vpc {
                conditions.push(is_one_of("vpc", source.vpcs.iter().map(VpcId::as_str)));
            }
            return conditions.join(" AND ");
        }
        let of = |column: &str| is_one_of(column, self.interfaces.iter().map(|(id, _)| *id));
        if source.kind == FlowKind::TransitGateway {
            let ids = self.interfaces.iter().map(|(id, _)| *id);
            let names = transit::chosen_by(&source.format, ids);
            let chosen: Vec<_> = names.into_iter().map(of).collect();
            // The objects of a flow log have no other records.
            let all = if chosen.is_empty() {
                "true"
            } else {
                &chosen.join(" OR ")
            };
            return format!("({all})");
        }
        if self.has("resource-id") {
            format!("({} OR {})", of("eni"), of("res"))
        } else {
            of("eni")
        }
    }

    /// Whether a record goes up, or down.
    fn side(&self, up: bool) -> String {
        let (near, far) = ends(up);
        let net = format!("{} IS NOT NULL", self.net(near));
        let conditions = match self.source.kind {
            FlowKind::NatPackets | FlowKind::Endpoint => {
                vec![net, self.at_interface(far, up)]
            }
            // Outside of the gateway, what goes up leaves it.
            FlowKind::NatOutside => vec![self.at_interface(near, !up)],
            FlowKind::TransitGateway => vec![is_public(far)],
            FlowKind::Client => {
                let mut outside = Vec::new();
                if self.is_first {
                    outside.push(is_public(far));
                }
                if !self.endpoints.is_empty() {
                    let listed = self.endpoints.iter().map(String::as_str);
                    outside.push(is_one_of(far, listed));
                }
                if outside.is_empty() {
                    outside.push("false".to_owned());
                }
                vec![net, format!("({})", outside.join(" OR "))]
            }
        };
        format!("({})", conditions.join(" AND "))
    }

    /// The client's address, or the start of it that stands for its neighbours too.
    fn net(&self, near: &str) -> String {
        let [start, rest] = NEIGHBOURS;
        let pattern = if self.source.whole_clients {
            "^([0-9A-Fa-f.:]+)$".to_owned()
        } else {
            format!("^({start}){rest}$")
        };
        format!("regexp_extract({near}, {}, 1)", sql::text(&pattern))
    }

    /// Whether the interface's own address is in a column, in records into it, or out of it: known by
    /// the address, or where that is not known, by the direction.
    fn at_interface(&self, column: &str, into: bool) -> String {
        let all_known = self.interfaces.iter().all(|(_, known)| !known.is_empty());
        if self.has("flow-direction") && !all_known {
            return format!("way = '{}'", if into { "ingress" } else { "egress" });
        }
        let all = self.interfaces.iter().flat_map(|(_, addresses)| *addresses);
        let all: Vec<String> = all.map(ToString::to_string).collect();
        is_one_of(column, all.iter().map(String::as_str))
    }

    /// The records that count, and those without bytes. Of clients, all: what they send to one
    /// another makes one row, which shows that there are records.
    fn wanted(&self) -> String {
        let wanted = match self.source.kind {
            // The packet is not for the gateway itself: that is its other leg.
            FlowKind::NatPackets => {
                "(goes_up AND packet_dst <> dst) OR (goes_down AND packet_src <> src)"
            }
            FlowKind::Endpoint | FlowKind::NatOutside | FlowKind::TransitGateway => {
                "goes_up OR goes_down"
            }
            FlowKind::Client => return "true".to_owned(),
        };
        format!("{wanted} OR {}", self.without_bytes())
    }

    /// What rows are grouped by. Fields that the format lacks are left out.
    fn keys(&self) -> Vec<(String, &'static str)> {
        let kind = self.source.kind;
        let client = kind == FlowKind::Client;
        let transit = kind == FlowKind::TransitGateway;
        let by_interface = !transit && (!client || self.source.by_interface || !self.leaves_out);
        let mut keys: Vec<(String, &'static str)> = [
            ("stat", true),
            ("eni", by_interface),
            ("res", !client),
            ("vpc", client),
            ("subnet", client),
            ("path", client),
            ("hop", client),
            ("tgw", transit),
            ("att", transit),
        ]
        .into_iter()
        .filter(|(name, on)| *on && self.has_named(name))
        .map(|(name, _)| (name.to_owned(), name))
        .collect();
        for (up, names) in [
            (true, ["upext", "upnet", "upvia", "uptag"]),
            (false, ["downext", "downnet", "downvia", "downtag"]),
        ] {
            let (near, far) = ends(up);
            let [packet, tag] = if up {
                ["packet_dst", "dst_tag"]
            } else {
                ["packet_src", "src_tag"]
            };
            let external = if kind == FlowKind::NatPackets {
                packet
            } else {
                far
            };
            let via = if kind == FlowKind::NatOutside {
                near
            } else {
                far
            };
            let values = [
                (kind != FlowKind::Endpoint).then(|| external.to_owned()),
                (kind != FlowKind::NatOutside && !transit).then(|| self.net(near)),
                (!client && !transit).then(|| via.to_owned()),
                (kind != FlowKind::Endpoint && self.has_named(tag)).then(|| tag.to_owned()),
            ];
            let goes = if up { "goes_up" } else { "goes_down" };
            keys.extend(values.into_iter().zip(names).filter_map(|(value, name)| {
                Some((format!("CASE WHEN {goes} THEN {} END", value?), name))
            }));
        }
        if transit {
            keys.extend(transit::keys(|field| {
                let known = FIELDS.iter().find(|(it, _)| *it == field);
                known.filter(|_| self.has(field)).map(|(_, name)| *name)
            }));
        }
        keys
    }

    fn has_named(&self, name: &str) -> bool {
        let is_it = |(field, it): &(&str, &str)| *it == name && self.has(field);
        FIELDS.iter().any(is_it)
    }
}

/// Whether a column holds an address of the internet.
fn is_public(column: &str) -> String {
    let public = sql::text(&format!("^({PUBLIC})$"));
    format!("regexp_like({column}, {public})")
}

/// From the client's side: its own address, then that of the other end.
fn ends(up: bool) -> (&'static str, &'static str) {
    if up { ("src", "dst") } else { ("dst", "src") }
}

#[cfg(test)]
mod tests;
