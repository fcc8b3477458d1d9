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
        coverage::Step,
        id::Region,
        inventory::{NatGateway, Subnet, Vpc},
        kind::ResourceState,
        money::{HOURS_PER_MONTH, PriceItem},
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
    },
};

/// Subnets that a reason names.
const NAMED: usize = 3;

/// The rows of a VPC: one for each NAT gateway that subnets in other zones go out by.
pub(super) fn rows(context: &RuleContext<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    if !context.knows(Step::NatGateways, vpc) {
        return Vec::new();
    }
    let gateways = context.index.nat_gateways(&vpc.vpc_id).iter();
    let usable = gateways.filter(|it| it.state == ResourceState::Available);
    let crossing = usable.filter_map(|gateway| {
        let crossings = context.input.zone_crossings;
        let crossing = crossings.get(&gateway.nat_gateway_id)?;
        Some(row(context, vpc, gateway, crossing))
    });
    crossing.collect()
}

fn row(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    gateway: &NatGateway,
    crossing: &ZoneCrossing,
) -> Opportunity {
    let region = &vpc.target.region;
    let facts = context.input.facts;
    let subnets = crossing.subnet_ids.iter();
    let subnets: Vec<&Subnet> = subnets
        .filter_map(|id| facts.subnets.get(id.as_str()))
        .collect();
    let zones: BTreeSet<&str> = subnets.iter().map(|it| zone(it)).collect();
    let there = gateways_by_zone(context, vpc, gateway);
    let missing = zones.iter().filter(|it| !there.contains_key(*it)).count();
    let hours = monthly(
        PriceItem::NatGatewayHour,
        gateway_hours(missing),
        context,
        region,
    );
    let gb = crossing
        .bytes
        .and_then(|bytes| endpoint::gb_month(bytes, context.input.window));
    // Out of one zone and into the other.
    let charge = gb.and_then(|gb| {
        monthly(
            PriceItem::InterAzGb,
            Some(gb * Decimal::TWO),
            context,
            region,
        )
    });
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
    row
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

/// Other NAT gateways of the VPC of the same connectivity, by zone.
fn gateways_by_zone<'f>(
    context: &RuleContext<'f>,
    vpc: &Vpc,
    gateway: &NatGateway,
) -> BTreeMap<&'f str, &'f str> {
    let all = context.index.nat_gateways(&vpc.vpc_id).iter().copied();
    let alike = all.filter(|it| {
        it.state == ResourceState::Available
            && !it.is_regional()
            && it.connectivity_type == gateway.connectivity_type
            && it.nat_gateway_id != gateway.nat_gateway_id
    });
    let subnets = &context.input.facts.subnets;
    let in_zone = alike.filter_map(|it| {
        let subnet = subnets.get(it.subnet_id.as_ref()?.as_str())?;
        Some((zone(subnet), it.nat_gateway_id.as_str()))
    });
    in_zone.collect()
}

fn reason(
    gateway: &NatGateway,
    subnets: &[&Subnet],
    (zones, there): (&BTreeSet<&str>, &BTreeMap<&str, &str>),
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
    let routed = zones.iter().filter_map(|it| Some((*it, *there.get(it)?)));
    // Writing to a String cannot fail.
    for (zone, id) in routed {
        let _ = write!(text, " {id} is in {zone}: a route to it costs nothing.");
    }
    let missing = zones.iter().copied().filter(|it| !there.contains_key(it));
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
