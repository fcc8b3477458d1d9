//! The bill from a table of a data export: the columns of CUR 2.0 that are needed, the statement that sums
//! them, and its rows as charges.
//!
//! Columns: <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html>, discounts:
//! <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-discount.html>, the partition:
//! <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html>.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use aws_sdk_athena::types::TableMetadata;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::sql::{is_one_of, text};
use crate::{
    model::{
        bill::{Charge, ChargeKind},
        coverage::{Failure, Reason},
        id::{AccountId, NatGatewayId, Region},
    },
    usage::insights::Row,
};

/// Columns without which there is no bill, and the type of those that are compared with times.
const REQUIRED: [(&str, Option<&str>); 8] = [
    ("line_item_usage_account_id", None),
    ("line_item_line_item_type", None),
    ("line_item_usage_type", None),
    ("line_item_usage_start_date", Some("timestamp")),
    ("line_item_usage_end_date", Some("timestamp")),
    ("line_item_usage_amount", None),
    ("line_item_unblended_cost", None),
    ("line_item_currency_code", None),
];
const RESOURCE: &str = "line_item_resource_id";
const NET: &str = "line_item_net_unblended_cost";
const REGION: &str = "product_region_code";
const UNIT: &str = "pricing_unit";
const INVOICE: &str = "bill_invoice_id";
const PERIOD: &str = "billing_period";
/// The most hours of a line item: exports are by hour, by day or by month.
const MOST_HOURS: u64 = 24;
/// Line items of usage, and those that stand apart. What ends in `Discount` takes off from usage, whatever
/// its first part: AWS names `Discount` and `BundledDiscount`; `EdpDiscount`, `PrivateRateDiscount` and others
/// are seen in exports and not documented.
const USAGE: &str = "Usage";
const CREDIT: &str = "Credit";
const REFUND: &str = "Refund";

/// What to do about a table that does not fit.
pub const REMEDY: &str = "bill.athena_table has to name a table of a CUR 2.0 data export, by hour or by day, with \
                          the columns of its line items: see docs/cost-model.md";

/// What is asked of a table.
#[derive(Debug)]
pub struct BillQuestion<'q> {
    /// The first day.
    pub first: Date,
    /// The day after the last one.
    pub end: Date,
    /// Usage types of Regions of known billing prefix.
    pub usage_types: &'q [String],
    /// Regions of which the prefix is not known.
    pub other_regions: &'q [Region],
    /// Usage types without a prefix, for these.
    pub suffixes: &'q [&'q str],
}

/// The columns that a table has of those that it may lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct BillColumns {
    resource: bool,
    net: bool,
    region: bool,
    unit: bool,
    invoice: bool,
    period: bool,
}

/// What a table has on the days that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillAnswer {
    /// By account, kind, usage type and NAT gateway.
    pub charges: Vec<Charge>,
    /// Days with usage.
    pub days: BTreeSet<Date>,
    /// Days of these without an invoice: they may change.
    pub open_days: BTreeSet<Date>,
    /// What the charges rest on, and what is not in them.
    pub remarks: Vec<String>,
}

/// Reads the columns of a table, or returns what it lacks.
///
/// # Errors
///
/// A sentence without the name of the table.
pub fn columns(found: Option<&TableMetadata>) -> Result<BillColumns, String> {
    let columns = found.map_or(&[][..], TableMetadata::columns);
    let keys = found.map_or(&[][..], TableMetadata::partition_keys);
    let all = || columns.iter().chain(keys);
    let has = |name: &str| all().any(|it| it.name().eq_ignore_ascii_case(name));
    let missing: Vec<&str> = REQUIRED
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !has(name))
        .collect();
    if !missing.is_empty() {
        return Err(format!("has no column {}", missing.join(", ")));
    }
    for (name, expected) in REQUIRED {
        let column = all().find(|it| it.name().eq_ignore_ascii_case(name));
        let data_type = column.and_then(|it| it.r#type()).unwrap_or_default();
        // A view may name the precision: timestamp(3).
        if let Some(expected) = expected.filter(|it| !data_type.starts_with(it)) {
            return Err(format!(
                "has the column {name} as {data_type}, not as {expected}"
            ));
        }
    }
    Ok(BillColumns {
        resource: has(RESOURCE),
        net: has(NET),
        region: has(REGION),
        unit: has(UNIT),
        invoice: has(INVOICE),
        period: has(PERIOD),
    })
}

impl BillColumns {
    /// Whether Regions of unknown billing prefix can be asked for.
    pub fn has_regions(self) -> bool {
        self.region
    }

    /// The statement on a table of this quoted name: one row for each account, kind, usage type and NAT
    /// gateway. Amounts are added up as decimals, so that the sum does not depend on the order.
    pub fn statement(self, table: &str, question: &BillQuestion<'_>) -> String {
        let column = |there: bool, name: &'static str| if there { name } else { "''" };
        let sum = |what: &str| format!("CAST(sum(CAST({what} AS decimal(38, 10))) AS varchar)");
        let gateway = if self.resource {
            "CASE WHEN line_item_usage_type LIKE '%NatGateway-%' THEN line_item_resource_id ELSE '' END"
        } else {
            "''"
        };
        let (net, with_net) = if self.net {
            let either = format!("coalesce({NET}, line_item_unblended_cost)");
            (sum(&either), format!("count({NET})"))
        } else {
            (sum("line_item_unblended_cost"), "0".to_owned())
        };
        let day = "substr(CAST(line_item_usage_start_date AS varchar), 1, 10)";
        let days = |what: &str| format!("array_join(array_agg(DISTINCT {what}), ' ')");
        let open = if self.invoice {
            // What has no invoice is not final; NULL is left out of the list.
            days(&format!(
                "CASE WHEN coalesce({INVOICE}, '') = '' THEN {day} END"
            ))
        } else {
            "''".to_owned()
        };
        let region = column(self.region, REGION);
        let unit = column(self.unit, UNIT);
        let (amount, cost) = (
            sum("line_item_usage_amount"),
            sum("line_item_unblended_cost"),
        );
        let condition = self.condition(question);
        format!(
            "SELECT line_item_usage_account_id AS account_id, line_item_line_item_type AS line_type, \
             line_item_usage_type AS usage_type, {region} AS region, {gateway} AS resource_id, \
             line_item_currency_code AS currency, max({unit}) AS unit, {amount} AS amount, {cost} AS cost, \
             {net} AS net_cost, {with_net} AS with_net, {open} AS open_days, \
             max(date_diff('hour', line_item_usage_start_date, line_item_usage_end_date)) AS hours, \
             {} AS days FROM {table} WHERE {condition} GROUP BY 1, 2, 3, 4, 5, 6",
            days(day)
        )
    }

    fn condition(self, question: &BillQuestion<'_>) -> String {
        let kinds = is_one_of("line_item_line_item_type", [USAGE, CREDIT, REFUND]);
        let known = question.usage_types.iter().map(String::as_str);
        let mut types = is_one_of("line_item_usage_type", known);
        if self.region && !question.other_regions.is_empty() {
            let regions = question.other_regions.iter().map(Region::as_str);
            let regions = is_one_of(REGION, regions);
            let ends: Vec<String> = question
                .suffixes
                .iter()
                .map(|it| format!("line_item_usage_type LIKE {}", text(&format!("%{it}"))))
                .collect();
            types = format!("({types} OR ({regions} AND ({})))", ends.join(" OR "));
        }
        let mut all = vec![
            format!(
                "line_item_usage_start_date >= TIMESTAMP '{} 00:00:00'",
                question.first
            ),
            format!(
                "line_item_usage_start_date < TIMESTAMP '{} 00:00:00'",
                question.end
            ),
            format!("({kinds} OR line_item_line_item_type LIKE '%Discount')"),
            types,
        ];
        if self.period {
            all.insert(
                0,
                is_one_of(PERIOD, periods(question).iter().map(String::as_str)),
            );
        }
        all.join(" AND ")
    }

    /// The charges of an answer.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or the export is by month.
    pub fn read(self, rows: &[Row]) -> Result<BillAnswer, Failure> {
        let lines: Vec<Line> = rows.iter().map(line).collect::<Result<_, _>>()?;
        if lines.iter().any(|it| it.hours > MOST_HOURS) {
            let why = format!("has line items of more than a day; {REMEDY}");
            return Err(Failure::new(Reason::TableMismatch, why));
        }
        let mut answer = BillAnswer::default();
        let takes_net = self.takes_net(&lines, &mut answer);
        let mut sums: BTreeMap<_, Charge> = BTreeMap::new();
        for line in lines {
            let kind = match line.kind.as_str() {
                USAGE => ChargeKind::Usage,
                CREDIT => ChargeKind::Credit,
                REFUND => ChargeKind::Refund,
                // The net cost of usage has it.
                _ if takes_net => continue,
                _ => ChargeKind::Discount,
            };
            if kind == ChargeKind::Usage {
                answer.days.extend(&line.days);
                answer.open_days.extend(&line.open_days);
            }
            let charge = line.charge(kind, takes_net);
            let key = (
                charge.account_id.clone(),
                kind,
                charge.usage_type.clone(),
                charge.region.clone(),
                charge.nat_gateway_id.clone(),
                charge.currency.clone(),
            );
            match sums.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(charge);
                }
                Entry::Occupied(mut entry) => entry.get_mut().amount += charge.amount,
            }
        }
        answer.charges = sums.into_values().collect();
        if !self.resource {
            answer.remarks.push(format!(
                "the table has no {RESOURCE}: NAT gateways are not distinguished"
            ));
        }
        if !self.period {
            answer.remarks.push(format!(
                "the table has no partition {PERIOD}: all of it was scanned"
            ));
        }
        Ok(answer)
    }

    /// Whether the cost of usage is the one after discounts. Where an export fills that column with
    /// nothing, or with zeros alone, discounts are line items.
    fn takes_net(self, lines: &[Line], answer: &mut BillAnswer) -> bool {
        let usage = || lines.iter().filter(|it| it.kind == USAGE);
        let is_filled = usage().any(|it| it.has_net);
        let is_zero = usage().all(|it| it.net.is_zero()) && usage().any(|it| !it.cost.is_zero());
        let takes_net = self.net && is_filled && !is_zero;
        let rests_on = if takes_net {
            "costs are net of discounts (line_item_net_unblended_cost)"
        } else {
            "costs are unblended, less the line items of discounts"
        };
        if !lines.is_empty() {
            answer.remarks.push(rests_on.to_owned());
        }
        takes_net
    }
}

/// The billing periods of the days.
fn periods(question: &BillQuestion<'_>) -> Vec<String> {
    let days = std::iter::successors(Some(question.first), |it| it.tomorrow().ok());
    let mut found: Vec<String> = days
        .take_while(|it| *it < question.end)
        .map(|it| it.strftime("%Y-%m").to_string())
        .collect();
    found.dedup();
    found
}

/// A row of the answer.
struct Line {
    account: AccountId,
    kind: String,
    usage_type: String,
    region: Option<Region>,
    nat_gateway_id: Option<NatGatewayId>,
    unit: Option<String>,
    currency: String,
    amount: Decimal,
    cost: Decimal,
    net: Decimal,
    has_net: bool,
    open_days: Vec<Date>,
    hours: u64,
    days: Vec<Date>,
}

fn line(row: &Row) -> Result<Line, Failure> {
    let given = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
    let some = |name: &str| Some(given(name)).filter(|it| !it.is_empty());
    let decimal = |name: &str| match some(name) {
        None => Ok(Decimal::ZERO),
        Some(text) => Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| invalid(name, text)),
    };
    let days = |name: &'static str| -> Result<Vec<Date>, Failure> {
        let days = given(name).split(' ').filter(|it| !it.is_empty());
        days.map(|it| it.parse().map_err(|_| invalid(name, it)))
            .collect()
    };
    // The ARN of a NAT gateway ends in its id.
    let gateway = some("resource_id").and_then(|it| it.rsplit('/').next());
    Ok(Line {
        account: given("account_id")
            .parse()
            .map_err(|_| invalid("account_id", given("account_id")))?,
        kind: given("line_type").to_owned(),
        usage_type: given("usage_type").to_owned(),
        region: some("region").and_then(|it| it.parse().ok()),
        nat_gateway_id: gateway.map(Into::into),
        unit: some("unit").map(str::to_owned),
        currency: given("currency").to_owned(),
        amount: decimal("amount")?,
        cost: decimal("cost")?,
        net: decimal("net_cost")?,
        has_net: given("with_net").parse::<u64>().is_ok_and(|it| it > 0),
        open_days: days("open_days")?,
        hours: given("hours").parse().unwrap_or_default(),
        days: days("days")?,
    })
}

impl Line {
    fn charge(self, kind: ChargeKind, takes_net: bool) -> Charge {
        let of_usage = matches!(kind, ChargeKind::Usage | ChargeKind::Discount);
        // A discount names the usage that it is on once more.
        let is_usage = kind == ChargeKind::Usage;
        Charge {
            account_id: self.account,
            kind,
            usage_type: of_usage.then_some(self.usage_type),
            usage: is_usage.then_some(self.amount),
            usage_unit: self.unit.filter(|_| is_usage),
            amount: if is_usage && takes_net {
                self.net
            } else {
                self.cost
            },
            currency: self.currency,
            nat_gateway_id: self.nat_gateway_id.filter(|_| of_usage),
            region: self.region.filter(|_| of_usage),
        }
    }
}

fn invalid(column: &str, value: &str) -> Failure {
    let why = format!("the table of the bill: invalid {column} `{value}`");
    Failure::new(Reason::InvalidResponse, why)
}

#[cfg(test)]
mod tests;
