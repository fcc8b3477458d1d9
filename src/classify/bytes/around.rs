//! What is read of which NAT gateway and of which VPC.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use crate::model::{bytes::Shares, flow::FlowKind, index::ByVpc};

impl<'f> World<'f> {
    /// What is read of which gateway and of which VPC.
    pub(super) fn look_around(&mut self, index: &ByVpc<'f>) {
        let mut interfaces: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for gateway in self.facts.nat_gateways.values() {
            let id = gateway.nat_gateway_id.as_str();
            self.gateways.insert(id, gateway);
        }
        for it in self.facts.network_interfaces.values() {
            let gateway = it.made_for().and_then(|id| self.facts.nat_gateways.get(id));
            if let Some(gateway) = gateway {
                self.gateways.insert(&it.network_interface_id, gateway);
                let its = interfaces.entry(&gateway.nat_gateway_id).or_default();
                its.push(&it.network_interface_id);
            }
        }
        let read: BTreeSet<&str> = self
            .facts
            .flows
            .iter()
            .flat_map(|source| source.interfaces.iter().map(String::as_str))
            .collect();
        for id in self.facts.nat_gateways.keys() {
            let its = interfaces.get(id.as_str());
            let all = its.is_some_and(|its| its.iter().all(|it| read.contains(it)));
            if all || read.contains(id.as_str()) {
                self.read.insert(id);
                self.found
                    .nat_gateways
                    .insert(id.clone(), Shares::default());
            }
        }
        for endpoint in self.facts.endpoints.values() {
            let its = &endpoint.network_interface_ids;
            if !its.is_empty() && its.iter().all(|it| read.contains(it.as_str())) {
                self.found.endpoints.insert(endpoint.endpoint_id.clone(), 0);
            }
        }
        for vpc in self.facts.distinct_vpcs() {
            self.look_at(&vpc.vpc_id, index);
        }
    }

    fn look_at(&mut self, vpc: &'f str, index: &ByVpc<'f>) {
        let sources = self.facts.flows.iter();
        let clients: Vec<_> = sources.filter(|it| it.kind == FlowKind::Client).collect();
        let subnets: BTreeSet<&String> = clients.iter().flat_map(|it| &it.subnets).collect();
        let whole = clients
            .iter()
            .any(|it| it.vpcs.iter().any(|its| its == vpc));
        let in_vpc = index.subnets(vpc);
        let every_subnet = in_vpc.iter().all(|it| subnets.contains(&it.subnet_id));
        let every_way = whole || (!in_vpc.is_empty() && every_subnet);
        if every_way {
            self.found.every_way.insert(vpc.to_owned());
        }
        let own = index
            .nat_gateways(vpc)
            .iter()
            .map(|it| it.nat_gateway_id.as_str());
        let hub = self
            .central
            .get(vpc)
            .into_iter()
            .flat_map(|it| &it.nat_gateway_ids);
        let mut gateways = own.chain(hub.map(String::as_str)).peekable();
        if every_way || gateways.peek().is_some() && gateways.all(|id| self.read.contains(id)) {
            self.found.nat_known.insert(vpc.to_owned());
        }
    }
}
