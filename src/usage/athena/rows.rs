//! The rows of a statement about query logs, as the questions to Logs Insights have them; and which VPCs a
//! statement is about.

use std::collections::BTreeSet;

use super::sql::LENGTH;
use crate::{
    model::{
        coverage::{Failure, Reason},
        id::VpcId,
        log_place::{LogPlace, ObjectPlace, ObjectRecords},
        usage::GroupUsage,
    },
    usage::{dns, insights::Row},
};

/// One unreadable record in so many makes a place unreadable, as for the embedded engine.
const READABLE: u64 = 1000;

/// The VPC of a place of query logs.
pub(super) fn vpc_of(place: &ObjectPlace) -> Option<&str> {
    match &place.records {
        ObjectRecords::Queries { vpc_id } => Some(vpc_id),
        ObjectRecords::Flows { .. } => None,
    }
}

/// The statements about these VPCs, each about no more than `most` and short enough.
pub(super) fn split(
    vpcs: BTreeSet<VpcId>,
    most: usize,
    statement: &impl Fn(&BTreeSet<VpcId>) -> String,
) -> Vec<String> {
    if vpcs.len() > 1 {
        let text = (vpcs.len() <= most).then(|| statement(&vpcs));
        if text.as_ref().is_none_or(|it| it.len() > LENGTH) {
            let all: Vec<VpcId> = vpcs.into_iter().collect();
            let (first, second) = all.split_at(all.len() / 2);
            let halves = [first, second].map(|it| it.iter().cloned().collect());
            return halves
                .into_iter()
                .flat_map(|it| split(it, most, statement))
                .collect();
        }
    }
    vec![statement(&vpcs)]
}

/// The usage that the rows of a VPC show.
pub(super) fn usage_of(place: &ObjectPlace, rows: &[Row]) -> GroupUsage {
    let shown = LogPlace::Objects(place.clone());
    let number = |row: &Row| row.get("queries").and_then(|it| it.parse::<u64>().ok());
    let is_dated = |row: &&Row| row.get("dated").is_some_and(|it| it == "true");
    let all: u64 = rows.iter().filter_map(number).sum();
    let dated: u64 = rows.iter().filter(is_dated).filter_map(number).sum();
    let unreadable = all - dated;
    if unreadable.saturating_mul(READABLE) > all {
        let why = format!("{unreadable} of {all} lines are no query log records");
        let failure = Failure::new(Reason::InvalidResponse, why);
        return GroupUsage::failed(shown.failed(failure));
    }
    let dated = rows.iter().filter(is_dated);
    let by_name = dated.clone().filter(|row| row.contains_key("asked"));
    dns::of_rows(
        &shown.to_string(),
        by_name.map(name_row),
        dated.map(total_row),
    )
}

/// A row as the question by names has it.
fn name_row(row: &Row) -> Row {
    let mut row = row.clone();
    // Names come as JSON writes them.
    let asked = row
        .get("asked")
        .and_then(|it| serde_json::to_string(it).ok());
    if let Some(asked) = asked {
        row.insert("asked".to_owned(), asked.trim_matches('"').to_owned());
    }
    row
}

/// A row as the question for totals has it.
fn total_row(row: &Row) -> Row {
    let mut total = Row::new();
    for (from, to) in [
        ("vpc", "vpc"),
        ("queries", "events"),
        ("named", "named"),
        ("first_event", "first_event"),
        ("last_event", "last_event"),
    ] {
        if let Some(value) = row.get(from) {
            total.insert(to.to_owned(), value.trim_end_matches('Z').to_owned());
        }
    }
    total
}

#[cfg(test)]
mod tests;
