//! Endpoints that are there and bypassed, because private DNS is off.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::{
    caveats,
    context::{Gb, RuleContext, ServiceCalls},
    row::{self, Advice, usd},
};
use crate::{
    cost::break_even::UnitPrices,
    model::{
        inventory::{Endpoint, Vpc},
        kind::EndpointType,
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
        posture::Finding,
    },
};

/// The rows of a VPC, one for a service at most.
pub(super) fn rows(context: &RuleContext<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let mut rows: Vec<Opportunity> = Vec::new();
    for finding in [Finding::BypassedPrivateDnsOff, Finding::BypassedVpcDnsOff] {
        for (endpoint, service) in context.found(vpc, finding) {
            if rows
                .iter()
                .any(|row| row.service.as_deref() == Some(service))
            {
                continue;
            }
            if !may_have_private_dns(context, vpc, service) {
                continue;
            }
            let of_vpc = finding == Finding::BypassedVpcDnsOff || caveats::lacks_dns(vpc);
            let mut reason = format!(
                "The VPC is answered with public addresses for {service} although it pays for {}, whose private DNS is off.",
                endpoint.endpoint_id
            );
            if of_vpc {
                reason.push_str(" Private DNS needs the VPC's enableDnsSupport and enableDnsHostnames, and one of them is off.");
            }
            let calls = context.calls_to(&vpc.vpc_id, service);
            let mut row = one(context, vpc, (endpoint, service), calls.as_ref(), reason);
            row.endpoint_service_name = Some(context.texts.share(&endpoint.service_name));
            if of_vpc {
                row.caveats.insert(Caveat::VpcDnsAttributes);
            }
            if keeps_out(context, endpoint) {
                row.caveats.insert(Caveat::SecurityGroupBlocks);
                row.reason
                    .push_str(" Its security groups do not let the VPC in: allow it first.");
            }
            rows.push(row);
        }
    }
    rows
}

/// Whether it is known that the security groups of an endpoint keep its VPC out.
fn keeps_out(context: &RuleContext<'_>, endpoint: &Endpoint) -> bool {
    const BLOCKED: [Finding; 2] = [
        Finding::SecurityGroupBlocks443,
        Finding::SecurityGroupBlocksService,
    ];
    let posture = context.posture(endpoint);
    posture.is_some_and(|it| it.findings.iter().any(|found| BLOCKED.contains(found)))
}

/// Whether the region lists names that private DNS of the service answers. Where it offers a gateway
/// endpoint, that one is free and the advice: both at once would count the same bytes twice.
fn may_have_private_dns(context: &RuleContext<'_>, vpc: &Vpc, service: &str) -> bool {
    let region = &vpc.target.region;
    let listed = context
        .offer(region, service, &EndpointType::Interface)
        .and_then(|it| it.listed);
    listed.is_some_and(|it| !it.private_dns_names.is_empty())
        && context
            .offer(region, service, &EndpointType::Gateway)
            .is_none()
}

/// GB a month of the VPC that pass the endpoint already, and are paid there: as far as they are measured, and
/// the endpoint serves no other VPC.
fn passing(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    endpoint: &Endpoint,
    service: &str,
    gb: Gb,
) -> Decimal {
    let hubs = context.hubs(&vpc.target.region, service);
    if hubs.contains(&vpc.vpc_id.as_str()) {
        return Decimal::ZERO;
    }
    let cost = context.input.endpoint_costs.get(&endpoint.endpoint_id);
    let measured = cost.and_then(|it| it.gb_month).unwrap_or_default();
    measured.min(gb.all - gb.nat)
}

fn one(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    (endpoint, service): (&Endpoint, &str),
    calls: Option<&ServiceCalls<'_>>,
    mut reason: String,
) -> Opportunity {
    let egress = context.egress_cost(vpc);
    let here = calls.and_then(|it| it.here);
    let measured = here.and_then(|row| context.gb(row));
    let prices = UnitPrices::of(&vpc.target.region, context.input.prices);
    let price = egress.gb_usd().zip(prices.endpoint_gb);
    let cost = measured.zip(price).and_then(|(gb, (out, _))| {
        let gb_more = gb.all - passing(context, vpc, endpoint, service, gb);
        let data = context.endpoint_data(&vpc.target.region, gb_more)?;
        Some((gb.nat.checked_mul(out)?, data))
    });
    let saving = cost
        .map(|(nat, endpoint)| nat - endpoint)
        .filter(|it| *it > Decimal::ZERO);
    if let (Some((nat, endpoint)), Some(_)) = (cost, saving) {
        // Writing to a String cannot fail.
        let _ = write!(
            reason,
            " Its GB cost {} through NAT gateways, and {} through the endpoint, whose hours are paid already.",
            usd(nat),
            usd(endpoint)
        );
    }
    let advice = Advice {
        action: Action::EnablePrivateDns,
        reason,
        basis: measured.map_or(Basis::Unknown, |_| Basis::Measured),
        money: Money {
            gb_month: measured.map(|gb| gb.nat),
            endpoint: cost.map(|it| it.1),
            nat: cost.map(|it| it.0),
            saving,
            ceiling: egress.ceiling.filter(|_| measured.is_none()),
            // The hours are paid: the first GB is the first to be saved.
            break_even: price
                .filter(|(out, endpoint)| out > endpoint)
                .map(|_| Decimal::ZERO),
        },
    };
    let mut row = row::row(vpc, Some(service), Some(EndpointType::Interface), advice);
    if let Some(calls) = calls {
        row.caveats
            .add(caveats::of_names(context, vpc, service, calls));
    }
    if measured.is_some() && price.is_none() {
        row.caveats.insert(Caveat::PriceUnknown);
    }
    if measured.is_none() && context.shares_egress(&egress) {
        row.caveats.insert(Caveat::CeilingShared);
    }
    row.query_count = here.map(|it| it.queries);
    row
}
