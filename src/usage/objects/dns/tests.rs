//! Query log records in objects, counted.

use super::{super::gunzip::tests::packed, *};
use std::collections::BTreeMap;

use crate::model::usage::VpcDns;

fn window() -> Window {
    Window {
        start: "2026-06-01T00:00:00Z".parse().unwrap(),
        end: "2026-06-02T00:00:00Z".parse().unwrap(),
    }
}

fn zones() -> Vec<String> {
    vec!["amazonaws.com".to_owned()]
}

fn record(name: &str, code: &str, source: &str, time: &str, answers: &str) -> String {
    format!(
        r#"{{"version":"1.100000","account_id":"111111111111","region":"eu-west-1","vpc_id":"vpc-1","query_timestamp":"2026-06-01T{time}Z","query_name":"{name}","query_type":"A","query_class":"IN","rcode":"{code}","answers":[{answers}],"srcaddr":"{source}","srcport":"4000"}}"#
    )
}

fn answer(rdata: &str) -> String {
    format!(r#"{{"Rdata":"{rdata}","Type":"A","Class":"IN"}}"#)
}

fn counted(objects: &[&str]) -> Queries {
    let mut counted = Queries::new(&zones(), window());
    for object in objects {
        let mut one = Queries::new(&zones(), window());
        one.object("k", Body::of(packed(object.as_bytes())))
            .unwrap();
        counted.absorb(one);
    }
    counted
}

fn usage(counted: &Queries) -> GroupUsage {
    counted.usage("objects")
}

#[test]
fn records_become_the_counts_of_their_names_whatever_else_is_in_them() {
    let lines = [
        record(
            "STS.eu-west-1.amazonaws.com.",
            "NOERROR",
            "10.0.0.1",
            "01:00:00",
            &answer("10.0.0.9"),
        ),
        record(
            "sts.eu-west-1.amazonaws.com.",
            "NOERROR",
            "10.0.0.2",
            "02:00:00",
            &answer("10.0.0.9"),
        ),
        record(
            "sts.eu-west-1.amazonaws.com.",
            "NXDOMAIN",
            "10.0.0.2",
            "03:00:00",
            "",
        ),
        record(
            "example.com.",
            "NOERROR",
            "10.0.0.3",
            "04:00:00",
            &answer(r#"a\"query_name\":\"x.amazonaws.com"#),
        ),
        record("badamazonaws.com.", "NOERROR", "10.0.0.3", "05:00:00", ""),
        record(
            "before.amazonaws.com.",
            "NOERROR",
            "10.0.0.3",
            "05:00:00",
            "",
        )
        .replace("06-01", "05-31"),
        record(
            "after.amazonaws.com.",
            "NOERROR",
            "10.0.0.3",
            "00:00:00",
            "",
        )
        .replace("06-01", "06-02"),
    ];
    let counted = counted(&[&lines.join("\n")]);
    let found = usage(&counted);
    assert_eq!(found.failure, None);
    let vpc: &VpcDns = &found.vpcs["vpc-1"];
    assert_eq!(vpc.queries, Some(5));
    assert_eq!(vpc.hosts.len(), 1);
    let host = &vpc.hosts["sts.eu-west-1.amazonaws.com"];
    assert_eq!(
        (host.queries, host.nxdomain_queries, host.sources),
        (2, 1, 1)
    );
    let coverage = vpc.coverage.as_ref().unwrap();
    assert_eq!(
        coverage.first_event.unwrap().to_string(),
        "2026-06-01T01:00:00Z"
    );
    assert_eq!(
        coverage.last_event.unwrap().to_string(),
        "2026-06-01T05:00:00Z"
    );
}

#[test]
fn records_without_a_line_between_them_are_read_one_by_one() {
    let one = record("s3.amazonaws.com.", "NOERROR", "10.0.0.1", "01:00:00", "");
    let together = format!("{one}{one} {one}");
    let found = usage(&counted(&[&together]));
    assert_eq!(found.vpcs["vpc-1"].hosts["s3.amazonaws.com"].queries, 3);
}

#[test]
fn text_that_is_no_record_makes_the_place_unreadable_and_a_stray_line_does_not() {
    let none = counted(&["no record\nneither is this\n"]);
    assert_eq!(none.check().unwrap_err().reason, Reason::InvalidResponse);
    let one = record("s3.amazonaws.com.", "NOERROR", "10.0.0.1", "01:00:00", "");
    let mostly = format!("{}stray\n", format!("{one}\n").repeat(2000));
    counted(&[&mostly]).check().unwrap();
}

#[test]
fn the_first_address_is_a_whole_text_and_of_two_lists_at_one_time_text_order_decides() {
    let name = record(
        "a.amazonaws.com.",
        "NOERROR",
        "10.0.0.1",
        "01:00:00",
        &answer("cafe.dead.beef."),
    );
    assert_eq!(Members::of(&name).address, None);
    let chain = [answer("x.example."), answer("10.0.0.5"), answer("10.0.0.1")].join(",");
    let line = record(
        "a.amazonaws.com.",
        "NOERROR",
        "10.0.0.1",
        "01:00:00",
        &chain,
    );
    assert_eq!(Members::of(&line).address, Some("10.0.0.5"));
    let lists = ["b", "a", "c"].map(|list| {
        record("a.amazonaws.com.", "NOERROR", "10.0.0.1", "01:00:00", "")
            .replace("[]", &format!("[{list}]"))
    });
    let counted = counted(&[&lists.join("\n")]);
    let row = counted.groups.by_name().next().unwrap();
    let shown = ["first_answers", "last_answers"].map(|it| row[it].as_str());
    assert_eq!(shown, ["a", "c"]);
}

/// The counts as serde reads the records, one after the other.
fn naive(lines: &[String]) -> (u64, BTreeMap<String, (u64, u64)>) {
    let (mut events, mut names) = (0, BTreeMap::<String, (u64, u64)>::new());
    for line in lines {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let at: Timestamp = record["query_timestamp"].as_str().unwrap().parse().unwrap();
        if at < window().start || at >= window().end {
            continue;
        }
        events += 1;
        let name = record["query_name"].as_str().unwrap();
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if name == "amazonaws.com" || name.ends_with(".amazonaws.com") {
            let counts = names.entry(name).or_default();
            match record["rcode"].as_str().unwrap() {
                "NXDOMAIN" => counts.1 += 1,
                _ => counts.0 += 1,
            }
        }
    }
    (events, names)
}

proptest::proptest! {
    #[test]
    fn any_records_in_any_objects_count_as_serde_reads_them(
        records in proptest::collection::vec(
            (
                "[sS][t3]s?\\.(amazonaws\\.com|example\\.org|amazonaws\\.com\\.evil\\.org)\\.?",
                proptest::sample::select(vec!["NOERROR", "NXDOMAIN"]),
                "10\\.0\\.0\\.[1-9]",
                0_u8..24,
                proptest::sample::select(vec!["05-31", "06-01", "06-02"]),
                proptest::sample::select(vec!["", "10.0.0.9", "x.example.", "a\\\"query_name\\\":\\\"s3.amazonaws.com", "]"]),
            ),
            1..60,
        ),
        cut in 0_usize..60,
    ) {
        let lines: Vec<String> = records
            .iter()
            .map(|(name, code, source, hour, day, rdata)| {
                let answers = if rdata.is_empty() { String::new() } else { answer(rdata) };
                record(name, code, source, &format!("{hour:02}:00:00"), &answers).replace("06-01", day)
            })
            .collect();
        let (one, two) = lines.split_at(cut.min(lines.len()));
        let counted = counted(&[&one.join("\n"), &two.join("\n")]);
        let found = usage(&counted);
        let (events, names) = naive(&lines);
        let vpc = found.vpcs.get("vpc-1").cloned().unwrap_or_default();
        proptest::prop_assert_eq!(vpc.queries.unwrap_or(0), events);
        let counts: BTreeMap<String, (u64, u64)> = vpc
            .hosts
            .iter()
            .map(|(name, host)| (name.clone(), (host.queries, host.nxdomain_queries)))
            .collect();
        proptest::prop_assert_eq!(counts, names);
    }
}

/// How one record of a line is counted where its beginning is not known from another.
fn counted_alone(lines: &[String]) -> GroupUsage {
    let mut all = Queries::new(&zones(), window());
    for line in lines {
        let mut one = Queries::new(&zones(), window());
        one.line(line.as_bytes());
        all.absorb(one);
    }
    all.usage("objects")
}

#[test]
fn two_records_of_a_line_count_behind_one_that_is_usual_too() {
    let one = record("s3.amazonaws.com.", "NOERROR", "10.0.0.1", "01:00:00", "");
    let lines = [
        one.clone(),
        format!("{one}{one}"),
        one.replace("vpc-1", "vpc-2"),
        one,
    ];
    let found = usage(&counted(&[&lines.join("\n")]));
    let queries = |vpc: &str| found.vpcs[vpc].hosts["s3.amazonaws.com"].queries;
    assert_eq!((queries("vpc-1"), queries("vpc-2")), (4, 1));
}

proptest::proptest! {
    #[test]
    fn a_record_counts_the_same_whatever_stands_before_it(
        records in proptest::collection::vec(
            (
                "[sS][t3]s?\\.amazonaws\\.com\\.?|x\\\\\\\\.amazonaws\\.com|rcode|",
                proptest::sample::select(vec!["2026-06-01T01:00:00Z", "2026-06-01T01:00:00.5Z", "2026-06-31T01:00:00Z", "soon"]),
                proptest::sample::select(vec![
                    ("", ""),
                    ("\"query_name\":", "\"query_name\" : "),
                    ("\"vpc_id\"", "\"vpc_uid\""),
                    ("\"vpc-1\"", "\"vpc-2\""),
                    ("\"vpc_id\":\"vpc-1\",", ""),
                    ("\"region\":\"eu-west-1\"", "\"ip\":\"10.9.9.9\""),
                    ("\"rcode\":\"NOERROR\",", ""),
                    ("\"srcaddr\"", "\"ip\""),
                    ("\"answers\":", "\"hostname\":\"sts.amazonaws.com\",\"answers\":"),
                    ("}}", "}"),
                    ("{\"version\"", " {\"version\""),
                    ("4000\"}", "4000\"} "),
                    ("\"answers\":[", "\"answers\":[{\"ip\":\"10.9.9.9\"},"),
                    ("\"query_type\":\"A\"", "\"query_type\":\"answers\""),
                    ("\"query_type\":\"A\"", "\"query_type\":\"\""),
                    ("\"rcode\":\"NOERROR\"", "\"rcode\":\"\""),
                    ("4000\"}", "4000\",\"Rdata\":\"10.7.7.7\"}"),
                    ("4000\"}", "4000\",\"rcode\":\"NXDOMAIN\",\"ip\":\"10.8.8.8\"}"),
                ]),
                "10\\.0\\.0\\.[1-3]|fd00::[1-2]",
                proptest::sample::select(vec![
                    "", "10.0.0.9", "x.example.", "a\\\"query_timestamp\\\":\\\"x", "a]b", "],\\\"srcaddr\\\":\\\"10.6.6.6\\\"",
                ]),
            ),
            1..20,
        ),
    ) {
        let lines: Vec<String> = records
            .iter()
            .map(|(name, time, (from, to), source, rdata)| {
                let answers = if rdata.is_empty() { String::new() } else { answer(rdata) };
                let record = record(name, "NOERROR", source, "01:00:00", &answers);
                let record = record.replace("2026-06-01T01:00:00Z", time);
                if from.is_empty() { record } else { record.replace(from, to) }
            })
            .collect();
        let mut together = Queries::new(&zones(), window());
        for line in &lines {
            together.line(line.as_bytes());
        }
        proptest::prop_assert_eq!(together.usage("objects").vpcs, counted_alone(&lines).vpcs);
    }
}
