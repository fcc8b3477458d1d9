//! Where a VPC goes out whose routes lead to a transit gateway: the network behind it, as far as
//! attachments and the transit gateway's own routes are visible.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::{egress::egress, path::only};
use crate::model::{
    classified::{CentralEgress, Egress},
    coverage::Step,
    facts::Facts,
    id::VpcId,
    index::ByVpc,
    inventory::{NatGateway, RouteTarget, Vpc},
    kind::{AttachedResource, ConnectivityType, ResourceState},
    network::TransitGatewayAttachment,
    target::Target,
};

/// Networks that one after the other may send traffic on through a transit gateway: an inspection VPC
/// before the one with the NAT gateways.
const HOPS: usize = 4;

/// What lies behind the transit gateways of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitDestination<'f> {
    /// A VPC, which sends on what comes to it.
    Vpc(&'f str),
    /// A network that is no VPC: a VPN, Direct Connect, an appliance.
    OtherNetwork,
    /// The transit gateway has no route, or drops.
    Dropped,
    /// Several networks, one that was not scanned, or routes that are not visible.
    Unknown,
}

/// The VPCs that go out through another one, each with that one. A VPC of which the transit gateway
/// shows no single network is not among them.
pub fn of_all(facts: &Facts, index: &ByVpc<'_>) -> BTreeMap<VpcId, CentralEgress> {
    let network = TransitNetwork::new(facts, index);
    let spokes = network.vpcs.keys().copied();
    spokes
        .filter_map(|vpc_id| {
            let TransitDestination::Vpc(hub) = network.destination(vpc_id, None) else {
                return None;
            };
            let hub = network.vpcs.get(hub)?;
            let egress = CentralEgress {
                account_id: hub.owner_account_id.clone(),
                vpc_id: hub.vpc_id.clone(),
                nat_gateway_ids: network
                    .nat_gateways(&hub.vpc_id)
                    .map(|it| it.nat_gateway_id.clone())
                    .collect(),
                diverges: network.diverges(vpc_id),
            };
            Some((vpc_id.into(), egress))
        })
        .collect()
}

/// The VPCs for which a transit gateway does not lead to the internet: it drops all that is for it, or leads to a
/// VPC that VPC Block Public Access closes.
pub fn closed(facts: &Facts, index: &ByVpc<'_>) -> BTreeSet<VpcId> {
    let network = TransitNetwork::new(facts, index);
    let is_closed = |vpc: &&&str| match network.destination(vpc, None) {
        TransitDestination::Dropped => true,
        TransitDestination::Vpc(hub) => network.is_blocked(hub),
        TransitDestination::OtherNetwork | TransitDestination::Unknown => false,
    };
    let vpcs = network.vpcs.keys().filter(is_closed);
    let vpcs = vpcs.filter(|vpc| !network.diverges(vpc));
    vpcs.map(|vpc| VpcId::from(*vpc)).collect()
}

/// The transit gateways with what is attached to them, indexed once.
#[derive(Debug)]
pub struct TransitNetwork<'f> {
    facts: &'f Facts,
    index: &'f ByVpc<'f>,
    vpcs: BTreeMap<&'f str, &'f Vpc>,
    attachments: BTreeMap<&'f str, Vec<&'f TransitGatewayAttachment>>,
}

impl<'f> TransitNetwork<'f> {
    /// Indexes the attachments of the facts.
    pub fn new(facts: &'f Facts, index: &'f ByVpc<'f>) -> Self {
        let vpcs = facts.distinct_vpcs().into_iter();
        let mut network = Self {
            facts,
            index,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            attachments: BTreeMap::new(),
        };
        let available = facts.transit_gateway_attachments.values();
        for it in available.filter(|it| it.available) {
            let gateway = it.transit_gateway_id.as_str();
            network.attachments.entry(gateway).or_default().push(it);
        }
        network
    }

    /// Where the transit gateways of a VPC send an address, or, without one, what has no better route.
    /// [`TransitDestination::OtherNetwork`] for a VPC without a default route to one.
    pub fn destination(&self, vpc_id: &str, address: Option<IpAddr>) -> TransitDestination<'f> {
        let mut here = vpc_id;
        let mut passed = BTreeSet::from([vpc_id]);
        for _ in 0..HOPS {
            let next = self.next(here, address);
            let TransitDestination::Vpc(vpc) = next else {
                return next;
            };
            // A VPC that has a NAT gateway is the end, and so is one that leads out by another egress.
            let leads_on =
                self.nat_gateways(vpc).next().is_none() && !self.transit_gateways(vpc).is_empty();
            if !leads_on {
                return next;
            }
            if !passed.insert(vpc) {
                break;
            }
            here = vpc;
        }
        TransitDestination::Unknown
    }

    /// Whether a route of a transit gateway of the VPC leads elsewhere than its default route.
    fn diverges(&self, vpc_id: &str) -> bool {
        let gateways = self.transit_gateways(vpc_id).into_iter();
        let mut tables = gateways.filter_map(|it| self.route_table_of(vpc_id, it));
        tables.any(|id| {
            let table = self.facts.transit_gateway_route_tables.get(id);
            table.is_some_and(|it| it.routes.is_some() && it.diverges())
        })
    }

    /// The network behind all transit gateways that default routes of the VPC lead to.
    fn next(&self, vpc_id: &str, address: Option<IpAddr>) -> TransitDestination<'f> {
        let mut all = self
            .transit_gateways(vpc_id)
            .into_iter()
            .map(|gateway| self.next_network(vpc_id, gateway, address));
        let Some(first) = all.next() else {
            return TransitDestination::OtherNetwork;
        };
        if all.all(|it| it == first) {
            first
        } else {
            TransitDestination::Unknown
        }
    }

    /// Those that default routes of the VPC lead to.
    fn transit_gateways(&self, vpc_id: &str) -> BTreeSet<&'f str> {
        self.index
            .used_route_tables(vpc_id)
            .iter()
            .flat_map(|table| &table.routes)
            .filter(|route| route.is_default() && !route.blackhole)
            .filter_map(|route| match &route.target {
                RouteTarget::TransitGateway(id) => Some(id.as_str()),
                _ => None,
            })
            .collect()
    }

    fn attachments(&self, transit_gateway: &str) -> &[&'f TransitGatewayAttachment] {
        let found = self.attachments.get(transit_gateway);
        found.map_or(&[], Vec::as_slice)
    }

    /// The route table that traffic from a VPC follows at a transit gateway.
    fn route_table_of(&self, vpc_id: &str, transit_gateway: &str) -> Option<&'f str> {
        self.attachments(transit_gateway)
            .iter()
            .filter(|it| it.resource_id.as_deref() == Some(vpc_id))
            .find_map(|it| it.route_table_id.as_deref())
    }

    /// The network that the transit gateway sends an address to: by its routes where these are visible,
    /// else the only other VPC attached that has an egress of its own.
    fn next_network(
        &self,
        vpc_id: &str,
        transit_gateway: &str,
        address: Option<IpAddr>,
    ) -> TransitDestination<'f> {
        let table = self.route_table_of(vpc_id, transit_gateway);
        let table = table.and_then(|it| self.facts.transit_gateway_route_tables.get(it));
        if let Some(table) = table {
            let ids = table.attachments_to(address);
            // In runs of before 2026-11-28 a table of which nothing more is known may drop or not.
            if ids.is_empty() {
                let known = table.routes.is_some();
                return if known {
                    TransitDestination::Dropped
                } else {
                    TransitDestination::Unknown
                };
            }
            let mut networks = ids.into_iter().map(|id| self.network_of(id));
            let first = networks.next().unwrap_or(TransitDestination::Unknown);
            let same = networks.all(|it| it == first) && first != TransitDestination::Vpc(vpc_id);
            return if same {
                first
            } else {
                TransitDestination::Unknown
            };
        }
        // Without its routes the network is known only if everything that is attached was scanned.
        if !self.is_whole(transit_gateway) {
            return TransitDestination::Unknown;
        }
        let others: BTreeSet<&str> = self
            .attachments(transit_gateway)
            .iter()
            .filter(|it| it.resource_type == AttachedResource::Vpc)
            .filter_map(|it| it.resource_id.as_deref())
            .filter(|it| *it != vpc_id && self.nat_gateways(it).next().is_some())
            .collect();
        only(others.into_iter()).map_or(TransitDestination::Unknown, TransitDestination::Vpc)
    }

    /// The network of an attachment. Peered transit gateways have routes of their own.
    fn network_of(&self, attachment_id: &str) -> TransitDestination<'f> {
        let attachments = &self.facts.transit_gateway_attachments;
        let Some(found) = attachments.get(attachment_id) else {
            return TransitDestination::Unknown;
        };
        match (&found.resource_type, found.resource_id.as_deref()) {
            (AttachedResource::Vpc, Some(id)) if self.vpcs.contains_key(id) => {
                TransitDestination::Vpc(id)
            }
            (
                AttachedResource::Vpn
                | AttachedResource::DirectConnectGateway
                | AttachedResource::Connect,
                _,
            ) => TransitDestination::OtherNetwork,
            _ => TransitDestination::Unknown,
        }
    }

    /// Whether the owner of a transit gateway listed all that is attached, and each of it is a VPC of
    /// the scan.
    fn is_whole(&self, transit_gateway: &str) -> bool {
        let attachments = self.attachments(transit_gateway);
        let scanned = |it: &&TransitGatewayAttachment| {
            let id = it.resource_id.as_deref();
            it.resource_type == AttachedResource::Vpc
                && id.is_some_and(|id| self.vpcs.contains_key(id))
        };
        let listed = attachments.iter().any(|it| {
            let owner = it.transit_gateway_owner_id.clone();
            owner.is_some_and(|account_id| {
                let at = Target {
                    account_id,
                    region: it.target.region.clone(),
                };
                let outcomes = &self.facts.outcomes;
                outcomes.is_complete(&at, Step::TransitGateways)
            })
        });
        listed && attachments.iter().all(scanned)
    }

    /// Whether VPC Block Public Access closes every egress of a VPC that its routes show.
    fn is_blocked(&self, vpc_id: &str) -> bool {
        let Some(vpc) = self.vpcs.get(vpc_id) else {
            return false;
        };
        let knows = |step| self.facts.outcomes.is_complete(&vpc.target, step);
        self.index.blocked_public_access(vpc_id).is_some()
            && knows(Step::RouteTables)
            && knows(Step::Subnets)
            && egress(self.index, vpc_id, false) == [Egress::None]
    }

    /// NAT gateways of a VPC that lead to the internet.
    pub fn nat_gateways(&self, vpc_id: &str) -> impl Iterator<Item = &'f NatGateway> {
        let all = self.index.nat_gateways(vpc_id).iter().copied();
        all.filter(|it| {
            it.state == ResourceState::Available && it.connectivity_type == ConnectivityType::Public
        })
    }
}

#[cfg(test)]
mod tests;
