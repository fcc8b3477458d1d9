//! DNS usage of the VPCs of one log group: two questions to Logs Insights, and their rows read.
//!
//! The first question counts the names in AWS zones by VPC, name, response code and the first
//! address of the answer; the second counts all queries by VPC. Where Logs Insights does not know
//! the functions of the first (older partitions), a plainer one is asked and answers stay unknown.

use std::{collections::BTreeMap, net::IpAddr};

use super::insights::{Insights, Reading, Row};
use crate::model::{
    coverage::{Failure, Reason},
    run::Window,
    usage::{GroupUsage, HostQueries, VpcDns},
};

/// Queries over the whole window that a log group takes, if their answers need no splitting.
pub const QUERIES: u64 = 2;

/// The field by which an answer that does not fit is split.
const NAME: &str = "query_name";

/// Reads the usage of every VPC that writes to the group.
pub async fn read(insights: &Insights<'_>, zones: &[String], window: Window) -> GroupUsage {
    let limit = insights.settings.row_limit;
    let mut usage = GroupUsage::default();
    let (mut unreadable, mut foreign) = (0_usize, 0_u64);
    let mut names = BTreeMap::new();
    let mut reading = insights
        .read(
            window,
            NAME,
            |parts| by_name(zones, parts, true, limit),
            |row| {
                take_or_count(&mut names, &row, &mut unreadable, &mut foreign);
            },
        )
        .await;
    usage.bytes_scanned = reading.bytes_scanned;
    if is_malformed(&reading) {
        (names, unreadable, foreign) = (BTreeMap::new(), 0, 0);
        reading = insights
            .read(
                window,
                NAME,
                |parts| by_name(zones, parts, false, limit),
                |row| {
                    take_or_count(&mut names, &row, &mut unreadable, &mut foreign);
                },
            )
            .await;
        usage.bytes_scanned += reading.bytes_scanned;
        usage.add_remark("answers are unknown: this Logs Insights knows plain queries only");
    }
    usage.vpcs = names;
    usage.failure = reading.failure;
    if usage
        .failure
        .as_ref()
        .is_none_or(|failure| failure.reason == Reason::Truncated)
    {
        read_totals(insights, window, &mut usage, &mut unreadable).await;
    }
    if foreign > 0 {
        let why = format!(
            "{foreign} events of log group `{}` name an AWS host but no VPC, so they are no query \
             log records and are not counted",
            insights.group.name
        );
        usage.add_remark(&why);
        // Where no record at all names a VPC, it is the answers that are odd.
        if usage.vpcs.is_empty() && usage.failure.is_none() {
            usage.failure = Some(Failure::new(Reason::InvalidResponse, why));
        }
    }
    if unreadable > 0 && usage.failure.is_none() {
        let why = format!(
            "{unreadable} rows of log group `{}` are not readable",
            insights.group.name
        );
        usage.failure = Some(Failure::new(Reason::InvalidResponse, why));
    }
    usage
}

async fn read_totals(
    insights: &Insights<'_>,
    window: Window,
    usage: &mut GroupUsage,
    unreadable: &mut usize,
) {
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    let reading = insights
        .read(
            window,
            NAME,
            |_| by_vpc(insights.settings.row_limit),
            |row| match (row.get("vpc_id"), count(&row, "queries")) {
                (Some(vpc), Some(queries)) => *totals.entry(vpc.clone()).or_default() += queries,
                // Lines that are no query log records carry no VPC.
                (None, Some(_)) => {}
                (_, None) => *unreadable += 1,
            },
        )
        .await;
    usage.bytes_scanned += reading.bytes_scanned;
    let known = reading.failure.is_none();
    // A query without a condition on names scans all that came in.
    usage.window_bytes = (known && reading.queries == 1).then_some(reading.bytes_scanned);
    usage.failure = usage.failure.take().or(reading.failure);
    for (vpc_id, queries) in totals {
        let vpc = usage.vpcs.entry(vpc_id.clone()).or_insert_with(|| VpcDns {
            vpc_id,
            ..VpcDns::default()
        });
        vpc.queries = known.then_some(queries);
    }
}

fn is_malformed(reading: &Reading) -> bool {
    reading
        .failure
        .as_ref()
        .and_then(|failure| failure.code.as_deref())
        == Some("MalformedQueryException")
}

/// The first address stands behind any CNAMEs, whose data are names (`cafe.dead.beef.` too); the lists
/// show the rest.
const ANSWERS: &str = r#"| parse @message /"Rdata"\s*:\s*"(?<address>[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)"/
| parse @message /"answers"\s*:\s*\[(?<answer_list>[^\]]*)\]/
"#;

fn by_name(zones: &[String], conditions: &[String], answers: bool, limit: usize) -> String {
    let zones = zones
        .iter()
        .map(|zone| zone.replace('.', r"\."))
        .collect::<Vec<_>>()
        .join("|");
    let mut query = format!("filter query_name like /(?i)(^|\\.)({zones})\\.?$/\n");
    for condition in conditions {
        query.extend(["| filter ", condition, "\n"]);
    }
    if answers {
        query.push_str(ANSWERS);
        query.push_str(
            "| stats count(*) as queries, count_distinct(srcaddr) as sources, \
             earliest(answer_list) as first_answers, latest(answer_list) as last_answers \
             by vpc_id, query_name, rcode, address\n",
        );
    } else {
        query.push_str("| stats count(*) as queries by vpc_id, query_name, rcode\n");
    }
    query + &format!("| limit {limit}")
}

fn by_vpc(limit: usize) -> String {
    format!("stats count(*) as queries by vpc_id\n| limit {limit}")
}

/// Adds a row of the first question, or counts it: as events of somebody else's if it belongs to no
/// VPC, as every query log record does, else as unreadable.
fn take_or_count(
    vpcs: &mut BTreeMap<String, VpcDns>,
    row: &Row,
    unreadable: &mut usize,
    foreign: &mut u64,
) {
    match (row.get("vpc_id"), count(row, "queries")) {
        (None, Some(events)) => *foreign = foreign.saturating_add(events),
        _ => *unreadable += usize::from(!take_name(vpcs, row)),
    }
}

/// Adds a row of the first question; false if it cannot be read.
fn take_name(vpcs: &mut BTreeMap<String, VpcDns>, row: &Row) -> bool {
    let (Some(vpc_id), Some(name), Some(queries)) = (
        row.get("vpc_id"),
        row.get("query_name"),
        count(row, "queries"),
    ) else {
        return false;
    };
    let mut host = HostQueries::default();
    if row.get("rcode").is_some_and(|code| code == "NXDOMAIN") {
        host.nxdomain_queries = queries;
    } else {
        host.queries = queries;
        for list in ["first_answers", "last_answers"] {
            let list = row.get(list).map_or("", String::as_str);
            for address in addresses(list) {
                host.answers.add(address, 0);
            }
        }
        if let Some(Ok(address)) = row.get("address").map(|it| it.parse()) {
            host.answers.add(address, queries);
        }
    }
    host.sources = count(row, "sources").unwrap_or(0);
    let vpc = vpcs.entry(vpc_id.clone()).or_insert_with(|| VpcDns {
        vpc_id: vpc_id.clone(),
        ..VpcDns::default()
    });
    vpc.hosts.entry(normal_name(name)).or_default().absorb(host);
    true
}

/// Names come in the case and with the dot that the client sent.
fn normal_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn count(row: &Row, field: &str) -> Option<u64> {
    let text = row.get(field)?;
    text.parse().ok().or_else(|| {
        // Insights may write a whole number as `12.0`.
        text.split_once('.')
            .filter(|(_, rest)| rest.bytes().all(|b| b == b'0'))?
            .0
            .parse()
            .ok()
    })
}

/// The addresses in the inside of an `answers` list, names and the rest left out.
fn addresses(list: &str) -> Vec<IpAddr> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(rename = "Rdata")]
        rdata: Option<String>,
    }
    let answers: Vec<Answer> = serde_json::from_str(&format!("[{list}]")).unwrap_or_default();
    answers
        .into_iter()
        .filter_map(|answer| answer.rdata?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn spellings_of_a_name_are_one_host_and_nxdomain_counts_apart() {
        let mut vpcs = BTreeMap::new();
        for (name, rcode, queries) in [
            ("STS.eu-west-1.amazonaws.com.", "NOERROR", "3"),
            ("sts.eu-west-1.amazonaws.com", "NOERROR", "4.0"),
            ("sts.eu-west-1.amazonaws.com.", "NXDOMAIN", "5"),
        ] {
            let fields = [
                ("vpc_id", "vpc-1"),
                ("query_name", name),
                ("rcode", rcode),
                ("queries", queries),
            ];
            assert!(take_name(&mut vpcs, &row(&fields)));
        }
        let hosts = &vpcs["vpc-1"].hosts;
        assert_eq!(hosts.len(), 1);
        let host = &hosts["sts.eu-west-1.amazonaws.com"];
        assert_eq!((host.queries, host.nxdomain_queries), (7, 5));
    }

    #[test]
    fn the_first_address_carries_the_count_and_the_others_are_seen() {
        let list = r#"{"Rdata":"x.example.","Type":"CNAME","Class":"IN"},{"Rdata":"10.0.0.1","Type":"A","Class":"IN"},{"Rdata":"10.0.1.1","Type":"A","Class":"IN"}"#;
        let mut vpcs = BTreeMap::new();
        let fields = [
            ("vpc_id", "vpc-1"),
            ("query_name", "a.aws."),
            ("rcode", "NOERROR"),
            ("queries", "3"),
            ("address", "10.0.0.1"),
            ("last_answers", list),
            ("sources", "2"),
        ];
        assert!(take_name(&mut vpcs, &row(&fields)));
        let host = &vpcs["vpc-1"].hosts["a.aws"];
        let counts: Vec<_> = host
            .answers
            .iter()
            .map(|(ip, n)| (ip.to_string(), n))
            .collect();
        assert_eq!(
            counts,
            [("10.0.0.1".to_owned(), 3), ("10.0.1.1".to_owned(), 0)]
        );
        assert_eq!(host.sources, 2);
    }

    #[test]
    fn a_row_without_name_vpc_or_count_is_refused() {
        for fields in [
            &[("query_name", "a.aws"), ("queries", "1")][..],
            &[("vpc_id", "vpc-1"), ("queries", "1")],
            &[
                ("vpc_id", "vpc-1"),
                ("query_name", "a.aws"),
                ("queries", "many"),
            ],
        ] {
            assert!(!take_name(&mut BTreeMap::new(), &row(fields)), "{fields:?}");
        }
    }

    #[test]
    fn the_zones_are_anchored_on_a_label_and_on_the_end() {
        let query = by_name(
            &["amazonaws.com".to_owned(), "aws".to_owned()],
            &["x = 1".to_owned()],
            true,
            9,
        );
        assert!(
            query.starts_with(
                "filter query_name like /(?i)(^|\\.)(amazonaws\\.com|aws)\\.?$/\n| filter x = 1\n"
            ),
            "{query}"
        );
    }

    #[test]
    fn odd_answer_lists_give_what_can_be_read() {
        for list in ["", "x", "{", r#"{"Type":"A"}"#, r#"{"Rdata":7}"#] {
            assert!(addresses(list).is_empty(), "{list}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_row_is_read_or_refused_and_never_counts_more_than_it_holds(
            fields in proptest::collection::btree_map(
                proptest::sample::select(vec![
                    "vpc_id", "query_name", "rcode", "queries", "sources", "address",
                    "first_answers", "last_answers",
                ]),
                proptest::prop_oneof![".*", "[0-9.]{1,25}", r#"(\{"Rdata":"[0-9a-f.:]*"\},?)*"#],
                0..9,
            )
        ) {
            let row: Row = fields.into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
            let mut vpcs = BTreeMap::new();
            let taken = take_name(&mut vpcs, &row);
            proptest::prop_assert_eq!(vpcs.len(), usize::from(taken));
            let counted: u64 = vpcs
                .values()
                .flat_map(|vpc| vpc.hosts.values())
                .map(|host| host.queries + host.nxdomain_queries)
                .sum();
            proptest::prop_assert_eq!(counted, if taken { count(&row, "queries").unwrap() } else { 0 });
        }

        #[test]
        fn any_answer_list_is_read(list in r#"(\{?"?[A-Za-z]*"?:?"?[0-9a-f.:]*"?\}?,?)*"#) {
            addresses(&list);
        }
    }
}
