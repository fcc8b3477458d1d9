//! `runs`: the stored runs, and removing old ones.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::table::render;
use crate::{
    Exit,
    cli::{
        Cli,
        runs::{PruneArgs, RunsArgs, RunsCommand},
    },
    store::Listed,
};

/// A run as it is listed.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    run: String,
    state: &'static str,
    started_at: String,
    finished_at: Option<String>,
    accounts: u64,
    regions: u64,
    gaps: u64,
    arguments: Vec<String>,
}

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &RunsArgs) -> anyhow::Result<Exit> {
    if let Some(RunsCommand::Prune(args)) = &args.command {
        return prune(cli, args);
    }
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let flags = store.flags();
    for id in store.damaged_records()? {
        let text = format!(
            "the record of the run {id} is damaged, and the run cannot be used; `vpce-scout runs \
             prune{flags}` removes it"
        );
        super::warn(cli, &text);
    }
    let rows: Vec<Row> = store.list()?.into_iter().map(row).collect();
    super::print(&render(args.format, &rows, &rows, || text(&rows))?)
}

fn prune(cli: &Cli, args: &PruneArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let unsent = store.place.begin("prune")?;
    let gone = store.prune(args.keep)?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    store.place.upload(&config, &store, unsent, "prune")?;
    if gone.is_empty() {
        return super::print("nothing to remove\n");
    }
    super::print(&format!("removed {}\n", gone.join("\nremoved ")))
}

fn row(listed: Listed) -> Row {
    let run = listed.record.run;
    Row {
        run: run.id,
        state: listed.state.name(),
        started_at: run.started_at.to_string(),
        finished_at: listed.record.finished.then(|| run.finished_at.to_string()),
        accounts: listed.accounts,
        regions: listed.regions,
        gaps: listed.gaps,
        arguments: run.arguments,
    }
}

fn text(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut text = format!(
        "{:<20}{:<13}{:<22}{:<22}{:>9}{:>9}{:>9}\n",
        "RUN", "STATE", "STARTED", "FINISHED", "ACCOUNTS", "REGIONS", "GAPS"
    );
    for row in rows {
        let second = |instant: &str| {
            let whole = instant.split('.').next().unwrap_or_default();
            format!("{}Z", whole.trim_end_matches('Z'))
        };
        let finished = row.finished_at.as_deref().map_or("-".to_owned(), second);
        let _ = writeln!(
            text,
            "{:<20}{:<13}{:<22}{finished:<22}{:>9}{:>9}{:>9}",
            row.run,
            row.state,
            second(&row.started_at),
            row.accounts,
            row.regions,
            row.gaps
        );
    }
    text
}
