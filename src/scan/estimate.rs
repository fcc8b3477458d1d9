//! The estimate before the first query, and the refusal if it is over the limit.

use std::{collections::BTreeMap, fmt::Write as _};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{log_group_sizes::LogGroupSizes, object_logs::ObjectLogs, planned_read::PlannedRead};
use crate::{
    aws::budget::gb,
    cost::{objects, price_book::PriceBook, scan},
    model::{
        coverage::{Failure, Reason},
        event::Event,
        id::Region,
        log_place::LogPlace,
        money,
        usage::LogGroup,
    },
    org::session::Access,
    usage::{objects::Listing, size::Size},
};

/// Log groups that are listed one by one, the largest first.
const GROUPS_LISTED: usize = 10;

/// What the queries are expected to scan.
#[derive(Debug, Default)]
struct Estimate {
    /// By log group, over all its queries; none if its size is not known.
    groups: BTreeMap<LogGroup, Option<u64>>,
    /// Objects in S3, as they are listed.
    objects: Listing,
    /// Whether Athena reads them.
    by_athena: bool,
}

/// Estimates what reading these log groups scans. Returns why it is not done, if that is more than
/// may be scanned; without a limit nothing is asked.
pub(super) async fn refused(
    logs: ObjectLogs<'_>,
    prices: &PriceBook,
    wanted: Vec<PlannedRead>,
    objects: Listing,
) -> Option<Failure> {
    let ObjectLogs {
        access,
        config,
        cells,
        window,
        reader,
        sizes,
        ..
    } = logs;
    let objects = if reader.refusal().is_some() {
        Listing::default()
    } else {
        objects
    };
    let limit = config.usage.max_scan_gb.bytes()?;
    let mut queries: BTreeMap<LogGroup, u64> = BTreeMap::new();
    for it in wanted {
        if let LogPlace::LogGroup(group) = it.place {
            *queries.entry(group).or_default() += it.queries;
        }
    }
    let now = Timestamp::now();
    let groups = stream::iter(queries)
        .map(|(group, queries)| async move {
            let size = size_of(access, sizes, &group).await;
            let bytes = size.map(|size| size.within(window, now).saturating_mul(queries));
            (group, bytes.ok())
        })
        .buffer_unordered(config.limits.log_groups)
        .collect()
        .await;
    let estimate = Estimate {
        groups,
        objects,
        by_athena: logs.reads_by_athena(),
    };
    let text = estimate.describe(limit, prices);
    if estimate.bytes() <= limit {
        cells.send_event(Event::Estimate(text));
        return None;
    }
    let why = format!("{text}; no log is queried. Raise --max-scan-gb, or shorten the window");
    cells.send_event(Event::OverBudget(why.clone()));
    let why = Failure::new(Reason::Budget, why);
    // Whoever asks the logs after this is refused too.
    access.budget().refuse(why.clone());
    Some(why)
}

async fn size_of(
    access: &Access,
    sizes: &LogGroupSizes,
    group: &LogGroup,
) -> Result<Size, Failure> {
    let account = access.account(&group.target.account_id).await?;
    let session = account.session(&group.target.region);
    sizes.read(&session, group).await
}

impl Estimate {
    /// Bytes of the groups whose size is known.
    fn bytes(&self) -> u64 {
        let known = self.groups.values().flatten();
        known.fold(self.objects.bytes, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// How the objects are read, and what that costs.
    fn describe_objects(&self, prices: &PriceBook) -> String {
        let mut reads = self.objects.reads.clone();
        if self.by_athena {
            for counts in reads.values_mut() {
                counts.athena_bytes = counts.bytes;
            }
        }
        let cost = objects::cost(&reads, prices);
        let usd = |usd: Option<Decimal>| match usd {
            Some(usd) => format!("{:.2} USD", money::round(usd, 2)),
            None => "price unknown".to_owned(),
        };
        if self.by_athena {
            let usd = usd(cost.athena);
            return format!("which Athena scans ({usd}, and at least 10 MB a query)");
        }
        let requests: u64 = reads.values().map(|it| it.lists + it.gets).sum();
        let elsewhere: u64 = reads
            .iter()
            .filter(|(route, _)| route.bucket != route.reader)
            .map(|(_, counts)| counts.bytes)
            .sum();
        let transfer = match elsewhere {
            0 => String::new(),
            bytes => format!(", {} of it from another Region", gb(bytes)),
        };
        let usd = usd(cost.s3);
        format!("which are fetched ({requests} requests{transfer}: {usd})")
    }

    /// In a sentence: what, what it costs, which groups, and what is not known.
    fn describe(&self, limit: u64, prices: &PriceBook) -> String {
        let mut by_region: BTreeMap<Region, u64> = BTreeMap::new();
        for (group, bytes) in &self.groups {
            let sum = by_region.entry(group.target.region.clone()).or_default();
            *sum = sum.saturating_add(bytes.unwrap_or(0));
        }
        let cost = scan::logs(&by_region, prices);
        let usd = match cost.usd.map(|usd| usd.round_dp(2)) {
            Some(usd) if cost.unpriced.is_zero() => format!("{usd:.2} USD"),
            Some(usd) => {
                let unpriced = cost.unpriced.round_dp(3);
                format!("{usd:.2} USD without the {unpriced} GB whose price is unknown")
            }
            None => "price unknown".to_owned(),
        };
        let mut text = format!(
            "reading the logs would scan an estimated {} ({usd}), the limit is {}",
            gb(self.bytes()),
            gb(limit)
        );
        let known = self
            .groups
            .iter()
            .filter_map(|(group, bytes)| Some((group, (*bytes)?)));
        let mut known: Vec<_> = known.collect();
        known.sort_by_key(|(group, bytes)| (std::cmp::Reverse(*bytes), *group));
        for (index, (group, bytes)) in known.iter().take(GROUPS_LISTED).enumerate() {
            let between = if index == 0 { ": " } else { ", " };
            let (name, target) = (&group.name, &group.target);
            let _ = write!(
                text,
                "{between}{} of log group `{name}` of {target}",
                gb(*bytes)
            );
        }
        if known.len() > GROUPS_LISTED {
            let _ = write!(text, " and {} log groups more", known.len() - GROUPS_LISTED);
        }
        if self.objects.objects > 0 {
            let (objects, bytes) = (self.objects.objects, gb(self.objects.bytes));
            let how = self.describe_objects(prices);
            let _ = write!(text, "; {bytes} of it are {objects} objects in S3, {how}");
        }
        match self.groups.len() - known.len() {
            0 => text,
            unknown => format!("{text}; the size of {unknown} log groups is unknown and not in it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        money::BYTES_PER_GB,
        object_reads::{ObjectCounts, ObjectRoute},
    };

    fn estimate(by_athena: bool) -> Estimate {
        let read = |bucket: &str, bytes: u64| {
            let region = |name: &str| name.parse().unwrap();
            let route = ObjectRoute {
                bucket: region(bucket),
                reader: region("us-west-2"),
            };
            let counts = ObjectCounts {
                lists: 1000,
                gets: 9000,
                bytes,
                athena_bytes: 0,
            };
            (route, counts)
        };
        Estimate {
            objects: Listing {
                objects: 18_000,
                bytes: 30 * BYTES_PER_GB,
                reads: [
                    read("us-west-2", 10 * BYTES_PER_GB),
                    read("us-east-1", 20 * BYTES_PER_GB),
                ]
                .into(),
            },
            by_athena,
            ..Estimate::default()
        }
    }

    #[test]
    fn objects_cost_requests_and_transfer_or_what_athena_scans() {
        let prices = PriceBook::built_in().unwrap();
        let text = |by_athena| estimate(by_athena).describe(BYTES_PER_GB, &prices);
        // Each bucket 1 x 0.005 + 9 x 0.0004; 20 GB x 0.02 from the other Region.
        let embedded = text(false);
        let expected = "30.000 GB of it are 18000 objects in S3, which are fetched (20000 requests, 20.000 GB of \
                        it from another Region: 0.42 USD)";
        assert!(embedded.contains(expected), "{embedded}");
        // 30 / 1024 x 5, and the same transfer.
        let athena = text(true);
        let expected =
            "18000 objects in S3, which Athena scans (0.55 USD, and at least 10 MB a query)";
        assert!(athena.contains(expected), "{athena}");
    }
}
