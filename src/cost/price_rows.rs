//! The prices of a price book as rows, and as text for people.

use std::{collections::BTreeSet, fmt::Write as _};

use serde::{Deserialize, Serialize};

use super::price_book::{EVERYWHERE, PriceBook};
use crate::model::{
    id::Region,
    money::{Amount, Price, PriceItem, USD},
    text::printable,
};

/// A price as it is listed; of one that is not known, its place alone.
#[derive(Debug, Serialize, Deserialize)]
pub struct PriceRow {
    /// The Region, or `*` for every other.
    pub region: String,
    /// What is priced.
    pub item: PriceItem,
    /// What one unit is.
    pub unit: String,
    /// Units a month from which the price holds.
    pub tier_from: Option<u64>,
    /// Units a month up to which it holds; none without a limit.
    pub tier_to: Option<u64>,
    /// USD per unit, after discount.
    pub usd: Option<Amount>,
    /// USD per unit before a discount.
    pub list_usd: Option<Amount>,
    /// The discount of the settings.
    pub discount_percent: Option<Amount>,
    /// Where the price comes from.
    pub source: Option<String>,
    /// The date of the source.
    pub as_of: Option<String>,
    /// The price per unit in `currency`; `usd` and `list_usd` are empty unless that is `USD`.
    pub amount: Option<Amount>,
    /// The currency of `amount`.
    pub currency: Option<String>,
    /// The Region that traffic goes to, of a price between Regions.
    pub to_region: Option<String>,
}

/// Every price of these items; where regions are named, also what is not known there.
pub fn rows(book: &PriceBook, regions: Option<&[Region]>, items: &[PriceItem]) -> Vec<PriceRow> {
    let wanted: Vec<&Price> = book.all().filter(|it| items.contains(&it.item)).collect();
    let Some(regions) = regions else {
        let mut rows: Vec<_> = wanted.into_iter().map(known).collect();
        rows.sort_by(|a, b| {
            (&a.region, a.item, &a.to_region, a.tier_from).cmp(&(
                &b.region,
                b.item,
                &b.to_region,
                b.tier_from,
            ))
        });
        return rows;
    };
    let items: BTreeSet<_> = items.iter().copied().collect();
    let mut rows = Vec::new();
    for region in regions {
        for &item in &items {
            let place = |name: &str| -> Vec<PriceRow> {
                let here = wanted
                    .iter()
                    .filter(|it| it.region == name && it.item == item);
                here.map(|it| known(it)).collect()
            };
            let before = rows.len();
            rows.extend(place(region.as_str()));
            if rows.len() == before {
                rows.extend(place(EVERYWHERE));
            }
            if rows.len() == before {
                rows.push(unknown(region, item));
            }
        }
    }
    rows
}

fn known(price: &Price) -> PriceRow {
    let in_usd = |amount: Amount| (price.currency == USD).then_some(amount);
    PriceRow {
        region: price.region.clone(),
        item: price.item,
        unit: price.unit.clone(),
        tier_from: Some(price.tier_from),
        tier_to: price.tier_to,
        usd: in_usd(price.usd),
        list_usd: in_usd(price.list_usd),
        discount_percent: price.discount_percent,
        source: Some(price.source.clone()),
        as_of: Some(price.as_of.clone()),
        amount: Some(price.usd),
        currency: Some(price.currency.clone()),
        to_region: price.to_region.clone(),
    }
}

fn unknown(region: &Region, item: PriceItem) -> PriceRow {
    PriceRow {
        region: region.to_string(),
        item,
        unit: item.unit().to_owned(),
        tier_from: None,
        tier_to: None,
        usd: None,
        list_usd: None,
        discount_percent: None,
        source: None,
        as_of: None,
        amount: None,
        currency: None,
        to_region: None,
    }
}

/// The rows as a table for people, with a heading.
pub fn text(rows: &[PriceRow]) -> String {
    let mut text = format!(
        "{:<16}{:<34}{:>10}  {:<20}{:<22}{:<12}{}\n",
        "REGION", "ITEM", "USD", "PER", "FROM - TO A MONTH", "AS OF", "SOURCE"
    );
    for row in rows {
        let price = match (row.amount, &row.currency) {
            (Some(amount), Some(currency)) if currency != USD => {
                format!("{} {currency}", amount.0.normalize())
            }
            (Some(amount), _) => amount.0.normalize().to_string(),
            (None, _) => "unknown".to_owned(),
        };
        let tier = match (row.tier_from, row.tier_to) {
            (None, _) | (Some(0), None) => String::new(),
            (Some(from), None) => format!("{from} -"),
            (Some(from), Some(to)) => format!("{from} - {to}"),
        };
        let mut source = row.source.clone().unwrap_or_default();
        if let Some(to) = &row.to_region {
            source = format!("to {to}; {source}");
        }
        if let (Some(percent), Some(list)) = (row.discount_percent, row.list_usd) {
            source = format!("{} % off {}; {source}", percent.0, list.0.normalize());
        }
        let line = format!(
            "{:<16}{:<34}{price:>10}  {:<20}{tier:<22}{:<12}{}",
            row.region,
            row.item.name(),
            row.unit,
            row.as_of.as_deref().unwrap_or_default(),
            printable(&source),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
