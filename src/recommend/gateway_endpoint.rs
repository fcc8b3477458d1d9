//! Gateway endpoints that are missing, or not on every route table in use. They are free, so that
//! nothing has to be measured before.

use std::{collections::BTreeSet, fmt::Write as _};

use rust_decimal::Decimal;

use super::{
    caveats,
    row::{self, Said, gb, usd},
    way_out::WayOut,
    world::{Calls, Gb, Offer, World},
};
use crate::model::{
    classified::{Path, VpcService},
    inventory::{Endpoint, RouteTarget, Vpc},
    opportunity::{Action, Basis, Caveat, Money, Opportunity},
};

const GATEWAY: &str = "Gateway";
/// What nearly every VPC with a NAT gateway calls, proposed where its queries are not known.
const USUAL: [&str; 2] = ["dynamodb", "s3"];

/// The rows of a VPC.
pub(super) fn rows(world: &World<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let way = world.way_out(vpc);
    let mut services: BTreeSet<&str> = world.gateway_services(&vpc.target.region).collect();
    services.extend(USUAL);
    let of = |service: &&str| one(world, vpc, &way, service);
    services.iter().filter_map(of).collect()
}

/// What there is to do, and why.
struct Found<'w> {
    action: Action,
    why: String,
    /// The offer, for a new endpoint.
    new: Option<Offer<'w>>,
    /// Whether the subnets that would gain pass a NAT gateway or a transit gateway.
    gains: bool,
}

fn one(world: &World<'_>, vpc: &Vpc, way: &WayOut<'_>, service: &str) -> Option<Opportunity> {
    let calls = world.calls(&vpc.vpc_id).and_then(|all| all.get(service));
    let existing = world.endpoints(vpc, service, GATEWAY);
    let found = match existing.first() {
        Some(endpoint) => attach(world, vpc, endpoint, service)?,
        None if world.knows_endpoints(vpc) => create(world, vpc, way, service, calls)?,
        None => return None,
    };
    let here = calls.and_then(|it| it.here);
    let measured = here.and_then(|row| world.gb(row));
    let mut money = money(way, measured);
    if !found.gains {
        money.ceiling = money.ceiling.map(|_| Decimal::ZERO);
    }
    let said = Said {
        action: found.action,
        reason: found.why,
        basis: measured.map_or(Basis::Unknown, |_| Basis::Measured),
        money,
    };
    let mut row = row::row(vpc, Some(service), Some(GATEWAY), said);
    row.caveats.extend(caveats::of_gateway(calls, found.new));
    if !world.usage_is_known(&vpc.vpc_id) {
        row.caveats.insert(Caveat::UsageUnknown);
    }
    tell(&mut row, world, way, measured);
    row.endpoint_service_name = name(world, vpc, service, here);
    row.query_count = calls.map(queries);
    Some(row)
}

/// Further route tables for an endpoint that is there.
fn attach<'w>(
    world: &World<'w>,
    vpc: &Vpc,
    endpoint: &Endpoint,
    service: &str,
) -> Option<Found<'w>> {
    let posture = world.posture(endpoint)?;
    let missing = posture.missing_route_tables.as_ref()?;
    if missing.is_empty() {
        return None;
    }
    let tables = world.index.route_tables(&vpc.vpc_id).iter();
    let gains = tables
        .filter(|table| missing.iter().any(|id| *id == table.route_table_id))
        .flat_map(|table| &table.routes)
        .any(|route| {
            let target = &route.target;
            matches!(
                target,
                RouteTarget::NatGateway(_) | RouteTarget::TransitGateway(_)
            )
        });
    let mut why = format!(
        "The gateway endpoint {} of {service} is free and is not on {}, which subnets use.",
        endpoint.endpoint_id,
        missing.join(", ")
    );
    why.push_str(if gains {
        " Their traffic to it goes another way."
    } else {
        " No NAT gateway is on their way."
    });
    Some(Found {
        action: Action::AttachRouteTables,
        why,
        new: None,
        gains,
    })
}

/// A new endpoint.
fn create<'w>(
    world: &World<'w>,
    vpc: &Vpc,
    way: &WayOut<'_>,
    service: &str,
    calls: Option<&Calls<'_>>,
) -> Option<Found<'w>> {
    let offer = world.offer(&vpc.target.region, service, GATEWAY)?;
    let why = why(world, vpc, way, service, calls)?;
    Some(Found {
        action: Action::Create,
        why: format!("{why}; a gateway endpoint is free."),
        new: Some(offer),
        gains: true,
    })
}

/// What speaks for a new one; none if nothing does.
fn why(
    world: &World<'_>,
    vpc: &Vpc,
    way: &WayOut<'_>,
    service: &str,
    calls: Option<&Calls<'_>>,
) -> Option<String> {
    let Some(calls) = calls else {
        let may_call = !world.usage_is_known(&vpc.vpc_id)
            && USUAL.contains(&service)
            && !way.gateways.is_empty();
        return may_call.then(|| {
            format!("What the VPC calls is not known, it goes out through NAT gateways, and it has no endpoint of {service}")
        });
    };
    let leaves = |row: &&VpcService| matches!(row.path, Path::Public | Path::Mixed | Path::Unknown);
    if calls.here.as_ref().is_some_and(leaves) {
        return Some(format!(
            "The VPC calls {service} by a public way and has no gateway endpoint of it"
        ));
    }
    calls.global.filter(leaves).map(|_| {
        format!("The VPC calls {service} by names without a region and has no gateway endpoint of it, which carries what stays in {}", vpc.target.region)
    })
}

fn money(way: &WayOut<'_>, measured: Option<Gb>) -> Money {
    let nat = measured.and_then(|gb| way.usd(gb.nat));
    Money {
        gb_month: measured.map(|gb| gb.nat),
        endpoint: Some(Decimal::ZERO),
        nat,
        saving: nat,
        ceiling: way.ceiling.filter(|_| measured.is_none()),
        break_even: Some(Decimal::ZERO),
    }
}

fn tell(row: &mut Opportunity, world: &World<'_>, way: &WayOut<'_>, measured: Option<Gb>) {
    match (measured, row.money.nat) {
        (Some(it), Some(nat)) => {
            // Writing to a String cannot fail.
            let _ = write!(
                row.reason,
                " {} a month through NAT gateways cost {}.",
                gb(it.nat),
                usd(nat)
            );
        }
        (Some(_), None) => {
            row.caveats.insert(Caveat::PriceUnknown);
        }
        (None, _) if world.shares_way_out(way) => {
            row.caveats.insert(Caveat::CeilingShared);
        }
        (None, _) => {}
    }
}

/// Queries to names that the endpoint may serve.
fn queries(calls: &Calls<'_>) -> u64 {
    let rows = calls.here.iter().chain(&calls.global);
    rows.map(|row| row.queries).sum()
}

/// The endpoint service's full name, as the region tells it or as the table has it.
fn name(world: &World<'_>, vpc: &Vpc, service: &str, here: Option<&VpcService>) -> Option<String> {
    let region = &vpc.target.region;
    let told = world.offer(region, service, GATEWAY).and_then(|it| it.told);
    told.map(|it| it.service_name.clone())
        .or_else(|| here.and_then(|row| row.endpoint_service_name.clone()))
        .or_else(|| {
            world
                .seen
                .rules
                .endpoint_service_name(service, Some(region.as_str()))
        })
}
