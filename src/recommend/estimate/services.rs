//! Which services of a VPC are priced.

use std::collections::BTreeSet;

use crate::{
    model::{
        estimate::{EstimateGaps, EstimateRequest},
        inventory::Vpc,
        kind::EndpointType,
    },
    recommend::{
        context::{RuleContext, VpcCalls},
        hub::Obstacle,
    },
};

/// The services of a VPC that were asked for; those that nobody named are what it calls.
pub(super) fn services<'w>(
    context: &RuleContext<'w>,
    vpc: &Vpc,
    request: &'w EstimateRequest,
    gaps: &mut EstimateGaps,
) -> BTreeSet<&'w str> {
    if let Some(named) = &request.services {
        return named.iter().map(String::as_str).collect();
    }
    if !context.usage_is_known(&vpc.vpc_id) {
        gaps.vpcs_without_calls += 1;
    }
    let mut services = BTreeSet::new();
    for (service, calls) in context
        .calls(&vpc.vpc_id)
        .into_iter()
        .flat_map(VpcCalls::each)
    {
        let offers = |kind| context.offer(&vpc.target.region, service, kind).is_some();
        if !(offers(&EndpointType::Gateway) || offers(&EndpointType::Interface)) {
            gaps.calls_not_offered += 1;
        } else if calls.here.is_none() || !is_carried(context, vpc, service) {
            gaps.calls_out_of_reach += 1;
        } else {
            services.insert(service);
        }
    }
    services
}

/// Whether a new endpoint of the service could carry calls by names of the VPC's region.
fn is_carried(context: &RuleContext<'_>, vpc: &Vpc, service: &str) -> bool {
    let region = &vpc.target.region;
    let is_gateway = context.offer(region, service, &EndpointType::Gateway);
    // Gateway endpoints work by addresses, whatever the name.
    is_gateway.is_some()
        || !matches!(
            Obstacle::of(context, vpc, service),
            Some(Obstacle::PublicApis | Obstacle::Names)
        )
}
