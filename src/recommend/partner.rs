//! What an endpoint for a partner's product costs and saves, from measured bytes alone. What AWS
//! charges for data transfer is the same either way as far as this shows, and is not claimed.

use rust_decimal::Decimal;

use super::context::RuleContext;
use crate::{
    cost::break_even::UnitPrices,
    model::{
        classified::Path,
        partner::{PartnerMoney, PartnerOffer},
        partner_use::PartnerUse,
    },
};

/// The money of each product that a VPC calls, in the same order.
pub(super) fn all(context: &RuleContext<'_>) -> Vec<PartnerMoney> {
    let uses = context.input.partners.iter();
    uses.map(|it| money(context, it).unwrap_or_default())
        .collect()
}

fn money(context: &RuleContext<'_>, it: &PartnerUse) -> Option<PartnerMoney> {
    let vpc = context.vpc(&it.vpc_id)?;
    let nat_bytes = it.nat_bytes.filter(|_| !it.part);
    let gb = nat_bytes.and_then(|bytes| context.per_month(bytes));
    let egress = context.egress_cost(vpc);
    let mut money = PartnerMoney {
        gb_month: gb,
        nat: gb.and_then(|gb| egress.usd(gb)),
        ..PartnerMoney::default()
    };
    // A resource endpoint has other prices, and so has what is in another Region.
    let sold_here = it.in_region && it.offer != Some(PartnerOffer::ResourceEndpoint);
    let Some(zones) = context
        .zones(vpc)
        .filter(|zones| sold_here && !zones.is_empty())
    else {
        return Some(money);
    };
    let prices = UnitPrices::of(&vpc.target.region, context.input.prices);
    let price = egress.gb_usd().filter(|_| !egress.passes_none());
    money.break_even = price.and_then(|price| prices.own_pays_from(price, zones.len()));
    let data = |gb: Decimal| context.endpoint_data(&vpc.target.region, gb);
    money.endpoint = gb.and_then(|gb| Some(prices.endpoint_hours(zones.len())? + data(gb)?));
    let public = matches!(it.path, Path::Public | Path::Mixed | Path::Unknown);
    let wanted = public && it.endpoint_exists != Some(true);
    money.saving = money
        .nat
        .zip(money.endpoint)
        .filter(|_| wanted)
        .map(|(nat, endpoint)| nat - endpoint);
    Some(money)
}
