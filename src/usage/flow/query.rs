//! The question to the flow logs of a source. Records are taken apart by `parse` with a pattern of
//! their format, whichever it is: one way for all, which depends on no discovered field.
//!
//! A second and third pattern fit only records up (from the client) and down (to it). What they
//! capture is missing in all other records, so that one question finds both and drops the rest.

use std::net::IpAddr;

use super::{
    pattern::{Slot, capture, client, is_captured_as_public, one_of, outside, pattern},
    source::Source,
    transit,
};
use crate::model::{flow::FlowKind, id::VpcId};

/// The field by which an answer that does not fit is split: an address that every row has.
pub(super) const SPLIT_BY: &str = "ext";

/// Characters that a question may have
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>), less
/// those that conditions of split parts may take.
const LENGTH: usize = 10_000 - 1_000;
/// Questions to the clients of a source: each scans the whole log group.
const CLIENT_QUESTIONS: usize = 4;

/// A question to a source, or to a part of it that shares no record with the other parts.
#[derive(Clone)]
pub(super) struct Question<'s> {
    pub(super) source: &'s Source,
    /// Whether records without bytes count here.
    pub(super) is_first: bool,
    interfaces: Vec<(&'s str, &'s [IpAddr])>,
    /// Addresses that clients are asked about besides the public ones.
    endpoints: Vec<IpAddr>,
    /// Lists that shorten the answer. Without them it has rows that are dropped when it is there.
    lists: Lists,
}

/// Which lists a question to clients holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lists {
    /// The VPCs that are asked about.
    vpcs: bool,
    /// The interfaces of gateways and endpoints, which are no clients; else rows are by interface.
    left_out: bool,
}

/// The questions to a source, each short enough.
pub(super) fn questions(source: &Source) -> Vec<Question<'_>> {
    if source.kind == FlowKind::Client {
        return client_questions(source).0;
    }
    let all = source.interfaces.iter();
    let mut questions: Vec<Question<'_>> = Vec::new();
    for (id, addresses) in all {
        let interface = (id.as_str(), addresses.as_slice());
        if let Some(last) = questions.last_mut() {
            last.interfaces.push(interface);
            if last.fits() {
                continue;
            }
            last.interfaces.pop();
        }
        questions.push(Question {
            interfaces: vec![interface],
            ..Question::of_clients(source)
        });
    }
    questions
}

/// One question to a source where it need not be short: everything that is asked about.
pub(super) fn whole(source: &Source) -> Question<'_> {
    let interfaces = source.interfaces.iter();
    Question {
        interfaces: interfaces
            .map(|(id, addresses)| (id.as_str(), addresses.as_slice()))
            .collect(),
        ..Question::of_clients(source)
    }
}

/// How many addresses of endpoints the questions to clients leave out, because they would be too many.
pub(super) fn addresses_left_out(source: &Source) -> usize {
    match source.kind {
        FlowKind::Client => client_questions(source).1,
        _ => 0,
    }
}

/// The questions to clients: the first asks about public addresses and as many of endpoints as it has
/// room for. Lists that only shorten the answer give way first.
fn client_questions(source: &Source) -> (Vec<Question<'_>>, usize) {
    let mut first = Question::of_clients(source);
    for lists in [(true, true), (false, true), (false, false)] {
        let (vpcs, left_out) = lists;
        first.lists = Lists { vpcs, left_out };
        if first.fits() {
            break;
        }
    }
    let mut questions = vec![first];
    let elsewhere = source.elsewhere.difference(&source.endpoints);
    let listed = source.endpoints.iter().chain(elsewhere).copied();
    let mut listed = listed.filter(|it| !is_captured_as_public(*it)).peekable();
    while let Some(address) = listed.peek().copied() {
        let Some(last) = questions.last_mut() else {
            break;
        };
        last.endpoints.push(address);
        if last.fits() {
            listed.next();
            continue;
        }
        last.endpoints.pop();
        if questions.len() == CLIENT_QUESTIONS {
            break;
        }
        let lists = questions[0].lists;
        questions.push(Question {
            is_first: false,
            lists,
            ..Question::of_clients(source)
        });
    }
    (questions, listed.count())
}

impl<'s> Question<'s> {
    fn of_clients(source: &'s Source) -> Self {
        Self {
            source,
            is_first: true,
            interfaces: Vec::new(),
            endpoints: Vec::new(),
            lists: Lists {
                vpcs: true,
                left_out: true,
            },
        }
    }

    fn fits(&self) -> bool {
        self.text(&[], usize::MAX).chars().count() <= LENGTH
    }

    /// Whether rows of clients are by interface.
    fn is_by_interface(&self) -> bool {
        self.source.by_interface || !self.lists.left_out
    }

    /// The text, with further conditions and a limit to its rows.
    pub(super) fn text(&self, conditions: &[String], limit: usize) -> String {
        let source = self.source;
        let format = &source.format;
        let mut lines = vec![format!(
            "parse @message /{}/",
            pattern(format, &self.common())
        )];
        if !format.has("interface-id") && source.kind != FlowKind::TransitGateway {
            // Each interface has a log stream of its own, named after it.
            lines.push("parse @logStream /^(?<eni>eni-[0-9A-Za-z]+)/".to_owned());
        }
        lines.push(self.records());
        lines.push(self.places());
        let [up, down] = [true, false].map(|up| pattern(format, &self.direction(up)));
        lines.push(format!("parse @message /{up}/"));
        lines.push(format!("parse @message /{down}/"));
        lines.extend(self.wanted());
        lines.push(format!(
            "fields coalesce({}) as {SPLIT_BY}",
            self.split_by()
        ));
        lines.extend(conditions.iter().map(|it| format!("filter {it}")));
        lines.push(format!(
            "stats sum(octets) as total, count(*) as records by {}",
            self.keys()
        ));
        lines.push(format!("limit {limit}"));
        lines.join("\n| ")
    }

    fn has(&self, field: &str) -> bool {
        self.source.format.has(field)
    }

    /// What every record shows, whichever way it goes.
    fn common(&self) -> Vec<Slot<'static>> {
        let client = self.source.kind == FlowKind::Client;
        let mut slots = vec![
            capture("interface-id", "eni"),
            capture("bytes", "octets"),
            capture("action", "act"),
            capture("log-status", "stat"),
        ];
        if client {
            slots.extend([
                capture("vpc-id", "vpc"),
                capture("subnet-id", "subnet"),
                capture("traffic-path", "path"),
                capture("next-hop-interface-type", "hop"),
            ]);
        } else {
            slots.push(capture("resource-id", "res"));
        }
        if self.source.kind == FlowKind::TransitGateway {
            slots.extend(transit::common_slots());
        }
        slots
    }

    /// Accepted traffic, and records that stand for traffic that was not captured, or for none.
    fn records(&self) -> String {
        // Rejected traffic may come from another flow log into the same streams.
        let accepted = if self.has("action") {
            r#"act = "ACCEPT""#
        } else {
            "ispresent(octets)"
        };
        format!("filter {accepted} or {}", self.without_bytes())
    }

    /// The condition of records that show no bytes, but that the flow log is delivered.
    fn without_bytes(&self) -> &'static str {
        if self.has("log-status") {
            r#"stat in ["SKIPDATA", "NODATA"]"#
        } else {
            r#"octets = "-""#
        }
    }

    /// The interfaces, or the VPCs, that are asked about.
    fn places(&self) -> String {
        let list = |names: &mut dyn Iterator<Item = &str>| {
            let quoted: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
            quoted.join(", ")
        };
        let source = self.source;
        if source.kind == FlowKind::Client {
            let mut conditions = vec!["ispresent(octets)".to_owned()];
            if self.has("interface-id") {
                // What a regional NAT gateway records has no interface.
                conditions.push(r#"eni != "-""#.to_owned());
            }
            if self.lists.left_out && !source.left_out.is_empty() {
                let enis = list(&mut source.left_out.iter().map(String::as_str));
                conditions.push(format!("eni not in [{enis}]"));
            }
            if self.has("vpc-id") && source.subnets.is_empty() && self.lists.vpcs {
                let vpcs = list(&mut source.vpcs.iter().map(VpcId::as_str));
                conditions.push(format!("vpc in [{vpcs}]"));
            }
            return format!("filter {}", conditions.join(" and "));
        }
        let ids = list(&mut self.interfaces.iter().map(|(id, _)| *id));
        if source.kind == FlowKind::TransitGateway {
            let names = self.interfaces.iter().map(|(id, _)| *id);
            return transit::filter(&source.format, names, &ids);
        }
        if self.has("resource-id") {
            format!("filter eni in [{ids}] or res in [{ids}]")
        } else {
            format!("filter eni in [{ids}]")
        }
    }

    /// What fits a record of one direction alone.
    fn direction(&self, up: bool) -> Vec<Slot<'static>> {
        let source = self.source;
        let (name, tag) = if up {
            ("up", "pkt-dst-aws-service")
        } else {
            ("down", "pkt-src-aws-service")
        };
        // From the client's side: its own address, then that of the other end.
        let (near, far, packet_far) = if up {
            ("srcaddr", "dstaddr", "pkt-dstaddr")
        } else {
            ("dstaddr", "srcaddr", "pkt-srcaddr")
        };
        let net = || client(near, &format!("{name}net"), source.whole_clients);
        let ext = |field| capture(field, &format!("{name}ext"));
        let tag = capture(tag, &format!("{name}tag"));
        match source.kind {
            FlowKind::NatPackets => {
                let mut slots = vec![net(), ext(packet_far), tag];
                slots.extend(self.at_interface(far, &format!("{name}via"), up));
                slots
            }
            FlowKind::Endpoint => {
                let mut slots = vec![net()];
                slots.extend(self.at_interface(far, &format!("{name}via"), up));
                slots
            }
            FlowKind::NatOutside => {
                let mut slots = vec![ext(far), tag];
                // Outside of the gateway, what goes up leaves it.
                slots.extend(self.at_interface(near, &format!("{name}via"), !up));
                slots
            }
            FlowKind::Client => {
                let ext = outside(far, &format!("{name}ext"), self.is_first, &self.endpoints);
                vec![net(), ext, tag]
            }
            FlowKind::TransitGateway => {
                let ext = outside(far, &format!("{name}ext"), true, &[]);
                transit::slots(up).chain([ext, tag]).collect()
            }
        }
    }

    /// Captures the interface's own address in a field of records into it, or out of it: known by
    /// the address, or where that is not known, by the direction.
    fn at_interface(&self, field: &'static str, name: &str, into: bool) -> Vec<Slot<'static>> {
        let addresses: Vec<String> = self
            .interfaces
            .iter()
            .flat_map(|(_, addresses)| addresses.iter().map(ToString::to_string))
            .collect();
        let all_known = self.interfaces.iter().all(|(_, known)| !known.is_empty());
        if self.has("flow-direction") && !all_known {
            let direction = if into { "ingress" } else { "egress" };
            vec![
                capture(field, name),
                ("flow-direction", direction.to_owned()),
            ]
        } else {
            vec![one_of(field, name, &addresses)]
        }
    }

    /// The records that count, and those without bytes. Of clients, all: what they send to one
    /// another makes one row, which shows that there are records.
    fn wanted(&self) -> Option<String> {
        let wanted = match self.source.kind {
            // The packet is not for the gateway itself: that is its other leg.
            FlowKind::NatPackets => {
                "(ispresent(upext) and upext != upvia) or (ispresent(downext) and downext != downvia)"
            }
            FlowKind::Endpoint => "ispresent(upnet) or ispresent(downnet)",
            FlowKind::NatOutside | FlowKind::TransitGateway => {
                "ispresent(upext) or ispresent(downext)"
            }
            FlowKind::Client => return None,
        };
        Some(format!("filter {wanted} or {}", self.without_bytes()))
    }

    fn split_by(&self) -> &'static str {
        match (self.source.kind, self.has("log-status")) {
            (FlowKind::Endpoint, true) => "upnet, downnet, stat",
            (FlowKind::Endpoint, false) => "upnet, downnet",
            (_, true) => "upext, downext, stat",
            (_, false) => "upext, downext",
        }
    }

    /// What rows are grouped by. Fields that the format lacks are left out.
    fn keys(&self) -> String {
        let source = self.source;
        let client = source.kind == FlowKind::Client;
        let transit = source.kind == FlowKind::TransitGateway;
        let by_interface = !transit && (!client || self.is_by_interface());
        let keys = [
            (SPLIT_BY, true),
            ("stat", self.has("log-status")),
            ("eni", by_interface),
            ("res", !client && self.has("resource-id")),
            ("vpc", client && self.has("vpc-id")),
            ("subnet", client && self.has("subnet-id")),
            ("path", client && self.has("traffic-path")),
            ("hop", client && self.has("next-hop-interface-type")),
            ("upext", source.kind != FlowKind::Endpoint),
            ("downext", source.kind != FlowKind::Endpoint),
            ("upnet", source.kind != FlowKind::NatOutside && !transit),
            ("downnet", source.kind != FlowKind::NatOutside && !transit),
            // The interface's own address, but where another's is taken for it.
            ("upvia", !client && !transit),
            ("downvia", !client && !transit),
            (
                "uptag",
                self.has("pkt-dst-aws-service") && source.kind != FlowKind::Endpoint,
            ),
            (
                "downtag",
                self.has("pkt-src-aws-service") && source.kind != FlowKind::Endpoint,
            ),
        ];
        let keys = keys.iter().filter(|(_, on)| *on).map(|(key, _)| *key);
        let more = transit::names(&source.format).filter(|_| transit);
        let keys: Vec<_> = keys.chain(more).collect();
        keys.join(", ")
    }
}

#[cfg(test)]
mod tests;
