//! What the scan itself costs: the GB that Logs Insights scanned.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    id::Region,
    money::{BYTES_PER_GB, PriceItem},
};

/// What the bytes scanned cost, as far as their prices are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogsScanCost {
    /// US dollars for the bytes with a known price; none if no price is known.
    pub usd: Option<Decimal>,
    /// Bytes in regions without a known price.
    pub unpriced_bytes: u64,
}

/// Adds up the regions.
pub fn logs(bytes_scanned: &BTreeMap<Region, u64>, prices: &PriceBook) -> LogsScanCost {
    let mut cost = LogsScanCost::default();
    if bytes_scanned.values().all(|bytes| *bytes == 0) {
        cost.usd = Some(Decimal::ZERO);
    }
    for (region, bytes) in bytes_scanned.iter().filter(|(_, bytes)| **bytes > 0) {
        match prices.price(PriceItem::LogsInsightsScanGb, region) {
            Some(price) => {
                let usd = price * Decimal::from(*bytes) / Decimal::from(BYTES_PER_GB);
                cost.usd = Some(cost.usd.unwrap_or_default() + usd);
            }
            None => cost.unpriced_bytes += bytes,
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_without_a_price_is_left_out_of_the_sum_and_told() {
        let prices = PriceBook::built_in().unwrap();
        let scanned = |regions: &[(&str, u64)]| {
            let bytes = regions
                .iter()
                .map(|(name, bytes)| (name.parse().unwrap(), *bytes));
            logs(&bytes.collect(), &prices)
        };
        let both = scanned(&[("us-east-1", BYTES_PER_GB), ("mx-central-1", 7)]);
        assert_eq!(both.usd, Some(Decimal::new(5, 3)));
        assert_eq!(both.unpriced_bytes, 7);
        assert_eq!(scanned(&[("mx-central-1", 7)]).usd, None);
        assert_eq!(scanned(&[]).usd, Some(Decimal::ZERO));
    }
}
