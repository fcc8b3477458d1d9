//! Daily charges of Cost Explorer, by account and usage type or record type. Each request is billed.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_costexplorer::types::{
    DateInterval, Dimension, DimensionValues, Expression, Granularity, Group, GroupDefinition,
    GroupDefinitionType, MetricValue, ResultByTime,
};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{
    aws::pace::Api,
    model::{
        coverage::{Failure, Reason},
        id::AccountId,
    },
    org::session::Session,
};

/// The IAM action that this needs, in the account that pays for the others or sees its own bill.
pub const ACTIONS: &[&str] = &["ce:GetCostAndUsage"];

/// What a bill in which nobody takes part in savings plans shows as paid
/// (<https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html>).
const COST: &str = "UnblendedCost";
const USAGE: &str = "UsageQuantity";

/// What is asked: charges of some usage types and record types over some days.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The first day.
    pub first: Date,
    /// The day after the last one.
    pub end: Date,
    /// Usage types.
    pub usage_types: &'q [String],
    /// Record types.
    pub record_types: RecordTypes<'q>,
    /// What the charges of an account are grouped by.
    pub by: BillGrouping,
}

/// The record types that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTypes<'q> {
    /// These.
    Only(&'q [&'q str]),
    /// All but these.
    AllBut(&'q [&'q str]),
}

/// The second thing that charges are grouped by: Cost Explorer takes two, and the first is the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillGrouping {
    /// The usage type.
    UsageType,
    /// The record type.
    RecordType,
}

/// A day, or what a page holds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Whether its charges are not final.
    pub estimated: bool,
    /// The charges.
    pub charges: Vec<DayCharge>,
}

/// What was charged on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCharge {
    /// The account.
    pub account_id: AccountId,
    /// The usage type or record type.
    pub name: String,
    /// Usage and its unit.
    pub usage: (Decimal, String),
    /// Unblended cost and its currency.
    pub cost: (Decimal, String),
}

/// Asks page by page. `requests` counts what is billed, also if a later page fails.
///
/// # Errors
///
/// If a page cannot be read, or holds something else than charges.
pub async fn list(
    session: &Session,
    question: &Question<'_>,
    requests: &AtomicU64,
) -> Result<Vec<Day>, Failure> {
    let period = DateInterval::builder()
        .start(question.first.to_string())
        .end(question.end.to_string())
        .build()
        .map_err(|error| Failure::new(Reason::Other, error.to_string()))?;
    let by = match question.by {
        BillGrouping::UsageType => "USAGE_TYPE",
        BillGrouping::RecordType => "RECORD_TYPE",
    };
    let request = session
        .cost_explorer()
        .get_cost_and_usage()
        .time_period(period)
        .granularity(Granularity::Daily)
        .metrics(COST)
        .metrics(USAGE)
        .filter(filter(question))
        .group_by(group("LINKED_ACCOUNT"))
        .group_by(group(by));
    let mut days = Vec::new();
    let mut token: Option<String> = None;
    loop {
        requests.fetch_add(1, Ordering::Relaxed);
        let page = request.clone().set_next_page_token(token.clone());
        let page = session
            .call(Api::CostExplorer, || page.clone().send())
            .await?;
        for day in page.results_by_time.unwrap_or_default() {
            days.push(read(&day)?);
        }
        match page.next_page_token.filter(|it| !it.is_empty()) {
            None => return Ok(days),
            Some(next) if token.as_ref() == Some(&next) => {
                return Err(invalid("the page token is the one before"));
            }
            next => token = next,
        }
    }
}

fn filter(question: &Question<'_>) -> Expression {
    let values = |key: Dimension, values: Vec<String>| {
        let dimension = DimensionValues::builder().key(key).set_values(Some(values));
        Expression::builder().dimensions(dimension.build()).build()
    };
    let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    let records = match question.record_types {
        RecordTypes::Only(names) => values(Dimension::RecordType, owned(names)),
        RecordTypes::AllBut(names) => {
            let these = values(Dimension::RecordType, owned(names));
            Expression::builder().not(these).build()
        }
    };
    Expression::builder()
        .and(values(Dimension::UsageType, question.usage_types.to_vec()))
        .and(records)
        .build()
}

fn group(key: &str) -> GroupDefinition {
    GroupDefinition::builder()
        .r#type(GroupDefinitionType::Dimension)
        .key(key)
        .build()
}

fn read(day: &ResultByTime) -> Result<Day, Failure> {
    let start = day
        .time_period()
        .map(DateInterval::start)
        .unwrap_or_default();
    let date = start
        .get(..10)
        .and_then(|it| it.parse().ok())
        .ok_or_else(|| invalid(&format!("`{start}` is no day")))?;
    let charges = day.groups().iter().map(charge);
    Ok(Day {
        date,
        estimated: day.estimated(),
        charges: charges.collect::<Result<_, _>>()?,
    })
}

fn charge(group: &Group) -> Result<DayCharge, Failure> {
    let [account, name] = group.keys() else {
        return Err(invalid("a group without its two keys"));
    };
    let metric = |name: &str| {
        let found = group.metrics().and_then(|all| all.get(name));
        found
            .and_then(amount)
            .ok_or_else(|| invalid(&format!("a group without a usable {name}")))
    };
    Ok(DayCharge {
        account_id: account
            .parse()
            .map_err(|_| invalid(&format!("`{account}` is no account")))?,
        name: name.clone(),
        usage: metric(USAGE)?,
        cost: metric(COST)?,
    })
}

fn amount(metric: &MetricValue) -> Option<(Decimal, String)> {
    let text = metric.amount()?;
    let amount = Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .or_else(|_| text.parse());
    Some((amount.ok()?, metric.unit().unwrap_or_default().to_owned()))
}

fn invalid(what: &str) -> Failure {
    Failure::new(Reason::InvalidResponse, format!("GetCostAndUsage: {what}"))
}
