//! Interface endpoints that nothing leads to: idle ones, and those that another one took the place of.

use rust_decimal::Decimal;

use super::{
    context::RuleContext,
    row::{self, Advice, usd},
};
use crate::{
    cost::endpoint::monthly_hours,
    model::{
        classified::Path,
        inventory::{Endpoint, Vpc},
        kind::EndpointType,
        opportunity::{Action, Basis, Money, Opportunity},
        posture::Finding,
    },
};

/// The rows of a VPC. Gateway endpoints cost nothing, so that they may stay.
pub(super) fn rows(context: &RuleContext<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let found = context.found(vpc, Finding::Idle).into_iter();
    found
        .filter(|(endpoint, _)| endpoint.endpoint_type == EndpointType::Interface)
        .filter_map(|(endpoint, service)| one(context, vpc, endpoint, service))
        .collect()
}

/// None if flow logs saw bytes that the query logs do not explain.
fn one(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    endpoint: &Endpoint,
    service: &str,
) -> Option<Opportunity> {
    let cost = context.input.endpoint_costs.get(&endpoint.endpoint_id);
    let bytes = cost.and_then(|it| it.gb_month);
    if bytes.is_some_and(|gb| !gb.is_zero()) {
        return None;
    }
    let hours = monthly_hours(endpoint, context.input.prices);
    let price = hours.map_or_else(
        || "; the price of its hours is not known".to_owned(),
        |it| format!("; its hours cost {} a month", usd(it)),
    );
    let measured = bytes.is_some();
    let advice = Advice {
        action: Action::Remove,
        reason: format!(
            "No query of the window led to {}{}{}{price}.",
            endpoint.endpoint_id,
            if measured {
                ", and no byte passed it"
            } else {
                ""
            },
            instead(context, vpc, service)
        ),
        basis: if measured {
            Basis::Measured
        } else {
            Basis::Unknown
        },
        money: Money {
            gb_month: measured.then_some(Decimal::ZERO),
            endpoint: hours,
            saving: hours.filter(|_| measured),
            ceiling: hours.filter(|_| !measured),
            ..Money::default()
        },
    };
    let mut row = row::row(vpc, Some(service), Some(EndpointType::Interface), advice);
    row.endpoint_service_name = Some(context.texts.share(&endpoint.service_name));
    let calls = context.calls_to(&vpc.vpc_id, service);
    row.query_count = Some(calls.and_then(|it| it.here).map_or(0, |it| it.queries));
    Some(row)
}

/// What took its place.
fn instead(context: &RuleContext<'_>, vpc: &Vpc, service: &str) -> String {
    let calls = context.calls_to(&vpc.vpc_id, service);
    let here = calls.and_then(|it| it.here);
    match here.map(|it| (it.path, &it.hub)) {
        Some((Path::CentralEndpoint, Some(hub))) => {
            format!(
                ": {service} is answered by an endpoint in {} instead",
                hub.vpc_id
            )
        }
        Some((Path::CentralEndpoint, None)) => {
            format!(
                ": {service} is answered with private addresses of no endpoint of this VPC instead"
            )
        }
        Some((Path::GatewayEndpoint, _)) => {
            format!(": {service} goes by the gateway endpoint instead")
        }
        _ => String::new(),
    }
}
