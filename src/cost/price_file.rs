//! Price files: the text of `config/prices.toml`, of a user's price file, and of the book that is
//! kept with a run. Reading checks everything; looking up is [`super::price_book`]'s.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::money::{Amount, Price, PriceItem, USD};

/// Prices that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the price table is not usable: {0}")]
pub struct PriceError(String);

impl PriceError {
    /// A table that cannot be read.
    pub(super) fn of(error: &toml::de::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a price is for: an item, a region, and where data between regions goes.
pub(super) type Place = (PriceItem, String, Option<String>);

/// The tiers of a price, from the first unit on.
pub(super) type Tiers = BTreeMap<Place, Vec<Price>>;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    /// Only in the book that is kept with a run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    discount_percent: BTreeMap<PriceItem, Decimal>,
    /// Sources that several prices name by a key.
    #[serde(default, skip_serializing)]
    sources: BTreeMap<String, String>,
    #[serde(default)]
    price: Vec<RawPrice>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    region: String,
    item: PriceItem,
    unit: String,
    #[serde(default)]
    tier_from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier_to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_region: Option<String>,
    /// US dollars; a price in another currency has `amount` and `currency` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    usd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    source: String,
    #[serde(skip_serializing)]
    rate_code: Option<String>,
    as_of: String,
}

/// Reads list prices, and the discounts that stand with them.
pub(super) fn read(text: &str) -> Result<(Tiers, BTreeMap<PriceItem, Decimal>), PriceError> {
    let table: RawTable = toml::from_str(text).map_err(|error| PriceError(error.to_string()))?;
    let sources = table.sources;
    let prices = table.price.into_iter().map(|raw| price(raw, &sources));
    let tiers = in_tiers(prices.collect::<Result<_, _>>()?)?;
    Ok((tiers, table.discount_percent))
}

/// Writes list prices and discounts, to be read again.
pub(super) fn write<'p>(
    prices: impl Iterator<Item = &'p Price>,
    discounts: &BTreeMap<PriceItem, Decimal>,
) -> Result<String, PriceError> {
    let raw = |price: &Price| {
        let amount = Some(price.list_usd.0.to_string());
        let (usd, amount, currency) = if price.currency == USD {
            (amount, None, None)
        } else {
            (None, amount, Some(price.currency.clone()))
        };
        RawPrice {
            region: price.region.clone(),
            item: price.item,
            unit: price.unit.clone(),
            tier_from: price.tier_from,
            tier_to: price.tier_to,
            to_region: price.to_region.clone(),
            usd,
            amount,
            currency,
            source: price.source.clone(),
            rate_code: None,
            as_of: price.as_of.clone(),
        }
    };
    let table = RawTable {
        discount_percent: discounts.clone(),
        sources: BTreeMap::new(),
        price: prices.map(raw).collect(),
    };
    toml::to_string(&table).map_err(|error| PriceError(error.to_string()))
}

fn price(raw: RawPrice, sources: &BTreeMap<String, String>) -> Result<Price, PriceError> {
    let (item, region) = (raw.item.name(), &raw.region);
    let wrong = |what: &str| PriceError(format!("{item} in {region}: {what}"));
    let (text, currency) = match (&raw.usd, &raw.amount, &raw.currency) {
        (Some(usd), None, None) => (usd, USD),
        (None, Some(amount), Some(currency)) if is_currency(currency) => {
            (amount, currency.as_str())
        }
        _ => {
            return Err(wrong(
                "expected `usd`, or `amount` and `currency` (three letters, such as `CNY`)",
            ));
        }
    };
    let amount: Decimal = text
        .parse()
        .map_err(|error| wrong(&format!("`{text}` is no price: {error}")))?;
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(wrong(&format!("`{amount}` is negative")));
    }
    if raw.source.trim().is_empty() || raw.as_of.trim().is_empty() {
        return Err(wrong("a price needs its source and its date (as_of)"));
    }
    if raw.tier_to.is_some_and(|end| end <= raw.tier_from) {
        return Err(wrong("a tier ends after it begins"));
    }
    if (raw.item == PriceItem::InterRegionGb) != raw.to_region.is_some() {
        return Err(wrong(
            "`to_region` belongs to inter_region_gb, and to it alone",
        ));
    }
    let source = sources.get(&raw.source).unwrap_or(&raw.source);
    let source = match &raw.rate_code {
        Some(code) => format!("{source}, rate code {code}"),
        None => source.clone(),
    };
    let currency = currency.to_owned();
    Ok(Price {
        region: raw.region,
        item: raw.item,
        unit: raw.unit,
        tier_from: raw.tier_from,
        usd: Amount(amount),
        source,
        as_of: raw.as_of,
        tier_to: raw.tier_to,
        list_usd: Amount(amount),
        discount_percent: None,
        currency,
        to_region: raw.to_region,
    })
}

/// Whether a text is a currency's code (ISO 4217).
fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Puts tiers in order. One without an end ends where the next begins.
pub(super) fn in_tiers(prices: Vec<Price>) -> Result<Tiers, PriceError> {
    let mut all = Tiers::new();
    for price in prices {
        let place = (price.item, price.region.clone(), price.to_region.clone());
        all.entry(place).or_default().push(price);
    }
    for ((item, region, _), tiers) in &mut all {
        // Most prices have one tier.
        tiers.shrink_to_fit();
        tiers.sort_by_key(|tier| tier.tier_from);
        for index in 1..tiers.len() {
            let next = tiers[index].tier_from;
            let tier = &mut tiers[index - 1];
            let end = *tier.tier_to.get_or_insert(next);
            if end > next || next == tier.tier_from {
                let (item, twice) = (item.name(), next);
                return Err(PriceError(format!(
                    "two prices of {item} in {region} from {twice} units on"
                )));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[price]]\nregion='r-1'\nitem='nat_gateway_gb'\nunit='GB'\ntier_from=0\nusd='1'\nsource='s'\nas_of='2026'\n";

    #[test]
    fn a_price_without_sense_source_or_date_is_refused_with_its_place() {
        assert!(read(ONE).is_ok());
        for (from, to) in [
            ("usd='1'", "usd='-1'"),
            ("usd='1'", "usd='x'"),
            ("source='s'", "source=' '"),
            ("as_of='2026'", "as_of=''"),
            ("usd='1'", ""),
            ("usd='1'", "usd='1'\ncurrency='CNY'"),
            ("usd='1'", "amount='1'"),
            ("usd='1'", "amount='1'\ncurrency='yuan'"),
            ("usd='1'", "usd='1'\nto_region='r-2'"),
            ("tier_from=0", "tier_from=5\ntier_to=5"),
        ] {
            let actual = read(&ONE.replace(from, to)).unwrap_err().to_string();
            assert!(actual.contains("nat_gateway_gb in r-1"), "{actual}");
        }
        assert!(read(&ONE.replace("nat_gateway_gb", "nat")).is_err());
        assert!(read(&format!("{ONE}price='2'\n")).is_err());
    }

    #[test]
    fn two_prices_for_one_unit_are_refused() {
        let tier =
            |from: u64, to: &str| ONE.replace("tier_from=0", &format!("tier_from={from}\n{to}"));
        let both = |first: String, second: String| read(&format!("{first}{second}"));
        assert!(both(ONE.to_owned(), ONE.to_owned()).is_err());
        assert!(both(tier(0, "tier_to=11"), tier(10, "")).is_err());
        assert!(both(tier(10, ""), tier(0, "tier_to=10")).is_ok());
    }

    #[test]
    fn a_tier_without_an_end_ends_where_the_next_begins() {
        let second = ONE.replace("tier_from=0", "tier_from=10");
        let (tiers, _) = read(&format!("{second}{ONE}")).unwrap();
        let limits: Vec<_> = tiers
            .values()
            .flatten()
            .map(|it| (it.tier_from, it.tier_to))
            .collect();
        assert_eq!(limits, [(0, Some(10)), (10, None)]);
    }
}
