//! The bill: what AWS charged on the whole days of the window, asked once for the organization with what
//! the organization is read with. Each request costs money, so none is made unless it was asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::cells::Cells;
use crate::{
    collect::bill::{self, By, Day, Question},
    cost::usage_type::UsageTypes,
    model::{
        bill::{Bill, Charge, ChargeKind},
        coverage::{Cell, Failure, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        id::{AccountId, Region},
        run::Window,
    },
    org::session::Access,
    store::Place,
};

/// Record types of usage, as Cost Explorer names them
/// (<https://docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html>).
const USAGE: &[&str] = &["Usage"];
/// Discounts that an agreement with AWS gives on usage.
const DISCOUNTS: &[&str] = &[
    "Enterprise Discount Program Discount",
    "Private Rate Card Discount",
    "Bundled Discount",
    "Discount",
];
/// What is no price of the usage.
const CREDITS: &[&str] = &["Credit", "Refund"];

/// The requests, if each has one page.
const REQUESTS: u64 = 3;

/// Asks, and records the one cell.
pub(super) async fn gather(access: &Access, cells: &Cells, window: Window) {
    let account = access.organization_account();
    let id = account.id().clone();
    let cell = Cell::complete(Some(id.clone()), None, Step::Bill);
    if cells.settled(Place::of(&cell)).is_some() {
        return;
    }
    // The bill is that of all accounts: of shards, the one of the account that is asked reads it, and it
    // does not know the Regions of the others.
    if cells.other_shard(&id).is_some() {
        return;
    }
    let regions: BTreeSet<Region> = match (cells.others(), UsageTypes::built_in()) {
        (Some(_), Ok(types)) => types.regions().cloned().collect(),
        _ => cells.targets().0.into_iter().map(|it| it.region).collect(),
    };
    let wanted = match Wanted::of(access.partition(), &regions, window) {
        Ok(wanted) => wanted,
        Err(why) => {
            cells.skip(&id, None, Step::Bill, Reason::Other, &why);
            return;
        }
    };
    let usd = Bill::requests_usd(REQUESTS);
    cells.tell(Event::Estimate(format!(
        "reading the bill: {REQUESTS} requests to Cost Explorer or more, 0.01 USD each, {usd} USD together"
    )));
    let requests = AtomicU64::new(0);
    let session = account.session(&wanted.api_region);
    let measured = cells.measure(wanted.ask(&session, &requests)).await;
    let made = requests.load(Ordering::Relaxed);
    let paid = format!(
        "{made} request{} to Cost Explorer, {} USD",
        if made == 1 { "" } else { "s" },
        Bill::requests_usd(made)
    );
    cells.tell(Event::Estimate(format!("the bill: {paid}")));
    let cell = measured.on(cell);
    let (cell, found) = match measured.result {
        Ok(bill) => {
            let bill = Bill {
                requests: made,
                ..bill
            };
            let remark = format!("{paid}; {}", wanted.describe(&bill, &regions));
            (cell.remark(remark), Found::Bill(bill))
        }
        Err(failure) => {
            let message = format!("{}; {paid}", failure.message);
            (cell.failed(Failure { message, ..failure }), Found::Nothing)
        }
    };
    cells.record(vec![Finished { cell, found }]);
}

/// What is asked for.
struct Wanted {
    api_region: Region,
    first: Date,
    /// The day after the last one.
    end: Date,
    types: UsageTypes,
    usage_types: Vec<String>,
}

impl Wanted {
    /// The days, the place and the usage types; or why there is nothing to ask.
    fn of(partition: &str, regions: &BTreeSet<Region>, window: Window) -> Result<Self, String> {
        // Cost Explorer of the partition aws answers in one Region. The charges of GovCloud are on the
        // bill of the account that its accounts were made from; usage types of China are not known
        // (https://docs.aws.amazon.com/general/latest/gr/billing.html).
        let api_region = match partition {
            "aws" => "us-east-1",
            other => return Err(format!("the bill of the partition {other} is not read")),
        };
        let (first, end) = days(window)
            .ok_or("no whole day (UTC), by which Cost Explorer adds up, is in the window")?;
        let types = UsageTypes::built_in().map_err(|it| it.to_string())?;
        let usage_types = types.names(regions);
        if usage_types.is_empty() {
            return Err("the billing prefix of no Region is known".to_owned());
        }
        Ok(Self {
            api_region: api_region.parse().map_err(|it| format!("{it}"))?,
            first,
            end,
            types,
            usage_types,
        })
    }

    async fn ask(
        &self,
        session: &crate::org::session::Session,
        requests: &AtomicU64,
    ) -> Result<Bill, Failure> {
        let question = |record_types, by| Question {
            first: self.first,
            end: self.end,
            usage_types: &self.usage_types,
            record_types,
            by,
        };
        let ask = async |record_types, by| {
            bill::list(session, &question(record_types, by), requests).await
        };
        let usage = ask(USAGE, By::UsageType).await?;
        let discounts = ask(DISCOUNTS, By::UsageType).await?;
        let credits = ask(CREDITS, By::RecordType).await?;
        Ok(self.bill(&usage, &discounts, &credits))
    }

    fn bill(&self, usage: &[Day], discounts: &[Day], credits: &[Day]) -> Bill {
        let with_data = |it: &&Day| !it.charges.is_empty();
        let present: BTreeSet<Date> = usage.iter().filter(with_data).map(|it| it.date).collect();
        let all = std::iter::successors(Some(self.first), |it| it.tomorrow().ok());
        let all = all.take_while(|it| *it < self.end);
        let estimated = usage
            .iter()
            .filter(|it| it.estimated && present.contains(&it.date));
        let estimated: BTreeSet<Date> = estimated.map(|it| it.date).collect();
        let mut sums = Sums::default();
        sums.add(usage, |_| ChargeKind::Usage);
        sums.add(discounts, |_| ChargeKind::Discount);
        sums.add(credits, |name| match name {
            "Refund" => ChargeKind::Refund,
            _ => ChargeKind::Credit,
        });
        Bill {
            first_day: self.first,
            last_day: self.end.yesterday().unwrap_or(self.end),
            missing_days: all.filter(|it| !present.contains(it)).collect(),
            estimated_days: estimated.into_iter().collect(),
            requests: 0,
            charges: sums.0.into_values().collect(),
        }
    }

    /// The days of a bill, and what is not in it.
    fn describe(&self, bill: &Bill, regions: &BTreeSet<Region>) -> String {
        let mut text = format!("{} to {}", bill.first_day, bill.last_day);
        let list = |days: &[Date]| {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            days.join(", ")
        };
        if !bill.missing_days.is_empty() {
            text.extend(["; no data of ", &list(&bill.missing_days)]);
        }
        if !bill.estimated_days.is_empty() {
            text.extend(["; not final: ", &list(&bill.estimated_days)]);
        }
        let unknown: Vec<&str> = regions
            .iter()
            .filter(|it| !self.types.knows(it))
            .map(Region::as_str)
            .collect();
        if !unknown.is_empty() {
            text.extend([
                "; not asked for ",
                &unknown.join(", "),
                ", of unknown billing prefix",
            ]);
        }
        text
    }
}

/// The whole days (UTC) in a window: the first, and the day after the last.
fn days(window: Window) -> Option<(Date, Date)> {
    let date = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
    let begin = window.start + (SignedDuration::from_hours(24) - SignedDuration::from_nanos(1));
    let (first, end) = (date(begin), date(window.end));
    (first < end).then_some((first, end))
}

type Key = (AccountId, ChargeKind, Option<String>, String);

/// Charges over all days.
#[derive(Default)]
struct Sums(BTreeMap<Key, Charge>);

impl Sums {
    fn add(&mut self, days: &[Day], kind: impl Fn(&str) -> ChargeKind) {
        for charge in days.iter().flat_map(|day| &day.charges) {
            let kind = kind(&charge.name);
            let is_usage = matches!(kind, ChargeKind::Usage | ChargeKind::Discount);
            let usage_type = is_usage.then(|| charge.name.clone());
            let (amount, currency) = &charge.cost;
            let key = (
                charge.account_id.clone(),
                kind,
                usage_type.clone(),
                currency.clone(),
            );
            let sum = self.0.entry(key).or_insert_with(|| Charge {
                account_id: charge.account_id.clone(),
                kind,
                usage_type,
                usage: None,
                usage_unit: None,
                amount: rust_decimal::Decimal::ZERO,
                currency: currency.clone(),
            });
            sum.amount += amount;
            // A discount names the usage that it is on once more.
            if kind == ChargeKind::Usage {
                let (usage, unit) = &charge.usage;
                sum.usage = Some(sum.usage.unwrap_or_default() + usage);
                sum.usage_unit = Some(unit.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
