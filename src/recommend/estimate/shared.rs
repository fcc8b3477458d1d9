//! One set of endpoints in a hub, which the other VPCs reach through a transit gateway.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    hours,
    line::{Line, Lines, Role},
    services::services,
};
use crate::{
    cost::break_even::UnitPrices,
    model::{
        coverage::Step,
        estimate::{EstimateGaps, EstimateRequest},
        inventory::Vpc,
        kind::EndpointType,
        money::PriceItem,
    },
    recommend::context::RuleContext,
};

/// The lines of the hub by service, then attachments that have to be made, then the other VPCs by
/// account, VPC and service.
pub(super) fn lines<'w>(
    context: &RuleContext<'w>,
    hub: &'w Vpc,
    vpcs: &[&'w Vpc],
    request: &'w EstimateRequest,
    gaps: &mut EstimateGaps,
) -> Lines<'w> {
    let is_consumer = vpcs.iter().any(|vpc| vpc.vpc_id == hub.vpc_id);
    let mut wanted = BTreeSet::new();
    let mut spokes = Vec::new();
    let mut attachments = Vec::new();
    for vpc in vpcs {
        let mut services = services(context, vpc, request, gaps);
        if request.services.is_none() && request.endpoint_type.is_none() {
            let count = services.len();
            services.retain(|it| {
                context
                    .offer(&vpc.target.region, it, &EndpointType::Gateway)
                    .is_none()
            });
            gaps.calls_with_gateway += count - services.len();
        }
        wanted.extend(services.iter().copied());
        if vpc.vpc_id == hub.vpc_id {
            continue;
        }
        let obstacle = obstacle(hub, vpc);
        if obstacle.is_none() && !services.is_empty() {
            attachments.extend(attachment(context, hub, vpc));
        }
        for service in services {
            let mut line = Line::new(context, vpc, service, Role::Spoke);
            line.obstacle.clone_from(&obstacle);
            spokes.push(line);
        }
    }
    if context.attached(&hub.vpc_id).next().is_none() && !spokes.is_empty() {
        attachments.insert(0, new_attachment(context, hub));
    }
    let mut lines: Lines<'w> = wanted
        .into_iter()
        .map(|service| {
            let mut line = Line::new(context, hub, service, Role::Hub);
            line.consumes = is_consumer;
            hours::price_hours(context, &mut line, request);
            line
        })
        .collect();
    price_break_even(context, hub, &mut lines, &mut spokes);
    lines.extend(attachments);
    lines.extend(spokes);
    lines
}

/// Why a VPC cannot be routed to the hub at all.
fn obstacle(hub: &Vpc, vpc: &Vpc) -> Option<String> {
    let overlap = vpc.cidrs.iter().any(|block| {
        let mut others = hub.cidrs.iter();
        others.any(|other| block.contains(other) || other.contains(block))
    });
    overlap.then(|| {
        format!(
            "its address blocks overlap with those of {}: it cannot be routed there",
            hub.vpc_id
        )
    })
}

/// The attachment that a VPC lacks to reach the hub.
fn attachment<'w>(context: &RuleContext<'w>, hub: &'w Vpc, vpc: &'w Vpc) -> Option<Line<'w>> {
    let of_hub: BTreeSet<&str> = context.attached(&hub.vpc_id).collect();
    let mut own = context.attached(&vpc.vpc_id);
    let connected = if of_hub.is_empty() {
        own.next().is_some()
    } else {
        own.any(|it| of_hub.contains(it))
    };
    (!connected).then(|| new_attachment(context, vpc))
}

fn new_attachment<'w>(context: &RuleContext<'w>, vpc: &'w Vpc) -> Line<'w> {
    let mut line = Line::new(context, vpc, "", Role::Attachment);
    line.remarks.clear();
    let prices = UnitPrices::of(&vpc.target.region, context.input.prices);
    if context.knows(Step::TransitGateways, vpc) {
        line.hours = prices.attachment_hours();
        let remark = "a new attachment to the transit gateway";
        line.remarks.push(remark.to_owned());
    } else {
        let remark = "whether it is attached to the transit gateway is not known";
        line.remarks.push(remark.to_owned());
    }
    line.consumes = false;
    line
}

/// GB of all VPCs together from which the hub's endpoint pays, by the cheapest egress of its users;
/// of a spoke that pays nothing by the hour it is 0, or never.
fn price_break_even(
    context: &RuleContext<'_>,
    hub: &Vpc,
    lines: &mut Lines<'_>,
    spokes: &mut Lines<'_>,
) {
    let region = &hub.target.region;
    let prices = UnitPrices::of(region, context.input.prices);
    let transit_gb = context.input.prices.price(PriceItem::TgwGb, region);
    for spoke in spokes.iter_mut().filter(|it| it.offered) {
        if let Some(transit_gb) = transit_gb.filter(|_| !spoke.egress.passes_none()) {
            let hours = Some(Decimal::ZERO);
            spoke.break_even = hours::pays_from(&prices, hours, spoke.egress.gb_usd(), transit_gb);
        }
    }
    for line in lines {
        let users = spokes.iter().filter(|it| {
            it.service == line.service
                && it.calls.here.is_some()
                && it.obstacle.is_none()
                && !it.egress.passes_none()
        });
        let prices_of_users: Option<Vec<Decimal>> = users.map(|it| it.egress.gb_usd()).collect();
        let cheapest = prices_of_users.and_then(|all| all.into_iter().min());
        if let Some(transit_gb) = transit_gb {
            line.break_even = hours::pays_from(&prices, line.hours, cheapest, transit_gb);
        }
    }
}
