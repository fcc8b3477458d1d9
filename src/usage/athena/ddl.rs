//! The tables for the logs in S3 of a run, as a script for whoever creates them.

use std::{collections::BTreeSet, fmt::Write as _};

use super::table::Table;
use crate::{
    config::Objects,
    model::{
        facts::Facts,
        flow_format::{DEFAULT, LogFormat},
        log_place::LogPlace,
    },
    usage::destination::destinations,
};

/// What to set in the workgroup, before the statements.
const ADVICE: &str = "\
-- The workgroup: turn on managed query results (no bucket for results is needed, nothing has to be
-- cleaned up), and set a limit on the bytes that one query may scan: a query above it is cancelled, and
-- billed up to there. Athena bills compressed bytes, at least 10 MB a query; these statements are free.
";

/// The tables for the places in S3 that a run found, each once.
pub fn tables(facts: &Facts, settings: &Objects) -> BTreeSet<Table> {
    let read_from = |place: &LogPlace| match place {
        LogPlace::Objects(place) => settings.read_from(&place.bucket, &place.prefix),
        LogPlace::LogGroup(_) => Default::default(),
    };
    let plan = destinations(facts);
    let queries = plan.places.keys();
    let queries = queries.filter_map(|place| Table::of(place, read_from(place), None));
    let flows = facts.flow_logs.values().filter_map(|log| {
        let place = LogPlace::of_flow_log(log)?;
        let format = LogFormat::parse(log.log_format.as_deref().unwrap_or(DEFAULT)).ok()?;
        Table::of(&place, read_from(&place), Some(format))
    });
    queries.chain(flows).collect()
}

/// The script.
pub fn text(tables: &[Table], database: &str, run: &str) -> String {
    if tables.is_empty() {
        return format!("-- Run {run} found no logs in S3: no table is needed.\n");
    }
    let mut text = format!("-- Tables for the logs in S3 of run {run}.\n{ADVICE}");
    let _ = write!(text, "\nCREATE DATABASE IF NOT EXISTS `{database}`;\n");
    for table in tables {
        let _ = write!(text, "\n{}\n", table.ddl(database));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::athena::table::TableRecords;

    #[test]
    fn the_script_creates_the_database_and_each_table_and_states_it_if_there_is_none() {
        let table = Table {
            bucket: "b".to_owned(),
            prefix: String::new(),
            records: TableRecords::Queries,
        };
        let script = text(std::slice::from_ref(&table), "logs", "r-1");
        assert!(script.contains("CREATE DATABASE IF NOT EXISTS `logs`;"));
        assert!(script.contains(&table.ddl("logs")));
        assert!(text(&[], "logs", "r-1").starts_with("-- Run r-1 found no logs in S3"));
    }
}
