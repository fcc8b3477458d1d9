//! The cheapest plan of a region and service over the VPCs whose bytes were measured, and the share of
//! each in it.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    candidates::{self, Attachment, Connection, attachment, connection},
    consumers::{self, Consumer, State},
};
use crate::{
    cost::{
        break_even::UnitPrices,
        endpoint,
        hub::{AccessMode, Candidate, ConsumerCosts, cheapest},
    },
    model::{id::Region, inventory::Vpc, kind::EndpointType, money},
    recommend::context::RuleContext,
};

/// What the plan states of one VPC; US dollars a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) mode: AccessMode,
    /// What it costs today.
    pub(super) now: Decimal,
    /// What that access would cost, its share of a new hub included.
    pub(super) then: Decimal,
    /// What an endpoint of its own would cost, if that is known.
    pub(super) own: Option<Decimal>,
    /// Of `then`, what it pays for a new attachment to a transit gateway.
    pub(super) attachment: Decimal,
}

/// The plan for a region and service.
#[derive(Clone, Debug)]
pub(super) struct Plan<'w> {
    pub(super) prices: UnitPrices,
    /// By consumer; none for those without bytes or prices, which may be nearly all.
    choices: Vec<Option<Box<Choice>>>,
    /// The hub that is used.
    pub(super) hub: Option<&'w Vpc>,
    /// What the hours of its endpoint cost, if that is new.
    pub(super) new_hub_hours: Option<Decimal>,
    /// A hub that VPCs were answered by.
    pub(super) working: Option<&'w Vpc>,
    /// The first candidate, whether or not it pays, and what the hours of an endpoint there would cost.
    pub(super) candidate: Option<(&'w Vpc, Option<Decimal>)>,
}

impl<'w> Plan<'w> {
    /// Attachments are free here, but for those that are refused: nobody goes by these.
    pub(super) fn of(
        context: &RuleContext<'w>,
        region: &Region,
        service: &str,
        consumers: &[Consumer<'w>],
        refused: &BTreeSet<Attachment<'w>>,
    ) -> Self {
        let costs = Costs {
            context,
            region,
            service,
            prices: UnitPrices::of(region, context.input.prices),
            refused,
        };
        let vpcs = candidates::all(context, region, service, consumers);
        // Those whose cost today is not known stay out, and make no plan dearer.
        let priced: Vec<Option<(ConsumerCosts, Decimal)>> = consumers
            .iter()
            .map(|consumer| costs.consumer_costs(consumer))
            .collect();
        let callers: Vec<ConsumerCosts> = priced
            .iter()
            .map(|it| it.map_or_else(ConsumerCosts::default, |(caller, _)| caller))
            .collect();
        let (hubs, candidates): (Vec<&Vpc>, Vec<Candidate>) = vpcs
            .iter()
            .filter_map(|hub| Some((*hub, costs.candidate(hub, consumers, &priced)?)))
            .unzip();
        let best = cheapest(&callers, &candidates);
        let candidate = best.hub.and_then(|at| candidates.get(at));
        let choice = |at: usize| {
            let (caller, now) = priced.get(at).copied().flatten()?;
            let mode = best.modes.get(at).copied().flatten()?;
            let then = match mode {
                AccessMode::Public => caller.public,
                AccessMode::Own => caller.own,
                AccessMode::Hub => candidate.and_then(|it| it.each.get(at).copied().flatten()),
            }?;
            let own = caller.own;
            Some(Choice {
                mode,
                now,
                then,
                own,
                attachment: Decimal::ZERO,
            })
        };
        let choices = (0..consumers.len()).map(choice);
        let mut choices: Vec<Option<Box<Choice>>> = choices.map(|it| it.map(Box::new)).collect();
        let users = choices.iter_mut().flatten().map(Box::as_mut);
        let mut users: Vec<&mut Choice> = users.filter(|it| it.mode == AccessMode::Hub).collect();
        share(&mut users, candidate.map_or(Decimal::ZERO, |it| it.fixed));
        let hub = best.hub.and_then(|at| hubs.get(at).copied());
        let is_new = hub.is_some_and(|hub| !costs.has_endpoint(hub));
        let working = context.hubs(region, service);
        Self {
            prices: costs.prices,
            choices,
            hub,
            new_hub_hours: candidate.filter(|_| is_new).map(|it| it.fixed),
            working: working.into_iter().find_map(|id| context.vpc(id)),
            candidate: vpcs.first().map(|hub| (*hub, costs.hub_hours(hub))),
        }
    }

    /// What it states of a consumer.
    pub(super) fn choice(&self, consumer: usize) -> Option<Choice> {
        self.choices.get(consumer)?.as_deref().copied()
    }

    /// The same, to be changed.
    pub(super) fn choice_mut(&mut self, consumer: usize) -> Option<&mut Choice> {
        self.choices.get_mut(consumer)?.as_deref_mut()
    }

    /// What it states of each consumer.
    pub(super) fn choices(&self) -> impl Iterator<Item = Option<Choice>> {
        self.choices.iter().map(|it| it.as_deref().copied())
    }
}

/// Spreads the hours of a new hub, or attachment, over those that use it, in cents, by what each gains,
/// so that nobody's gain is eaten up; the one that gains most takes what is left by rounding.
pub(super) fn share(users: &mut [&mut Choice], hours: Decimal) {
    users.sort_by_key(|it| it.now - it.then);
    let gain: Decimal = users.iter().map(|it| it.now - it.then).sum();
    let mut left = hours;
    let count = users.len();
    for (at, user) in users.iter_mut().enumerate() {
        let part = (user.now - user.then)
            .checked_mul(hours)
            .and_then(|it| it.checked_div(gain))
            .map_or(left, |it| money::round(it, 2).min(left));
        let part = if at + 1 == count { left } else { part };
        left -= part;
        user.then += part;
    }
}

/// What each access mode costs.
struct Costs<'p, 'w> {
    context: &'p RuleContext<'w>,
    region: &'p Region,
    service: &'p str,
    prices: UnitPrices,
    refused: &'p BTreeSet<Attachment<'w>>,
}

impl<'w> Costs<'_, 'w> {
    /// With what it costs today; none if that is not known.
    fn consumer_costs(&self, consumer: &Consumer<'_>) -> Option<(ConsumerCosts, Decimal)> {
        let gb = consumer.gb?;
        let hours = match consumer.state {
            State::Open => self.hours(consumer.zones),
            State::Own(it) => endpoint::monthly_hours(it, self.context.input.prices),
            State::Hidden => return None,
        };
        let own = hours.zip(self.data(gb.all));
        let own = own.map(|(hours, data)| hours + data);
        // An endpoint in use is never given up for the public path.
        let public = consumer.egress.usd(gb.nat).filter(|_| consumer.is_open());
        let now = if consumer.is_open() { public } else { own };
        Some((ConsumerCosts { public, own }, now?))
    }

    fn hours(&self, zones: Option<usize>) -> Option<Decimal> {
        self.prices.endpoint_hours(zones.filter(|it| *it > 0)?)
    }

    fn data(&self, gb: Decimal) -> Option<Decimal> {
        self.context.endpoint_data(self.region, gb)
    }

    fn has_endpoint(&self, hub: &Vpc) -> bool {
        !self
            .context
            .endpoints(hub, self.service, &EndpointType::Interface)
            .is_empty()
    }

    fn serves_others(&self, vpc: &Vpc) -> bool {
        let hubs = self.context.hubs(self.region, self.service);
        hubs.contains(&vpc.vpc_id.as_str())
    }

    /// What the hours of an endpoint in the hub would cost more than today: nothing if it is there;
    /// unknown without a price, or if no zone of the hub offers the service.
    fn hub_hours(&self, hub: &Vpc) -> Option<Decimal> {
        if self.has_endpoint(hub) {
            return Some(Decimal::ZERO);
        }
        let offer = self
            .context
            .offer(self.region, self.service, &EndpointType::Interface)?;
        self.hours(consumers::zones(self.context, hub, offer).0)
    }

    fn candidate(
        &self,
        hub: &Vpc,
        consumers: &[Consumer<'w>],
        priced: &[Option<(ConsumerCosts, Decimal)>],
    ) -> Option<Candidate> {
        let each = consumers.iter().zip(priced);
        Some(Candidate {
            fixed: self.hub_hours(hub)?,
            each: each
                .map(|(consumer, priced)| priced.and_then(|_| self.by_hub(consumer, hub)))
                .collect(),
        })
    }

    fn by_hub(&self, consumer: &Consumer<'w>, hub: &Vpc) -> Option<Decimal> {
        // An endpoint that answers others stays where it is, and one of its own costs what it costs.
        if !consumer.is_open()
            && (self.serves_others(consumer.vpc) || consumer.vpc.vpc_id == hub.vpc_id)
        {
            return None;
        }
        let gb = consumer.gb?;
        let transit_gb = || gb.all.checked_mul(self.prices.transit_gateway_gb?);
        let transit = match connection(self.context, consumer.vpc, hub) {
            Connection::Itself => Decimal::ZERO,
            // Of a price that is not known, but paid at its egress as well, nothing is saved or lost.
            Connection::Attached
                if consumer.egress.central && self.prices.transit_gateway_gb.is_none() =>
            {
                Decimal::ZERO
            }
            Connection::Attached => transit_gb()?,
            Connection::NewAttachment => {
                self.prices.attachment_hours()?;
                let needed = attachment(self.context, consumer.vpc, hub);
                needed.filter(|it| !self.refused.contains(it))?;
                transit_gb()?
            }
            Connection::None => return None,
        };
        self.data(gb.all)?.checked_add(transit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_of_a_new_hub_are_shared_to_the_cent_and_eat_up_nobodys_gain() {
        let choice = |now: i64| {
            Some(Choice {
                mode: AccessMode::Hub,
                now: Decimal::new(now, 2),
                then: Decimal::new(100, 2),
                own: None,
                attachment: Decimal::ZERO,
            })
        };
        let mut choices = [choice(101), None, choice(1433), choice(433)];
        let mut users: Vec<&mut Choice> = choices.iter_mut().flatten().collect();
        share(&mut users, Decimal::new(1000, 2));
        let paid: Decimal = choices.iter().flatten().map(|it| it.then).sum();
        assert_eq!(paid, Decimal::new(1300, 2));
        for it in choices.iter().flatten() {
            assert!(it.then <= it.now, "{it:?}");
        }
    }
}
