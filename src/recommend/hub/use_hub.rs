//! Central endpoints: one that is there and bypassed, one that pays, and a new one that pays for all
//! who would use it.

use rust_decimal::Decimal;

use super::{
    candidates::{Connection, connection},
    consumer_advice::{ConsumerAdvice, name},
    consumers::Consumer,
    plan::{Choice, Plan},
};
use crate::{
    cost::hub::AccessMode,
    model::{
        classified::Hub,
        inventory::Vpc,
        kind::EndpointType,
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
    },
    recommend::{
        caveats,
        context::RuleContext,
        row::{self, Advice, usd},
    },
};

/// What the plan gains by the hub; `now` states what it costs today.
pub(super) fn by_plan(
    advice: &ConsumerAdvice<'_, '_>,
    choice: Choice,
    now: &str,
    money: Money,
) -> Option<Opportunity> {
    let consumer = advice.consumer;
    let hub = advice.plan.hub?;
    let own = choice.own.filter(|_| consumer.is_open());
    let own = own.map_or_else(String::new, |it| format!(", one of its own {}", usd(it)));
    let connection = connection(advice.context, consumer.vpc, hub);
    let endpoint = advice.plan.new_hub_hours;
    let endpoint = endpoint.map(|hours| format!("the {} for a new endpoint there", usd(hours)));
    let attachment = (connection == Connection::NewAttachment)
        .then(|| "a new attachment, which other services may pay too".to_owned());
    let shared: Vec<String> = endpoint.into_iter().chain(attachment).collect();
    let share = match shared.join(" and of ") {
        shared if shared.is_empty() => shared,
        shared => format!(", its share of {shared} included,"),
    };
    let reason = format!(
        "{now}, the endpoint in {}{share} {}{own}.",
        hub.vpc_id,
        usd(choice.then)
    );
    let action = if connection == Connection::Itself {
        Action::Create
    } else {
        Action::UseHub
    };
    // From when it pays depends on all who use it: see hub_or_own.
    let money = Money {
        break_even: None,
        ..money
    };
    Some(hub_row(advice, hub, connection, action, reason, money))
}

/// Bypassed: others are answered by a hub that this VPC is connected to.
pub(super) fn working(
    advice: &ConsumerAdvice<'_, '_>,
    choice: Option<Choice>,
) -> Option<Opportunity> {
    let (consumer, prices) = (advice.consumer, &advice.plan.prices);
    let hub = advice
        .plan
        .working
        .filter(|_| consumer.is_open() && !consumer.egress.passes_none())?;
    let connection = connection(advice.context, consumer.vpc, hub);
    if connection != Connection::Attached {
        return None;
    }
    let transit = if consumer.egress.central {
        consumer.egress.transit_gb.or(Some(Decimal::ZERO))
    } else {
        prices.transit_gateway_gb
    };
    let by_hub = transit
        .zip(prices.endpoint_gb)
        .map(|(transit, endpoint)| transit + endpoint);
    let pays = consumer
        .egress
        .gb_usd()
        .zip(by_hub)
        .map(|(now, then)| now > then);
    // The plan has weighed it, or it is dearer by the GB.
    if pays == Some(false) || (pays == Some(true) && choice.is_some()) {
        return None;
    }
    let service = advice.service;
    let mut reason = format!(
        "{service} is called publicly, past the central endpoint in {}, which answers other VPCs on the same transit gateway.",
        hub.vpc_id
    );
    reason.push_str(match pays {
        Some(_) => " Its hours are paid already, and a GB costs less through it than today.",
        None => " Whether it saves money is not known, since a price is not.",
    });
    let money = Money {
        break_even: pays.map(|_| Decimal::ZERO),
        ..advice.money()
    };
    let mut row = hub_row(advice, hub, connection, Action::UseHub, reason, money);
    if pays.is_none() && prices.transit_gateway_gb.is_none() {
        row.caveats.insert(Caveat::TransitGatewayPriceUnknown);
    } else if pays.is_none() {
        row.caveats.insert(Caveat::PriceUnknown);
    }
    Some(row)
}

fn hub_row(
    advice: &ConsumerAdvice<'_, '_>,
    hub: &Vpc,
    connection: Connection,
    action: Action,
    reason: String,
    money: Money,
) -> Opportunity {
    let mut row = advice.row(action, reason, money);
    row.hub = Some(Box::new(Hub {
        account_id: RuleContext::owner(hub).clone(),
        vpc_id: hub.vpc_id.clone(),
    }));
    row.caveats.extend([Caveat::HubNames, Caveat::HubShared]);
    if connection == Connection::NewAttachment {
        row.caveats.insert(Caveat::NewAttachment);
    }
    if connection != Connection::Itself && advice.plan.prices.transit_gateway_gb.is_none() {
        row.caveats.insert(Caveat::TransitGatewayPriceUnknown);
    }
    row
}

/// The endpoint that a plan wants in a hub which does not call the service itself. Its money stands in
/// the rows of those that use it.
pub(super) fn new_hub(
    context: &RuleContext<'_>,
    service: &str,
    consumers: &[Consumer<'_>],
    plan: &Plan<'_>,
) -> Option<Opportunity> {
    let (hub, hours) = (plan.hub?, plan.new_hub_hours?);
    let users = consumers.iter().zip(plan.choices());
    let users: Vec<&Consumer<'_>> = users
        .filter(|(_, choice)| choice.is_some_and(|it| it.mode == AccessMode::Hub))
        .map(|(consumer, _)| consumer)
        .collect();
    if users
        .iter()
        .any(|consumer| consumer.vpc.vpc_id == hub.vpc_id)
    {
        return None;
    }
    let advice = Advice {
        action: Action::Create,
        reason: format!(
            "A central endpoint of {service} pays for {} VPCs that reach this one by a transit gateway; its {} a month are shared out to their rows.",
            users.len(),
            usd(hours)
        ),
        basis: Basis::Measured,
        money: Money {
            gb_month: Some(
                users
                    .iter()
                    .filter_map(|consumer| consumer.gb)
                    .map(|gb| gb.nat)
                    .sum(),
            ),
            ..Money::default()
        },
    };
    let mut row = row::row(hub, Some(service), Some(EndpointType::Interface), advice);
    let first = users.first()?;
    row.endpoint_service_name = name(context, first);
    row.hub = Some(Box::new(Hub {
        account_id: RuleContext::owner(hub).clone(),
        vpc_id: hub.vpc_id.clone(),
    }));
    row.caveats.add(caveats::of_interface(hub, first.offer));
    row.caveats
        .add(caveats::of_names(context, first.vpc, service, &first.calls));
    row.caveats.extend([Caveat::HubNames, Caveat::HubShared]);
    Some(row)
}
