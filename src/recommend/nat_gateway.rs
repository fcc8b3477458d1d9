//! NAT gateways that could go: idle ones, and those whose bytes are all of services with an endpoint
//! on offer. Only then are their hours saved. An idle one that the subnets of its zone had better go out by
//! stays: of the two, what saves more is advised.
//!
//! What the endpoints themselves save stands in their rows, and is not counted again here; what those
//! cost that do not pay for themselves is.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    context::{RuleContext, ServiceCalls},
    row::{self, Advice, usd},
    rows::Rows,
    zone_crossing,
};
use crate::model::{
    coverage::Step,
    inventory::{NatGateway, NatMetrics, Vpc},
    kind::EndpointType,
    kind::{ConnectivityType, ResourceState},
    opportunity::{Action, Basis, Caveat, Money, Opportunity},
};

/// Adds the rows of all VPCs with NAT gateways. `rows` has those of endpoints.
pub(super) fn add_rows(context: &RuleContext<'_>, rows: &mut Rows<'_, '_>) {
    let vpcs = context.vpcs();
    for vpc in vpcs.filter(|vpc| context.knows(Step::NatGateways, vpc)) {
        let gateways = context.index.nat_gateways(&vpc.vpc_id).iter().copied();
        let (idle, busy): (Vec<_>, Vec<_>) = gateways
            .filter(|it| {
                it.state == ResourceState::Available
                    && it.connectivity_type == ConnectivityType::Public
            })
            .partition(|it| is_idle(context, it));
        let mut idle = idle;
        idle.retain(|it| is_proven(context, vpc, &[it]));
        let mut removed: BTreeSet<&str> = BTreeSet::new();
        if is_proven(context, vpc, &busy)
            && let Some(row) = all_private(context, vpc, &busy, rows)
        {
            rows.add(row);
            removed.extend(busy.iter().map(|it| it.nat_gateway_id.as_str()));
        }
        let routed_to = zone_crossing::idle_to_route_to(context, vpc, &idle, &removed);
        idle.retain(|it| !routed_to.contains(it.nat_gateway_id.as_str()));
        rows.extend(idle.iter().map(|it| idle_row(context, vpc, it)));
        removed.extend(idle.iter().map(|it| it.nat_gateway_id.as_str()));
        rows.extend(zone_crossing::rows(context, vpc, &removed));
    }
}

/// Whether the window shows everything that the gateways are for: it is a day at least, they are older
/// than it, and every network that may go out by them was scanned.
fn is_proven(context: &RuleContext<'_>, vpc: &Vpc, gateways: &[&NatGateway]) -> bool {
    let window = context.input.window;
    let start = window.start;
    let old = |it: &&NatGateway| it.created_at.is_some_and(|at| at <= start);
    !window.is_too_short() && !context.has_unknown_neighbours(vpc) && gateways.iter().all(old)
}

fn is_idle(context: &RuleContext<'_>, gateway: &NatGateway) -> bool {
    let cost = context.input.nat_costs.get(&gateway.nat_gateway_id);
    cost.is_some_and(|it| it.idle == Some(true))
}

fn hours(context: &RuleContext<'_>, gateway: &NatGateway) -> Option<Decimal> {
    let cost = context.input.nat_costs.get(&gateway.nat_gateway_id);
    cost?.monthly_hours_usd
}

/// By its metrics; a saving only where flow logs show the same.
fn idle_row(context: &RuleContext<'_>, vpc: &Vpc, gateway: &NatGateway) -> Opportunity {
    let id = &gateway.nat_gateway_id;
    let traffic = context.input.nat_traffic.get(id);
    let measured = traffic.is_some_and(|it| it.flow_log_bytes == 0 && it.skipped_records == 0);
    let hours = hours(context, gateway);
    let price = hours.map_or_else(
        || "the price of its hours is not known".to_owned(),
        |it| format!("its hours cost {} a month", usd(it)),
    );
    let advice = Advice {
        action: Action::Remove,
        reason: format!("No byte and no connection passed {id} in the window; {price}."),
        basis: if measured {
            Basis::Measured
        } else {
            Basis::Unknown
        },
        money: Money {
            gb_month: measured.then_some(Decimal::ZERO),
            saving: hours.filter(|_| measured),
            ceiling: hours.filter(|_| !measured),
            ..Money::default()
        },
    };
    let mut row = row::row(vpc, None, None, advice);
    row.caveats.insert(Caveat::OtherDestinations);
    row
}

/// What is left to pay for if everything goes by endpoints.
#[derive(Default)]
struct RemainingCosts<'r> {
    bytes: u64,
    services: Vec<&'r str>,
    /// Services whose endpoint costs more than it saves.
    dear: Vec<&'r str>,
    nat: Decimal,
    endpoint: Decimal,
}

fn all_private(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    gateways: &[&NatGateway],
    rows: &Rows<'_, '_>,
) -> Option<Opportunity> {
    let mut logged = 0_u64;
    let mut saved = Decimal::ZERO;
    for gateway in gateways {
        let bytes = measured_bytes(context, gateway)?;
        logged = logged.checked_add(bytes)?;
        saved += hours(context, gateway)?;
    }
    if logged == 0 {
        return None;
    }
    let mut left = RemainingCosts::default();
    let users = context.vpcs().filter(|user| {
        let egress = context.egress_cost(user);
        gateways
            .iter()
            .any(|it| egress.gateways.contains(&it.nat_gateway_id.as_str()))
    });
    for user in users {
        for (service, calls) in context.calls(&user.vpc_id)?.each() {
            left.take(context, user, service, &calls, rows)?;
        }
    }
    // Bytes that no VPC of the scan has are somebody else's.
    if left.bytes < logged {
        return None;
    }
    let (nat, endpoint) = (saved + left.nat, left.endpoint);
    if nat <= endpoint {
        return None;
    }
    let advice = Advice {
        action: Action::Remove,
        reason: left.reason(gateways, saved),
        basis: Basis::Measured,
        money: Money {
            gb_month: context.per_month(logged),
            endpoint: Some(endpoint),
            nat: Some(nat),
            saving: Some(nat - endpoint),
            ..Money::default()
        },
    };
    let mut row = row::row(vpc, None, None, advice);
    row.caveats.insert(Caveat::OtherDestinations);
    Some(row)
}

/// The bytes of a gateway in its flow logs, if each is of one known service, no flow was left out, and
/// the metrics show about the same.
fn measured_bytes(context: &RuleContext<'_>, gateway: &NatGateway) -> Option<u64> {
    let id = &gateway.nat_gateway_id;
    let traffic = context.input.nat_traffic.get(id)?;
    let metered = context.input.facts.nat_metrics.get(id)?.bytes()?;
    let bytes = traffic.flow_log_bytes;
    let named = [
        traffic.ambiguous_bytes,
        traffic.unmatched_bytes,
        traffic.skipped_records,
    ];
    let named = named.iter().all(|it| *it == 0);
    let tolerated = metered / 100 * NatMetrics::TOLERANCE_PERCENT;
    (named && metered.abs_diff(bytes) <= tolerated).then_some(bytes)
}

impl<'r> RemainingCosts<'r> {
    /// None if the service has no endpoint on offer, or what one costs is not known.
    fn take(
        &mut self,
        context: &RuleContext<'_>,
        vpc: &Vpc,
        service: &'r str,
        calls: &ServiceCalls<'_>,
        rows: &Rows<'_, '_>,
    ) -> Option<()> {
        let nat = |row: &&crate::model::classified::VpcService| row.bytes.nat;
        // Names of other regions and of none need another egress.
        let mut others = calls.global.iter().chain(&calls.elsewhere);
        if others.any(|row| nat(row) != Some(0)) {
            return None;
        }
        let Some(here) = calls.here else {
            return Some(());
        };
        let bytes = nat(&here)?;
        if bytes == 0 {
            return Some(());
        }
        self.bytes = self.bytes.checked_add(bytes)?;
        let money = rows.of_measured(&vpc.vpc_id, service)?;
        if !self.services.contains(&service) {
            self.services.push(service);
        }
        if money.saving.is_none() {
            let (nat, endpoint) = money.nat.zip(money.endpoint)?;
            self.nat += nat;
            self.endpoint += endpoint;
            self.dear.push(service);
        }
        let region = &vpc.target.region;
        let offered = |kind| context.offer(region, service, kind).is_some();
        (offered(&EndpointType::Gateway) || offered(&EndpointType::Interface)).then_some(())
    }

    fn reason(mut self, gateways: &[&NatGateway], hours: Decimal) -> String {
        self.services.sort_unstable();
        self.dear.sort_unstable();
        self.dear.dedup();
        let ids: Vec<&str> = gateways
            .iter()
            .map(|it| it.nat_gateway_id.as_str())
            .collect();
        let mut reason = format!(
            "All bytes through {} are of services that could go by endpoints ({}): without them the hours, {} a month, are saved. What these endpoints save stands in their own rows",
            ids.join(", "),
            self.services.join(", "),
            usd(hours)
        );
        if !self.dear.is_empty() {
            let more = format!(
                "; those that do not pay alone ({}) are counted here",
                self.dear.join(", ")
            );
            reason.push_str(&more);
        }
        reason.push('.');
        reason
    }
}
