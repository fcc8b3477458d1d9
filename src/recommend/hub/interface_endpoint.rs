//! Interface endpoints of services that a VPC calls publicly: one of its own, that of a hub, or none.

use std::fmt::Write as _;

use super::{
    consumer_advice::{ConsumerAdvice, name},
    consumers::{Consumer, Obstacle, State},
    plan::{Choice, Plan},
    use_hub,
};
use crate::{
    cost::hub::AccessMode,
    model::{
        inventory::Vpc,
        kind::EndpointType,
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
    },
    recommend::{
        caveats,
        context::{RuleContext, ServiceCalls},
        row::{self, Advice, gb, usd, zones},
    },
};

const INTERFACE: Option<EndpointType> = Some(EndpointType::Interface);

/// The row of a consumer: none for an endpoint in use that stays.
pub(super) fn row_of(
    context: &RuleContext<'_>,
    service: &str,
    consumer: &Consumer<'_>,
    choice: Option<Choice>,
    plan: &Plan<'_>,
) -> Option<Opportunity> {
    let advice = ConsumerAdvice {
        context,
        service,
        consumer,
        plan,
    };
    let mut row = match (choice, consumer.state) {
        (Some(choice), _) if choice.mode == AccessMode::Hub => advice.by_plan(choice)?,
        (_, State::Own(_)) => return None,
        (Some(choice), _) if choice.mode == AccessMode::Own => advice.by_plan(choice)?,
        (choice, _) => use_hub::working(&advice, choice).unwrap_or_else(|| advice.none(choice)),
    };
    row.query_count = consumer.calls.here.map(|it| it.queries);
    row.endpoint_service_name = name(context, consumer);
    row.caveats.add(caveats::of_names(
        context,
        consumer.vpc,
        service,
        &consumer.calls,
    ));
    if !matches!(row.action, Action::UseHub) {
        row.caveats
            .add(caveats::of_interface(consumer.vpc, consumer.offer));
        if !consumer.zones_without.is_empty() {
            row.caveats.insert(Caveat::ZonesNotOffered);
            // Writing to a String cannot fail.
            let _ = write!(
                row.reason,
                " The service is not offered in {}, where the VPC has subnets.",
                consumer.zones_without.join(", ")
            );
        }
    }
    if row.basis == Basis::Unknown && context.shares_egress(&consumer.egress) {
        row.caveats.insert(Caveat::CeilingShared);
    }
    Some(row)
}

impl ConsumerAdvice<'_, '_> {
    /// What the plan gains, by an endpoint of its own or by the hub.
    fn by_plan(&self, choice: Choice) -> Option<Opportunity> {
        let consumer = self.consumer;
        let money = Money {
            endpoint: Some(choice.then),
            nat: Some(choice.now).filter(|_| consumer.is_open()),
            saving: Some(choice.now - choice.then),
            ..self.money()
        };
        let service = self.service;
        let now = match consumer.state {
            State::Own(endpoint) => format!(
                "{} of {service} costs {} a month",
                endpoint.endpoint_id,
                usd(choice.now)
            ),
            _ => format!(
                "{service} is called publicly: {} a month through NAT gateways cost {}",
                gb(consumer.gb?.nat),
                usd(choice.now)
            ),
        };
        if choice.mode == AccessMode::Own {
            let reason = format!(
                "{now}, an endpoint in {} {}. {}",
                zones(consumer.zones?),
                usd(choice.then),
                self.bounds()
            );
            return Some(self.row(Action::Create, reason.trim_end().to_owned(), money));
        }
        use_hub::by_plan(self, choice, &now, money)
    }

    /// Nothing is proposed, and why.
    fn none(&self, choice: Option<Choice>) -> Opportunity {
        let (consumer, service) = (self.consumer, self.service);
        let mut money = self.money();
        let mut caveats = Vec::new();
        let bounds = self.bounds();
        let reason = match (choice, consumer.gb) {
            _ if matches!(consumer.state, State::Hidden) => {
                caveats.push(Caveat::PathUnknown);
                format!("{service} is called, and no answer shows by which way. {bounds}")
            }
            _ if consumer.egress.passes_none() => {
                format!(
                    "{service} is called publicly, and no NAT gateway is on the way: an endpoint would cost and save nothing."
                )
            }
            (Some(choice), Some(measured)) => {
                money.nat = Some(choice.now);
                money.endpoint = choice.own;
                let own = choice.own.map_or_else(
                    || "what an endpoint would cost is not known".to_owned(),
                    |it| {
                        format!(
                            "an endpoint in {} would cost {}",
                            zones(consumer.zones.unwrap_or_default()),
                            usd(it)
                        )
                    },
                );
                format!(
                    "It does not pay: {} a month to {service} through NAT gateways cost {}, {own}. {bounds}",
                    gb(measured.nat),
                    usd(choice.now)
                )
            }
            (None, Some(measured)) => {
                caveats.push(Caveat::PriceUnknown);
                format!(
                    "{} a month to {service} pass NAT gateways, and what they cost is not known.",
                    gb(measured.nat)
                )
            }
            (_, None) => {
                format!(
                    "{service} is called publicly, and its bytes are not measured: whether an endpoint pays is not known. {bounds}"
                )
            }
        };
        let mut row = self.row(Action::None, reason.trim_end().to_owned(), money);
        row.caveats.extend(caveats);
        if consumer.gb.is_none()
            && consumer
                .egress
                .gb_usd()
                .zip(self.plan.prices.endpoint_gb)
                .is_none()
        {
            row.caveats.insert(Caveat::PriceUnknown);
        }
        row
    }
}

/// Calls that a new endpoint in the VPC's region does not answer for.
pub(super) fn out_of_reach(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    (service, why): (&str, Obstacle<'_>),
    calls: &ServiceCalls<'_>,
) -> Opportunity {
    let reason = match why {
        Obstacle::OtherRegions => format!(
            "{service} is called by {} alone, for which an endpoint in {} does not answer.",
            foreign_names(calls),
            vpc.target.region
        ),
        Obstacle::Names => format!(
            "{service} is called by names alone that private DNS of an endpoint does not answer."
        ),
        Obstacle::PublicApis => "The APIs of execute-api that are called are public ones. An endpoint carries calls to private APIs \
             alone, and with private DNS it would keep the VPC from public ones by their default names."
            .to_owned(),
        Obstacle::Unfinished(endpoint) => format!(
            "{service} is called publicly, and {} for it is there in the state {}: it answers once it is available.",
            endpoint.endpoint_id,
            endpoint.state.as_str()
        ),
    };
    let advice = Advice {
        action: Action::None,
        reason,
        basis: Basis::Unknown,
        money: Money::default(),
    };
    let mut row = row::row(vpc, Some(service), INTERFACE, advice);
    let rows = calls.here.iter().chain(&calls.global);
    let queries = rows.chain(&calls.elsewhere).map(|it| it.queries);
    row.query_count = Some(queries.sum());
    let here = calls.here.as_ref();
    row.endpoint_service_name = here.and_then(|it| it.names.endpoint_service_name.clone());
    row.caveats
        .add(caveats::of_names(context, vpc, service, calls));
    row
}

/// The kinds of names that belong to another region than the VPC's.
fn foreign_names(calls: &ServiceCalls<'_>) -> String {
    let mut regions: Vec<&str> = calls
        .elsewhere
        .iter()
        .filter_map(|it| it.names.service_region.as_deref())
        .collect();
    regions.sort_unstable();
    match (calls.global.is_some(), regions.is_empty()) {
        (true, true) => "names without a region".to_owned(),
        (true, false) => format!("names without a region and of {}", regions.join(", ")),
        _ => format!("names of {}", regions.join(", ")),
    }
}
