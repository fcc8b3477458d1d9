//! Rows of Athena, folded as those of Logs Insights.

use super::*;
use crate::model::{id::VpcId, target::Target};

fn place() -> ObjectPlace {
    ObjectPlace {
        target: Target {
            account_id: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        bucket: "logs".to_owned(),
        prefix: String::new(),
        records: ObjectRecords::Queries {
            vpc_id: "vpc-1".into(),
        },
    }
}

fn row(fields: &[(&str, &str)]) -> Row {
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn named(queries: &'static str) -> Row {
    row(&[
        ("vpc", "vpc-1"),
        ("asked", "STS.aws."),
        ("code", "NOERROR"),
        ("address", "54.0.0.1"),
        ("dated", "true"),
        ("queries", queries),
        ("named", queries),
        ("sources", "2"),
        (
            "first_answers",
            r#"{"Rdata":"54.0.0.2","Type":"A","Class":"IN"}"#,
        ),
        ("first_event", "2026-06-01T01:00:00Z"),
        ("last_event", "2026-06-01T02:00:00Z"),
    ])
}

#[test]
fn names_and_totals_come_from_the_same_rows() {
    let others = row(&[
        ("vpc", "vpc-1"),
        ("dated", "true"),
        ("queries", "7"),
        ("named", "7"),
        ("first_event", "2026-06-01T00:00:00Z"),
        ("last_event", "2026-06-01T01:30:00Z"),
    ]);
    let usage = usage_of(&place(), &[named("3"), others]);
    assert_eq!(usage.failure, None);
    let vpc = &usage.vpcs["vpc-1"];
    assert_eq!(vpc.queries, Some(10));
    let host = &vpc.hosts["sts.aws"];
    assert_eq!((host.queries, host.sources), (3, 2));
    let coverage = vpc.coverage.as_ref().unwrap();
    let shown = |at: Option<jiff::Timestamp>| at.unwrap().to_string();
    assert_eq!(shown(coverage.first_event), "2026-06-01T00:00:00Z");
    assert_eq!(shown(coverage.last_event), "2026-06-01T02:00:00Z");
}

#[test]
fn lines_that_are_no_records_count_as_nothing_and_too_many_are_a_failure() {
    let broken = |queries| row(&[("dated", "false"), ("queries", queries), ("named", "0")]);
    let usage = usage_of(&place(), &[named("5000"), broken("5")]);
    assert_eq!(usage.failure, None);
    assert_eq!(usage.vpcs["vpc-1"].queries, Some(5000));
    let usage = usage_of(&place(), &[named("500"), broken("5")]);
    assert_eq!(usage.failure.unwrap().reason, Reason::InvalidResponse);
}

#[test]
fn statements_are_split_by_vpc_until_each_fits() {
    let vpcs: BTreeSet<VpcId> = (0..20_000)
        .map(|at| format!("vpc-{at:017x}").into())
        .collect();
    let text = |vpcs: &BTreeSet<VpcId>| {
        vpcs.iter()
            .map(VpcId::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let statements = split(vpcs.clone(), 1_000_000, &text);
    assert!(statements.iter().all(|it| it.len() <= LENGTH));
    let asked: usize = statements.iter().map(|it| it.matches("vpc-").count()).sum();
    assert_eq!(asked, vpcs.len());
    assert_eq!(split(vpcs, 5_000, &text).len(), 4);
}
