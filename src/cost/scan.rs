//! What the scan and the logging cost: GB that Logs Insights scanned, metrics that CloudWatch was
//! asked for, GB of query logs that log groups take in.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{endpoint, price_book::PriceBook};
use crate::model::{
    cost::KnownCost,
    facts::Facts,
    id::Region,
    money::{BYTES_PER_GB, PriceItem},
    run::Window,
};

/// What the bytes that Logs Insights scanned cost; quantities in GB.
pub fn logs(bytes_scanned: &BTreeMap<Region, u64>, prices: &PriceBook) -> KnownCost {
    let gb = bytes_scanned
        .iter()
        .map(|(region, bytes)| (region, gb(*bytes)));
    sum(gb, PriceItem::LogsInsightsScanGb, prices)
}

/// Metrics that were asked for of each NAT gateway by versions that did not count them.
const METRICS_PER_NAT_GATEWAY: u64 = 3;

/// Metrics of NAT gateways and endpoints that were asked for, by Region.
pub fn metrics_requested(facts: &Facts) -> BTreeMap<Region, u64> {
    let of_gateways = facts.nat_metrics.iter().filter_map(|(id, it)| {
        let region = &facts.nat_gateways.get(id)?.target.region;
        let asked = it.metrics_requested.unwrap_or(METRICS_PER_NAT_GATEWAY);
        Some((region, asked))
    });
    let of_endpoints = facts.endpoint_metrics.iter().filter_map(|(id, it)| {
        let region = &facts.endpoints.get(id)?.target.region;
        Some((region, it.metrics_requested))
    });
    let mut asked = BTreeMap::new();
    for (region, metrics) in of_gateways.chain(of_endpoints) {
        *asked.entry(region.clone()).or_default() += metrics;
    }
    asked
}

/// What asking for so many metrics cost, by Region.
pub fn metrics(requested: &BTreeMap<Region, u64>, prices: &PriceBook) -> KnownCost {
    let requested = requested
        .iter()
        .map(|(region, count)| (region, Decimal::from(*count)));
    sum(requested, PriceItem::CloudwatchMetricRequested, prices)
}

/// What the query logs that were measured cost a month to take in, at the rate of the window, from
/// the first tier on: other vended logs of the region may have reached a cheaper one. None if the window
/// is too short for a rate.
pub fn query_logs(
    bytes: &BTreeMap<Region, u64>,
    window: Window,
    prices: &PriceBook,
) -> Option<KnownCost> {
    let mut month = Vec::new();
    for (region, bytes) in bytes {
        month.push((region, endpoint::gb_month(*bytes, window)?));
    }
    Some(sum(
        month.into_iter(),
        PriceItem::LogsVendedIngestGb,
        prices,
    ))
}

/// Adds up the regions.
fn sum<'r>(
    quantities: impl Iterator<Item = (&'r Region, Decimal)>,
    item: PriceItem,
    prices: &PriceBook,
) -> KnownCost {
    let mut cost = KnownCost::default();
    for (region, quantity) in quantities.filter(|(_, quantity)| !quantity.is_zero()) {
        cost.quantity += quantity;
        match prices.graduated(item, region, Decimal::ZERO, quantity) {
            Some(usd) => cost.usd = Some(cost.usd.unwrap_or_default() + usd),
            None => cost.unpriced += quantity,
        }
    }
    if cost.quantity.is_zero() {
        cost.usd = Some(Decimal::ZERO);
    }
    cost
}

fn gb(bytes: u64) -> Decimal {
    Decimal::from(bytes) / Decimal::from(BYTES_PER_GB)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_region(regions: &[(&str, u64)]) -> BTreeMap<Region, u64> {
        let bytes = regions
            .iter()
            .map(|(name, gb)| (name.parse().unwrap(), gb * BYTES_PER_GB));
        bytes.collect()
    }

    #[test]
    fn a_region_without_a_price_is_left_out_of_the_sum_and_reported() {
        let prices = PriceBook::built_in().unwrap();
        let known = logs(&by_region(&[("us-east-1", 10), ("cn-north-1", 3)]), &prices);
        assert_eq!(known.usd, Some(Decimal::new(5, 2)));
        assert_eq!(
            (known.quantity, known.unpriced),
            (Decimal::from(13), Decimal::from(3))
        );
        let unknown = logs(&by_region(&[("cn-north-1", 3)]), &prices);
        assert_eq!((unknown.usd, unknown.unpriced), (None, Decimal::from(3)));
        let nothing = logs(&by_region(&[("cn-north-1", 0)]), &prices);
        assert_eq!(nothing.usd, Some(Decimal::ZERO));
    }

    #[test]
    fn query_logs_are_scaled_to_a_month_and_priced_by_the_tiers_of_vended_logs() {
        let prices = PriceBook::built_in().unwrap();
        let end: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let window = Window {
            start: end - jiff::SignedDuration::from_hours(73),
            end,
        };
        // A tenth of a month: 11,000 GB a month, 760 of them in the second tier.
        let bytes = by_region(&[("us-east-1", 1_100), ("cn-north-1", 1)]);
        let cost = query_logs(&bytes, window, &prices).unwrap();
        assert_eq!(cost.quantity, Decimal::from(11_010));
        assert_eq!(
            cost.unpriced,
            Decimal::from(10),
            "no price in US dollars for cn-north-1"
        );
        assert_eq!(cost.usd, Some(Decimal::from(10_240 / 2 + 190)));
        let start = end - jiff::SignedDuration::from_hours(23);
        let short = Window { start, end };
        assert_eq!(query_logs(&bytes, short, &prices), None);
    }
}
