//! What is chosen for one VPC: of its flow logs, for each interface of a gateway or an endpoint the one
//! that records most, and for its clients one of the VPC, or one of each subnet.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::{
    candidate::{Candidate, Unusable, best},
    plan::{EndpointInterface, Logged, Plan, VpcFlow},
    source::Source,
    unlogged::{self, unlogged},
};
use crate::model::{
    facts::Facts,
    flow::FlowKind,
    flow_format::NEEDED_OF_REGIONAL_NAT_GATEWAYS,
    id::SubnetId,
    inventory::{FlowLog, NatGateway, Vpc},
    kind::InterfaceType,
    log_place::LogPlace,
    network::NetworkInterface,
    target::Target,
};

/// How much later than its gateway a flow log may be made and still record all of it: the longest time
/// over which records are aggregated.
const AFTER_ITS_GATEWAY: SignedDuration = SignedDuration::from_mins(10);

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
struct VpcLogPlanner<'f> {
    facts: &'f Facts,
    vpc: &'f Vpc,
    candidates: Vec<Candidate<'f>>,
    /// Flow logs of rejected traffic, and those that do not show what was rejected: no bytes are read
    /// there, but their records may stand beside others.
    rejected: Vec<Candidate<'f>>,
    /// Flow logs of single interfaces that are not known, so that they may be of clients of this VPC.
    of_interfaces: Vec<Candidate<'f>>,
    /// The ids of the flow logs of rejected traffic, wherever they deliver.
    of_rejected: Vec<&'f str>,
    elsewhere: Vec<String>,
    unusable: Vec<String>,
    whole_clients: bool,
}

impl Plan {
    /// Adds a target from its facts alone. `whole_clients`: there are VPCs so small that two of
    /// them share a block of 256 addresses.
    pub fn add(&mut self, target: &Target, facts: &Facts, whole_clients: bool) {
        let vpcs = facts.vpcs.iter().filter(|vpc| vpc.is_seen_by_owner());
        let planned = vpcs
            .map(|vpc| {
                let flow = VpcLogPlanner::new(facts, vpc, whole_clients).plan(self);
                (vpc.vpc_id.to_string(), flow)
            })
            .collect();
        self.targets.insert(target.clone(), planned);
        self.add_transit_gateways(target, facts);
        for vpc in &facts.vpcs {
            self.blocks.insert(vpc.vpc_id.clone(), vpc.cidrs.clone());
        }
        self.add_endpoints(facts.network_interfaces.values());
    }

    /// Adds interfaces of endpoints that clients in other VPCs may call.
    pub fn add_endpoints<'i>(
        &mut self,
        interfaces: impl IntoIterator<Item = &'i NetworkInterface>,
    ) {
        let interfaces = interfaces.into_iter();
        let of_endpoints = interfaces.filter(|it| it.interface_type != InterfaceType::NatGateway);
        self.endpoints
            .extend(of_endpoints.map(|it| EndpointInterface {
                region: it.target.region.clone(),
                vpc_id: it.vpc_id.clone(),
                id: it.network_interface_id.to_string(),
                addresses: it.addresses.clone(),
            }));
    }
}

impl<'f> VpcLogPlanner<'f> {
    fn new(facts: &'f Facts, vpc: &'f Vpc, whole_clients: bool) -> Self {
        let mut found = Self {
            facts,
            vpc,
            candidates: Vec::new(),
            rejected: Vec::new(),
            of_interfaces: Vec::new(),
            of_rejected: Vec::new(),
            elsewhere: Vec::new(),
            unusable: Vec::new(),
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
                Err(Unusable::Rejected) => {
                    found.of_rejected.push(&log.flow_log_id);
                    found.rejected.extend(Candidate::of_any_traffic(log));
                }
                Err(Unusable::Elsewhere(why)) => found.elsewhere.push(why),
                Err(Unusable::Format(why)) => found.unusable.push(why),
            }
        }
        let unknown = |it: &&FlowLog| {
            let id = it.resource_id.as_str();
            id.starts_with("eni-") && !facts.network_interfaces.contains_key(id)
        };
        let of_clients = facts.flow_logs.values().filter(unknown);
        let of_clients = of_clients.filter_map(|log| Candidate::of_any_traffic(log).ok());
        found.of_interfaces.extend(of_clients);
        found
    }

    fn plan(mut self, plan: &mut Plan) -> VpcFlow {
        let mixed = self.rejected.iter().filter(|it| !it.is_of_rejected());
        for it in self.candidates.iter().chain(mixed) {
            let delivers = plan.delivering.entry(it.place.clone()).or_default();
            delivers.push((it.format.clone(), self.vpc.vpc_id.clone()));
        }
        let mut places = BTreeSet::new();
        let mut remarks = BTreeSet::new();
        let read = self.gateways(plan, &mut places, &mut remarks);
        self.clients(plan, &read, &mut places, &mut remarks);
        self.unusable.extend(remarks);
        if !places.is_empty() {
            let elsewhere = self.elsewhere.iter();
            let elsewhere = elsewhere.map(|it| format!("{it}, which is not read"));
            self.unusable.extend(elsewhere);
            VpcFlow::Places(Logged {
                places,
                interfaces: read,
                besides: self.unusable,
            })
        } else if !self.unusable.is_empty() {
            VpcFlow::Unusable(self.unusable.join("; "))
        } else if !self.elsewhere.is_empty() {
            VpcFlow::Elsewhere(self.elsewhere.join("; "))
        } else if self.of_rejected.is_empty() {
            VpcFlow::NotLogged
        } else {
            VpcFlow::Rejected(self.of_rejected.join(", "))
        }
    }

    /// Interfaces of its NAT gateways and endpoints.
    fn interfaces(&self, since: Timestamp) -> Vec<Interface> {
        let facts = self.facts;
        let mut with_interface = BTreeSet::new();
        let mut found = Vec::new();
        let here = facts.network_interfaces.values();
        for it in here.filter(|it| it.vpc_id == self.vpc.vpc_id) {
            let kind = match it.interface_type {
                InterfaceType::NatGateway => FlowKind::NatPackets,
                _ => FlowKind::Endpoint,
            };
            let mut resources = vec![it.network_interface_id.to_string(), it.vpc_id.to_string()];
            resources.extend(it.subnet_id.clone().map(String::from));
            let gateway = facts.nat_gateway_of(it);
            let owner = gateway.map(|it| it.nat_gateway_id.as_str());
            if let Some(owner) = owner.or_else(|| it.made_for()) {
                with_interface.insert(owner);
                resources.push(owner.to_owned());
            }
            found.push(Interface {
                kind,
                id: it.network_interface_id.to_string(),
                addresses: it.addresses.clone(),
                resources,
                since: life(gateway, since),
            });
        }
        for gateway in facts.nat_gateways.values() {
            let id = gateway.nat_gateway_id.as_str();
            if gateway.vpc_id == self.vpc.vpc_id
                && gateway.is_regional()
                && !with_interface.contains(id)
            {
                found.push(Interface {
                    kind: FlowKind::NatPackets,
                    id: id.to_owned(),
                    addresses: Vec::new(),
                    resources: vec![id.to_owned(), gateway.vpc_id.to_string()],
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
        places: &mut BTreeSet<LogPlace>,
        remarks: &mut BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut read = BTreeSet::new();
        let window_start = plan.since;
        for interface in self.interfaces(window_start) {
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
                    || it.format.has_all(&NEEDED_OF_REGIONAL_NAT_GATEWAYS)
                        && it.has_packet_addresses()
            };
            let covering: Vec<_> = self.candidates.iter().filter(of).filter(findable).collect();
            let beside = self.candidates.iter().chain(&self.rejected);
            let beside: Vec<_> = beside.filter(of).collect();
            let Some(chosen) = best(&covering, &beside, since, remarks) else {
                continue;
            };
            let bare = kind == FlowKind::NatPackets && !chosen.has_packet_addresses();
            let kind = if bare { FlowKind::NatOutside } else { kind };
            remarks.extend(chosen.shortcomings(bare, since));
            places.insert(chosen.place.clone());
            let source = plan.source(chosen, kind, self.whole_clients);
            source.interfaces.insert(id.clone(), addresses);
            if since > window_start {
                source.made_within.insert(id.clone(), since);
            }
            if !chosen.covers(since) {
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
        places: &mut BTreeSet<LogPlace>,
        remarks: &mut BTreeSet<String>,
    ) {
        let of = |resource: &str| -> Vec<_> {
            let fits = |it: &&Candidate<'_>| it.log.resource_id == resource;
            self.candidates.iter().filter(fits).collect()
        };
        let (vpc, since) = (self.vpc.vpc_id.as_str(), plan.since);
        // Gateways and endpoints are left out of what clients are asked about.
        let all = self.candidates.iter().chain(&self.rejected);
        let of_clients = |it: &&Candidate<'_>| !self.is_of_gateway_or_endpoint(&it.log.resource_id);
        let beside: Vec<_> = all.filter(of_clients).collect();
        let mut chosen = Vec::new();
        if let Some(it) = best(&of(vpc), &beside, since, remarks) {
            chosen.push((it, None));
        } else {
            let subnets = self.facts.subnets.values();
            for subnet in subnets.filter(|it| it.vpc_id == vpc) {
                let id = subnet.subnet_id.as_str();
                let here = |it: &&Candidate<'_>| {
                    let other = it.log.resource_id.as_str();
                    other == id || !other.starts_with("subnet-")
                };
                let beside: Vec<_> = beside.iter().copied().filter(here).collect();
                if let Some(it) = best(&of(id), &beside, since, remarks) {
                    chosen.push((it, Some(subnet.subnet_id.clone())));
                }
            }
        }
        let logged = chosen.iter().filter_map(|(_, subnet)| subnet.as_ref());
        let logged: BTreeSet<&SubnetId> = logged.collect();
        let missing = if logged.is_empty() {
            Vec::new()
        } else {
            unlogged(self.facts, self.vpc, &logged, read)
        };
        if !missing.is_empty() {
            remarks.insert(unlogged::message(&missing));
        }
        let some_missing = !missing.is_empty();
        for (it, subnet) in chosen {
            remarks.extend(it.shortcomings(false, since));
            places.insert(it.place.clone());
            let whole = self.whole_clients || self.has_small_subnets(it);
            let source = plan.source(it, FlowKind::Client, whole);
            source.whole_clients |= whole;
            source.client_vpcs.insert(self.vpc.vpc_id.clone());
            source.blocks.extend(&self.vpc.cidrs);
            if self.leave_out_doubled(it, source, remarks) || !it.covers(since) || some_missing {
                let place = subnet.as_deref().unwrap_or(&self.vpc.vpc_id);
                source.part.insert(place.to_owned());
            }
            match subnet {
                Some(id) => drop(source.subnets.insert(id)),
                None => drop(source.vpcs.insert(self.vpc.vpc_id.clone())),
            }
            for it in self.interfaces(since) {
                if it.kind == FlowKind::Endpoint && !read.contains(&it.id) {
                    source.endpoints.extend(it.addresses);
                }
                source.left_out.insert(it.id);
            }
        }
    }

    /// Leaves out the interfaces of which another flow log writes the same records. Returns whether
    /// there are some.
    fn leave_out_doubled(
        &self,
        chosen: &Candidate<'_>,
        source: &mut Source,
        remarks: &mut BTreeSet<String>,
    ) -> bool {
        let others = self.of_interfaces.iter();
        let doubled: Vec<_> = others.filter(|it| chosen.clashes_with(it)).collect();
        for it in &doubled {
            let (interface, id) = (&it.log.resource_id, &it.log.flow_log_id);
            remarks.insert(format!(
                "{id} writes the records of {interface} into the same log stream as {}: bytes of \
                 {interface} are left out",
                chosen.log.flow_log_id
            ));
            source.left_out.insert(interface.clone());
        }
        !doubled.is_empty()
    }

    fn is_of_gateway_or_endpoint(&self, resource: &str) -> bool {
        self.facts.network_interfaces.contains_key(resource)
            || self.facts.nat_gateways.contains_key(resource)
    }

    /// Whether a block of 256 addresses, or a half of one of IPv6, may hold clients of several subnets,
    /// and the records do not name the subnet.
    fn has_small_subnets(&self, candidate: &Candidate<'_>) -> bool {
        let subnets = self.facts.subnets.values();
        let here = subnets.filter(|it| it.vpc_id == self.vpc.vpc_id);
        let mut blocks = here.flat_map(|it| &it.cidrs);
        !candidate.format.has("subnet-id") && blocks.any(is_shorter_than_a_client_block)
    }
}

/// Whether a block is smaller than what clients are summed up by: 256 addresses of IPv4, a half of an
/// address of IPv6.
pub fn is_shorter_than_a_client_block(block: &IpNet) -> bool {
    block.prefix_len() > if block.addr().is_ipv4() { 24 } else { 64 }
}

#[cfg(test)]
mod tests {
    use super::{super::candidate::tests::flow_log, *};
    use crate::model::tests::sample;

    fn since() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn nothing_passed_a_gateway_before_it_was_made() {
        let gateway = |time: &str| NatGateway {
            created_at: Some(time.parse().unwrap()),
            ..sample::nat_gateway(&flow_log("fl-1", "vpc-1", "").target, "vpc-1", "nat-1")
        };
        let from = |time: &str| life(Some(&gateway(time)), since()).to_string();
        assert_eq!(from("2026-02-01T00:00:00Z"), "2026-03-01T00:00:00Z");
        assert_eq!(from("2026-03-02T00:00:00Z"), "2026-03-02T00:10:00Z");
        assert_eq!(life(None, since()), since());
    }
}
