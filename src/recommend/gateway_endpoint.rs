//! Gateway endpoints that are missing, or not on every route table in use. They are free, so that
//! nothing has to be measured before.

use std::{collections::BTreeSet, fmt::Write as _};

use rust_decimal::Decimal;

use super::{
    caveats,
    context::{Gb, Offer, RuleContext, ServiceCalls, is_public},
    egress_cost::EgressCost,
    row::{self, Advice, gb, usd},
};
use crate::model::{
    classified::{Path, VpcService},
    inventory::{Endpoint, RouteTarget, Vpc},
    kind::EndpointType,
    opportunity::{Action, Basis, Caveat, Money, Opportunity},
    shared_text::SharedText,
};

const GATEWAY: EndpointType = EndpointType::Gateway;
/// What nearly every VPC with a NAT gateway calls, proposed where its queries are not known.
const USUAL: [&str; 2] = ["dynamodb", "s3"];

/// The rows of a VPC.
pub(super) fn rows(context: &RuleContext<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let egress = context.egress_cost(vpc);
    let mut services: BTreeSet<&str> = context.gateway_services(&vpc.target.region).collect();
    services.extend(USUAL);
    let of = |service: &&str| one(context, vpc, &egress, service);
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

fn one(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    egress: &EgressCost<'_>,
    service: &str,
) -> Option<Opportunity> {
    let calls = context.calls_to(&vpc.vpc_id, service);
    let calls = calls.as_ref();
    let existing = context.endpoints(vpc, service, &GATEWAY);
    let found = match existing.first() {
        Some(endpoint) => attach(context, vpc, endpoint, service)?,
        None if context.knows_endpoints(vpc) => create(context, vpc, egress, service, calls)?,
        None => return None,
    };
    let here = calls.and_then(|it| it.here);
    let measured = here.and_then(|row| context.gb(row));
    let mut money = money(egress, measured);
    if !found.gains {
        money.ceiling = money.ceiling.map(|_| Decimal::ZERO);
    }
    let advice = Advice {
        action: found.action,
        reason: found.why,
        basis: measured.map_or(Basis::Unknown, |_| Basis::Measured),
        money,
    };
    let mut row = row::row(vpc, Some(service), Some(GATEWAY), advice);
    row.caveats.add(caveats::of_gateway(calls, found.new));
    if !context.usage_is_known(&vpc.vpc_id) {
        row.caveats.insert(Caveat::UsageUnknown);
    }
    describe(&mut row, context, egress, measured);
    row.endpoint_service_name = name(context, vpc, service, here);
    row.query_count = calls.map(queries);
    Some(row)
}

/// Further route tables for an endpoint that is there.
fn attach<'w>(
    context: &RuleContext<'w>,
    vpc: &Vpc,
    endpoint: &Endpoint,
    service: &str,
) -> Option<Found<'w>> {
    let posture = context.posture(endpoint)?;
    let missing = posture.missing_route_tables.as_ref()?;
    if missing.is_empty() {
        return None;
    }
    let tables = context.index.route_tables(&vpc.vpc_id).iter();
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
    context: &RuleContext<'w>,
    vpc: &Vpc,
    egress: &EgressCost<'_>,
    service: &str,
    calls: Option<&ServiceCalls<'_>>,
) -> Option<Found<'w>> {
    let offer = context.offer(&vpc.target.region, service, &GATEWAY)?;
    if context.unfinished(vpc, service, &GATEWAY).is_some() {
        return None;
    }
    let why = reason_to_create(context, vpc, egress, service, calls)?;
    Some(Found {
        action: Action::Create,
        why: format!("{why}; a gateway endpoint is free."),
        new: Some(offer),
        gains: true,
    })
}

/// What speaks for a new one; none if nothing does.
fn reason_to_create(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    egress: &EgressCost<'_>,
    service: &str,
    calls: Option<&ServiceCalls<'_>>,
) -> Option<String> {
    let Some(calls) = calls else {
        let may_call = !context.usage_is_known(&vpc.vpc_id)
            && USUAL.contains(&service)
            && !egress.gateways.is_empty();
        return may_call.then(|| {
            format!("What the VPC calls is not known, it goes out through NAT gateways, and it has no endpoint of {service}")
        });
    };
    let leaves = |row: &&VpcService| matches!(row.path, Path::Public | Path::Mixed | Path::Unknown);
    if let Some(here) = calls.here.filter(leaves) {
        return Some(if is_public(here) {
            format!("The VPC calls {service} over a public path and has no gateway endpoint for it")
        } else {
            format!(
                "The VPC calls {service} by a path that no answer shows, and has no gateway endpoint for it"
            )
        });
    }
    calls.global.filter(leaves).map(|_| {
        format!("The VPC calls {service} by names without a region and has no gateway endpoint of it, which carries what stays in {}", vpc.target.region)
    })
}

fn money(egress: &EgressCost<'_>, measured: Option<Gb>) -> Money {
    let nat = measured.and_then(|gb| egress.usd(gb.nat));
    Money {
        gb_month: measured.map(|gb| gb.nat),
        endpoint: Some(Decimal::ZERO),
        nat,
        saving: nat,
        ceiling: egress.ceiling.filter(|_| measured.is_none()),
        break_even: Some(Decimal::ZERO),
    }
}

fn describe(
    row: &mut Opportunity,
    context: &RuleContext<'_>,
    egress: &EgressCost<'_>,
    measured: Option<Gb>,
) {
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
        (None, _) if context.shares_egress(egress) => {
            row.caveats.insert(Caveat::CeilingShared);
        }
        (None, _) => {}
    }
}

/// Queries to names that the endpoint may serve.
fn queries(calls: &ServiceCalls<'_>) -> u64 {
    let rows = calls.here.iter().chain(&calls.global);
    rows.map(|row| row.queries).sum()
}

/// The endpoint service's full name, as the Region lists it or as the table has it.
fn name(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    service: &str,
    here: Option<&VpcService>,
) -> Option<SharedText> {
    let region = &vpc.target.region;
    let listed = context
        .offer(region, service, &GATEWAY)
        .and_then(|it| it.listed);
    listed
        .map(|it| context.texts.share(&it.service_name))
        .or_else(|| here.and_then(|row| row.names.endpoint_service_name.clone()))
        .or_else(|| {
            let rules = context.input.rules;
            let name = rules.endpoint_service_name(service, Some(region.as_str()))?;
            Some(context.texts.share(&name))
        })
}
