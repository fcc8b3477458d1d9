//! DNS usage of the VPCs of one log group: a question to Logs Insights, and its rows read.
//!
//! The question counts the names in AWS zones by VPC, name, response code and the first address of the
//! answer, and all other events by VPC, with the first and the last of them. Where the answer has more rows
//! than fit, the names are asked for in parts, and all events by VPC by a question of their own; the counts
//! of both are compared. Where Logs Insights does not know the functions (older
//! partitions), a plainer question is asked and answers stay unknown.

mod question;
mod rows;
pub(in crate::usage) mod statement;

use jiff::Timestamp;

use self::rows::{Names, Totals, take_both};
use super::{
    insights::{Insights, QueryOutcome, Reading, Row},
    size::Size,
};
use crate::model::{
    coverage::{Failure, Reason},
    run::Window,
    usage::{GroupUsage, LogCoverage, VpcDns},
};

/// Queries over the whole window that a log group takes, if its answer needs no splitting.
pub const QUERIES: u64 = 1;

/// Reads the usage of every VPC that writes to the group. `size` is what is known of the group.
pub async fn read(
    insights: &Insights<'_>,
    zones: &[String],
    window: Window,
    size: Option<&Size>,
) -> GroupUsage {
    let mut usage = GroupUsage {
        coverage: Some(group_coverage(size, Timestamp::now())),
        ..GroupUsage::default()
    };
    let place = format!("log group `{}`", insights.group.name);
    let Some(text) = question::whole(zones, insights.settings.row_limit) else {
        let (names, reading) = read_names_apart(insights, zones, window, &mut usage).await;
        return read_rest(insights, window, usage, names, reading, &place).await;
    };
    let (names, reading) = match insights.read_once(window, &text).await {
        Ok(first) if insights.is_whole(&first) => {
            let (rows, bytes) = first.into_rows();
            usage.bytes_scanned = bytes;
            if rows.iter().all(is_read) {
                // A query without a condition scans all that came in.
                usage.window_bytes = Some(bytes);
                let (mut names, mut totals) = (Names::default(), Totals::default());
                for row in &rows {
                    take_both(&mut names, &mut totals, row);
                }
                conclude(&mut usage, names, Some(totals), true, &place);
                return usage;
            }
            read_names_apart(insights, zones, window, &mut usage).await
        }
        Ok(first) => read_names(insights, zones, window, Some(first), true).await,
        Err((failure, bytes)) if is_malformed(&failure) => {
            usage.bytes_scanned = bytes;
            read_names_apart(insights, zones, window, &mut usage).await
        }
        Err((failure, bytes)) => (Names::default(), Reading::failed(failure, bytes)),
    };
    read_rest(insights, window, usage, names, reading, &place).await
}

/// Whether the record of a row's name was read: every record of a name has a response code. Otherwise an
/// answer would be taken for none, so that the names are asked for apart, each field from the message.
fn is_read(row: &Row) -> bool {
    !row.contains_key(question::NAME) || row.contains_key("code")
}

/// What is read after the names: the totals, unless the names failed altogether.
async fn read_rest(
    insights: &Insights<'_>,
    window: Window,
    mut usage: GroupUsage,
    names: Names,
    reading: Reading,
    place: &str,
) -> GroupUsage {
    usage.bytes_scanned = usage.bytes_scanned.saturating_add(reading.bytes_scanned);
    usage.failure = reading.failure;
    let counted = usage.failure.is_none();
    let truncated = usage.failure.as_ref().map(|it| it.reason) == Some(Reason::Truncated);
    let totals = if counted || truncated {
        read_totals(insights, window, &mut usage).await
    } else {
        None
    };
    conclude(&mut usage, names, totals, counted, place);
    usage
}

/// Reads the names by a question of their own.
async fn read_names_apart(
    insights: &Insights<'_>,
    zones: &[String],
    window: Window,
    usage: &mut GroupUsage,
) -> (Names, Reading) {
    let (names, reading) = read_names(insights, zones, window, None, true).await;
    if !reading.failure.as_ref().is_some_and(is_malformed) {
        return (names, reading);
    }
    usage.bytes_scanned = usage.bytes_scanned.saturating_add(reading.bytes_scanned);
    usage.add_remark("answers are unknown: this Logs Insights knows plain queries only");
    read_names(insights, zones, window, None, false).await
}

/// The usage that the rows of both questions show, wherever they come from. `place` is shown in messages.
pub(super) fn of_rows(
    place: &str,
    by_name: impl Iterator<Item = Row>,
    by_vpc: impl Iterator<Item = Row>,
) -> GroupUsage {
    let mut usage = GroupUsage {
        coverage: Some(group_coverage(None, Timestamp::now())),
        ..GroupUsage::default()
    };
    let (mut names, mut totals) = (Names::default(), Totals::default());
    by_name.for_each(|row| names.take(&row));
    by_vpc.for_each(|row| totals.take(&row));
    conclude(&mut usage, names, Some(totals), true, place);
    usage
}

/// Holds both answers against one another and adds them to the usage.
fn conclude(
    usage: &mut GroupUsage,
    names: Names,
    totals: Option<Totals>,
    counted: bool,
    place: &str,
) {
    if names.foreign > 0 {
        usage.add_remark(&format!(
            "{} events of {place} name an AWS host but no VPC, so they are no query \
             log records and are not counted",
            names.foreign
        ));
    }
    let unreadable = names.unreadable + totals.as_ref().map_or(0, |it| it.unreadable);
    let problem = (unreadable > 0)
        .then(|| format!("{unreadable} rows of {place} are not readable"))
        .or_else(|| contradiction(place, &names, totals.as_ref().filter(|_| counted)?));
    usage.vpcs = names.vpcs;
    if let Some(totals) = totals {
        add_totals(usage, totals, place);
    }
    let invalid = problem.map(|why| Failure::new(Reason::InvalidResponse, why));
    usage.failure = usage.failure.take().or(invalid);
}

/// What the log group itself shows of the window that it can hold.
fn group_coverage(size: Option<&Size>, read_at: Timestamp) -> LogCoverage {
    LogCoverage {
        log_group_created: size.and_then(|it| it.created_at),
        retention_days: size.and_then(|it| it.retention_days),
        read_at: Some(read_at),
        ..LogCoverage::default()
    }
}

/// Reads the names; in parts from the beginning where the answer to a first question over the window is
/// known not to be whole.
async fn read_names(
    insights: &Insights<'_>,
    zones: &[String],
    window: Window,
    first: Option<QueryOutcome>,
    answers: bool,
) -> (Names, Reading) {
    let limit = insights.settings.row_limit;
    let mut names = Names::default();
    let query = |parts: &[String]| question::by_name(zones, parts, answers, limit);
    let reading = match first {
        None => {
            let take = |row: Row| names.take(&row);
            insights.read(window, question::NAME, query, take).await
        }
        Some(first) => {
            // The first question has rows of other events too.
            let take = |row: Row| {
                if row.contains_key(question::NAME) {
                    names.take(&row);
                }
            };
            let further = insights.read_further(first, window, question::NAME, query, take);
            further.await
        }
    };
    (names, reading)
}

/// The totals; none if they could not be read completely.
async fn read_totals(
    insights: &Insights<'_>,
    window: Window,
    usage: &mut GroupUsage,
) -> Option<Totals> {
    let limit = insights.settings.row_limit;
    let mut totals = Totals::default();
    let reading = insights
        .read(
            window,
            question::VPC,
            |parts| question::totals(parts, limit),
            |row| totals.take(&row),
        )
        .await;
    usage.bytes_scanned += reading.bytes_scanned;
    let known = reading.failure.is_none();
    // A query without a condition on names scans all that came in.
    usage.window_bytes = (known && reading.queries == 1).then_some(reading.bytes_scanned);
    usage.failure = usage.failure.take().or(reading.failure);
    known.then_some(totals)
}

fn add_totals(usage: &mut GroupUsage, totals: Totals, place: &str) {
    for (vpc_id, total) in totals.vpcs {
        let nameless = total.events.saturating_sub(total.named);
        if nameless > 0 {
            usage.add_remark(&format!(
                "{nameless} events of {vpc_id} in {place} hold no query name and are \
                 in its sum alone"
            ));
        }
        let vpc = usage.vpcs.entry(vpc_id.clone()).or_insert_with(|| VpcDns {
            vpc_id,
            ..VpcDns::default()
        });
        vpc.queries = Some(total.events);
        vpc.coverage = Some(total.coverage());
    }
}

/// Why the two answers cannot both be right, or show no query log.
fn contradiction(place: &str, names: &Names, totals: &Totals) -> Option<String> {
    let changed = "a log transformer or a data protection policy may change the records";
    if totals.vpcs.is_empty() && totals.without_vpc > 0 {
        return Some(format!(
            "none of the {} events of {place} names a VPC: {changed}, or they are no \
             query log records",
            totals.without_vpc
        ));
    }
    for (vpc_id, total) in &totals.vpcs {
        if total.events > 0 && total.named == 0 {
            return Some(format!(
                "none of the {} events of {vpc_id} in {place} holds a query name: \
                 {changed}",
                total.events
            ));
        }
    }
    // Between the two questions events may arrive, but none goes.
    let disagrees = names.vpcs.keys().find_map(|vpc_id| {
        let (by_name, by_vpc) = (
            names.queries(vpc_id),
            totals.vpcs.get(vpc_id).map_or(0, |it| it.named),
        );
        (by_name > by_vpc).then_some((vpc_id, by_name, by_vpc))
    });
    disagrees.map(|(vpc_id, by_name, by_vpc)| {
        format!(
            "{place} holds {by_name} queries of {vpc_id} counted by name, but \
             {by_vpc} counted by VPC"
        )
    })
}

fn is_malformed(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("MalformedQueryException")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let pairs = fields.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_name_without_a_response_code_was_not_read() {
        assert!(is_read(&row(&[("vpc", "vpc-1"), ("queries", "3")])));
        let name = ("asked", "sts.amazonaws.com");
        assert!(is_read(&row(&[name, ("code", "NOERROR")])));
        assert!(!is_read(&row(&[name, ("queries", "3")])));
    }

    fn answers(by_name: &[&[(&str, &str)]], by_vpc: &[&[(&str, &str)]]) -> (Names, Totals) {
        let (mut names, mut totals) = (Names::default(), Totals::default());
        for it in by_name {
            names.take(&row(it));
        }
        for it in by_vpc {
            totals.take(&row(it));
        }
        (names, totals)
    }

    #[test]
    fn counts_by_name_and_by_vpc_are_held_against_one_another() {
        let sts: &[_] = &[("vpc", "vpc-1"), ("asked", "sts.aws"), ("queries", "5")];
        let total = |events, named| {
            let row = [("vpc", "vpc-1"), ("events", events), ("named", named)];
            answers(&[sts], &[&row])
        };
        for (events, named, expected) in [
            ("5", "5", None),
            ("9", "6", None),
            ("9", "4", Some("5 queries of vpc-1 counted by name, but 4")),
            ("9", "0", Some("none of the 9 events of vpc-1")),
        ] {
            let (names, totals) = total(events, named);
            let found = contradiction("log group `g`", &names, &totals);
            assert_eq!(found.is_some(), expected.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or("")));
        }
        let (names, totals) = answers(&[sts], &[]);
        assert!(contradiction("log group `g`", &names, &totals).is_some());
    }

    #[test]
    fn events_of_which_none_names_a_vpc_are_no_query_log() {
        let (names, totals) = answers(&[], &[&[("events", "3")]]);
        let found = contradiction("log group `g`", &names, &totals).unwrap();
        assert!(found.starts_with("none of the 3 events of log group `g` names a VPC"));
        let (names, totals) = answers(&[], &[]);
        assert_eq!(contradiction("log group `g`", &names, &totals), None);
    }
}
