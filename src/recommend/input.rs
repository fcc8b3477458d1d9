//! What the rules work on, and what they return.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    classify::{host::HostRules, zone_crossing::ZoneCrossing},
    cost::price_book::PriceBook,
    model::{
        classified::{CentralEgress, VpcService},
        cost::{EndpointCost, NatGatewayCost},
        coverage::Step,
        facts::Facts,
        id::{NatGatewayId, VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::Vpc,
        partner_use::PartnerUse,
        posture::EndpointPosture,
        run::Window,
    },
};

/// What the rules look at: facts, and the judgements made of them.
#[derive(Clone, Copy, Debug)]
pub struct AdvisorInput<'s> {
    /// What was read.
    pub facts: &'s Facts,
    /// The facts by VPC.
    pub index: &'s ByVpc<'s>,
    /// How endpoint services are named.
    pub rules: &'s HostRules,
    /// Services that VPCs call.
    pub services: &'s [VpcService],
    /// Partners' products that VPCs call.
    pub partners: &'s [PartnerUse],
    /// Postures by endpoint.
    pub postures: &'s BTreeMap<VpcEndpointId, EndpointPosture>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub central_egress: &'s BTreeMap<VpcId, CentralEgress>,
    /// VPCs for which a transit gateway is no egress.
    pub closed_beyond_transit_gateway: &'s BTreeSet<VpcId>,
    /// Costs by NAT gateway.
    pub nat_costs: &'s BTreeMap<NatGatewayId, NatGatewayCost>,
    /// Costs by endpoint, and the GB through it where flow logs measured them.
    pub endpoint_costs: &'s BTreeMap<VpcEndpointId, EndpointCost>,
    /// NAT gateways that subnets in other zones go out by.
    pub zone_crossings: &'s BTreeMap<NatGatewayId, ZoneCrossing>,
    /// What flow logs show of the bytes of a NAT gateway, by gateway.
    pub nat_traffic: &'s BTreeMap<NatGatewayId, NatTraffic>,
    /// Unit prices.
    pub prices: &'s PriceBook,
    /// The time that was looked at.
    pub window: Window,
}

impl AdvisorInput<'_> {
    /// Whether a step is complete where the VPC is.
    pub(super) fn knows(&self, step: Step, vpc: &Vpc) -> bool {
        self.facts.complete(step).contains(&vpc.target)
    }
}

/// What flow logs show of the bytes of a NAT gateway in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NatTraffic {
    /// All of them: those of one known service, and the two parts below.
    pub flow_log_bytes: u64,
    /// Bytes that fit several services.
    pub ambiguous_bytes: u64,
    /// Bytes of no service that is known.
    pub unmatched_bytes: u64,
    /// Records that stand for flows which were not captured: nobody knows where their bytes went.
    pub skipped_records: u64,
}
