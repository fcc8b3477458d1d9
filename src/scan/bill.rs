//! The bill: what AWS charged on the whole days of the window, asked once for the organization with what
//! the organization is read with. Each request costs money, so none is made unless it was asked for.
//!
//! The charge types that AWS documents are those of
//! <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html>: `Usage`, `Credit`,
//! `Refund`, `Tax`, fees, and usage that a reservation or savings plan covers. The names of discounts are not
//! documented (`Enterprise Discount Program Discount`, `Private Rate Card Discount`, `Bundled Discount` and
//! `Solution Provider Program Discount` are seen), so everything else that is charged on the usage types counts
//! as one, and its name is in the message of the cell. How many values a filter may have is not documented
//! either: <https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html> has no such quota.

mod athena;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::cells::Cells;
use crate::{
    collect::bill::{self, BillGrouping, Day, Question, RecordTypes},
    config::Config,
    cost::{price_book::PriceBook, usage_type::UsageTypes},
    model::{
        bill::{Bill, BillSource, Charge, ChargeKind},
        coverage::{Cell, Failure, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        id::{AccountId, Region},
        run::Window,
    },
    org::session::{Access, Session},
    store::Place,
};

/// Record types of usage.
const USAGE: &[&str] = &["Usage"];
/// What is no price of the usage.
const CREDIT: &str = "Credit";
const REFUND: &str = "Refund";
const TAX: &str = "Tax";

/// What a bill is read from instead.
const OTHER_SOURCE: &str = "bill.athena_table can name a table of its data export";

/// The requests, if each has one page.
const REQUESTS: u64 = 3;

/// Asks, and records the one cell.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    cells: &Cells,
    window: Window,
    prices: &PriceBook,
) {
    let payer = access.organization_account();
    let id = payer.id().clone();
    let cell = Cell::complete(Some(id.clone()), None, Step::Bill);
    if cells.settled(Place::of(&cell)).is_some() {
        return;
    }
    // The bill is that of all accounts: of shards, the one of the account that is asked reads it, and it
    // does not know the Regions of the others.
    if cells.other_shard(&id).is_some() {
        return;
    }
    let regions: BTreeSet<Region> = match (cells.other_shards(), UsageTypes::built_in()) {
        (Some(_), Ok(types)) => types.regions().cloned().collect(),
        _ => cells.targets().into_iter().map(|it| it.region).collect(),
    };
    let wanted = match BillRequest::of(&regions, window) {
        Ok(wanted) => wanted,
        Err(why) => {
            cells.skip(&id, None, Step::Bill, Reason::Other, &why);
            return;
        }
    };
    let (cell, found) = if config.bill.reads_table() {
        athena::gather(access, config, cells, prices, &wanted, cell).await
    } else {
        match wanted.api_region(access.partition()) {
            Ok(api_region) => {
                let session = payer.session(&api_region);
                wanted.gather(&session, cells, cell).await
            }
            Err(why) => {
                cells.skip(&id, None, Step::Bill, Reason::Other, &why);
                return;
            }
        }
    };
    cells.record(vec![Finished { cell, found }]);
}

/// What is asked for.
struct BillRequest {
    first: Date,
    /// The day after the last one.
    end: Date,
    types: UsageTypes,
    usage_types: Vec<String>,
    regions: BTreeSet<Region>,
}

impl BillRequest {
    /// The days, the Regions and their usage types; or why there is nothing to ask.
    fn of(regions: &BTreeSet<Region>, window: Window) -> Result<Self, String> {
        let (first, end) =
            days(window).ok_or("no whole day (UTC), by which a bill adds up, is in the window")?;
        let types = UsageTypes::built_in().map_err(|it| it.to_string())?;
        Ok(Self {
            first,
            end,
            usage_types: types.names(regions),
            types,
            regions: regions.clone(),
        })
    }

    /// Where Cost Explorer of a partition answers, or why it is not asked. The endpoints are those of the
    /// service's own endpoint rules; of China also
    /// <https://docs.amazonaws.cn/en_us/cost-management/latest/userguide/ce-api.html>.
    fn api_region(&self, partition: &str) -> Result<Region, String> {
        let name = match partition {
            "aws" => "us-east-1",
            "aws-cn" => "cn-northwest-1",
            "aws-eusc" => "eusc-de-east-1",
            // https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/usage-and-payment.html
            "aws-us-gov" => {
                return Err(format!(
                    "the bill of GovCloud is in the partition aws alone: {OTHER_SOURCE}"
                ));
            }
            other => return Err(format!("the bill of the partition {other} is not read")),
        };
        if self.usage_types.is_empty() {
            let regions = self.unknown_regions();
            let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
            return Err(format!(
                "Cost Explorer is asked by usage types, and the billing prefix of {} is not known: {OTHER_SOURCE}",
                regions.join(", ")
            ));
        }
        name.parse().map_err(|it| format!("{it}"))
    }

    /// Regions of which the billing prefix is not known.
    fn unknown_regions(&self) -> Vec<Region> {
        let all = self.regions.iter().filter(|it| !self.types.knows(it));
        all.cloned().collect()
    }

    /// Asks Cost Explorer.
    async fn gather(&self, session: &Session, cells: &Cells, cell: Cell) -> (Cell, Found) {
        let usd = Bill::requests_usd(REQUESTS);
        cells.send_event(Event::Estimate(format!(
            "reading the bill: {REQUESTS} requests to Cost Explorer or more, 0.01 USD each, {usd} USD together"
        )));
        let requests = AtomicU64::new(0);
        let measured = cells.measure(self.ask(session, &requests)).await;
        let made = requests.load(Ordering::Relaxed);
        let paid = format!(
            "{made} request{} to Cost Explorer, {} USD",
            if made == 1 { "" } else { "s" },
            Bill::requests_usd(made)
        );
        cells.send_event(Event::Estimate(format!("the bill: {paid}")));
        let cell = measured.add_to(cell);
        match measured.result {
            Ok((bill, remarks)) => {
                let bill = Bill {
                    requests: made,
                    ..bill
                };
                let mut remark = format!("{paid}; {}", Self::describe(&bill));
                let unknown = self.unknown_regions();
                if !unknown.is_empty() {
                    let unknown: Vec<&str> = unknown.iter().map(Region::as_str).collect();
                    let unknown = unknown.join(", ");
                    remark.extend(["; not asked for ", &unknown, ", of unknown billing prefix"]);
                }
                for it in remarks {
                    remark.extend(["; ", &it]);
                }
                (cell.remark(remark), Found::Bill(bill))
            }
            Err(failure) => {
                let message = format!("{}; {paid}", failure.message);
                (cell.failed(Failure { message, ..failure }), Found::Nothing)
            }
        }
    }

    async fn ask(
        &self,
        session: &Session,
        requests: &AtomicU64,
    ) -> Result<(Bill, Vec<String>), Failure> {
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
        let usage = ask(RecordTypes::Only(USAGE), BillGrouping::UsageType).await?;
        let no_discounts = RecordTypes::AllBut(&[USAGE[0], CREDIT, REFUND, TAX]);
        let discounts = ask(no_discounts, BillGrouping::UsageType).await?;
        let others = ask(
            RecordTypes::AllBut(&[USAGE[0], TAX]),
            BillGrouping::RecordType,
        )
        .await?;
        Ok(self.bill(&usage, &discounts, &others))
    }

    /// The bill, and what else than usage, credits and refunds was charged.
    fn bill(&self, usage: &[Day], discounts: &[Day], others: &[Day]) -> (Bill, Vec<String>) {
        let with_data = |it: &&Day| !it.charges.is_empty();
        let present: BTreeSet<Date> = usage.iter().filter(with_data).map(|it| it.date).collect();
        let estimated = usage
            .iter()
            .filter(|it| it.estimated && present.contains(&it.date));
        let estimated: BTreeSet<Date> = estimated.map(|it| it.date).collect();
        let mut sums = Sums::default();
        sums.add(usage, |_| Some(ChargeKind::Usage));
        sums.add(discounts, |_| Some(ChargeKind::Discount));
        sums.add(others, |name| match name {
            REFUND => Some(ChargeKind::Refund),
            CREDIT => Some(ChargeKind::Credit),
            _ => None,
        });
        let names = others.iter().flat_map(|it| &it.charges);
        let names = names.map(|it| it.name.as_str());
        let names: BTreeSet<&str> = names.filter(|it| ![CREDIT, REFUND].contains(it)).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let remarks = match names.as_slice() {
            [] => Vec::new(),
            names => vec![format!("counted as discounts: {}", names.join(", "))],
        };
        let charges = sums.0.into_values().collect();
        (self.of_days(&present, estimated, charges), remarks)
    }

    /// The bill of days with data.
    fn of_days(
        &self,
        present: &BTreeSet<Date>,
        estimated: BTreeSet<Date>,
        charges: Vec<Charge>,
    ) -> Bill {
        let all = std::iter::successors(Some(self.first), |it| it.tomorrow().ok());
        let all = all.take_while(|it| *it < self.end);
        Bill {
            first_day: self.first,
            last_day: self.end.yesterday().unwrap_or(self.end),
            missing_days: all.filter(|it| !present.contains(it)).collect(),
            estimated_days: estimated.into_iter().collect(),
            requests: 0,
            source: BillSource::CostExplorer,
            athena: None,
            charges,
        }
    }

    /// The days of a bill, and what is not in it.
    fn describe(bill: &Bill) -> String {
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
    fn add(&mut self, days: &[Day], kind: impl Fn(&str) -> Option<ChargeKind>) {
        for charge in days.iter().flat_map(|day| &day.charges) {
            let Some(kind) = kind(&charge.name) else {
                continue;
            };
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
                nat_gateway_id: None,
                region: None,
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
