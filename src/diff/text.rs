//! The comparison for people.

use std::fmt::Write as _;

use super::{Change, Diff, Kind, Row};
use crate::model::{money::Amount, text::printable};

/// The comparison as text, ready to print.
pub fn text(diff: &Diff) -> String {
    let mut text = String::new();
    let (before, after) = (&diff.before, &diff.after);
    for (label, run) in [("Before", before), ("After", after)] {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{label:<8}{}, window {} to {}",
            printable(&run.id),
            run.window_start,
            run.window_end
        );
    }
    let kinds = [
        (Kind::Vpc, "VPCs"),
        (Kind::QueryLogging, "Query logging"),
        (Kind::FlowLogs, "Flow logs"),
        (Kind::Endpoint, "Endpoints"),
        (Kind::Service, "Services of VPCs"),
        (Kind::NatGateway, "NAT gateways"),
    ];
    for (kind, heading) in kinds {
        let rows: Vec<_> = diff.changes.iter().filter(|row| row.kind == kind).collect();
        let _ = writeln!(text, "\n{heading}{}", counts(&rows));
        for row in rows {
            let _ = writeln!(text, "  {}", line(row));
        }
    }
    text.push_str("\nTotals\n");
    for row in &diff.totals {
        let _ = writeln!(text, "  {}", total(row));
    }
    text
}

fn counts(rows: &[&Row]) -> String {
    let words = [
        (Change::Added, "added"),
        (Change::Removed, "removed"),
        (Change::Changed, "changed"),
        (Change::Unknown, "unknown"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter_map(|(change, word)| {
            let count = rows.iter().filter(|row| row.change == change).count();
            (count > 0).then(|| format!("{count} {word}"))
        })
        .collect();
    if parts.is_empty() {
        ": no change".to_owned()
    } else {
        format!(": {}", parts.join(", "))
    }
}

fn line(row: &Row) -> String {
    let sign = match row.change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
        Change::Same => '=',
        Change::Unknown => '?',
    };
    let mut parts = vec![sign.to_string()];
    parts.extend(row.account_id.as_ref().map(ToString::to_string));
    parts.extend(row.region.as_ref().map(ToString::to_string));
    if row.vpc_id.as_deref() != Some(row.id.as_str()) {
        parts.extend(row.vpc_id.clone().map(String::from));
    }
    parts.push(row.id.clone());
    let mut text = parts.join(" ");
    text.push_str(&from_to(": ", row.before.as_deref(), row.after.as_deref()));
    text.push_str(&figures(row));
    if let Some(note) = &row.note {
        let _ = write!(text, " ({note})");
    }
    if let Some(alarm) = row.alarm {
        let _ = write!(text, " [{}]", alarm.name());
    }
    printable(&text)
}

/// `a`, or `a -> b` where both are there and differ.
fn from_to(lead: &str, before: Option<&str>, after: Option<&str>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before != after => format!("{lead}{before} -> {after}"),
        (Some(one), _) | (None, Some(one)) => format!("{lead}{one}"),
        (None, None) => String::new(),
    }
}

fn figures(row: &Row) -> String {
    let count = |count: Option<u64>| count.map(|count| format!("{count} queries"));
    let amount = |unit: &'static str| {
        move |amount: Option<Amount>| amount.map(|amount| format!("{:.2} {unit}", amount.0))
    };
    let (gb, usd) = (amount("GB a month"), amount("USD/month"));
    let mut text = String::new();
    for (before, after) in [
        (count(row.query_count_before), count(row.query_count_after)),
        (gb(row.gb_month_before), gb(row.gb_month_after)),
        (usd(row.monthly_usd_before), usd(row.monthly_usd_after)),
    ] {
        text.push_str(&from_to(", ", before.as_deref(), after.as_deref()));
    }
    if let Some(change) = row.monthly_usd_change.filter(|change| !change.0.is_zero()) {
        let _ = write!(text, " ({:+.2} USD/month)", change.0);
    }
    text
}

fn total(row: &Row) -> String {
    let label = row.id.replace('_', " ");
    let amount = |gb: Option<Amount>, usd: Option<Amount>| {
        let gb = gb.map(|it| format!("{:.2} GB a month", it.0));
        gb.or_else(|| usd.map(|it| format!("{:.2} USD/month", it.0)))
    };
    let before = row.before.clone();
    let before = before.or_else(|| amount(row.gb_month_before, row.monthly_usd_before));
    let after = row.after.clone();
    let after = after.or_else(|| amount(row.gb_month_after, row.monthly_usd_after));
    // One side alone is no other side's figure.
    let unknown = || Some("unknown".to_owned()).filter(|_| row.change == Change::Unknown);
    let (before, after) = (before.or_else(unknown), after.or_else(unknown));
    let mut value = from_to("", before.as_deref(), after.as_deref());
    if let Some(change) = row.monthly_usd_change.filter(|change| !change.0.is_zero()) {
        let _ = write!(value, " ({:+.2} USD/month)", change.0);
    }
    if let Some(note) = &row.note {
        let _ = write!(value, " ({note})");
    }
    format!("{label:<24}{}", value.trim_start())
}
