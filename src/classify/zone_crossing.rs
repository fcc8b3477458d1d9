//! Subnets whose default route leads to a NAT gateway in another zone: what they send crosses zones,
//! which AWS bills in both, and stops if the other zone fails.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::model::{
    bytes::Attribution,
    facts::Facts,
    flow::{FlowKind, FlowSource},
    id::{NatGatewayId, SubnetId},
    index::ByVpc,
    inventory::{NatGateway, NatMetrics, RouteTarget, Subnet},
};

/// The subnets in other zones that go out by a zonal NAT gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneCrossing {
    /// Those subnets, by id.
    pub subnet_ids: Vec<SubnetId>,
    /// Bytes between each and the NAT gateway in the window, both directions; none unless its flow log
    /// shows the client of every byte, each is in one subnet of the VPC, and CloudWatch counted few more.
    pub bytes_of: Option<BTreeMap<SubnetId, u64>>,
}

impl ZoneCrossing {
    /// Bytes between all of them and the NAT gateway.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.bytes_of.as_ref()?.values().sum())
    }
}

/// Every NAT gateway that subnets in other zones go out by, by id. A regional NAT gateway has addresses
/// in the zones themselves.
pub fn of_all(
    facts: &Facts,
    index: &ByVpc<'_>,
    found: &Attribution,
    flows: &[FlowSource],
) -> BTreeMap<NatGatewayId, ZoneCrossing> {
    let zonal = facts.nat_gateways.values().filter(|it| !it.is_regional());
    let crossings = zonal.filter_map(|gateway| {
        let own = gateway.subnet_id.as_ref()?;
        let home = facts.subnets.get(own.as_str())?;
        // What crosses to a Local Zone has another price, and NAT gateways are not in all of them.
        let is_zone = |it: &&Subnet| it.is_in_availability_zone();
        let home = Some(home).filter(is_zone)?;
        let subnets = index.subnets(&gateway.vpc_id).iter().copied();
        let crossing: Vec<&Subnet> = subnets
            .filter(is_zone)
            .filter(|subnet| !is_in_zone(subnet, home))
            .filter(|subnet| leads_to(index, subnet, &gateway.nat_gateway_id))
            .collect();
        let ids = crossing.iter().map(|it| it.subnet_id.clone()).collect();
        let crossing = ZoneCrossing {
            bytes_of: bytes_of(facts, index, found, flows, gateway, &crossing),
            subnet_ids: ids,
        };
        let is_any = !crossing.subnet_ids.is_empty();
        is_any.then(|| (gateway.nat_gateway_id.clone(), crossing))
    });
    crossings.collect()
}

/// Zones are compared by their ids, which mean the same in every account, where both are known.
fn is_in_zone(subnet: &Subnet, other: &Subnet) -> bool {
    let ids = subnet.availability_zone_id.as_ref();
    match ids.zip(other.availability_zone_id.as_ref()) {
        Some((here, there)) => here == there,
        None => subnet.availability_zone == other.availability_zone,
    }
}

/// Whether a default route of the subnet's route table leads to the gateway.
fn leads_to(index: &ByVpc<'_>, subnet: &Subnet, gateway_id: &str) -> bool {
    let tables = index.route_tables(&subnet.vpc_id);
    let own = tables
        .iter()
        .find(|table| table.subnet_ids.contains(&subnet.subnet_id));
    let table = own.or_else(|| tables.iter().find(|table| table.main));
    table.is_some_and(|table| {
        let mut routes = table.routes.iter();
        routes.any(|route| {
            let by = matches!(&route.target, RouteTarget::NatGateway(id) if id == gateway_id);
            by && route.is_default() && !route.blackhole
        })
    })
}

fn bytes_of(
    facts: &Facts,
    index: &ByVpc<'_>,
    found: &Attribution,
    flows: &[FlowSource],
    gateway: &NatGateway,
    crossing: &[&Subnet],
) -> Option<BTreeMap<SubnetId, u64>> {
    let id = gateway.nat_gateway_id.as_str();
    let all = found.nat_gateways.get(id)?.bytes;
    if found.part.contains(&gateway.vpc_id) {
        return None;
    }
    let made_for = |interface: &str| {
        let known = facts.network_interfaces.get(interface);
        interface == id || known.and_then(|it| it.made_for()) == Some(id)
    };
    let addresses = gateway.addresses.iter().flatten();
    let interfaces: BTreeSet<&str> = addresses
        .filter_map(|it| it.network_interface_id.as_deref())
        .collect();
    let is_its = |interface: &str| interfaces.contains(interface) || made_for(interface);
    let subnets = index.subnets(&gateway.vpc_id);
    let none = crossing.iter().map(|it| (it.subnet_id.clone(), 0));
    let (mut seen, mut crossed) = (0_u64, none.collect::<BTreeMap<SubnetId, u64>>());
    let sources = flows.iter().filter(|it| it.kind == FlowKind::NatPackets);
    for (row, bytes) in sources.flat_map(|source| &source.rows) {
        if !row.interface.as_deref().is_some_and(is_its) {
            continue;
        }
        let subnet = subnet_of(subnets, row.client.as_ref()?)?;
        seen += bytes;
        if let Some(sum) = crossed.get_mut(&subnet.subnet_id) {
            *sum += bytes;
        }
    }
    // What clients recorded themselves shows no subnet here.
    (seen == all && is_nearly_all(seen, facts.nat_metrics.get(id))).then_some(crossed)
}

/// Whether some bytes explain what CloudWatch counted, if it did: the rest may be of any subnet.
fn is_nearly_all(seen: u64, metrics: Option<&NatMetrics>) -> bool {
    let metered = metrics.and_then(NatMetrics::bytes).unwrap_or(seen);
    metered.saturating_sub(seen) <= metered / 100 * NatMetrics::TOLERANCE_PERCENT
}

/// The one subnet that holds a client's block.
fn subnet_of<'f>(subnets: &[&'f Subnet], client: &IpNet) -> Option<&'f Subnet> {
    let holds = |subnet: &&&Subnet| subnet.cidrs.iter().any(|block| block.contains(client));
    subnets.iter().find(holds).copied()
}

#[cfg(test)]
mod tests;
