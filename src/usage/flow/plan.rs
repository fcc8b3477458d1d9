//! Which flow logs to read: for every interface of a NAT gateway and of an endpoint the one that
//! records most, and for the clients of every VPC one of the VPC, or one of each subnet.
//!
//! The plan is made target by target, so that the facts of one target are in memory at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use jiff::Timestamp;

use super::{candidate::Candidate, pattern::look_alike, query, source::Source};
use crate::model::{
    flow::FlowKind,
    flow_format::LogFormat,
    id::Region,
    id::{SubnetId, VpcId},
    log_place::LogPlace,
    target::Target,
};

/// What there is of a VPC's traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VpcFlow {
    /// It is in log groups or objects.
    Places(Logged),
    /// There are only flow logs that deliver to places which are not read; why.
    Elsewhere(String),
    /// There are only flow logs that have no bytes; why.
    Unusable(String),
    /// There are only flow logs of rejected traffic, with these ids.
    Rejected(String),
    /// There is no flow log.
    NotLogged,
}

/// What there is of a VPC's traffic in log groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// The log groups.
    pub places: BTreeSet<LogPlace>,
    /// Interfaces of its gateways and endpoints that are asked about; the transit gateway or attachment
    /// itself.
    pub interfaces: BTreeSet<String>,
    /// What is not read, or not recorded by what is.
    pub besides: Vec<String>,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When the window begins.
    pub(super) since: Timestamp,
    /// The questions to each log group.
    pub places: BTreeMap<LogPlace, Vec<Source>>,
    /// The VPCs of each target, and its transit gateways and attachments with a flow log.
    pub targets: BTreeMap<Target, Vec<(String, VpcFlow)>>,
    /// Formats and VPCs of all that delivers to a log group.
    pub(super) delivering: BTreeMap<LogPlace, Vec<(LogFormat, VpcId)>>,
    /// Interfaces of endpoints, until the plan is complete.
    pub(super) endpoints: Vec<EndpointInterface>,
    /// Address blocks of VPCs, until then too.
    pub(super) blocks: BTreeMap<VpcId, Vec<IpNet>>,
}

/// What VPCs may call in other VPCs.
#[derive(Clone, Debug, Default)]
pub struct CrossVpcCalls {
    /// Private addresses outside of the VPC that names of AWS had for it, by VPC, for those that log
    /// their queries: endpoints in other VPCs, whoever owns these.
    pub answers: BTreeMap<VpcId, BTreeSet<IpAddr>>,
    /// VPCs with a route to a transit gateway, a peer or another network.
    pub connected: BTreeSet<VpcId>,
}

/// An interface of an endpoint, which clients in other VPCs may call.
#[derive(Clone, Debug)]
pub(super) struct EndpointInterface {
    pub(super) region: Region,
    pub(super) vpc_id: VpcId,
    pub(super) id: String,
    pub(super) addresses: Vec<IpAddr>,
}

impl Plan {
    /// A plan without any target, of the bytes from then on.
    pub fn new(since: Timestamp) -> Self {
        Self {
            since,
            places: BTreeMap::new(),
            targets: BTreeMap::new(),
            delivering: BTreeMap::new(),
            endpoints: Vec::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// Whether clients are asked about.
    pub fn has_clients(&self) -> bool {
        let mut sources = self.places.values().flatten();
        sources.any(|it| it.kind == FlowKind::Client)
    }

    /// To be called when all targets are there. `elsewhere`: the address blocks of VPCs of other targets,
    /// which transit gateways may lead to.
    pub fn complete(&mut self, reach: &CrossVpcCalls, elsewhere: &BTreeSet<IpNet>) {
        let mut places = std::mem::take(&mut self.places);
        let read = self.interfaces_read();
        let here = self.blocks.values().flatten();
        let blocks: BTreeSet<IpNet> = here.chain(elsewhere).copied().collect();
        for (place, sources) in &mut places {
            for source in sources.iter_mut() {
                if source.kind == FlowKind::TransitGateway {
                    source.blocks.clone_from(&blocks);
                }
            }
            for source in sources.iter_mut().filter(|it| it.kind == FlowKind::Client) {
                let delivering = self.delivering.get(place).into_iter().flatten();
                let alike = delivering.filter(|(format, _)| look_alike(format, &source.format));
                let vpcs: BTreeSet<VpcId> = alike.map(|(_, vpc)| vpc.clone()).collect();
                source.others = vpcs.difference(&source.vpcs).cloned().collect();
                source.by_interface = !source.format.has("vpc-id") && self.blocks_meet(&vpcs);
                source.elsewhere = self.elsewhere(&place.target().region, source, &read, reach);
                if matches!(place, LogPlace::LogGroup(_)) {
                    self.report_left_out(source);
                }
            }
        }
        self.places = places;
        self.delivering.clear();
        self.endpoints = Vec::new();
        self.blocks.clear();
    }

    /// The interfaces whose own records are read.
    fn interfaces_read(&self) -> BTreeSet<String> {
        let flows = self.targets.values().flatten().map(|(_, flow)| flow);
        let logged = flows.filter_map(|flow| match flow {
            VpcFlow::Places(logged) => Some(&logged.interfaces),
            _ => None,
        });
        logged.flatten().cloned().collect()
    }

    fn blocks_meet(&self, vpcs: &BTreeSet<VpcId>) -> bool {
        let blocks: Vec<(&VpcId, &IpNet)> = vpcs
            .iter()
            .flat_map(|vpc| {
                self.blocks
                    .get(vpc)
                    .into_iter()
                    .flatten()
                    .map(move |it| (vpc, it))
            })
            .collect();
        blocks.iter().enumerate().any(|(at, (vpc, block))| {
            let mut rest = blocks.iter().skip(at + 1);
            rest.any(|(other, it)| other != vpc && (it.contains(*block) || block.contains(*it)))
        })
    }

    /// Addresses of endpoints outside of their VPCs that clients of a source may call: those that
    /// answers show, for a VPC that does not log those of every connected VPC of the Region. What is read
    /// at the endpoint is not asked twice.
    fn elsewhere(
        &self,
        region: &Region,
        source: &Source,
        read: &BTreeSet<String>,
        reach: &CrossVpcCalls,
    ) -> BTreeSet<IpAddr> {
        let here = self.endpoints.iter().filter(|it| it.region == *region);
        let (read, unread): (Vec<_>, Vec<_>) = here.partition(|it| read.contains(&it.id));
        let read: BTreeSet<IpAddr> = read.iter().flat_map(|it| &it.addresses).copied().collect();
        let mut found = BTreeSet::new();
        for vpc in &source.client_vpcs {
            if let Some(answers) = reach.answers.get(vpc) {
                found.extend(answers.difference(&read));
            } else if reach.connected.contains(vpc) {
                let connected = unread
                    .iter()
                    .filter(|it| reach.connected.contains(&it.vpc_id));
                let others = connected.filter(|it| it.vpc_id != *vpc);
                found.extend(others.flat_map(|it| &it.addresses));
            }
        }
        found
    }

    /// Says of the VPCs of a source that not all of their endpoints' addresses are asked about.
    fn report_left_out(&mut self, source: &mut Source) {
        let more = query::addresses_left_out(source);
        if more == 0 {
            return;
        }
        source.part.extend(source.vpcs.iter().map(VpcId::to_string));
        source
            .part
            .extend(source.subnets.iter().map(SubnetId::to_string));
        for (vpc, flow) in self.targets.values_mut().flatten() {
            if let VpcFlow::Places(logged) = flow
                && source.client_vpcs.contains(vpc.as_str())
            {
                logged.besides.push(format!(
                    "bytes to {more} addresses of endpoints without a flow log are unknown: they are \
                     too many to ask for"
                ));
            }
        }
    }

    /// The source that asks like this one, made if there is none yet.
    pub(super) fn source(
        &mut self,
        from: &Candidate<'_>,
        kind: FlowKind,
        whole_clients: bool,
    ) -> &mut Source {
        let wanted = Source {
            whole_clients,
            ..Source::new(kind, from.format.clone())
        };
        let sources = self.places.entry(from.place.clone()).or_default();
        let same = |it: &Source| (it.kind, &it.format) == (kind, &wanted.format);
        let index = sources.iter().position(same).unwrap_or(sources.len());
        if index == sources.len() {
            sources.push(wanted);
        }
        &mut sources[index]
    }
}

#[cfg(test)]
mod tests {
    use super::{super::candidate::tests::flow_log, *};
    use crate::model::tests::sample;
    use crate::model::{
        facts::Facts,
        inventory::{FlowLog, Subnet, Vpc},
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
            cidrs: vec!["10.0.0.0/16".parse().unwrap()],
            ..sample::vpc(&target, "vpc-1")
        });
        for id in ["subnet-1", "subnet-2"] {
            let subnet = Subnet {
                subnet_id: id.into(),
                vpc_id: "vpc-1".into(),
                availability_zone: "eu-west-1a".into(),
                availability_zone_id: None,
                cidrs: Vec::new(),
                available_addresses: None,
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
        plan.complete(&CrossVpcCalls::default(), &BTreeSet::new());
        let flow = plan.targets[&target][0].1.clone();
        (plan, flow)
    }

    /// What is asked of each log group.
    fn asked(plan: &Plan) -> Vec<(String, FlowKind)> {
        let places = plan.places.iter();
        places
            .flat_map(|(place, all)| all.iter().map(|it| (place.name(), it.kind)))
            .collect()
    }

    #[test]
    fn a_gateway_is_read_where_its_packets_are_recorded_and_clients_once() {
        let (plan, _) = planned(vec![
            flow_log("fl-1", "vpc-1", ""),
            flow_log("fl-2", "subnet-1", PACKETS),
            flow_log("fl-3", "eni-1", ""),
        ]);
        let expected = [
            ("/flow/fl-1".to_owned(), FlowKind::Client),
            ("/flow/fl-2".to_owned(), FlowKind::NatPackets),
        ];
        assert_eq!(asked(&plan), expected);
        let clients = &plan.places.values().next().unwrap()[0];
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
            ("/flow/fl-1".to_owned(), FlowKind::NatOutside),
            ("/flow/fl-1".to_owned(), FlowKind::Client),
            ("/flow/fl-3".to_owned(), FlowKind::Client),
        ];
        assert_eq!(asked(&plan), expected);
    }

    #[test]
    fn flow_logs_of_some_subnets_are_a_part_of_the_vpc() {
        let of_one = || vec![flow_log("fl-1", "subnet-2", PACKETS)];
        let (plan, flow) = planned(of_one());
        let source = plan.places.values().flatten().next().unwrap();
        assert_eq!(source.part, ["subnet-2".to_owned()].into());
        let shown = format!("{flow:?}");
        assert!(shown.contains("the clients of subnet-1: only"), "{shown}");

        for logs in [
            vec![flow_log("fl-1", "vpc-1", PACKETS)],
            ["subnet-1", "subnet-2"]
                .map(|id| flow_log(&format!("fl-{id}"), id, PACKETS))
                .into(),
        ] {
            let (plan, flow) = planned(logs);
            let mut sources = plan.places.values().flatten();
            assert!(sources.all(|it| it.part.is_empty()), "{plan:?}");
            assert!(!format!("{flow:?}").contains("the clients of"), "{flow:?}");
        }
    }

    #[test]
    fn a_flow_log_of_the_whole_window_is_read_before_a_younger_one_which_is_marked_as_a_part() {
        let young = |id: &str| FlowLog {
            created_at: Some("2026-03-04T05:06:07Z".parse().unwrap()),
            ..flow_log(id, "vpc-1", PACKETS)
        };
        let (plan, flow) = planned(vec![flow_log("fl-1", "vpc-1", ""), young("fl-2")]);
        let expected = [
            ("/flow/fl-1".to_owned(), FlowKind::NatOutside),
            ("/flow/fl-1".to_owned(), FlowKind::Client),
        ];
        assert_eq!(asked(&plan), expected);
        let mut sources = plan.places.values().flatten();
        assert!(sources.all(|it| it.part.is_empty()), "{plan:?}");
        assert!(!format!("{flow:?}").contains("within the window"));

        let (plan, flow) = planned(vec![young("fl-2")]);
        let parts: Vec<_> = plan.places.values().flatten().map(|it| &it.part).collect();
        assert_eq!(
            parts,
            [&["eni-1".to_owned()].into(), &["vpc-1".to_owned()].into()]
        );
        let shown = format!("{flow:?}");
        let expected = "fl-2 was created at 2026-03-04T05:06:07Z, within the window";
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn flow_logs_that_cannot_be_distinguished_are_not_read_whatever_traffic_they_record() {
        let into_one = |id: &str, resource: &str, traffic: &str| FlowLog {
            destination: Some("/flow/one".into()),
            traffic_type: Some(traffic.into()),
            ..flow_log(id, resource, "")
        };
        for traffic in ["ALL", "ACCEPT"] {
            let (plan, flow) = planned(vec![
                into_one("fl-1", "vpc-1", "ALL"),
                into_one("fl-2", "subnet-1", traffic),
            ]);
            assert_eq!(asked(&plan), []);
            assert!(matches!(flow, VpcFlow::Unusable(why) if why.contains("neither is read")));
        }
        // Rejected traffic is left out by its action.
        let (plan, _) = planned(vec![
            into_one("fl-1", "vpc-1", "ACCEPT"),
            into_one("fl-2", "vpc-1", "REJECT"),
        ]);
        assert_eq!(asked(&plan).len(), 2);
        // Clients are not read twice, the gateway is no client.
        let (plan, _) = planned(vec![
            into_one("fl-1", "vpc-1", "ALL"),
            into_one("fl-2", "eni-1", "ALL"),
        ]);
        assert_eq!(asked(&plan), [("/flow/one".to_owned(), FlowKind::Client)]);
        // The interface of a client is left out, and what it sent is missing.
        let (plan, flow) = planned(vec![
            into_one("fl-1", "vpc-1", "ALL"),
            into_one("fl-2", "eni-of-a-client", "ALL"),
        ]);
        let mut sources = plan.places.values().flatten();
        let clients = sources.find(|it| it.kind == FlowKind::Client).unwrap();
        assert!(clients.left_out.contains("eni-of-a-client"));
        assert!(clients.part.contains("vpc-1"));
        assert!(format!("{flow:?}").contains("bytes of eni-of-a-client are left out"));
    }

    #[test]
    fn a_vpc_gives_the_reason_nothing_of_it_is_read() {
        let stream = FlowLog {
            destination_type: "kinesis-data-firehose".into(),
            destination: Some("arn:aws:firehose:eu-west-1:111111111111:deliverystream/b".into()),
            ..flow_log("fl-1", "vpc-1", "")
        };
        let (_, flow) = planned(vec![stream.clone()]);
        assert!(matches!(flow, VpcFlow::Elsewhere(why) if why.contains("deliverystream/b")));
        let (_, flow) = planned(vec![stream, flow_log("fl-2", "vpc-1", "")]);
        let shown = format!("{flow:?}");
        assert!(
            shown.starts_with("Places") && shown.contains("which is not read"),
            "{shown}"
        );
        let elsewhere = flow_log("fl-1", "eni-of-somebody", "");
        assert_eq!(planned(vec![elsewhere]).1, VpcFlow::NotLogged);
    }
}
