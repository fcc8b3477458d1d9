//! What an answer of the price list leaves as it was, and what it does not know.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    price_book::{PriceBook, PriceError},
    price_list::SERVICES,
};
use crate::model::{
    id::Region,
    money::{Price, PriceItem, USD},
};

/// Where a price holds, and for what.
type Place = (String, PriceItem);

fn place(price: &Price) -> Place {
    (price.region.clone(), price.item)
}

/// What the price list did not return, a line each: what stays as it was, and what is not known.
///
/// # Errors
///
/// If the built-in prices cannot be read.
pub fn not_returned(
    book: &PriceBook,
    before: &PriceBook,
    regions: &BTreeSet<Region>,
    unknown: &[(String, PriceItem, String)],
) -> Result<String, PriceError> {
    let mut text = String::new();
    let now: BTreeSet<_> = book.all().map(place).collect();
    let asked = |region: &String| regions.iter().any(|it| it.as_str() == region);
    let kept: BTreeSet<_> = before
        .all()
        .map(place)
        .filter(|it| !now.contains(it))
        .collect();
    let stale = kept.iter().filter(|(region, _)| asked(region)).count();
    if stale > 0 {
        let _ = writeln!(
            text,
            "Not returned this time, kept with their older dates: {stale}"
        );
    }
    if kept.len() > stale {
        let _ = writeln!(
            text,
            "Kept of regions that were not asked about: {}",
            kept.len() - stale
        );
    }
    let mut foreign: Vec<_> = book.all().filter(|it| it.currency != USD).collect();
    foreign.dedup_by_key(|it| (it.item, it.region.clone()));
    for price in foreign {
        let _ = writeln!(
            text,
            "In {}, costs in US dollars stay unknown: {} in {}",
            price.currency,
            price.item.name(),
            price.region
        );
    }
    for (region, item, why) in unknown {
        let _ = writeln!(text, "Unknown: {} in {region}: {why}", item.name());
    }
    text.push_str(&never_returned(&now, &kept, regions, unknown)?);
    Ok(text)
}

/// What neither the answers nor the file before hold.
fn never_returned(
    now: &BTreeSet<Place>,
    kept: &BTreeSet<Place>,
    regions: &BTreeSet<Region>,
    unknown: &[(String, PriceItem, String)],
) -> Result<String, PriceError> {
    let mut text = String::new();
    let odd: BTreeSet<_> = unknown
        .iter()
        .map(|(region, item, _)| (region.clone(), *item))
        .collect();
    let built_in: BTreeSet<_> = PriceBook::built_in()?.all().map(place).collect();
    let mut from_built_in = 0;
    let mut silent: BTreeMap<PriceItem, BTreeSet<Region>> = BTreeMap::new();
    for item in SERVICES
        .iter()
        .flat_map(|(_, items)| items.iter().map(|(_, item)| *item))
    {
        for region in regions {
            let at = (region.to_string(), item);
            if now.contains(&at) || kept.contains(&at) || odd.contains(&at) {
            } else if built_in.contains(&at) {
                from_built_in += 1;
            } else {
                silent.entry(item).or_default().insert(region.clone());
            }
        }
    }
    if from_built_in > 0 {
        let _ = writeln!(
            text,
            "Not returned, the built-in price stays in force: {from_built_in}"
        );
    }
    for (item, silent) in silent {
        let regions = if silent == *regions {
            "every region".to_owned()
        } else {
            list(&silent)
        };
        let _ = writeln!(
            text,
            "Unknown: {} in {regions}: the price list has none",
            item.name()
        );
    }
    Ok(text)
}

/// Regions, in words.
pub fn list(regions: &BTreeSet<Region>) -> String {
    let names: Vec<_> = regions.iter().map(Region::as_str).collect();
    names.join(", ")
}
