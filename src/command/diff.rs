//! `diff`: what changed from one stored run to another.

use std::collections::BTreeMap;

use super::{
    stored::Stored,
    table::{render, write_to},
};
use crate::{
    Exit,
    cli::{Cli, diff::DiffArgs},
    config::Config,
    diff::{Diff, Tables, diff, text},
    model::alarm::Alarm,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DiffArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let before = load(&store, &args.before, &config)?;
    let after = load(&store, &args.after, &config)?;
    let found = diff(&before, &after);
    let rows = found.changes.iter().chain(&found.totals);
    let table = render(args.format, &found, rows, || text(&found))?;
    write_to(args.out.as_deref(), &table)?;
    Ok(alarm(cli, &found, &args.fail_on))
}

/// Warns of each kind of alarm that is wanted and there.
fn alarm(cli: &Cli, found: &Diff, wanted: &[Alarm]) -> Exit {
    let mut counts: BTreeMap<Alarm, usize> = BTreeMap::new();
    for alarm in found.alarms(wanted).filter_map(|row| row.alarm) {
        *counts.entry(alarm).or_default() += 1;
    }
    for (alarm, count) in &counts {
        super::warn(cli, &format!("--fail-on {}: {count} found", alarm.name()));
    }
    if counts.is_empty() {
        Exit::Complete
    } else {
        Exit::Alarm
    }
}

fn load(store: &Stored, wanted: &str, config: &Config) -> anyhow::Result<Tables> {
    // Reading its cells for the report checks them.
    let record = super::record_of_finished_run(store, wanted)?;
    let prices = super::prices::of_run(store.prices(record.key)?, config)?;
    let report = super::assessed::report(store, &record, &prices)?;
    Ok(Tables::of(&report)?)
}
