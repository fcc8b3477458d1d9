//! What the scan itself costs: the GB that Logs Insights scanned.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    id::Region,
    money::{BYTES_PER_GB, PriceItem},
};

/// US dollars for the bytes scanned; none if the price of one of the regions is not known.
pub fn logs(bytes_scanned: &BTreeMap<Region, u64>, prices: &PriceBook) -> Option<Decimal> {
    bytes_scanned
        .iter()
        .filter(|(_, bytes)| **bytes > 0)
        .map(|(region, bytes)| {
            let price = prices.price(PriceItem::LogsInsightsScanGb, region)?;
            Some(price * Decimal::from(*bytes) / Decimal::from(BYTES_PER_GB))
        })
        .sum()
}
