//! A Region that was judged, indexed for the making of its rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use super::Context;
use crate::{
    classify::{service::UsageClassifier, zone_crossing::ZoneCrossing},
    model::{
        bytes::Attribution,
        classified::CentralEgress,
        cost::{EndpointCost, NatGatewayCost},
        facts::Facts,
        id::{AccountId, NatGatewayId, VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::Vpc,
        posture::EndpointPosture,
    },
};

/// What was judged of a Region.
#[derive(Debug)]
pub(super) struct RegionFindings {
    /// Costs by NAT gateway.
    pub(super) nat_costs: BTreeMap<NatGatewayId, NatGatewayCost>,
    /// Costs by endpoint.
    pub(super) endpoint_costs: BTreeMap<VpcEndpointId, EndpointCost>,
    /// Postures by endpoint.
    pub(super) postures: BTreeMap<VpcEndpointId, EndpointPosture>,
    /// NAT gateways that subnets in other zones go out by.
    pub(super) zone_crossings: BTreeMap<NatGatewayId, ZoneCrossing>,
}

/// What transit gateways lead to.
#[derive(Debug)]
pub(super) struct BehindTransitGateways {
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub(super) central_egress: BTreeMap<VpcId, CentralEgress>,
    /// VPCs of which a transit gateway drops all that is for the internet.
    pub(super) closed: BTreeSet<VpcId>,
}

/// A Region and its facts.
pub(super) struct RegionView<'v> {
    pub(super) context: &'v Context<'v>,
    pub(super) facts: &'v Facts,
    pub(super) index: &'v ByVpc<'v>,
    pub(super) classifier: &'v UsageClassifier<'v>,
    /// Distinct VPCs, in the order of the tables.
    pub(super) vpcs: Vec<&'v Vpc>,
    by_id: BTreeMap<&'v str, &'v Vpc>,
}

/// A Region and what was judged of it.
pub(super) struct View<'v> {
    region: &'v RegionView<'v>,
    pub(super) judged: &'v RegionFindings,
    /// The bytes of the flow logs.
    pub(super) attribution: &'v Attribution,
}

impl<'v> RegionView<'v> {
    pub(super) fn new(
        context: &'v Context<'v>,
        facts: &'v Facts,
        index: &'v ByVpc<'v>,
        classifier: &'v UsageClassifier<'v>,
    ) -> Self {
        let vpcs = facts.distinct_vpcs();
        Self {
            context,
            facts,
            index,
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
}

impl<'v> View<'v> {
    pub(super) fn new(
        region: &'v RegionView<'v>,
        judged: &'v RegionFindings,
        attribution: &'v Attribution,
    ) -> Self {
        Self {
            region,
            judged,
            attribution,
        }
    }
}

impl<'v> Deref for View<'v> {
    type Target = RegionView<'v>;

    fn deref(&self) -> &RegionView<'v> {
        self.region
    }
}
