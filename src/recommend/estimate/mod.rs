//! A set of endpoints that somebody names, priced against what was measured: the calculator behind
//! `vpce-scout estimate`. `docs/cost-model.md` has the formulas.
//!
//! Words: a *line* is a VPC and a service before its data is priced, since the tiers of endpoint data
//! count over all lines of the Region together.

mod data;
mod hours;
mod line;
mod own;
mod row;
mod services;
mod shared;

use self::{data::DataPrice, row::PricedLine};
use super::{
    context::{RuleContext, VpcCalls},
    input::AdvisorInput,
};
use crate::model::{
    estimate::{EstimateGaps, EstimateNames, EstimateRequest, EstimateRow},
    id::Region,
    inventory::Vpc,
    kind::EndpointType,
};

/// What was asked for, as far as one Region has it.
#[derive(Clone, Debug, Default)]
pub struct RegionEstimate {
    /// A row a VPC and service.
    pub rows: Vec<EstimateRow>,
    /// What is left out.
    pub gaps: EstimateGaps,
    /// What can be named in the Region.
    pub names: EstimateNames,
}

/// Prices what is asked for in a Region.
pub fn estimate(
    input: &AdvisorInput<'_>,
    region: &Region,
    request: &EstimateRequest,
) -> RegionEstimate {
    let context = RuleContext::new(input);
    let mut found = RegionEstimate {
        names: names(&context, region, request),
        ..RegionEstimate::default()
    };
    let mut vpcs: Vec<&Vpc> = context.vpcs().filter(|it| request.wants(it)).collect();
    vpcs.sort_by_key(|vpc| (RuleContext::owner(vpc), &vpc.vpc_id));
    let lines = match request.hub.as_deref() {
        None => own::lines(&context, &vpcs, request, &mut found.gaps),
        Some(hub) => {
            if let Some(hub) = context.vpc(hub) {
                shared::lines(&context, hub, &vpcs, request, &mut found.gaps)
            } else {
                found.gaps.vpcs_out_of_reach += vpcs.len();
                Vec::new()
            }
        }
    };
    let data = DataPrice::of(&context, region, &lines);
    found.rows = lines
        .iter()
        .map(|line| PricedLine::new(&context, line, &data).row())
        .collect();
    found
}

fn names(context: &RuleContext<'_>, region: &Region, request: &EstimateRequest) -> EstimateNames {
    let mut names = EstimateNames::default();
    for vpc in context.vpcs() {
        names.vpcs.insert((vpc.vpc_id.clone(), region.clone()));
        names.accounts.insert(RuleContext::owner(vpc).clone());
        names.regions.insert(region.clone());
        let called = context.calls(&vpc.vpc_id);
        let called = called.into_iter().flat_map(VpcCalls::each);
        let called = called.map(|(service, _)| service.to_owned());
        names.services.extend(called);
    }
    names
        .services
        .extend(context.offered(region).map(str::to_owned));
    // A Region that could not be asked offers what the built-in table has.
    for service in request.services.iter().flatten() {
        let offers = |kind| context.offer(region, service, kind).is_some();
        if offers(&EndpointType::Interface) || offers(&EndpointType::Gateway) {
            names.services.insert(service.clone());
        }
    }
    names
}
