//! What to do, each with its reason: one file a rule, pure, from inventory, usage and prices. What is
//! wrong with endpoints that exist is not found again here: the findings of `classify::posture` are
//! made into advice.
//!
//! For a VPC and a service there is one row of money at most, so that sums claim nothing twice.
//! Money is claimed only where bytes were measured; otherwise the row tells the most that it could be
//! and from when it pays. `docs/opportunities.md` describes the rows, `docs/cost-model.md` the sums.

mod caveats;
mod gateway_endpoint;
mod hub;
mod idle_endpoint;
mod interface_endpoint;
mod nat_gateway;
mod order;
mod private_dns;
mod row;
mod use_hub;
mod way_out;
mod world;
mod zones;

use std::collections::BTreeMap;

use crate::{
    classify::host::HostRules,
    cost::price_book::PriceBook,
    model::{
        classified::{CentralEgress, VpcService},
        cost::{EndpointCost, NatGatewayCost},
        facts::Facts,
        index::ByVpc,
        opportunity::{Basis, Caveat, HubOrOwn, Opportunity},
        posture::EndpointPosture,
        run::Window,
    },
};

pub use self::nat_gateway::NatTraffic;
use self::world::World;

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s> {
    /// What was read.
    pub facts: &'s Facts,
    /// The facts by VPC.
    pub index: &'s ByVpc<'s>,
    /// How endpoint services are named.
    pub rules: &'s HostRules,
    /// Services that VPCs call.
    pub services: &'s [VpcService],
    /// Postures by endpoint.
    pub postures: &'s BTreeMap<String, EndpointPosture>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub central_egress: &'s BTreeMap<String, CentralEgress>,
    /// Costs by NAT gateway.
    pub nat_costs: &'s BTreeMap<String, NatGatewayCost>,
    /// Costs by endpoint, and the GB through it where flow logs measured them.
    pub endpoint_costs: &'s BTreeMap<String, EndpointCost>,
    /// What flow logs say of the bytes of a NAT gateway, by gateway.
    pub nat_traffic: &'s BTreeMap<String, NatTraffic>,
    /// Unit prices.
    pub prices: &'s PriceBook,
    /// The time that was looked at.
    pub window: Window,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// What to do, best first.
    pub opportunities: Vec<Opportunity>,
    /// Hub or own, by region and service.
    pub hub_or_own: Vec<HubOrOwn>,
}

/// Applies every rule.
pub fn advise(seen: &Seen<'_>) -> Advice {
    let world = World::new(seen);
    let (mut opportunities, hub_or_own) = hub::all(&world);
    for vpc in world.vpcs() {
        opportunities.extend(gateway_endpoint::rows(&world, vpc));
        opportunities.extend(private_dns::rows(&world, vpc));
        opportunities.extend(zones::rows(&world, vpc));
        opportunities.extend(idle_endpoint::rows(&world, vpc));
    }
    opportunities.extend(nat_gateway::rows(&world, &opportunities));
    for row in &mut opportunities {
        let service = row.service.as_deref().unwrap_or_default();
        if row.basis == Basis::Unknown && world.tells_a_part(&row.vpc_id, service) {
            row.caveats.insert(Caveat::PartOfWindow);
        }
    }
    order::sort(&mut opportunities);
    Advice {
        opportunities,
        hub_or_own,
    }
}

#[cfg(test)]
mod tests;
