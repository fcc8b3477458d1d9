//! Interface endpoints that nothing leads to: idle ones, and those that another one took the place of.

use rust_decimal::Decimal;

use super::{
    row::{self, Said, usd},
    world::World,
};
use crate::{
    cost::endpoint::monthly_hours,
    model::{
        classified::Path,
        inventory::{Endpoint, Vpc},
        opportunity::{Action, Basis, Money, Opportunity},
        posture::Finding,
    },
};

/// The rows of a VPC. Gateway endpoints cost nothing, so that they may stay.
pub(super) fn rows(world: &World<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let found = world.found(vpc, Finding::Idle).into_iter();
    found
        .filter(|(endpoint, _)| endpoint.endpoint_type == "Interface")
        .map(|(endpoint, service)| one(world, vpc, endpoint, service))
        .collect()
}

fn one(world: &World<'_>, vpc: &Vpc, endpoint: &Endpoint, service: &str) -> Opportunity {
    let hours = monthly_hours(endpoint, world.seen.prices);
    let price = hours.map_or_else(
        || "; the price of its hours is not known".to_owned(),
        |it| format!("; its hours cost {} a month", usd(it)),
    );
    let measured = is_measured(world, vpc, endpoint, service);
    let said = Said {
        action: Action::Remove,
        reason: format!(
            "No query of the window led to {}{}{price}.",
            endpoint.endpoint_id,
            instead(world, vpc, service)
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
    let mut row = row::row(vpc, Some(service), Some("Interface"), said);
    row.endpoint_service_name = Some(endpoint.service_name.clone());
    let calls = world.calls(&vpc.vpc_id).and_then(|all| all.get(service));
    row.query_count = Some(calls.and_then(|it| it.here).map_or(0, |it| it.queries));
    row
}

/// What took its place.
fn instead(world: &World<'_>, vpc: &Vpc, service: &str) -> String {
    let calls = world.calls(&vpc.vpc_id).and_then(|all| all.get(service));
    let here = calls.and_then(|it| it.here);
    match here.map(|it| (it.path, &it.hub)) {
        Some((Path::CentralEndpoint, Some(hub))) => {
            format!(
                ": {service} is answered by an endpoint in {} instead",
                hub.vpc_id
            )
        }
        Some((Path::CentralEndpoint, None)) => {
            format!(": {service} is answered by an endpoint elsewhere instead")
        }
        Some((Path::GatewayEndpoint, _)) => {
            format!(": {service} goes by the gateway endpoint instead")
        }
        _ => String::new(),
    }
}

/// Whether flow logs say that no byte went to it: the VPC's bytes are known, none of them are of the
/// service, and nobody else can reach the endpoint by the service's names.
fn is_measured(world: &World<'_>, vpc: &Vpc, endpoint: &Endpoint, service: &str) -> bool {
    let Some(calls) = world.calls(&vpc.vpc_id) else {
        return false;
    };
    let rows = || calls.values().filter_map(|it| it.here);
    let bytes = |service: &str| calls.get(service).and_then(|it| it.here).map(|it| it.bytes);
    let none =
        bytes(service).is_none_or(|it| it.to_service == Some(0) && it.from_service == Some(0));
    rows().any(|it| it.bytes.to_service.is_some())
        && none
        && endpoint.private_dns_enabled == Some(true)
}
