//! What AWS bills for the measured VPCs of a plan, in units: what its sums of money are prices of.

use rust_decimal::Decimal;

use super::{
    candidates::{Connection, connection},
    consumers::{self, Consumer, State},
    plan::{Choice, Plan},
};
use crate::{
    cost::{endpoint, hub::AccessMode},
    model::{id::Region, kind::EndpointType, opportunity::BilledQuantities},
    recommend::context::{Gb, RuleContext},
};

/// Today, and by the plan.
pub(super) fn billed(
    context: &RuleContext<'_>,
    region: &Region,
    service: &str,
    consumers: &[Consumer<'_>],
    plan: &Plan<'_>,
) -> [BilledQuantities; 2] {
    let [mut now, mut best] = [BilledQuantities::default(); 2];
    for (consumer, choice) in consumers.iter().zip(plan.choices()) {
        let Some((gb, choice)) = consumer.gb.zip(choice) else {
            continue;
        };
        if consumer.is_open() {
            now.add_public(consumer, gb);
        } else {
            now.add_own(consumer, gb);
        }
        match choice.mode {
            AccessMode::Public => best.add_public(consumer, gb),
            AccessMode::Own => best.add_own(consumer, gb),
            AccessMode::Hub => best.add_hub(context, consumer, plan, gb),
        }
        best.attachments += attachments(plan, choice);
    }
    if let (Some(hub), true) = (plan.hub, plan.new_hub_hours.is_some()) {
        let offer = context.offer(region, service, &EndpointType::Interface);
        let zones = offer.and_then(|offer| consumers::zones(context, hub, offer).0);
        best.endpoint_zones += zones.unwrap_or_default();
    }
    [now, best]
}

/// The part of a new attachment that one pays.
fn attachments(plan: &Plan<'_>, choice: Choice) -> Decimal {
    let hours = plan.prices.attachment_hours();
    let part = hours.and_then(|hours| choice.attachment.checked_div(hours));
    part.unwrap_or_default()
}

impl BilledQuantities {
    fn add_public(&mut self, consumer: &Consumer<'_>, gb: Gb) {
        self.nat_gb += gb.nat;
        if consumer.egress.central {
            self.transit_gateway_gb += gb.nat;
        }
    }

    fn add_own(&mut self, consumer: &Consumer<'_>, gb: Gb) {
        self.endpoint_gb += gb.all;
        self.endpoint_zones += match consumer.state {
            State::Own(it) if !endpoint::is_billed(it) => 0,
            State::Own(it) => it.subnet_ids.len(),
            State::Open | State::Hidden => consumer.zones.unwrap_or_default(),
        };
    }

    fn add_hub(
        &mut self,
        context: &RuleContext<'_>,
        consumer: &Consumer<'_>,
        plan: &Plan<'_>,
        gb: Gb,
    ) {
        self.endpoint_gb += gb.all;
        let elsewhere = |hub| connection(context, consumer.vpc, hub) != Connection::Itself;
        if plan.hub.is_some_and(elsewhere) {
            self.transit_gateway_gb += gb.all;
        }
    }
}
