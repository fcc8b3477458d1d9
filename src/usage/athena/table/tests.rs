//! Tables: their DDL as snapshots, which a test of the local AWS parses, and their conditions.

use super::*;
use crate::model::flow_format::{DEFAULT, RECOMMENDED};

fn table(records: TableRecords) -> Table {
    Table {
        bucket: "central-logs.111111111111".to_owned(),
        prefix: "network/".to_owned(),
        records,
    }
}

fn flows(format: &str, parquet: bool, hive: bool) -> Table {
    table(TableRecords::Flows {
        format: LogFormat::parse(format).unwrap(),
        parquet,
        hive,
    })
}

fn times(first: &str, last: &str) -> Stamps {
    Stamps {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn each_kind_and_format_has_its_table() {
    insta::assert_snapshot!("ddl_queries", table(TableRecords::Queries).ddl("logs"));
    insta::assert_snapshot!("ddl_flows_text", flows(DEFAULT, false, false).ddl("logs"));
    insta::assert_snapshot!(
        "ddl_flows_parquet_hive",
        flows(RECOMMENDED, true, true).ddl("logs")
    );
}

#[test]
fn tables_of_other_formats_layouts_or_prefixes_have_other_names() {
    let mut names: BTreeSet<String> = [
        table(TableRecords::Queries),
        flows(DEFAULT, false, false),
        flows(DEFAULT, true, false),
        flows(DEFAULT, false, true),
        flows(RECOMMENDED, false, false),
    ]
    .iter()
    .map(Table::name)
    .collect();
    let elsewhere = Table {
        prefix: String::new(),
        ..table(TableRecords::Queries)
    };
    names.insert(elsewhere.name());
    assert_eq!(names.len(), 6);
    let letters = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    assert!(names.iter().all(|it| it.chars().all(letters)), "{names:?}");
}

#[test]
fn a_field_that_is_there_twice_has_two_columns_in_text_and_one_in_parquet() {
    let names = |parquet| -> Vec<String> {
        let columns = flows("${bytes} ${bytes} ${end}", parquet, false).columns();
        columns.into_iter().map(|it| it.name).collect()
    };
    assert_eq!(names(false), ["bytes", "bytes_2", "end"]);
    assert_eq!(names(true), ["bytes", "end"]);
}

#[test]
fn a_condition_names_every_value_that_has_to_be_given_and_the_days_of_the_objects() {
    let times = times("2026-05-31T23:40:01Z", "2026-06-01T13:00:00Z");
    insta::assert_snapshot!(
        "condition_queries",
        table(TableRecords::Queries).condition(
            &set(&["111111111111", "222222222222"]),
            &set(&["vpc-1"]),
            times
        )
    );
    insta::assert_snapshot!(
        "condition_hive",
        flows(DEFAULT, false, true).condition(&set(&["111111111111"]), &set(&["eu-west-1"]), times)
    );
}

#[test]
fn a_statement_stays_below_a_million_partitions() {
    let week = times("2026-06-01T00:00:00Z", "2026-06-07T13:00:00Z");
    assert_eq!(Table::vpcs_at_once(2, week), 71_428);
    assert_eq!(Table::vpcs_at_once(0, week), 142_857);
}
