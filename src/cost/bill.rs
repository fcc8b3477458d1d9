//! The bill against the price list, and against what was measured: which quantities a run shows of what
//! is billed, what billed usage costs by list prices, and the discount that follows.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{endpoint, price_book::PriceBook, usage_type::UsageTypes};
use crate::model::{
    bill::{Bill, Charge, ChargeKind},
    cost::{EndpointCost, NatGatewayCost},
    facts::Facts,
    id::{AccountId, NatGatewayId, Region, VpcEndpointId},
    inventory::Endpoint,
    kind::{AttachedResource, ResourceState},
    money::{BYTES_PER_GB, HOURS_PER_MONTH, PriceItem, USD},
    run::Window,
};

/// The share of list prices that is still called none: discounts are rounded to hundredths.
const PERCENT: Decimal = Decimal::ONE_HUNDRED;

/// What a run shows of something that is billed, over the whole window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computed {
    /// How much, in the unit of the item; none if a part of it was not measured.
    pub quantity: Option<Decimal>,
    /// What it costs, US dollars; none if a part of it is not known.
    pub usd: Option<Decimal>,
}

impl Default for Computed {
    fn default() -> Self {
        Self {
            quantity: Some(Decimal::ZERO),
            usd: Some(Decimal::ZERO),
        }
    }
}

/// Something that is billed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BillKey {
    /// The account that uses it.
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// What it is.
    pub item: PriceItem,
    /// The NAT gateway; none of other items, and where a source does not distinguish them.
    pub nat_gateway_id: Option<NatGatewayId>,
}

/// What a run shows.
pub type ByItem = BTreeMap<BillKey, Computed>;

/// What a run shows, all NAT gateways of an account and Region together.
pub fn without_gateways(computed: ByItem) -> ByItem {
    let mut found = ByItem::new();
    for (key, more) in computed {
        let nat_gateway_id = None;
        add(
            &mut found,
            BillKey {
                nat_gateway_id,
                ..key
            },
            more,
        );
    }
    found
}

/// What the facts of a Region show of NAT gateways, endpoints and transit gateway attachments in the
/// window: hours as they are billed, each that is begun as a whole one, and GB.
pub fn computed(
    facts: &Facts,
    nat_costs: &BTreeMap<NatGatewayId, NatGatewayCost>,
    endpoint_costs: &BTreeMap<VpcEndpointId, EndpointCost>,
    window: Window,
    prices: &PriceBook,
) -> ByItem {
    let mut found = ByItem::new();
    for (id, cost) in nat_costs {
        let Some(gateway) = facts
            .nat_gateways
            .get(id)
            .filter(|it| it.state != ResourceState::Failed)
        else {
            continue;
        };
        let (hour, gb) = if gateway.is_regional() {
            (
                PriceItem::RegionalNatGatewayHour,
                PriceItem::RegionalNatGatewayGb,
            )
        } else {
            (PriceItem::NatGatewayHour, PriceItem::NatGatewayGb)
        };
        let metrics = facts.nat_metrics.get(id);
        let bytes = metrics.and_then(|it| {
            it.bytes_in_from_source?
                .checked_add(it.bytes_in_from_destination?)
        });
        let processed = bytes.map(|it| Decimal::from(it) / Decimal::from(BYTES_PER_GB));
        let price = |item| prices.price(item, &gateway.target.region);
        for (item, quantity) in [(hour, cost.window_billed_hours), (gb, processed)] {
            let usd = quantity.and_then(|it| it.checked_mul(price(item)?));
            let key = BillKey {
                nat_gateway_id: Some(id.clone()),
                ..key(&gateway.target.account_id, &gateway.target.region, item)
            };
            add(&mut found, key, Computed { quantity, usd });
        }
    }
    for it in facts.endpoints.values() {
        add_endpoint(
            &mut found,
            it,
            endpoint_costs.get(&it.endpoint_id),
            window,
            prices,
        );
    }
    // Of several views of a VPC the first.
    let vpcs = facts
        .vpcs
        .iter()
        .rev()
        .map(|vpc| (vpc.vpc_id.as_str(), vpc));
    let vpcs: BTreeMap<_, _> = vpcs.collect();
    for it in facts.transit_gateway_attachments.values() {
        let of_vpc = it.available && it.resource_type == AttachedResource::Vpc;
        let vpc = it.resource_id.as_ref().and_then(|id| vpcs.get(id.as_str()));
        if let Some(vpc) = vpc.filter(|_| of_vpc) {
            let item = PriceItem::TgwAttachmentHour;
            let quantity = hours(window);
            let usd = prices.price(item, &vpc.target.region);
            let usd = usd.and_then(|it| it.checked_mul(quantity));
            let quantity = Some(quantity);
            let key = key(&vpc.owner_account_id, &vpc.target.region, item);
            add(&mut found, key, Computed { quantity, usd });
        }
    }
    found
}

fn add_endpoint(
    found: &mut ByItem,
    it: &Endpoint,
    cost: Option<&EndpointCost>,
    window: Window,
    prices: &PriceBook,
) {
    let Some((hour, gb)) = endpoint::items(&it.endpoint_type) else {
        return;
    };
    if hour == PriceItem::GatewayEndpointHour || !endpoint::is_billed(it) {
        return;
    }
    let start = it
        .created_at
        .map_or(window.start, |at| at.max(window.start));
    let life = hours(Window { start, ..window });
    let zones = Decimal::from(it.subnet_ids.len());
    let quantity = Some(life * zones);
    let usd = quantity.and_then(|it2| it2.checked_mul(prices.price(hour, &it.target.region)?));
    let key = |item| key(&it.target.account_id, &it.target.region, item);
    add(found, key(hour), Computed { quantity, usd });
    let of_life = |month: Decimal| {
        let exact = exact_hours(Window { start, ..window });
        month
            .checked_mul(exact)?
            .checked_div(Decimal::from(HOURS_PER_MONTH))
    };
    let quantity = cost.and_then(|it| of_life(it.gb_month?));
    let usd = cost.and_then(|it| of_life(it.monthly_data_usd?));
    add(found, key(gb), Computed { quantity, usd });
}

fn key(account: &AccountId, region: &Region, item: PriceItem) -> BillKey {
    BillKey {
        account_id: account.clone(),
        region: region.clone(),
        item,
        nat_gateway_id: None,
    }
}

fn add(found: &mut ByItem, key: BillKey, more: Computed) {
    let sum = found.entry(key).or_default();
    let both = |one: Option<Decimal>, other: Option<Decimal>| one?.checked_add(other?);
    *sum = Computed {
        quantity: both(sum.quantity, more.quantity),
        usd: both(sum.usd, more.usd),
    };
}

/// Hours of a window, a begun one as a whole one.
fn hours(window: Window) -> Decimal {
    exact_hours(window).ceil()
}

/// Hours of a window.
pub fn exact_hours(window: Window) -> Decimal {
    let seconds = window.end.as_second() - window.start.as_second();
    Decimal::from(seconds.max(0)) / Decimal::from(3600)
}

/// Billed usage of an account: its charges and what it costs by list prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// How much was used.
    pub usage: Option<Decimal>,
    /// Its unit, as the source writes it.
    pub unit: Option<String>,
    /// What was charged, discounts taken off, in its currency; none if there are several.
    pub amount: Option<Decimal>,
    /// The currency that was billed.
    pub currency: String,
    /// What the usage costs by list prices, US dollars; none if the price is not known.
    pub list_usd: Option<Decimal>,
}

impl Billed {
    /// What was charged, US dollars; none in another currency.
    pub fn usd(&self) -> Option<Decimal> {
        self.amount.filter(|_| self.currency == USD)
    }
}

/// The usage of a bill by account, Region and item, at the list prices of a book. The tiers of a price
/// count the usage of all accounts in a month; each account has its share.
pub fn billed(bill: &Bill, types: &UsageTypes, list: &PriceBook) -> BTreeMap<BillKey, Billed> {
    let mut found: BTreeMap<BillKey, Billed> = BTreeMap::new();
    let mut usage: BTreeMap<(Region, PriceItem), Decimal> = BTreeMap::new();
    for charge in &bill.charges {
        let Some((item, region)) = place(charge, types) else {
            continue;
        };
        if let Some(used) = charge.usage.filter(|_| charge.kind == ChargeKind::Usage) {
            *usage.entry((region.clone(), item)).or_default() += used;
        }
        let key = BillKey {
            nat_gateway_id: charge.nat_gateway_id.clone(),
            ..key(&charge.account_id, &region, item)
        };
        let sum = found.entry(key).or_insert_with(|| Billed {
            usage: None,
            unit: None,
            amount: Some(Decimal::ZERO),
            currency: charge.currency.clone(),
            list_usd: None,
        });
        add_charge(sum, charge);
    }
    let month = Decimal::from(bill.days()) * Decimal::from(24) / Decimal::from(HOURS_PER_MONTH);
    for (BillKey { region, item, .. }, billed) in &mut found {
        let all = usage.get(&(region.clone(), *item)).copied();
        billed.list_usd = billed.usage.zip(all).and_then(|(own, all)| {
            if all.is_zero() {
                return list.price(*item, region).map(|_| Decimal::ZERO);
            }
            let monthly = all.checked_div(month)?;
            let usd = list.graduated(*item, region, Decimal::ZERO, monthly)?;
            let own = usd.checked_mul(month)?.checked_mul(own)?.checked_div(all)?;
            // Less than what a division leaves behind is no amount.
            Some(own.round_dp(12))
        });
    }
    found
}

fn add_charge(sum: &mut Billed, charge: &Charge) {
    if charge.kind == ChargeKind::Usage {
        if let Some(used) = charge.usage {
            sum.usage = Some(sum.usage.unwrap_or_default() + used);
        }
        sum.unit.clone_from(&charge.usage_unit);
    }
    // Sums never mix currencies.
    let known = sum.amount.filter(|_| charge.currency == sum.currency);
    sum.amount = known.and_then(|it| it.checked_add(charge.amount));
}

/// The item and the Region of a charge: by its billing prefix, or as the source names the Region.
fn place(charge: &Charge, types: &UsageTypes) -> Option<(PriceItem, Region)> {
    let usage_type = charge.usage_type.as_deref()?;
    types.read(usage_type).or_else(|| {
        let region = charge.region.clone()?;
        Some((UsageTypes::item(usage_type)?, region))
    })
}

/// By how much, in percent, `amount` is below `list`.
pub fn discount_percent(list: Decimal, amount: Decimal) -> Option<Decimal> {
    (list - amount).checked_mul(PERCENT)?.checked_div(list)
}

/// The effective discount of each item in percent of its list price, over all accounts and Regions of
/// a bill. An item that was billed above its list price, or of which the list price is not known
/// somewhere, has none.
pub fn discounts(
    bill: &Bill,
    types: &UsageTypes,
    list: &PriceBook,
) -> BTreeMap<PriceItem, Decimal> {
    let mut sums: BTreeMap<PriceItem, Option<(Decimal, Decimal)>> = BTreeMap::new();
    for (key, billed) in billed(bill, types, list) {
        let sum = sums
            .entry(key.item)
            .or_insert(Some((Decimal::ZERO, Decimal::ZERO)));
        let more = billed.list_usd.zip(billed.usd());
        *sum = sum
            .zip(more)
            .map(|(sum, more)| (sum.0 + more.0, sum.1 + more.1));
    }
    let percent = |(item, sum): (PriceItem, Option<(Decimal, Decimal)>)| {
        let (list, billed) = sum?;
        let percent = discount_percent(list, billed)?.round_dp(4).normalize();
        let is_one = percent > Decimal::ZERO && percent <= PERCENT;
        is_one.then_some((item, percent))
    };
    sums.into_iter().filter_map(percent).collect()
}

#[cfg(test)]
mod tests;
