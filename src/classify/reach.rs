//! Which networks can send traffic to a VPC from outside of it: what an endpoint or a NAT gateway of
//! the VPC may serve, and so what has to be known before either is called unused.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    coverage::Step,
    facts::Facts,
    index::ByVpc,
    inventory::{RouteTarget, Vpc},
    kind::AttachedResource,
    network::TransitGatewayAttachment,
    target::Target,
};

/// The networks that reach a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours<'f> {
    /// Scanned VPCs on the same transit gateways.
    pub vpcs: BTreeSet<&'f str>,
    /// Whether there are, or may be, networks that the scan does not show: a VPC of an account that was
    /// not scanned, a VPN, a peer, or attachments that could not be listed.
    pub unknown: bool,
}

impl Neighbours<'_> {
    /// Whether nothing but the VPC itself sends traffic to it.
    pub fn is_empty(&self) -> bool {
        self.vpcs.is_empty() && !self.unknown
    }
}

/// The connections between networks, indexed once.
#[derive(Debug)]
pub struct Reach<'f> {
    facts: &'f Facts,
    index: &'f ByVpc<'f>,
    vpcs: BTreeSet<&'f str>,
    attachments: BTreeMap<&'f str, Vec<&'f TransitGatewayAttachment>>,
    gateways: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

impl<'f> Reach<'f> {
    /// Indexes the attachments of the facts.
    pub fn new(facts: &'f Facts, index: &'f ByVpc<'f>) -> Self {
        let mut reach = Self {
            facts,
            index,
            vpcs: facts.vpcs.iter().map(|vpc| vpc.vpc_id.as_str()).collect(),
            attachments: BTreeMap::new(),
            gateways: BTreeMap::new(),
        };
        for it in facts.transit_gateway_attachments.values() {
            if !it.available {
                continue;
            }
            let gateway = it.transit_gateway_id.as_str();
            reach.attachments.entry(gateway).or_default().push(it);
            if let Some(vpc) = it.resource_id.as_deref() {
                reach.gateways.entry(vpc).or_default().insert(gateway);
            }
        }
        reach
    }

    /// The networks that reach a VPC.
    pub fn of(&self, vpc: &'f Vpc) -> Neighbours<'f> {
        let steps = [Step::RouteTables, Step::TransitGateways];
        let complete = |step| self.facts.outcomes.is_complete(&vpc.target, step);
        let mut found = Neighbours {
            vpcs: BTreeSet::new(),
            unknown: !vpc.is_seen_by_owner() || !steps.into_iter().all(complete),
        };
        let attached = self.gateways.get(vpc.vpc_id.as_str()).into_iter().flatten();
        let mut gateways: BTreeSet<&str> = attached.copied().collect();
        let tables = self.index.route_tables(&vpc.vpc_id).iter();
        for route in tables.flat_map(|table| &table.routes) {
            match &route.target {
                RouteTarget::TransitGateway(id) if !route.blackhole => {
                    gateways.insert(id);
                }
                // A peering connection or a virtual private gateway: what is behind is not listed.
                RouteTarget::Other(_) if !route.blackhole => found.unknown = true,
                _ => {}
            }
        }
        for gateway in gateways {
            self.add(vpc, gateway, &mut found);
        }
        found
    }

    fn add(&self, vpc: &Vpc, gateway: &str, found: &mut Neighbours<'f>) {
        let attachments = self.attachments.get(gateway).map_or(&[][..], Vec::as_slice);
        // Only the owner of a transit gateway sees all of its attachments.
        let owner = attachments
            .iter()
            .find_map(|it| it.transit_gateway_owner_id.clone());
        let listed = owner.is_some_and(|account_id| {
            let at = Target {
                account_id,
                region: vpc.target.region.clone(),
            };
            let outcomes = &self.facts.outcomes;
            outcomes.is_complete(&at, Step::TransitGateways)
        });
        found.unknown |= !listed;
        for it in attachments {
            match it.resource_id.as_deref() {
                Some(id) if id == vpc.vpc_id => {}
                Some(id) if it.resource_type == AttachedResource::Vpc && self.vpcs.contains(id) => {
                    found.vpcs.insert(id);
                }
                _ => found.unknown = true,
            }
        }
    }
}
