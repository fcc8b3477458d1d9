//! What reading logs in S3 costs: requests, transfer between Regions, and bytes that Athena scans.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    money::{BYTES_PER_GB, PriceItem},
    object_reads::{ObjectCounts, ObjectRoute},
};

/// GB of a TB.
pub const GB_PER_TB: u64 = 1024;

/// US dollars; none where a price is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectCost {
    /// Requests, and the transfer of what was fetched from a bucket in another Region.
    pub s3: Option<Decimal>,
    /// What Athena bills, with the transfer of what it read in another Region.
    pub athena: Option<Decimal>,
}

/// What reading so much costs.
pub fn cost(reads: &BTreeMap<ObjectRoute, ObjectCounts>, prices: &PriceBook) -> ObjectCost {
    let sum = |part: &dyn Fn(&ObjectRoute, &ObjectCounts) -> Option<Decimal>| {
        reads
            .iter()
            .try_fold(Decimal::ZERO, |sum, (route, counts)| {
                sum.checked_add(part(route, counts)?)
            })
    };
    let times = |quantity: Decimal, price: Option<Decimal>| {
        if quantity.is_zero() {
            return Some(Decimal::ZERO);
        }
        quantity.checked_mul(price?)
    };
    let transfer = |route: &ObjectRoute, bytes: u64| {
        if route.bucket == route.reader {
            return Some(Decimal::ZERO);
        }
        let price = prices.inter_region_price(&route.bucket, &route.reader);
        times(gb(bytes), price)
    };
    ObjectCost {
        s3: sum(&|route, counts| {
            let price = |item| prices.price(item, &route.bucket);
            let thousands = |count: u64| Decimal::from(count) / Decimal::from(1000);
            let lists = times(thousands(counts.lists), price(PriceItem::S3ListPer1000))?;
            let gets = times(thousands(counts.gets), price(PriceItem::S3GetPer1000))?;
            transfer(route, counts.bytes)?.checked_add(lists.checked_add(gets)?)
        }),
        athena: sum(&|route, counts| {
            let terabytes = gb(counts.athena_bytes) / Decimal::from(GB_PER_TB);
            let scan = times(
                terabytes,
                prices.price(PriceItem::AthenaScanTb, &route.reader),
            )?;
            transfer(route, counts.athena_bytes)?.checked_add(scan)
        }),
    }
}

fn gb(bytes: u64) -> Decimal {
    Decimal::from(bytes) / Decimal::from(BYTES_PER_GB)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bucket: &str, reader: &str, counts: ObjectCounts) -> ObjectCost {
        let route = ObjectRoute {
            bucket: bucket.parse().unwrap(),
            reader: reader.parse().unwrap(),
        };
        cost(&[(route, counts)].into(), &PriceBook::built_in().unwrap())
    }

    #[test]
    fn requests_transfer_and_bytes_of_athena_are_priced_in_their_regions() {
        let counts = ObjectCounts {
            lists: 2000,
            gets: 10_000,
            bytes: 5 * BYTES_PER_GB,
            athena_bytes: 2 * GB_PER_TB * BYTES_PER_GB,
        };
        let here = of("us-east-1", "us-east-1", counts);
        // 2 x 0.005 + 10 x 0.0004; 2 x 5.
        assert_eq!(
            here.s3.map(|it| it.normalize().to_string()).as_deref(),
            Some("0.014")
        );
        assert_eq!(
            here.athena.map(|it| it.normalize().to_string()).as_deref(),
            Some("10")
        );
        let without_athena = ObjectCounts {
            athena_bytes: 0,
            ..counts
        };
        let there = of("us-east-1", "us-west-2", without_athena);
        // 5 GB x 0.02 besides.
        assert_eq!(
            there.s3.map(|it| it.normalize().to_string()).as_deref(),
            Some("0.114")
        );
        assert_eq!(there.athena, Some(Decimal::ZERO));
        assert_eq!(of("xx-none-1", "us-east-1", counts).s3, None);
    }
}
