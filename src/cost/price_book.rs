//! Unit prices by region and item, from `config/prices.toml`.

use std::{cell::RefCell, collections::BTreeMap};

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::model::{
    id::Region,
    money::{Amount, Price, PriceItem},
};

/// The embedded prices.
const PRICES: &str = include_str!("../../config/prices.toml");

/// Prices that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the price table is not usable: {0}")]
pub struct PriceError(String);

#[derive(Deserialize)]
struct RawTable {
    price: Vec<RawPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    region: String,
    item: PriceItem,
    unit: String,
    tier_from: u64,
    usd: String,
    source: String,
    as_of: String,
}

/// Prices by item, and which of them were asked for.
#[derive(Debug)]
pub struct PriceBook {
    prices: BTreeMap<(PriceItem, String, u64), Price>,
    used: RefCell<BTreeMap<(PriceItem, String, u64), Price>>,
}

impl PriceBook {
    /// The embedded prices.
    pub fn built_in() -> Result<Self, PriceError> {
        Self::parse(PRICES)
    }

    /// Reads a table like `config/prices.toml`.
    pub fn parse(text: &str) -> Result<Self, PriceError> {
        let table: RawTable =
            toml::from_str(text).map_err(|error| PriceError(error.to_string()))?;
        let mut prices = BTreeMap::new();
        for raw in table.price {
            let usd: Decimal = raw
                .usd
                .parse()
                .map_err(|error| PriceError(format!("`{}` is no price: {error}", raw.usd)))?;
            if usd.is_sign_negative() {
                return Err(PriceError(format!("`{usd}` is negative")));
            }
            let price = Price {
                region: raw.region,
                item: raw.item,
                unit: raw.unit,
                tier_from: raw.tier_from,
                usd: Amount(usd),
                source: raw.source,
                as_of: raw.as_of,
            };
            let key = (price.item, price.region.clone(), price.tier_from);
            if let Some(twin) = prices.insert(key, price) {
                let (item, region) = (twin.item, twin.region);
                return Err(PriceError(format!("two prices of {item:?} in {region}")));
            }
        }
        Ok(Self {
            prices,
            used: RefCell::default(),
        })
    }

    /// The price of the first unit of an item in a region; none if it is not known.
    pub fn price(&self, item: PriceItem, region: &Region) -> Option<Decimal> {
        let key = (item, region.to_string(), 0);
        let price = self.prices.get(&key)?;
        self.used.borrow_mut().insert(key, price.clone());
        Some(price.usd.0)
    }

    /// The prices that were asked for so far, for the report.
    pub fn used(&self) -> Vec<Price> {
        self.used.borrow().values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_prices_are_readable_and_name_their_source_and_date() {
        let book = PriceBook::built_in().unwrap();
        assert!(book.prices.len() > 90);
        for price in book.prices.values() {
            assert!(
                !price.source.is_empty() && !price.as_of.is_empty(),
                "{price:?}"
            );
        }
    }

    #[test]
    fn a_region_without_a_price_has_none_instead_of_another_regions() {
        let book = PriceBook::built_in().unwrap();
        let price = |region: &str| book.price(PriceItem::NatGatewayHour, &region.parse().unwrap());
        assert_eq!(price("eu-west-1"), Some(Decimal::new(48, 3)));
        assert_eq!(price("mx-central-1"), None);
        assert_eq!(book.used().len(), 1);
    }

    #[test]
    fn two_prices_for_one_thing_are_refused() {
        let one = "[[price]]\nregion='r-1'\nitem='nat_gateway_gb'\nunit='GB'\ntier_from=0\nusd='1'\nsource='s'\nas_of='2026'\n";
        assert!(PriceBook::parse(one).is_ok());
        assert!(PriceBook::parse(&one.repeat(2)).is_err());
        assert!(PriceBook::parse(&one.replace("'1'", "'-1'")).is_err());
        assert!(PriceBook::parse(&one.replace("'1'", "'x'")).is_err());
    }
}
