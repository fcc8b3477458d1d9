//! The comparison of hub and own, region by region and service by service.

use rust_decimal::Decimal;

use super::{
    consumers::Consumer,
    plan::{Choice, Plan},
    quantities::billed,
};
use crate::{
    cost::{break_even::pays_from, hub::AccessMode},
    model::{
        classified::Hub, id::Region, kind::EndpointType, money::PriceItem, opportunity::HubOrOwn,
    },
    recommend::{context::RuleContext, row::usd},
};

/// Zones of the calculation where the zones of the VPCs are not known.
const ZONES: usize = 1;

/// The row of a region and service.
pub(super) fn row(
    context: &RuleContext<'_>,
    region: &Region,
    service: &str,
    consumers: &[Consumer<'_>],
    plan: &Plan<'_>,
) -> HubOrOwn {
    let prices = &plan.prices;
    let zones = consumers
        .iter()
        .filter_map(|it| it.zones)
        .max()
        .unwrap_or(ZONES)
        .max(ZONES);
    let nat_gb = context.input.prices.price(PriceItem::NatGatewayGb, region);
    let own = |zones| prices.own_pays_from(nat_gb?, zones);
    let transit_gb = prices.transit_gateway_gb;
    let by_hub = || Some(nat_gb? - prices.endpoint_gb? - transit_gb?);
    let hub = plan
        .hub
        .map(|hub| (hub, plan.new_hub_hours.or(Some(Decimal::ZERO))))
        .or(plan.candidate);
    let known: Vec<Choice> = plan.choices().flatten().collect();
    let count = |mode| known.iter().filter(|it| it.mode == mode).count();
    let sum = |figure: fn(&Choice) -> Decimal| {
        (!known.is_empty()).then(|| known.iter().map(figure).sum())
    };
    let counts = [AccessMode::Public, AccessMode::Own, AccessMode::Hub].map(count);
    let (now, best) = (sum(|it| it.now), sum(|it| it.then));
    HubOrOwn {
        region: region.clone(),
        service: service.to_owned(),
        vpcs: consumers.len(),
        vpcs_measured: consumers.iter().filter(|it| it.gb.is_some()).count(),
        gb_month: gb(consumers),
        now,
        best,
        plan: (!known.is_empty()).then_some(counts),
        hub: hub.map(|(hub, _)| Hub {
            account_id: RuleContext::owner(hub).clone(),
            vpc_id: hub.vpc_id.clone(),
        }),
        hub_endpoint_exists: hub.map(|(hub, _)| {
            !context
                .endpoints(hub, service, &EndpointType::Interface)
                .is_empty()
        }),
        zones,
        own_pays_from: (1..=zones).map_while(own).collect(),
        hub_pays_from: hub.and_then(|(_, hours)| pays_from(hours?, by_hub()?)),
        own_beats_hub_from: hub.and_then(|_| pays_from(prices.endpoint_hours(zones)?, transit_gb?)),
        reason: reason(
            counts,
            now.zip(best),
            plan,
            !consumers.iter().any(|it| it.gb.is_some()),
        ),
        billed: (!known.is_empty()).then(|| billed(context, region, service, consumers, plan)),
    }
}

/// GB a month of the measured ones; none if none is.
fn gb(consumers: &[Consumer<'_>]) -> Option<Decimal> {
    let all: Vec<Decimal> = consumers
        .iter()
        .filter_map(|it| it.gb)
        .map(|gb| gb.all)
        .collect();
    (!all.is_empty()).then(|| all.into_iter().sum())
}

fn reason(
    counts: [usize; 3],
    money: Option<(Decimal, Decimal)>,
    plan: &Plan<'_>,
    unmeasured: bool,
) -> String {
    let mut parts = Vec::new();
    match money {
        Some((now, best)) if best < now => {
            let [public, own, hub] = counts;
            parts.push(format!(
                "Cheapest for the measured VPCs: {public} by the public way, {own} by endpoints of their own, {hub} by a hub; {} a month instead of {}.",
                usd(best),
                usd(now)
            ));
        }
        Some((now, _)) => parts.push(format!(
            "Nothing is cheaper than today's {} a month for the measured VPCs.",
            usd(now)
        )),
        None if unmeasured => parts.push(
            "No bytes are measured; the GB from which each way pays are shown instead.".to_owned(),
        ),
        None => parts.push("Bytes are measured, and a price is not known.".to_owned()),
    }
    if plan.candidate.is_none() {
        parts.push("No VPC of the region is attached to a transit gateway that was seen, so none can be a hub.".to_owned());
    } else if plan.prices.transit_gateway_gb.is_none() {
        parts.push("The price of a GB through the transit gateway is not known, so a hub is weighed only for VPCs that go out through it today.".to_owned());
    }
    parts.join(" ")
}
