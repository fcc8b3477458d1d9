//! Rows of the answers, summed up by VPC and name.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::Timestamp;

use crate::{
    model::{
        id::VpcId,
        usage::{HostQueries, LogCoverage, VpcDns},
    },
    usage::{
        insights::Row,
        number::{time, whole},
    },
};

/// What the answer by names holds.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By VPC.
    pub(super) vpcs: BTreeMap<VpcId, VpcDns>,
    /// Rows that cannot be read.
    pub(super) unreadable: usize,
    /// Events that name an AWS host, but no VPC: no query log records.
    pub(super) foreign: u64,
}

impl Names {
    /// Adds a row, or counts it.
    pub(super) fn take(&mut self, row: &Row) {
        match (row.get("vpc"), count(row, "queries")) {
            (None, Some(events)) => self.foreign = self.foreign.saturating_add(events),
            _ => self.unreadable += usize::from(!take_name(&mut self.vpcs, row)),
        }
    }

    /// Queries of a VPC, whatever the answer.
    pub(super) fn queries(&self, vpc_id: &str) -> u64 {
        let hosts = self.vpcs.get(vpc_id).into_iter().flat_map(|it| &it.hosts);
        hosts
            .map(|(_, host)| host.queries + host.nxdomain_queries + host.failed_queries)
            .sum()
    }
}

/// What the totals hold of one VPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) events: u64,
    /// Events with a name.
    pub(super) named: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

/// What the answer to the totals holds.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// By VPC.
    pub(super) vpcs: BTreeMap<VpcId, Total>,
    /// Events that name no VPC.
    pub(super) without_vpc: u64,
    /// Rows that cannot be read.
    pub(super) unreadable: usize,
}

impl Totals {
    /// Adds a row, or counts it.
    pub(super) fn take(&mut self, row: &Row) {
        match count(row, "events") {
            Some(events) => self.add(row, events),
            None => self.unreadable += 1,
        }
    }

    /// Adds the events of a row.
    fn add(&mut self, row: &Row, events: u64) {
        let Some(vpc) = row.get("vpc") else {
            self.without_vpc = self.without_vpc.saturating_add(events);
            return;
        };
        let at = |field: &str| row.get(field).and_then(|text| time(text));
        let total = self.vpcs.entry(vpc.as_str().into()).or_default();
        total.events = total.events.saturating_add(events);
        total.named = total
            .named
            .saturating_add(count(row, "named").unwrap_or(events));
        total.first = total.first.into_iter().chain(at("first_event")).min();
        total.last = total.last.into_iter().chain(at("last_event")).max();
    }
}

impl Total {
    /// The evidence that these events give.
    pub(super) fn coverage(&self) -> LogCoverage {
        LogCoverage {
            events: Some(self.events),
            first_event: self.first,
            last_event: self.last,
            ..LogCoverage::default()
        }
    }
}

/// Adds a row of the answer to the question about everything, or counts it.
pub(super) fn take_both(names: &mut Names, totals: &mut Totals, row: &Row) {
    let Some(events) = count(row, "queries") else {
        totals.unreadable += 1;
        return;
    };
    totals.add(row, events);
    if row.contains_key("asked") {
        names.take(row);
    }
}

/// Adds a row of the answer by names; false if it cannot be read.
fn take_name(vpcs: &mut BTreeMap<VpcId, VpcDns>, row: &Row) -> bool {
    let (Some(vpc_id), Some(name), Some(queries)) =
        (row.get("vpc"), row.get("asked"), count(row, "queries"))
    else {
        return false;
    };
    let mut host = HostQueries::default();
    // OCSF writes `NoError`.
    match row.get("code").map(|code| code.to_ascii_uppercase()) {
        Some(code) if code == "NXDOMAIN" => host.nxdomain_queries = queries,
        Some(code) if code != "NOERROR" => host.failed_queries = queries,
        _ => {
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
    }
    host.sources = count(row, "sources").unwrap_or(0);
    let vpc_id = VpcId::from(vpc_id.as_str());
    let vpc = vpcs.entry(vpc_id.clone()).or_insert_with(|| VpcDns {
        vpc_id,
        ..VpcDns::default()
    });
    vpc.hosts.entry(normal_name(name)).or_default().absorb(host);
    true
}

/// Names come in the case and with the dot that the client sent, and as JSON writes them.
fn normal_name(name: &str) -> String {
    let plain = name.contains('\\').then(|| format!("\"{name}\""));
    let plain: Option<String> = plain.and_then(|text| serde_json::from_str(&text).ok());
    let name = plain.as_deref().unwrap_or(name);
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn count(row: &Row, field: &str) -> Option<u64> {
    whole(row.get(field)?)
}

/// The addresses in the inside of an `answers` list, names and the rest left out.
fn addresses(list: &str) -> Vec<IpAddr> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(rename = "Rdata", alias = "rdata")]
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
    fn spellings_of_a_name_are_one_host_and_response_codes_count_apart() {
        let mut vpcs = BTreeMap::new();
        for (name, code, queries) in [
            ("STS.eu-west-1.amazonaws.com.", "NOERROR", "3"),
            ("sts.eu-west-1.amazonaws.com", "NoError", "4.0"),
            ("sts.eu-west-1.amazonaws.com.", "NXDOMAIN", "5"),
            ("sts.eu-west-1.amazonaws.com.", "SERVFAIL", "1.2E1"),
            ("sts.eu-west-1.amazonaws.com.", "REFUSED", "1"),
        ] {
            let fields = [
                ("vpc", "vpc-1"),
                ("asked", name),
                ("code", code),
                ("queries", queries),
            ];
            assert!(take_name(&mut vpcs, &row(&fields)));
        }
        let hosts = &vpcs["vpc-1"].hosts;
        assert_eq!(hosts.len(), 1);
        let host = &hosts["sts.eu-west-1.amazonaws.com"];
        let counts = (host.queries, host.nxdomain_queries, host.failed_queries);
        assert_eq!(counts, (7, 5, 13));
    }

    #[test]
    fn the_first_address_carries_the_count_and_the_others_are_seen() {
        let list = r#"{"Rdata":"x.example.","Type":"CNAME","Class":"IN"},{"Rdata":"10.0.0.1","Type":"A","Class":"IN"},{"rdata":"10.0.1.1","type":"A","class":"IN"}"#;
        let mut vpcs = BTreeMap::new();
        let fields = [
            ("vpc", "vpc-1"),
            ("asked", "a.aws."),
            ("code", "NOERROR"),
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
            &[("asked", "a.aws"), ("queries", "1")][..],
            &[("vpc", "vpc-1"), ("queries", "1")],
            &[("vpc", "vpc-1"), ("asked", "a.aws"), ("queries", "many")],
        ] {
            assert!(!take_name(&mut BTreeMap::new(), &row(fields)), "{fields:?}");
        }
    }

    #[test]
    fn totals_of_two_slices_of_time_are_one() {
        let mut totals = Totals::default();
        for (events, first, last) in [("5", "2000", "3000"), ("1.2E7", "4E3", "5000")] {
            totals.take(&row(&[
                ("vpc", "vpc-1"),
                ("events", events),
                ("named", events),
                ("first_event", first),
                ("last_event", last),
            ]));
        }
        totals.take(&row(&[("events", "7")]));
        totals.take(&row(&[("events", "x")]));
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let expected = Total {
            events: 12_000_005,
            named: 12_000_005,
            first: at(2),
            last: at(5),
        };
        assert_eq!(totals.vpcs["vpc-1"], expected);
        assert_eq!((totals.without_vpc, totals.unreadable), (7, 1));
    }

    #[test]
    fn a_row_without_a_name_in_the_zones_counts_in_the_sums_alone() {
        let (mut names, mut totals) = (Names::default(), Totals::default());
        let time = [("first_event", "2000"), ("last_event", "3000")];
        for fields in [
            // Two answers to one name; then all other events, of which one has no name.
            &[
                ("vpc", "vpc-1"),
                ("asked", "sts.aws."),
                ("queries", "3"),
                ("named", "3"),
            ][..],
            &[
                ("vpc", "vpc-1"),
                ("asked", "sts.aws."),
                ("queries", "2"),
                ("named", "2"),
            ],
            &[("vpc", "vpc-1"), ("queries", "10"), ("named", "9")],
            // No query log records: with a name of AWS, and without.
            &[("asked", "sts.aws."), ("queries", "4"), ("named", "4")],
            &[("queries", "5"), ("named", "0")],
            &[("vpc", "vpc-1"), ("asked", "sts.aws.")],
        ] {
            take_both(&mut names, &mut totals, &row(&[fields, &time].concat()));
        }
        let hosts = &names.vpcs["vpc-1"].hosts;
        assert_eq!((hosts.len(), hosts["sts.aws"].queries), (1, 5));
        assert_eq!((names.foreign, names.unreadable), (4, 0));
        let total = totals.vpcs["vpc-1"];
        assert_eq!((total.events, total.named), (15, 14));
        assert_eq!((totals.without_vpc, totals.unreadable), (9, 1));
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        assert_eq!((total.first, total.last), (at(2), at(3)));
    }

    #[test]
    fn a_name_is_taken_as_json_means_it() {
        assert_eq!(normal_name(r#"A\"b.aws."#), "a\"b.aws");
        assert_eq!(normal_name(r"a\\052.aws."), r"a\052.aws");
        assert_eq!(normal_name(r"odd\x"), r"odd\x");
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
                    "vpc", "asked", "code", "queries", "sources", "address",
                    "first_answers", "last_answers",
                ]),
                proptest::prop_oneof![".*", "[0-9.]{1,25}", r#"(\{"Rdata":"[0-9a-f.:]*"\},?)*"#],
                0..9,
            )
        ) {
            let row: Row = fields.into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
            let mut names = Names::default();
            let taken = take_name(&mut names.vpcs, &row);
            proptest::prop_assert_eq!(names.vpcs.len(), usize::from(taken));
            let vpcs: Vec<VpcId> = names.vpcs.keys().cloned().collect();
            let counted: u64 = vpcs.iter().map(|vpc| names.queries(vpc)).sum();
            proptest::prop_assert_eq!(counted, if taken { count(&row, "queries").unwrap() } else { 0 });
        }

        #[test]
        fn any_answer_list_is_read(list in r#"(\{?"?[A-Za-z]*"?:?"?[0-9a-f.:]*"?\}?,?)*"#) {
            addresses(&list);
        }
    }
}
