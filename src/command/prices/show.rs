//! `prices show`: the price book in force.

use std::{collections::BTreeSet, fmt::Write as _};

use serde::Serialize;

use super::select;
use crate::{
    Exit,
    cli::{Cli, diff::TableFormat, prices::ShowArgs},
    cost::price_book::{EVERYWHERE, PriceBook},
    model::{
        id::Region,
        money::{Amount, Price, PriceItem, USD},
        text::printable,
    },
    report,
};

/// A price as it is listed; of one that is not known, its place alone.
#[derive(Debug, Serialize)]
struct Row {
    region: String,
    item: PriceItem,
    unit: String,
    tier_from: Option<u64>,
    tier_to: Option<u64>,
    usd: Option<Amount>,
    list_usd: Option<Amount>,
    discount_percent: Option<Amount>,
    source: Option<String>,
    as_of: Option<String>,
    /// The price per unit in `currency`; `usd` and `list_usd` are empty unless that is `USD`.
    amount: Option<Amount>,
    currency: Option<String>,
    to_region: Option<String>,
}

const COLUMNS: [&str; 13] = [
    "region",
    "item",
    "unit",
    "tier_from",
    "tier_to",
    "usd",
    "list_usd",
    "discount_percent",
    "source",
    "as_of",
    "amount",
    "currency",
    "to_region",
];

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ShowArgs) -> anyhow::Result<Exit> {
    let (regions, items) = (
        select::regions(args.regions.as_deref())?,
        select::items(args.items.as_deref())?,
    );
    let config = super::resolve(cli, args.state_dir.as_ref())?;
    let book = super::in_force(&config)?;
    let rows = rows(&book, regions.as_deref(), &items);
    let mut bytes = Vec::new();
    match args.format {
        TableFormat::Text => bytes.extend(text(&rows).into_bytes()),
        TableFormat::Json => report::write_json(&rows, &mut bytes)?,
        TableFormat::Csv => report::write_csv(&COLUMNS, &rows, &mut bytes)?,
    }
    super::super::print(&String::from_utf8_lossy(&bytes))
}

/// Every price of these items; where regions are named, also what is not known there.
fn rows(book: &PriceBook, regions: Option<&[Region]>, items: &[PriceItem]) -> Vec<Row> {
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
            let place = |name: &str| -> Vec<Row> {
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

fn known(price: &Price) -> Row {
    let in_usd = |amount: Amount| (price.currency == USD).then_some(amount);
    Row {
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

fn unknown(region: &Region, item: PriceItem) -> Row {
    Row {
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

fn text(rows: &[Row]) -> String {
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
