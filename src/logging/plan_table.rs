//! The table of a plan and its outcomes, as rows and as text.

use std::fmt::Write as _;

use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Serialize};

use super::{apply::Outcome, forecast::Forecast};
use crate::{
    cost::price_book::PriceBook,
    model::{
        coverage::{Failure, Reason},
        id::VpcId,
        logging::{Action, Note, Plan, Verdict},
        money::Amount,
        text::printable,
    },
};

/// A row of the table: an action, or a note.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    run: String,
    account_id: Option<String>,
    region: Option<String>,
    vpc_id: Option<VpcId>,
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

/// The rows of a plan, with the outcomes if it was carried out.
pub fn rows(plan: &Plan, outcomes: Option<&[Outcome]>) -> Vec<Row> {
    let actions = plan.actions.iter().enumerate().map(|(at, action)| {
        let outcome = outcomes.and_then(|all| all.get(at));
        action_row(plan, action, outcome)
    });
    let notes = plan.notes.iter().map(|note| note_row(plan, note));
    actions.chain(notes).collect()
}

fn action_row(plan: &Plan, action: &Action, outcome: Option<&Outcome>) -> Row {
    let (word, failure, message) = match outcome {
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
        vpc_id: action.work.vpc_id().map(Into::into),
        action: action.work.kind(),
        name: action.name.clone(),
        outcome: word,
        reason: failure.map(|failure| failure.reason.name()),
        error_code: failure.and_then(|failure: &Failure| failure.code.clone()),
        message: message.cloned(),
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

/// Whether something that was asked for could not be done.
pub fn has_gaps(rows: &[Row]) -> bool {
    let gap = |row: &Row| ["failed", "skipped", "cannot"].contains(&row.outcome);
    rows.iter().any(gap)
}

/// How many resources a plan creates and deletes.
pub fn counts(plan: &Plan) -> String {
    let removed = |action: &&Action| action.work.removes();
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

/// The first line of a plan.
pub fn heading(plan: &Plan) -> String {
    format!("Plan of run {}: {}", plan.run, counts(plan))
}

/// The table as text. After a plan was carried out its notes are left out: they were shown with it.
pub fn text(rows: &[Row], heading: &str, footer: &str, carried_out: bool) -> String {
    let mut text = format!("{heading}\n");
    for row in rows
        .iter()
        .filter(|row| !carried_out || row.action != "none")
    {
        text.push_str(&printable(&line(row)));
        text.push('\n');
    }
    text.push_str(footer);
    text
}

/// The first line after a plan was carried out.
pub fn result(plan: &Plan, outcomes: &[Outcome]) -> String {
    if plan.actions.is_empty() {
        return "Nothing was changed: there was nothing to do.".to_owned();
    }
    format!(
        "Run {}, which expires at {}: {}",
        plan.run,
        plan.expires_at,
        sums(outcomes)
    )
}

/// The first line after what a plan removes was removed.
pub fn removed(plan: &Plan, outcomes: &[Outcome]) -> String {
    if plan.actions.is_empty() {
        "Nothing was changed: there was nothing to remove.".to_owned()
    } else {
        format!("Removed: {}", sums(outcomes))
    }
}

/// How many actions ended with each outcome.
pub fn sums(outcomes: &[Outcome]) -> String {
    let of = |fits: fn(&Outcome) -> bool| outcomes.iter().filter(|it| fits(it)).count();
    format!(
        "{} done, {} pending, {} failed, {} skipped",
        of(|it| matches!(it, Outcome::Done(_) | Outcome::Active(_))),
        of(|it| matches!(it, Outcome::Pending(_))),
        of(|it| matches!(it, Outcome::Failed(_))),
        of(|it| matches!(it, Outcome::Skipped(_))),
    )
}

fn line(row: &Row) -> String {
    let target = format!(
        "{} {}",
        row.account_id.as_deref().unwrap_or("-"),
        row.region.as_deref().unwrap_or("-")
    );
    let action = if row.action == "none" {
        String::new()
    } else {
        format!("{} ", row.action)
    };
    let mut line = format!("  {:<8} {target:<27} {action}{}", row.outcome, row.name);
    if let Some(vpc) = row.vpc_id.as_deref().filter(|id| !row.name.contains(*id)) {
        let _ = write!(line, " {vpc}");
    }
    if let Some(reason) = row.reason {
        let _ = write!(line, " [{reason}]");
    }
    if let Some(message) = &row.message {
        let _ = write!(line, ": {message}");
    }
    line
}

/// The rows with the forecast of each action that starts logging.
pub fn rows_with_forecast(
    plan: &Plan,
    outcomes: Option<&[Outcome]>,
    forecast: &Forecast,
    prices: &PriceBook,
) -> Vec<Row> {
    let mut rows = rows(plan, outcomes);
    // Actions come first.
    for (row, action) in rows.iter_mut().zip(&plan.actions) {
        if let Some((gb, usd)) = forecast.of_action(action, prices) {
            row.expected_gb_month = Some(Amount(
                gb.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
                    .normalize(),
            ));
            row.expected_monthly_usd = usd.map(|usd| {
                Amount(
                    usd.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
                        .normalize(),
                )
            });
            row.expected_basis = forecast.basis();
        }
    }
    rows
}
