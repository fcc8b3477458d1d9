//! Which flow logs to read: for every interface of a NAT gateway and of an endpoint the one that
//! tells most, and for the clients of every VPC one of the VPC, or one of each subnet.
//!
//! The plan is made target by target, so that the facts of one target are in memory at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::{
    candidate::{Candidate, Useless},
    pattern::look_alike,
    query::ENDPOINTS,
};
use crate::model::{
    facts::Facts,
    flow::FlowKind,
    flow_format::LogFormat,
    inventory::{NatGateway, Vpc},
    target::Target,
    usage::LogGroup,
};

/// How much later than its gateway a flow log may be made and still tell all of it: the longest time
/// over which records are aggregated.
const AFTER_ITS_GATEWAY: SignedDuration = SignedDuration::from_mins(10);

/// One question to one log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub(super) kind: FlowKind,
    pub(super) format: LogFormat,
    /// Whether the flow logs hold no rejected traffic.
    pub(super) accepted_only: bool,
    /// The ending of its log streams, where others are in the log group.
    pub(super) stream: Option<String>,
    /// The interfaces asked about, with their addresses; none for clients.
    pub(super) interfaces: BTreeMap<String, Vec<IpAddr>>,
    /// Interfaces of gateways and endpoints, which are no clients.
    pub(super) left_out: BTreeSet<String>,
    /// Addresses of endpoints in the VPC that clients are the only ones to tell of.
    pub(super) endpoints: BTreeSet<IpAddr>,
    pub(super) vpcs: BTreeSet<String>,
    pub(super) subnets: BTreeSet<String>,
    pub(super) others: BTreeSet<String>,
    /// Address blocks of the VPCs of clients.
    pub(super) blocks: BTreeSet<IpNet>,
    /// Whether clients are told apart by their whole addresses.
    pub(super) whole_clients: bool,
    /// Interfaces, VPCs and subnets of which its flow logs do not tell the whole window.
    pub(super) part: BTreeSet<String>,
}

/// What there is of a VPC's traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VpcFlow {
    /// It is in log groups.
    LogGroups(Logged),
    /// There are only flow logs that deliver to places which are not read; why.
    Elsewhere(String),
    /// There are only flow logs that do not tell bytes; why.
    Useless(String),
    /// There is no flow log.
    NotLogged,
}

/// What there is of a VPC's traffic in log groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// The log groups.
    pub groups: BTreeSet<LogGroup>,
    /// Interfaces of its gateways and endpoints that are asked about.
    pub interfaces: BTreeSet<String>,
    /// What is not read, or not told by what is.
    pub besides: Vec<String>,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When the window begins.
    since: Timestamp,
    /// The questions to each log group.
    pub groups: BTreeMap<LogGroup, Vec<Source>>,
    /// The VPCs of each target.
    pub targets: BTreeMap<Target, Vec<(String, VpcFlow)>>,
    /// Formats and VPCs of all that delivers to a log group.
    delivering: BTreeMap<LogGroup, Vec<(LogFormat, String)>>,
}

impl Plan {
    /// A plan without any target, of the bytes from then on.
    pub fn new(since: Timestamp) -> Self {
        Self {
            since,
            groups: BTreeMap::new(),
            targets: BTreeMap::new(),
            delivering: BTreeMap::new(),
        }
    }

    /// Adds a target from its facts alone. `whole_clients`: there are VPCs so small that two of
    /// them share a block of 256 addresses.
    pub fn add(&mut self, target: &Target, facts: &Facts, whole_clients: bool) {
        let vpcs = facts.vpcs.iter().filter(|vpc| vpc.is_seen_by_owner());
        let planned = vpcs
            .map(|vpc| {
                let flow = OfVpc::new(facts, vpc, whole_clients).plan(self);
                (vpc.vpc_id.clone(), flow)
            })
            .collect();
        self.targets.insert(target.clone(), planned);
    }

    /// To be called when all targets are there.
    pub fn complete(&mut self) {
        for (group, sources) in &mut self.groups {
            for source in sources.iter_mut().filter(|it| it.kind == FlowKind::Client) {
                let delivering = self.delivering.get(group).into_iter().flatten();
                let alike = delivering.filter(|(format, _)| look_alike(format, &source.format));
                let vpcs: BTreeSet<String> = alike.map(|(_, vpc)| vpc.clone()).collect();
                source.others = vpcs.difference(&source.vpcs).cloned().collect();
            }
        }
        self.delivering.clear();
    }

    /// The source that asks like this one, made if there is none yet.
    fn source(&mut self, from: &Chosen<'_>, kind: FlowKind, whole_clients: bool) -> &mut Source {
        let wanted = Source {
            kind,
            format: from.candidate.format.clone(),
            accepted_only: from.candidate.log.traffic_type.as_deref() == Some("ACCEPT"),
            stream: from.stream.clone(),
            interfaces: BTreeMap::new(),
            left_out: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            vpcs: BTreeSet::new(),
            subnets: BTreeSet::new(),
            others: BTreeSet::new(),
            blocks: BTreeSet::new(),
            whole_clients,
            part: BTreeSet::new(),
        };
        let sources = self.groups.entry(from.candidate.group.clone()).or_default();
        let same = |it: &Source| {
            (it.kind, &it.format, it.accepted_only, &it.stream)
                == (kind, &wanted.format, wanted.accepted_only, &wanted.stream)
        };
        let index = sources.iter().position(same).unwrap_or(sources.len());
        if index == sources.len() {
            sources.push(wanted);
        }
        &mut sources[index]
    }
}

/// The flow log that was chosen for something.
struct Chosen<'f> {
    candidate: &'f Candidate<'f>,
    stream: Option<String>,
}

/// An interface of a NAT gateway or an endpoint, or a regional NAT gateway, which shows none.
struct Interface {
    kind: FlowKind,
    id: String,
    addresses: Vec<IpAddr>,
    /// What flow logs may be of.
    resources: Vec<String>,
    /// From when its bytes are wanted.
    since: Timestamp,
}

/// From when the bytes of an interface are wanted: nothing passed a gateway before it was made. A flow
/// log that is made with it may come a few minutes later.
fn life(gateway: Option<&NatGateway>, since: Timestamp) -> Timestamp {
    let made = gateway.and_then(|it| it.created_at);
    let made = made.and_then(|it| it.checked_add(AFTER_ITS_GATEWAY).ok());
    made.map_or(since, |made| made.max(since))
}

/// A VPC and its flow logs.
struct OfVpc<'f> {
    facts: &'f Facts,
    vpc: &'f Vpc,
    candidates: Vec<Candidate<'f>>,
    elsewhere: Vec<String>,
    useless: Vec<String>,
    whole_clients: bool,
}

impl<'f> OfVpc<'f> {
    fn new(facts: &'f Facts, vpc: &'f Vpc, whole_clients: bool) -> Self {
        let mut found = Self {
            facts,
            vpc,
            candidates: Vec::new(),
            elsewhere: Vec::new(),
            useless: Vec::new(),
            whole_clients,
        };
        let ours = |resource: &str| {
            resource == vpc.vpc_id
                || facts
                    .subnets
                    .get(resource)
                    .is_some_and(|it| it.vpc_id == vpc.vpc_id)
                || facts
                    .network_interfaces
                    .get(resource)
                    .is_some_and(|it| it.vpc_id == vpc.vpc_id)
                || facts
                    .nat_gateways
                    .get(resource)
                    .is_some_and(|it| it.vpc_id == vpc.vpc_id)
        };
        for log in facts
            .flow_logs
            .values()
            .filter(|log| ours(&log.resource_id))
        {
            match Candidate::new(log) {
                Ok(candidate) => found.candidates.push(candidate),
                Err(Useless::Rejected) => {}
                Err(Useless::Elsewhere(why)) => found.elsewhere.push(why),
                Err(Useless::Format(why)) => found.useless.push(why),
            }
        }
        found
    }

    fn plan(mut self, plan: &mut Plan) -> VpcFlow {
        for it in &self.candidates {
            let delivers = plan.delivering.entry(it.group.clone()).or_default();
            delivers.push((it.format.clone(), self.vpc.vpc_id.clone()));
        }
        let mut groups = BTreeSet::new();
        let mut told = BTreeSet::new();
        let read = self.gateways(plan, &mut groups, &mut told);
        self.clients(plan, &read, &mut groups, &mut told);
        self.useless.extend(told);
        if !groups.is_empty() {
            let elsewhere = self.elsewhere.iter();
            let elsewhere = elsewhere.map(|it| format!("{it}, which is not read"));
            self.useless.extend(elsewhere);
            VpcFlow::LogGroups(Logged {
                groups,
                interfaces: read,
                besides: self.useless,
            })
        } else if !self.useless.is_empty() {
            VpcFlow::Useless(self.useless.join("; "))
        } else if self.elsewhere.is_empty() {
            VpcFlow::NotLogged
        } else {
            VpcFlow::Elsewhere(self.elsewhere.join("; "))
        }
    }

    /// Interfaces of its NAT gateways and endpoints.
    fn interfaces(&self, since: Timestamp) -> Vec<Interface> {
        let facts = self.facts;
        let mut with_interface = BTreeSet::new();
        let mut found = Vec::new();
        let here = facts.network_interfaces.values();
        for it in here.filter(|it| it.vpc_id == self.vpc.vpc_id) {
            let kind = match it.interface_type.as_str() {
                "nat_gateway" => FlowKind::NatPackets,
                _ => FlowKind::Endpoint,
            };
            let mut resources = vec![it.network_interface_id.clone(), it.vpc_id.clone()];
            resources.extend(it.subnet_id.clone());
            if let Some(made_for) = it.made_for() {
                with_interface.insert(made_for);
                resources.push(made_for.to_owned());
            }
            let gateway = it.made_for().and_then(|id| facts.nat_gateways.get(id));
            found.push(Interface {
                kind,
                id: it.network_interface_id.clone(),
                addresses: it.addresses.clone(),
                resources,
                since: life(gateway, since),
            });
        }
        for gateway in facts.nat_gateways.values() {
            let id = gateway.nat_gateway_id.as_str();
            if gateway.vpc_id == self.vpc.vpc_id
                && gateway.availability_mode == "regional"
                && !with_interface.contains(id)
            {
                found.push(Interface {
                    kind: FlowKind::NatPackets,
                    id: id.to_owned(),
                    addresses: Vec::new(),
                    resources: vec![id.to_owned(), gateway.vpc_id.clone()],
                    since: life(Some(gateway), since),
                });
            }
        }
        found
    }

    /// Chooses for every gateway and endpoint. Returns those that have a flow log.
    fn gateways(
        &self,
        plan: &mut Plan,
        groups: &mut BTreeSet<LogGroup>,
        told: &mut BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut read = BTreeSet::new();
        for interface in self.interfaces(plan.since) {
            let Interface {
                kind,
                id,
                addresses,
                resources,
                since,
            } = interface;
            let of = |it: &&Candidate<'_>| resources.contains(&it.log.resource_id);
            // A gateway without an interface is found by the field `resource-id` alone.
            let findable = |it: &&Candidate<'_>| {
                id.starts_with("eni-")
                    || it.format.has_all(&["resource-id", "flow-direction"])
                        && it.has_packet_addresses()
            };
            let covering: Vec<_> = self.candidates.iter().filter(of).filter(findable).collect();
            let Some(chosen) = best(&covering, &covering, since, told) else {
                continue;
            };
            let bare = kind == FlowKind::NatPackets && !chosen.candidate.has_packet_addresses();
            let kind = if bare { FlowKind::NatOutside } else { kind };
            told.extend(chosen.candidate.shortcomings(bare, since));
            groups.insert(chosen.candidate.group.clone());
            let source = plan.source(&chosen, kind, self.whole_clients);
            source.interfaces.insert(id.clone(), addresses);
            if !chosen.candidate.covers(since) {
                source.part.insert(id.clone());
            }
            source.whole_clients |= self.whole_clients;
            read.insert(id);
        }
        read
    }

    /// Chooses for the clients: one flow log of the VPC, else one of each subnet.
    fn clients(
        &self,
        plan: &mut Plan,
        read: &BTreeSet<String>,
        groups: &mut BTreeSet<LogGroup>,
        told: &mut BTreeSet<String>,
    ) {
        let of = |resources: &[&str]| -> Vec<_> {
            let fits = |it: &&Candidate<'_>| resources.contains(&it.log.resource_id.as_str());
            self.candidates.iter().filter(fits).collect()
        };
        let (vpc, since) = (self.vpc.vpc_id.as_str(), plan.since);
        let wide: Vec<_> = self
            .candidates
            .iter()
            .filter(|it| !it.log.resource_id.starts_with("eni-"))
            .collect();
        let mut chosen = Vec::new();
        if let Some(it) = best(&of(&[vpc]), &wide, since, told) {
            chosen.push((it, None));
        } else {
            let subnets = self.facts.subnets.values();
            for subnet in subnets.filter(|it| it.vpc_id == vpc) {
                let id = subnet.subnet_id.as_str();
                if let Some(it) = best(&of(&[id]), &of(&[id, vpc]), since, told) {
                    chosen.push((it, Some(subnet.subnet_id.clone())));
                }
            }
        }
        for (it, subnet) in chosen {
            told.extend(it.candidate.shortcomings(false, since));
            groups.insert(it.candidate.group.clone());
            let source = plan.source(&it, FlowKind::Client, self.whole_clients);
            source.whole_clients |= self.whole_clients;
            source.blocks.extend(&self.vpc.cidrs);
            let place = subnet.clone().unwrap_or_else(|| self.vpc.vpc_id.clone());
            if !it.candidate.covers(since) {
                source.part.insert(place.clone());
            }
            match subnet {
                Some(_) => source.subnets.insert(place),
                None => source.vpcs.insert(place),
            };
            for it in self.interfaces(since) {
                if it.kind == FlowKind::Endpoint && !read.contains(&it.id) {
                    source.endpoints.extend(it.addresses);
                }
                source.left_out.insert(it.id);
            }
            if source.endpoints.len() > ENDPOINTS {
                told.insert(format!(
                    "bytes to {} addresses of endpoints without a flow log are not told",
                    source.endpoints.len() - ENDPOINTS
                ));
            }
        }
    }
}

/// Whether another flow log writes the same records into the same streams: then neither can be
/// told from the other, and every byte would count twice.
fn clashes(one: &Candidate<'_>, all: &[&Candidate<'_>], told: &mut BTreeSet<String>) -> bool {
    let clash = all.iter().find(|it| {
        it.log.flow_log_id != one.log.flow_log_id
            && it.group == one.group
            && it.stream_ending() == one.stream_ending()
            && look_alike(&it.format, &one.format)
    });
    if let Some(other) = clash {
        let mut ids = [&one.log.flow_log_id, &other.log.flow_log_id];
        ids.sort();
        let [one, other] = ids;
        told.insert(format!(
            "{one} and {other} write records of the same interfaces into the same log streams: neither is read"
        ));
    }
    clash.is_some()
}

/// The one of `these` that tells most since then; `all` write records of the same interfaces.
fn best<'f>(
    these: &[&'f Candidate<'f>],
    all: &[&'f Candidate<'f>],
    since: Timestamp,
    told: &mut BTreeSet<String>,
) -> Option<Chosen<'f>> {
    let usable = these.iter().filter(|it| !clashes(it, all, told));
    let candidate = *usable.max_by_key(|it| it.rank(since))?;
    let mixed = all.iter().any(|it| {
        it.log.flow_log_id != candidate.log.flow_log_id
            && it.group == candidate.group
            && look_alike(&it.format, &candidate.format)
    });
    let stream = mixed.then(|| candidate.stream_ending());
    Some(Chosen { candidate, stream })
}

#[cfg(test)]
mod tests {
    use super::{super::candidate::tests::flow_log, *};
    use crate::model::{
        inventory::{FlowLog, Subnet},
        network::NetworkInterface,
    };

    const PACKETS: &str = "${interface-id} ${srcaddr} ${dstaddr} ${bytes} ${action} ${log-status} \
        ${pkt-srcaddr} ${pkt-dstaddr}";

    fn since() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    /// A VPC with two subnets and the interface of a NAT gateway in the first.
    fn planned(logs: Vec<FlowLog>) -> (Plan, VpcFlow) {
        let mut facts = Facts::default();
        let target = logs[0].target.clone();
        facts.vpcs.push(Vpc {
            target: target.clone(),
            vpc_id: "vpc-1".into(),
            name: None,
            owner_account_id: target.account_id.clone(),
            is_default: false,
            cidrs: vec!["10.0.0.0/16".parse().unwrap()],
            dns_support: None,
            dns_hostnames: None,
        });
        for id in ["subnet-1", "subnet-2"] {
            let subnet = Subnet {
                subnet_id: id.into(),
                vpc_id: "vpc-1".into(),
                availability_zone: "eu-west-1a".into(),
                availability_zone_id: None,
                cidrs: Vec::new(),
            };
            facts.subnets.insert(id.into(), subnet);
        }
        let interface = NetworkInterface {
            target: target.clone(),
            network_interface_id: "eni-1".into(),
            vpc_id: "vpc-1".into(),
            subnet_id: Some("subnet-1".into()),
            interface_type: "nat_gateway".into(),
            addresses: vec!["10.0.0.9".parse().unwrap()],
            description: Some("Interface for NAT Gateway nat-1".into()),
        };
        facts.network_interfaces.insert("eni-1".into(), interface);
        for log in logs {
            facts.flow_logs.insert(log.flow_log_id.clone(), log);
        }
        let mut plan = Plan::new(since());
        plan.add(&target, &facts, false);
        plan.complete();
        let flow = plan.targets[&target][0].1.clone();
        (plan, flow)
    }

    /// What is asked of each log group.
    fn asked(plan: &Plan) -> Vec<(&str, FlowKind)> {
        let groups = plan.groups.iter();
        groups
            .flat_map(|(group, all)| all.iter().map(|it| (group.name.as_str(), it.kind)))
            .collect()
    }

    #[test]
    fn a_gateway_is_read_where_its_packets_are_told_and_clients_once() {
        let (plan, _) = planned(vec![
            flow_log("fl-1", "vpc-1", ""),
            flow_log("fl-2", "subnet-1", PACKETS),
            flow_log("fl-3", "eni-1", ""),
        ]);
        let expected = [
            ("/flow/fl-1", FlowKind::Client),
            ("/flow/fl-2", FlowKind::NatPackets),
        ];
        assert_eq!(asked(&plan), expected);
        let clients = &plan.groups.values().next().unwrap()[0];
        assert!(clients.left_out.contains("eni-1"), "{clients:?}");
    }

    #[test]
    fn without_a_flow_log_of_the_vpc_each_subnet_has_its_own() {
        let (plan, _) = planned(vec![
            flow_log("fl-1", "subnet-1", ""),
            flow_log("fl-2", "subnet-2", ""),
            flow_log("fl-3", "subnet-2", PACKETS),
        ]);
        let expected = [
            ("/flow/fl-1", FlowKind::NatOutside),
            ("/flow/fl-1", FlowKind::Client),
            ("/flow/fl-3", FlowKind::Client),
        ];
        assert_eq!(asked(&plan), expected);
    }

    #[test]
    fn a_flow_log_of_the_whole_window_is_read_before_a_younger_one_which_is_told_to_be_a_part() {
        let young = |id: &str| FlowLog {
            created_at: Some("2026-03-04T05:06:07Z".parse().unwrap()),
            ..flow_log(id, "vpc-1", PACKETS)
        };
        let (plan, flow) = planned(vec![flow_log("fl-1", "vpc-1", ""), young("fl-2")]);
        let expected = [
            ("/flow/fl-1", FlowKind::NatOutside),
            ("/flow/fl-1", FlowKind::Client),
        ];
        assert_eq!(asked(&plan), expected);
        let mut sources = plan.groups.values().flatten();
        assert!(sources.all(|it| it.part.is_empty()), "{plan:?}");
        assert!(!format!("{flow:?}").contains("within the window"));

        let (plan, flow) = planned(vec![young("fl-2")]);
        let parts: Vec<_> = plan.groups.values().flatten().map(|it| &it.part).collect();
        assert_eq!(
            parts,
            [&["eni-1".to_owned()].into(), &["vpc-1".to_owned()].into()]
        );
        let told = format!("{flow:?}");
        let said = "fl-2 was created at 2026-03-04T05:06:07Z, within the window";
        assert!(told.contains(said), "{told}");
    }

    #[test]
    fn nothing_passed_a_gateway_before_it_was_made() {
        let gateway = |time: &str| NatGateway {
            created_at: Some(time.parse().unwrap()),
            target: flow_log("fl-1", "vpc-1", "").target,
            vpc_id: "vpc-1".into(),
            nat_gateway_id: "nat-1".into(),
            name: None,
            state: "available".into(),
            connectivity_type: "public".into(),
            availability_mode: "zonal".into(),
            subnet_id: None,
            availability_zones: Vec::new(),
            deleted_at: None,
            public_ipv4_addresses: None,
        };
        let from = |time: &str| life(Some(&gateway(time)), since()).to_string();
        assert_eq!(from("2026-02-01T00:00:00Z"), "2026-03-01T00:00:00Z");
        assert_eq!(from("2026-03-02T00:00:00Z"), "2026-03-02T00:10:00Z");
        assert_eq!(life(None, since()), since());
    }

    #[test]
    fn flow_logs_that_cannot_be_told_apart_are_not_read_unless_their_streams_differ() {
        let into_one = |id: &str, resource: &str, traffic: &str| FlowLog {
            destination: Some("/flow/one".into()),
            traffic_type: Some(traffic.into()),
            ..flow_log(id, resource, "")
        };
        let (plan, flow) = planned(vec![
            into_one("fl-1", "vpc-1", "ALL"),
            into_one("fl-2", "subnet-1", "ALL"),
        ]);
        assert_eq!(asked(&plan), []);
        assert!(matches!(flow, VpcFlow::Useless(why) if why.contains("neither is read")));
        let (plan, _) = planned(vec![
            into_one("fl-1", "vpc-1", "ALL"),
            into_one("fl-2", "eni-1", "ACCEPT"),
        ]);
        let sources = plan.groups.values().next().unwrap();
        let gateway = sources.iter().find(|it| it.kind == FlowKind::NatOutside);
        assert_eq!(gateway.unwrap().stream.as_deref(), Some("-accept"));
        let (plan, _) = planned(vec![
            into_one("fl-1", "vpc-1", "ALL"),
            into_one("fl-2", "subnet-2", "ACCEPT"),
        ]);
        let sources = plan.groups.values().next().unwrap();
        let clients = sources.iter().find(|it| it.kind == FlowKind::Client);
        assert_eq!(clients.unwrap().stream.as_deref(), Some("-all"));
    }

    #[test]
    fn a_vpc_says_why_nothing_of_it_is_read() {
        let bucket = FlowLog {
            destination_type: "s3".into(),
            destination: Some("arn:aws:s3:::b".into()),
            ..flow_log("fl-1", "vpc-1", "")
        };
        let (_, flow) = planned(vec![bucket.clone()]);
        assert!(matches!(flow, VpcFlow::Elsewhere(why) if why.contains("arn:aws:s3:::b")));
        let (_, flow) = planned(vec![bucket, flow_log("fl-2", "vpc-1", "")]);
        let told = format!("{flow:?}");
        assert!(
            told.starts_with("LogGroups") && told.contains("which is not read"),
            "{told}"
        );
        let elsewhere = flow_log("fl-1", "eni-of-somebody", "");
        assert_eq!(planned(vec![elsewhere]).1, VpcFlow::NotLogged);
    }
}
