//! What is read of which NAT gateway, endpoint and VPC.
//!
//! A flow log that exists proves nothing yet: its log group may be empty, its delivery may fail, its
//! records may not be readable. So zero is reported only where a record shows that the log is written.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::context::AttributionContext;
use crate::classify::central_egress::TransitDestination;
use crate::model::{
    bytes::Shares,
    flow::{FlowKind, FlowSource},
    id::{NatGatewayId, NetworkInterfaceId, SubnetId, VpcId},
    index::ByVpc,
    inventory::NatMetrics,
};

/// The sources that show clients, with their places in the facts, by VPC and subnet.
type Clients<'f> = HashMap<&'f str, Vec<(usize, &'f FlowSource)>>;

/// What the sources show of interfaces of gateways and endpoints.
#[derive(Default)]
struct InterfaceRecords<'f> {
    /// Asked about.
    asked: HashSet<&'f str>,
    /// Of NAT gateways, with the addresses of the packets.
    with_clients: HashSet<&'f str>,
    /// With bytes.
    busy: HashSet<&'f str>,
    /// With a record that shows that there were none.
    quiet: HashSet<&'f str>,
    /// With flows that were not captured.
    skipped: HashSet<&'f str>,
    /// Of which only a part of the window is recorded.
    part: HashSet<&'f str>,
}

impl InterfaceRecords<'_> {
    fn is_busy(&self, interfaces: &[&str]) -> bool {
        interfaces.iter().any(|it| self.busy.contains(it))
    }

    /// Whether records show the bytes of all these, be it that there were none.
    fn shows_all_bytes(&self, interfaces: &[&str]) -> bool {
        let recorded = |it: &&str| self.busy.contains(it) || self.quiet.contains(it);
        interfaces.iter().all(recorded)
    }

    /// Whether there are records of all these.
    fn shows(&self, interfaces: &[&str]) -> bool {
        let shown = |it: &&str| self.shows_all_bytes(&[it]) || self.skipped.contains(it);
        interfaces.iter().all(shown)
    }
}

impl<'f> AttributionContext<'f> {
    /// What is read of which gateway and of which endpoint.
    pub(super) fn assess_log_coverage(&mut self) {
        let mut interfaces: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for gateway in self.facts.nat_gateways.values() {
            let id = gateway.nat_gateway_id.as_str();
            self.gateways.insert(id, gateway);
        }
        for it in self.facts.network_interfaces.values() {
            if let Some(gateway) = self.facts.nat_gateway_of(it) {
                self.gateways.insert(&it.network_interface_id, gateway);
                let its = interfaces.entry(&gateway.nat_gateway_id).or_default();
                its.push(&it.network_interface_id);
            }
        }
        let seen = self.seen();
        for id in self.facts.nat_gateways.keys() {
            let own = [id.as_str()];
            let mut its = interfaces.get(id.as_str()).map_or(&own[..], Vec::as_slice);
            if seen.asked.contains(id.as_str()) {
                its = &own;
            }
            if !its.iter().all(|it| seen.asked.contains(it)) {
                continue;
            }
            if its.iter().any(|it| seen.part.contains(it)) {
                self.part.insert(id);
            }
            if self.shows_all_bytes_of(id, its, &seen) {
                self.read.insert(id);
                if its.iter().all(|it| seen.with_clients.contains(it)) {
                    self.found.nat_clients_recorded.insert(id.clone());
                }
                let shares = Shares::default();
                self.found.nat_gateways.insert(id.clone(), shares);
            } else {
                self.unread.insert(id);
            }
        }
        for endpoint in self.facts.endpoints.values() {
            let its = endpoint
                .network_interface_ids
                .iter()
                .map(NetworkInterfaceId::as_str);
            let its: Vec<&str> = its.collect();
            let whole = |it: &&str| seen.asked.contains(it) && !seen.part.contains(it);
            if !its.is_empty() && its.iter().all(whole) && seen.shows_all_bytes(&its) {
                self.found.endpoints.insert(endpoint.endpoint_id.clone(), 0);
            }
        }
    }

    fn seen(&self) -> InterfaceRecords<'f> {
        let mut seen = InterfaceRecords::default();
        let sources = self.flows.iter();
        for source in sources.filter(|it| it.kind != FlowKind::Client) {
            seen.asked
                .extend(source.interfaces.iter().map(String::as_str));
            if source.kind == FlowKind::NatPackets {
                let interfaces = source.interfaces.iter().map(String::as_str);
                seen.with_clients.extend(interfaces);
            }
            let rows = source.rows.keys();
            seen.busy
                .extend(rows.filter_map(|it| it.interface.as_deref()));
            seen.quiet.extend(source.quiet.iter().map(String::as_str));
            seen.part.extend(source.part.iter().map(String::as_str));
            let skipped = source.skipped.keys();
            seen.skipped.extend(skipped.map(String::as_str));
        }
        seen
    }

    /// Whether the records of a gateway hold its bytes. That there were none is shown by its metrics,
    /// else by records without bytes, of the whole window.
    fn shows_all_bytes_of(
        &self,
        id: &str,
        interfaces: &[&str],
        seen: &InterfaceRecords<'_>,
    ) -> bool {
        if seen.is_busy(interfaces) {
            return seen.shows(interfaces);
        }
        let metrics = self.facts.nat_metrics.get(id);
        match metrics.and_then(NatMetrics::bytes) {
            Some(bytes) => bytes == 0,
            None => seen.shows_all_bytes(interfaces) && !self.part.contains(id),
        }
    }

    /// Which VPCs are read completely; to be called when all rows are counted.
    pub(super) fn assess_vpcs(&mut self, index: &ByVpc<'f>) {
        let mut clients: Clients<'_> = HashMap::new();
        let sources = self.flows.iter().enumerate();
        for (at, source) in sources.filter(|(_, it)| it.kind == FlowKind::Client) {
            let vpcs = source.vpcs.iter().map(VpcId::as_str);
            for place in vpcs.chain(source.subnets.iter().map(SubnetId::as_str)) {
                clients.entry(place).or_default().push((at, source));
            }
        }
        for vpc in self.facts.distinct_vpcs() {
            self.assess_vpc(&vpc.vpc_id, index, &clients);
        }
    }

    fn assess_vpc(&mut self, vpc: &'f str, index: &ByVpc<'f>, clients: &Clients<'f>) {
        let in_vpc = index.subnets(vpc).iter();
        let in_vpc: Vec<&str> = in_vpc.map(|it| it.subnet_id.as_str()).collect();
        let (mut shown, mut part) = (true, false);
        for place in std::iter::once(&vpc).chain(&in_vpc) {
            for (at, source) in clients.get(place).into_iter().flatten() {
                shown &= self.shown.contains(&(*at, vpc));
                part |= source.part.contains(vpc) || source.part.contains(*place);
            }
        }
        let whole = clients.contains_key(vpc);
        let every_subnet = in_vpc.iter().all(|it| clients.contains_key(it));
        let own = index
            .nat_gateways(vpc)
            .iter()
            .map(|it| it.nat_gateway_id.as_str());
        // Where the log of a gateway is silent although bytes passed, the VPC's may be as well.
        let gaps = own.clone().any(|id| self.unread.contains(id));
        let all_routes_known =
            (whole || (!in_vpc.is_empty() && every_subnet)) && shown && !gaps && !part;
        if all_routes_known {
            self.found.all_routes_known.insert(vpc.into());
        }
        let hub = self.central.get(vpc);
        let hub = hub.map_or(&[][..], |it| &it.nat_gateway_ids);
        let is_read = |id: &NatGatewayId| self.read.contains(id.as_str());
        // Bytes that the transit gateway recorded need no record of the gateways behind it.
        let by_transit = self.by_transit_gateway.contains(vpc) && !hub.iter().any(is_read);
        let hub = hub.iter().filter(|_| !by_transit);
        let gateways: Vec<&str> = own.chain(hub.map(NatGatewayId::as_str)).collect();
        let known = |id: &&str| self.read.contains(id) && !self.part.contains(id);
        let all_known = (by_transit || !gateways.is_empty()) && gateways.iter().all(known);
        // Bytes through a gateway are its own records', and those of clients only without these.
        let by_clients = gateways.iter().any(|id| !self.read.contains(id));
        let unread = |id: &&str| self.unread.contains(id) || self.part.contains(id);
        let hub_known =
            by_transit || self.routes.transit.destination(vpc, None) != TransitDestination::Unknown;
        if gateways.iter().any(unread) || part && by_clients {
            self.found.part.insert(vpc.into());
        // There may be a NAT gateway behind a transit gateway: then nothing is known to be zero.
        } else if hub_known && !self.found.part.contains(vpc) && (all_routes_known || all_known) {
            self.found.nat_known.insert(vpc.into());
        }
        if hub_known && all_known {
            self.found.nat_recorded.insert(vpc.into());
        }
    }
}
