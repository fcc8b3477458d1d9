//! The plans of all services, with what they share: an attachment to a transit gateway is paid once for
//! all services that a VPC reaches by it, and tiers of GB count over all endpoints of a region.
//!
//! Each service is planned as if new attachments were free. Those that are not earned by all services
//! together are refused then, and everything is planned again, until all that is left is earned. What a
//! VPC does alone is still the cheapest for it; that no other set of attachments is cheaper is not claimed.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    candidates::{Attachment, attachment},
    consumers::{Consumer, ServiceCallers},
    plan::{self, Choice, Plan},
};
use crate::{
    cost::{break_even::UnitPrices, hub::AccessMode},
    model::id::Region,
    recommend::context::RuleContext,
};

/// The plans, in the order of the consumers.
pub(super) fn plans<'w>(
    context: &RuleContext<'w>,
    callers: &[ServiceCallers<'w>],
) -> Vec<Plan<'w>> {
    let mut refused: BTreeSet<Attachment<'w>> = BTreeSet::new();
    loop {
        let all = callers.iter();
        let mut plans: Vec<Plan<'w>> = all
            .map(|it| {
                let consumers = it.planned(context);
                Plan::of(context, it.region, it.service, &consumers, &refused)
            })
            .collect();
        let bills = bills(context, callers, &plans);
        let unearned = bills.iter().filter(|(_, bill)| bill.gain <= bill.hours);
        let unearned: Vec<_> = unearned.map(|(attachment, _)| *attachment).collect();
        if unearned.is_empty() {
            for bill in bills.values() {
                bill.share(&mut plans);
            }
            share_tiers(context, callers, &mut plans);
            return plans;
        }
        refused.extend(unearned);
    }
}

/// A consumer, by its plan and its place in it.
type Place = (usize, usize);

/// A new attachment, and who pays it.
#[derive(Default)]
struct Bill {
    /// US dollars a month.
    hours: Decimal,
    /// What the hub gains its users against the next best access, US dollars a month.
    gain: Decimal,
    users: Vec<Place>,
}

fn bills<'w>(
    context: &RuleContext<'w>,
    callers: &[ServiceCallers<'w>],
    plans: &[Plan<'w>],
) -> BTreeMap<Attachment<'w>, Bill> {
    let mut bills: BTreeMap<Attachment<'w>, Bill> = BTreeMap::new();
    for (at, (callers, plan)) in callers.iter().zip(plans).enumerate() {
        let Some(hub) = plan.hub else { continue };
        let hours = UnitPrices::of(callers.region, context.input.prices).attachment_hours();
        let consumers = callers.planned(context).into_iter();
        for (place, (consumer, choice)) in consumers.zip(plan.choices()).enumerate() {
            let by_hub = choice.filter(|it| it.mode == AccessMode::Hub);
            let Some((choice, id)) = by_hub.zip(attachment(context, consumer.vpc, hub)) else {
                continue;
            };
            let bill = bills.entry(id).or_default();
            bill.hours = hours.unwrap_or_default();
            bill.gain += next_best(&consumer, choice) - choice.then;
            bill.users.push((at, place));
        }
    }
    bills
}

/// What the cheapest access costs without the hub.
fn next_best(consumer: &Consumer<'_>, choice: Choice) -> Decimal {
    let own = choice.own.filter(|_| consumer.is_open());
    own.map_or(choice.now, |own| own.min(choice.now))
}

impl Bill {
    fn share(&self, plans: &mut [Plan<'_>]) {
        let mut paying: Vec<Choice> = self
            .users
            .iter()
            .filter_map(|place| chosen(plans, *place).copied())
            .collect();
        plan::share(&mut paying.iter_mut().collect::<Vec<_>>(), self.hours);
        for (place, paid) in self.users.iter().zip(paying) {
            if let Some(choice) = chosen(plans, *place) {
                let attachment = choice.attachment + paid.then - choice.then;
                *choice = Choice { attachment, ..paid };
            }
        }
    }
}

fn chosen<'p>(plans: &'p mut [Plan<'_>], (plan, consumer): Place) -> Option<&'p mut Choice> {
    plans.get_mut(plan)?.choice_mut(consumer)
}

/// Tiers count what all new endpoints of a region take together: none pays more for it than alone, and
/// a GB costs the same in each.
fn share_tiers(context: &RuleContext<'_>, callers: &[ServiceCallers<'_>], plans: &mut [Plan<'_>]) {
    let mut regions: BTreeMap<&Region, Vec<(Place, Decimal)>> = BTreeMap::new();
    let by_endpoint =
        |choice: Option<Choice>| choice.is_some_and(|it| it.mode != AccessMode::Public);
    for (at, (callers, plan)) in callers.iter().zip(&*plans).enumerate() {
        if !plan.choices().any(by_endpoint) {
            continue;
        }
        let consumers = callers.planned(context).into_iter();
        for (place, (consumer, choice)) in consumers.zip(plan.choices()).enumerate() {
            let new = by_endpoint(choice) && consumer.is_open();
            if let Some(gb) = consumer.gb.filter(|_| new) {
                let users = regions.entry(callers.region).or_default();
                users.push(((at, place), gb.all));
            }
        }
    }
    for (region, users) in regions {
        let all: Decimal = users.iter().map(|(_, gb)| *gb).sum();
        let alone = users
            .iter()
            .map(|(_, gb)| context.endpoint_data(region, *gb));
        let alone: Option<Vec<Decimal>> = alone.collect();
        let Some((together, alone)) = context.endpoint_data(region, all).zip(alone) else {
            continue;
        };
        if together >= alone.iter().sum() {
            continue;
        }
        for ((place, gb), alone) in users.iter().zip(alone) {
            let part = together.checked_mul(*gb).and_then(|it| it.checked_div(all));
            if let Some((choice, part)) = chosen(plans, *place).zip(part) {
                choice.then -= alone - part;
            }
        }
    }
}
