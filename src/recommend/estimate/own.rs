//! Endpoints in each VPC of its own.

use rust_decimal::Decimal;

use super::{
    hours,
    line::{Line, Lines, Role},
    services::services,
};
use crate::{
    cost::break_even::UnitPrices,
    model::{
        estimate::{EstimateGaps, EstimateRequest, EstimateType},
        inventory::Vpc,
        kind::EndpointType,
    },
    recommend::context::RuleContext,
};

/// The lines of these VPCs, in their order, by service.
pub(super) fn lines<'w>(
    context: &RuleContext<'w>,
    vpcs: &[&'w Vpc],
    request: &'w EstimateRequest,
    gaps: &mut EstimateGaps,
) -> Lines<'w> {
    let mut lines = Vec::new();
    for vpc in vpcs {
        for service in services(context, vpc, request, gaps) {
            lines.push(line(context, vpc, service, request));
        }
    }
    lines
}

fn line<'w>(
    context: &RuleContext<'w>,
    vpc: &'w Vpc,
    service: &'w str,
    request: &EstimateRequest,
) -> Line<'w> {
    let region = &vpc.target.region;
    let kind = request.endpoint_type.unwrap_or_else(|| {
        match context.offer(region, service, &EndpointType::Gateway) {
            Some(_) => EstimateType::Gateway,
            None => EstimateType::Interface,
        }
    });
    let mut line = Line::new(context, vpc, service, Role::Own(kind));
    hours::price_hours(context, &mut line, request);
    let prices = UnitPrices::of(region, context.input.prices);
    line.break_even = match kind {
        EstimateType::Gateway => line.hours,
        EstimateType::Interface if line.egress.passes_none() => None,
        EstimateType::Interface => {
            hours::pays_from(&prices, line.hours, line.egress.gb_usd(), Decimal::ZERO)
        }
    };
    line
}
