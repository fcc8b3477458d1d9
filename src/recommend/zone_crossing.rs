//! Subnets that go out by a NAT gateway in another zone: their traffic crosses zones and depends on another
//! one. What a NAT gateway in their own zone would cost, and what it would save.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use rust_decimal::Decimal;

use super::{
    context::RuleContext,
    row::{self, Advice, usd},
};
use crate::{
    classify::zone_crossing::ZoneCrossing,
    cost::{component, endpoint},
    model::{
        cost::Component,
        id::Region,
        inventory::{NatGateway, Subnet, Vpc},
        kind::ResourceState,
        money::{HOURS_PER_MONTH, PriceItem},
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
    },
};

/// Subnets that a reason names.
const NAMED: usize = 3;

/// The rows of a VPC: one for each NAT gateway that subnets in other zones go out by. None is about a NAT
/// gateway whose removal is advised: what is advised of both would contradict.
pub(super) fn rows(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    removed: &BTreeSet<&str>,
) -> Vec<Opportunity> {
    let crossings = context.input.zone_crossings;
    let gateways = context.index.nat_gateways(&vpc.vpc_id).iter();
    let crossing = gateways.filter(|it| is_usable(it, removed));
    let crossing = crossing.filter_map(|gateway| {
        let crossing = crossings.get(&gateway.nat_gateway_id)?;
        row(context, vpc, gateway, (crossing, removed))
    });
    crossing.collect()
}

/// Idle NAT gateways, of those given, that save more if the subnets of their zones go out by them than if
/// they are removed. `removed` are others whose removal is advised.
pub(super) fn idle_to_route_to<'f>(
    context: &RuleContext<'f>,
    vpc: &Vpc,
    idle: &[&'f NatGateway],
    removed: &BTreeSet<&'f str>,
) -> BTreeSet<&'f str> {
    let ids = idle.iter().map(|it| it.nat_gateway_id.as_str());
    let mut without: BTreeSet<&str> = removed.iter().copied().chain(ids).collect();
    let mut worth = BTreeSet::new();
    for gateway in idle {
        let id = gateway.nat_gateway_id.as_str();
        let charge = bytes_past(context, vpc, gateway, &without)
            .and_then(|bytes| charge(context, &vpc.target.region, bytes));
        let cost = context.input.nat_costs.get(&gateway.nat_gateway_id);
        let hours = cost.and_then(|it| it.monthly_hours_usd);
        if charge.is_some_and(|charge| hours.is_none_or(|hours| charge > hours)) {
            without.remove(id);
            worth.insert(id);
        }
    }
    worth
}

/// Bytes of subnets in the zones of a NAT gateway that go out in another zone, where no other NAT gateway
/// is in theirs; none if there are none, or if one sum is not known.
fn bytes_past(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    unused: &NatGateway,
    without: &BTreeSet<&str>,
) -> Option<u64> {
    let facts = context.input.facts;
    let zones = facts.nat_gateway_zones(unused);
    let gateways = context.index.nat_gateways(&vpc.vpc_id).iter();
    let others = gateways
        .filter(|it| is_usable(it, without) && it.connectivity_type == unused.connectivity_type);
    let mut sum = None;
    for gateway in others {
        let Some(crossing) = context.input.zone_crossings.get(&gateway.nat_gateway_id) else {
            continue;
        };
        let there = gateways_by_zone(context, vpc, gateway, without);
        for id in &crossing.subnet_ids {
            let subnet = facts.subnets.get(id.as_str())?;
            let zone = zone(subnet);
            if zones.iter().any(|it| it == zone) && !there.contains_key(zone) {
                let bytes = crossing.bytes_of.as_ref()?.get(id)?;
                sum = Some(sum.unwrap_or(0) + bytes);
            }
        }
    }
    sum
}

fn is_usable(gateway: &NatGateway, removed: &BTreeSet<&str>) -> bool {
    gateway.state == ResourceState::Available && !removed.contains(gateway.nat_gateway_id.as_str())
}

/// What AWS bills a month for bytes of the window between zones: out of one and into the other.
fn charge(context: &RuleContext<'_>, region: &Region, bytes: u64) -> Option<Decimal> {
    let gb = endpoint::gb_month(bytes, context.input.window)?;
    monthly(
        PriceItem::InterAzGb,
        Some(gb * Decimal::TWO),
        context,
        region,
    )
}

/// None if nothing is left to advise: in the zones of all of these subnets a NAT gateway is to be removed.
fn row(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    gateway: &NatGateway,
    (crossing, removed): (&ZoneCrossing, &BTreeSet<&str>),
) -> Option<Opportunity> {
    let region = &vpc.target.region;
    let facts = context.input.facts;
    let there = gateways_by_zone(context, vpc, gateway, removed);
    let before = gateways_by_zone(context, vpc, gateway, &BTreeSet::new());
    let is_given_up = |zone: &str| before.contains_key(zone) && !there.contains_key(zone);
    let subnets = crossing.subnet_ids.iter();
    let subnets: Vec<&Subnet> = subnets
        .filter_map(|id| facts.subnets.get(id.as_str()))
        .filter(|it| !is_given_up(zone(it)))
        .collect();
    if subnets.is_empty() {
        return None;
    }
    let zones: BTreeSet<&str> = subnets.iter().map(|it| zone(it)).collect();
    let missing = zones.iter().filter(|it| !there.contains_key(**it)).count();
    let hours = monthly(
        PriceItem::NatGatewayHour,
        gateway_hours(missing),
        context,
        region,
    );
    let bytes = crossing.bytes_of.as_ref().map(|bytes_of| {
        let of_each = subnets.iter().filter_map(|it| bytes_of.get(&it.subnet_id));
        of_each.sum::<u64>()
    });
    let gb = bytes.and_then(|bytes| endpoint::gb_month(bytes, context.input.window));
    let charge = bytes.and_then(|bytes| charge(context, region, bytes));
    let saving = charge.zip(hours).map(|(charge, hours)| charge - hours);
    let price = context
        .input
        .prices
        .flat_price(PriceItem::InterAzGb, region);
    let break_even = hours
        .zip(price)
        .and_then(|(hours, price)| hours.checked_div(price * Decimal::TWO));
    let advice = Advice {
        action: Action::AddAvailabilityZones,
        reason: reason(gateway, &subnets, (&zones, &there), hours, charge),
        basis: match gb {
            Some(_) => Basis::Measured,
            None => Basis::Unknown,
        },
        money: Money {
            gb_month: gb,
            endpoint: hours,
            nat: charge,
            saving: saving.filter(|usd| usd.is_sign_positive() && !usd.is_zero()),
            ceiling: None,
            break_even,
        },
    };
    let mut row = row::row(vpc, None, None, advice);
    if price.is_none() || hours.is_none() {
        row.caveats.insert(Caveat::PriceUnknown);
    }
    Some(row)
}

fn zone(subnet: &Subnet) -> &str {
    subnet.availability_zone.as_str()
}

fn gateway_hours(gateways: usize) -> Option<Decimal> {
    Decimal::from(HOURS_PER_MONTH).checked_mul(Decimal::from(gateways))
}

/// US dollars; nothing costs nothing at any price.
fn monthly(
    item: PriceItem,
    quantity: Option<Decimal>,
    context: &RuleContext<'_>,
    region: &Region,
) -> Option<Decimal> {
    if quantity == Some(Decimal::ZERO) {
        return quantity;
    }
    let component = Component {
        name: "data between zones, or NAT gateway hours",
        item,
        quantity,
    };
    component::cost(&component, region, context.input.prices)
}

/// Other NAT gateways of the VPC of the same connectivity, by zone; a regional one is in several.
fn gateways_by_zone<'f>(
    context: &RuleContext<'f>,
    vpc: &Vpc,
    gateway: &NatGateway,
    removed: &BTreeSet<&str>,
) -> BTreeMap<String, &'f str> {
    let all = context.index.nat_gateways(&vpc.vpc_id).iter().copied();
    let alike = all.filter(|it| {
        is_usable(it, removed)
            && it.connectivity_type == gateway.connectivity_type
            && it.nat_gateway_id != gateway.nat_gateway_id
    });
    let facts = context.input.facts;
    let in_zones = alike.flat_map(|it| {
        let zones = facts.nat_gateway_zones(it).into_iter();
        zones.map(|zone| (zone, it.nat_gateway_id.as_str()))
    });
    in_zones.collect()
}

fn reason(
    gateway: &NatGateway,
    subnets: &[&Subnet],
    (zones, there): (&BTreeSet<&str>, &BTreeMap<String, &str>),
    hours: Option<Decimal>,
    charge: Option<Decimal>,
) -> String {
    let names: Vec<&str> = subnets.iter().map(|it| it.subnet_id.as_str()).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>();
    let list = |zones: Vec<&str>| zones.join(", ");
    let mut text = format!(
        "Subnets in {} ({}{more}) go out by {} in another zone: they have no way out if that zone fails, and AWS bills what crosses zones in both",
        list(zones.iter().copied().collect()),
        shown.join(", "),
        gateway.nat_gateway_id,
    );
    let charged = match charge {
        Some(charge) => format!(", {} a month.", usd(charge)),
        None => "; these bytes are not measured.".to_owned(),
    };
    text.push_str(&charged);
    let routed = zones.iter().filter_map(|it| Some((*it, *there.get(*it)?)));
    // Writing to a String cannot fail.
    for (zone, id) in routed {
        let _ = write!(text, " {id} is in {zone}: a route to it costs nothing.");
    }
    let missing = zones.iter().copied().filter(|it| !there.contains_key(*it));
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        let price = hours.map_or_else(
            || "the price of its hours is not known".to_owned(),
            |hours| format!("{} a month for the hours", usd(hours)),
        );
        let _ = write!(
            text,
            " A NAT gateway is missing in {}: {price}.",
            list(missing)
        );
    }
    text
}
