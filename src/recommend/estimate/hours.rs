//! Zones and hours of an endpoint, and from when they pay.

use rust_decimal::Decimal;

use super::line::{Line, Role};
use crate::{
    cost::{
        break_even::{self, UnitPrices},
        endpoint,
    },
    model::{
        estimate::{EstimateRequest, EstimateType},
        kind::EndpointType,
    },
    recommend::{context::RuleContext, hub::zones_offered},
};

/// Sets the zones that are asked for, and what the hours in them cost.
pub(super) fn price_hours<'w>(
    context: &RuleContext<'w>,
    line: &mut Line<'w>,
    request: &EstimateRequest,
) {
    let region = &line.vpc.target.region;
    if line.role == Role::Own(EstimateType::Gateway) {
        line.hours = endpoint::hours(&EndpointType::Gateway, region, 1, context.input.prices);
        return;
    }
    let Some(offer) = context.offer(region, line.service, &EndpointType::Interface) else {
        return;
    };
    let (there, without) = zones_offered(context, line.vpc, offer);
    line.zones = request.zones.or(there.filter(|zones| *zones > 0));
    line.hours = line.zones.and_then(|zones| {
        endpoint::hours(
            &EndpointType::Interface,
            region,
            zones,
            context.input.prices,
        )
    });
    match (request.zones, there) {
        (Some(wanted), Some(there)) if wanted > there => line.remarks.push(format!(
            "the VPC has subnets in {there} of the zones that offer it: {} more needed",
            wanted - there
        )),
        (None, _) if !without.is_empty() => line.remarks.push(format!(
            "not offered in {}, where the VPC has subnets",
            without.join(", ")
        )),
        _ => {}
    }
}

/// GB a month from which an endpoint of so many hours pays for those who go out at `gb_usd` a GB.
pub(super) fn pays_from(
    prices: &UnitPrices,
    hours: Option<Decimal>,
    gb_usd: Option<Decimal>,
    transit_gb: Decimal,
) -> Option<Decimal> {
    let saved = gb_usd? - prices.endpoint_gb? - transit_gb;
    break_even::pays_from(hours?, saved)
}
