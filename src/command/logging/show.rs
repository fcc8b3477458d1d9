//! Plans and what became of them, for people and as tables.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use serde::Serialize;

use super::volume::{Expected, begins_to_log};
use crate::{
    Exit,
    cli::diff::TableFormat,
    cost::price_book::PriceBook,
    logging::apply::Outcome,
    model::{
        coverage::{Failure, Reason},
        logging::{Action, Note, Plan, Verdict},
        money::{Amount, PriceItem},
    },
    report,
};

/// A line of the table: an action, or something that is left.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    run: String,
    account_id: Option<String>,
    region: Option<String>,
    vpc_id: Option<String>,
    action: &'static str,
    name: String,
    outcome: &'static str,
    reason: Option<&'static str>,
    error_code: Option<String>,
    message: Option<String>,
    expected_gb_month: Option<Amount>,
    expected_monthly_usd: Option<Amount>,
    expected_basis: Option<String>,
}

const COLUMNS: [&str; 13] = [
    "run",
    "account_id",
    "region",
    "vpc_id",
    "action",
    "name",
    "outcome",
    "reason",
    "error_code",
    "message",
    "expected_gb_month",
    "expected_monthly_usd",
    "expected_basis",
];

/// What a plan says, and what became of it if it was carried out.
pub(super) fn rows(plan: &Plan, outcomes: Option<&[Outcome]>) -> Vec<Row> {
    let actions = plan.actions.iter().enumerate().map(|(at, action)| {
        let outcome = outcomes.and_then(|all| all.get(at));
        action_row(plan, action, outcome)
    });
    let notes = plan.notes.iter().map(|note| note_row(plan, note));
    actions.chain(notes).collect()
}

fn action_row(plan: &Plan, action: &Action, outcome: Option<&Outcome>) -> Row {
    let (word, failure, told) = match outcome {
        None => ("planned", None, None),
        Some(Outcome::Done(_)) => ("done", None, None),
        Some(Outcome::Active(status)) => ("done", None, Some(status)),
        Some(Outcome::Pending(why)) => ("pending", None, Some(why)),
        Some(Outcome::Failed(failure)) => ("failed", Some(failure), Some(&failure.message)),
        Some(Outcome::Skipped(failure)) => ("skipped", Some(failure), Some(&failure.message)),
    };
    Row {
        run: plan.run.clone(),
        account_id: Some(action.account_id.to_string()),
        region: action.region.as_ref().map(ToString::to_string),
        vpc_id: action.work.vpc_id().map(str::to_owned),
        action: action.work.kind(),
        name: action.name.clone(),
        outcome: word,
        reason: failure.map(|failure| failure.reason.name()),
        error_code: failure.and_then(|failure: &Failure| failure.code.clone()),
        message: told.cloned(),
        expected_gb_month: None,
        expected_monthly_usd: None,
        expected_basis: None,
    }
}

fn note_row(plan: &Plan, note: &Note) -> Row {
    Row {
        run: plan.run.clone(),
        account_id: note.account_id.as_ref().map(ToString::to_string),
        region: note.region.as_ref().map(ToString::to_string),
        vpc_id: note.vpc_id.clone(),
        action: "none",
        name: note.name.clone(),
        outcome: match note.verdict {
            Verdict::Reused => "reused",
            Verdict::Left => "left",
            Verdict::Cannot => "cannot",
        },
        reason: note.reason.map(Reason::name),
        error_code: note.error_code.clone(),
        message: Some(note.message.clone()),
        expected_gb_month: None,
        expected_monthly_usd: None,
        expected_basis: None,
    }
}

/// Whether something that was wanted is missing.
pub(super) fn exit(rows: &[Row]) -> Exit {
    let gap = |row: &Row| ["failed", "skipped", "cannot"].contains(&row.outcome);
    if rows.iter().any(gap) {
        Exit::Gaps
    } else {
        Exit::Complete
    }
}

/// How many things a plan makes and takes away.
pub(super) fn counts(plan: &Plan) -> String {
    let removed = |action: &&Action| action.work.takes_away();
    let gone = plan.actions.iter().filter(removed).count();
    let made = plan.actions.len() - gone;
    let of = |verdict| {
        let notes = plan.notes.iter();
        notes.filter(|note| note.verdict == verdict).count()
    };
    format!(
        "{made} to create, {gone} to delete; {} reused, {} left as they are, {} cannot be done",
        of(Verdict::Reused),
        of(Verdict::Left),
        of(Verdict::Cannot),
    )
}

/// The table in the shape that was asked for.
pub(super) fn table<T: Serialize>(
    format: TableFormat,
    columns: &[&str],
    rows: &[T],
    text: impl FnOnce() -> String,
) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    match format {
        TableFormat::Text => bytes.extend(text().into_bytes()),
        TableFormat::Json => report::write_json(&rows, &mut bytes)?,
        TableFormat::Csv => report::write_csv(columns, rows, &mut bytes)?,
    }
    super::super::print(&String::from_utf8_lossy(&bytes))
}

/// Prints rows of a plan.
pub(super) fn plan_table(
    format: TableFormat,
    rows: &[Row],
    head: &str,
    foot: &str,
) -> anyhow::Result<Exit> {
    table(format, &COLUMNS, rows, || text(rows, head, foot))
}

/// Prints rows of a plan, or of what became of it: people have read the plan by then, so only its
/// actions are told again.
pub(super) fn outcome_table(
    format: TableFormat,
    rows: &[Row],
    head: &str,
    foot: &str,
    carried_out: bool,
) -> anyhow::Result<Exit> {
    let told = |row: &&Row| !carried_out || row.action != "none";
    let people = || text(rows.iter().filter(told), head, foot);
    table(format, &COLUMNS, rows, people)
}

/// What became of a plan, in a line.
pub(super) fn result(plan: &Plan, outcomes: &[Outcome], expires_at: Timestamp) -> String {
    if plan.actions.is_empty() {
        return "Nothing was changed: there was nothing to do.".to_owned();
    }
    format!(
        "Run {}, which expires at {expires_at}: {}",
        plan.run,
        sums(outcomes)
    )
}

/// How many actions ended in which way.
pub(super) fn sums(outcomes: &[Outcome]) -> String {
    let of = |fits: fn(&Outcome) -> bool| outcomes.iter().filter(|it| fits(it)).count();
    format!(
        "{} done, {} pending, {} failed, {} skipped",
        of(|it| matches!(it, Outcome::Done(_) | Outcome::Active(_))),
        of(|it| matches!(it, Outcome::Pending(_))),
        of(|it| matches!(it, Outcome::Failed(_))),
        of(|it| matches!(it, Outcome::Skipped(_))),
    )
}

fn text<'r>(rows: impl IntoIterator<Item = &'r Row>, head: &str, foot: &str) -> String {
    let mut text = format!("{head}\n");
    for row in rows {
        let place = format!(
            "{} {}",
            row.account_id.as_deref().unwrap_or("-"),
            row.region.as_deref().unwrap_or("-")
        );
        let what = if row.action == "none" {
            String::new()
        } else {
            format!("{} ", row.action)
        };
        let vpc = row.vpc_id.as_deref().filter(|id| !row.name.contains(*id));
        let mut line = format!("  {:<8} {place:<27} {what}{}", row.outcome, row.name);
        if let Some(vpc) = vpc {
            let _ = write!(line, " {vpc}");
        }
        if let Some(reason) = row.reason {
            let _ = write!(line, " [{reason}]");
        }
        if let Some(message) = &row.message {
            let _ = write!(line, ": {message}");
        }
        text.push_str(&printable(&line));
        text.push('\n');
    }
    text.push_str(foot);
    text
}

/// The same, with what each action that begins to log is expected to take in.
pub(super) fn rows_expecting(
    plan: &Plan,
    outcomes: Option<&[Outcome]>,
    expected: &Expected,
    prices: &PriceBook,
) -> Vec<Row> {
    let mut rows = rows(plan, outcomes);
    // Actions come first.
    for (row, action) in rows.iter_mut().zip(&plan.actions) {
        if let Some((gb, usd)) = expected.of(action, prices) {
            row.expected_gb_month = Some(Amount(gb.round_dp(6).normalize()));
            row.expected_monthly_usd = usd.map(|usd| Amount(usd.round_dp(6).normalize()));
            row.expected_basis = expected.basis();
        }
    }
    rows
}

/// What the logs will cost, as far as it is known: prices mostly are, volumes if a run measured them.
pub(super) fn cost(plan: &Plan, expected: &Expected, prices: &PriceBook) -> String {
    let mut regions = BTreeMap::new();
    for action in plan.actions.iter().filter(|it| begins_to_log(it)) {
        if let Some(region) = &action.region {
            *regions.entry(region).or_insert(0_usize) += 1;
        }
    }
    if regions.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for (region, count) in regions {
        let known = |item| match prices.price(item, region) {
            Some(usd) => format!("USD {usd}"),
            None => "an unknown price".to_owned(),
        };
        let _ = writeln!(
            text,
            "  {region}: {}; {} a GB taken in, {} a GB kept for a month (list prices, first tier)",
            expected.in_region(count, region, prices),
            known(PriceItem::LogsVendedIngestGb),
            known(PriceItem::LogsStoreGbMonth),
        );
    }
    text + &expected.told()
}

/// Text from outside, without what a terminal would act on.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}
