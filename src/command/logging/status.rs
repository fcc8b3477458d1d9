//! `logging status`: of a stored run, or read from AWS now.

use super::{
    super::{print, table::render, verbosity},
    block_on, reading, with_progress,
};
use crate::{
    cli::{Cli, logging::StatusArgs},
    exit::Exit,
    logging::{
        observe,
        status::{Row, live_rows, stored_rows, text},
    },
    model::{coverage::Step, facts::Facts},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &StatusArgs) -> anyhow::Result<Exit> {
    let rows = match &args.run {
        Some(run) => stored(cli, args, run)?,
        None => live(cli, args)?,
    };
    print(&render(args.common.format, &rows, &rows, || text(&rows))?)?;
    Ok(Exit::of_gaps(rows.iter().any(Row::is_gap)))
}

fn stored(cli: &Cli, args: &StatusArgs, run: &str) -> anyhow::Result<Vec<Row>> {
    let store = super::super::stored(cli, args.common.state_dir.as_ref())?;
    let record = super::super::finished_run(&store, run)?;
    let mut facts = Facts::default();
    let steps = Step::QUERY_LOGGING.into_iter().chain([Step::FlowLogs]);
    let steps: Vec<_> = steps.collect();
    store.each_of(record.key, &steps, |finished| facts.absorb(finished))?;
    Ok(stored_rows(&facts))
}

fn live(cli: &Cli, args: &StatusArgs) -> anyhow::Result<Vec<Row>> {
    let config = reading(cli, &args.scope, &args.common)?;
    let state = block_on(&config, async |access| {
        let read = async |events: &_| observe::for_status(&access, &config, events).await;
        with_progress(verbosity(cli), read).await
    })?;
    Ok(live_rows(&state.facts, &state.details, &state.unread))
}
