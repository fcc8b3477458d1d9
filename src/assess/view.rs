//! A Region that was judged, indexed for the making of its rows.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::Context;
use crate::{
    classify::{service::UsageClassifier, zone_crossing::ZoneCrossing},
    model::{
        bytes::Attribution,
        chargeback::ChargedGateways,
        classified::{CentralEgress, VpcService},
        cost::{EndpointCost, NatGatewayCost},
        facts::Facts,
        id::{AccountId, NatGatewayId, VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::Vpc,
        opportunity::{HubOrOwn, Opportunity},
        partner::PartnerMoney,
        partner_use::PartnerUse,
        posture::EndpointPosture,
    },
};

/// What was judged of a Region.
#[derive(Debug)]
pub(super) struct RegionFindings {
    /// The services that VPCs call.
    pub(super) services: Vec<VpcService>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub(super) central_egress: BTreeMap<VpcId, CentralEgress>,
    /// VPCs of which a transit gateway drops all that is for the internet.
    pub(super) closed_beyond_transit_gateway: BTreeSet<VpcId>,
    /// Costs by NAT gateway.
    pub(super) nat_costs: BTreeMap<NatGatewayId, NatGatewayCost>,
    /// Costs by endpoint.
    pub(super) endpoint_costs: BTreeMap<VpcEndpointId, EndpointCost>,
    /// Postures by endpoint.
    pub(super) postures: BTreeMap<VpcEndpointId, EndpointPosture>,
    /// NAT gateways that subnets in other zones go out by.
    pub(super) zone_crossings: BTreeMap<NatGatewayId, ZoneCrossing>,
    /// The bytes of the flow logs.
    pub(super) attribution: Attribution,
    /// What to do, best first.
    pub(super) opportunities: Vec<Opportunity>,
    /// Hub or own, by service.
    pub(super) hub_or_own: Vec<HubOrOwn>,
    /// Partners' products that VPCs call, with the money of each.
    pub(super) partners: Vec<(PartnerUse, PartnerMoney)>,
    /// What the NAT gateways of hubs cost each VPC.
    pub(super) chargeback: Vec<ChargedGateways>,
}

/// A Region and what was judged of it.
pub(super) struct View<'v> {
    pub(super) context: &'v Context<'v>,
    pub(super) facts: &'v Facts,
    pub(super) index: &'v ByVpc<'v>,
    pub(super) judged: RegionFindings,
    pub(super) classifier: &'v UsageClassifier<'v>,
    /// Distinct VPCs, in the order of the tables.
    pub(super) vpcs: Vec<&'v Vpc>,
    by_id: BTreeMap<&'v str, &'v Vpc>,
}

impl<'v> View<'v> {
    pub(super) fn new(
        context: &'v Context<'v>,
        facts: &'v Facts,
        index: &'v ByVpc<'v>,
        classifier: &'v UsageClassifier<'v>,
        mut judged: RegionFindings,
    ) -> Self {
        let vpcs = facts.distinct_vpcs();
        sort(&mut judged.services);
        Self {
            context,
            facts,
            index,
            judged,
            classifier,
            by_id: vpcs.iter().map(|vpc| (vpc.vpc_id.as_str(), *vpc)).collect(),
            vpcs,
        }
    }

    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<String> {
        self.context.organization.name(id).map(str::to_owned)
    }

    /// A VPC that some account listed.
    pub(super) fn vpc(&self, id: &str) -> Option<&'v Vpc> {
        self.by_id.get(id).copied()
    }

    /// The services that a VPC calls, in the order of `vpc_services.csv`.
    pub(super) fn services_of(&self, vpc_id: &str) -> &[VpcService] {
        let all = self.judged.services.as_slice();
        let start = all.partition_point(|it| it.vpc_id.as_str() < vpc_id);
        let end = all.partition_point(|it| it.vpc_id.as_str() <= vpc_id);
        all.get(start..end).unwrap_or_default()
    }
}

/// Brings services into the order in which the view looks them up: by VPC, the most queried first.
fn sort(services: &mut [VpcService]) {
    let key = |it: &VpcService| {
        (
            Reverse(it.queries),
            it.service.clone(),
            it.service_region.clone(),
        )
    };
    services.sort_by(|a, b| a.vpc_id.cmp(&b.vpc_id).then_with(|| key(a).cmp(&key(b))));
}
