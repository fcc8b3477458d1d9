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
    model::{alarm::Alarm, run::Run},
    store::Record,
};

/// Two windows of which one is at most so many times as long as the other have the same length.
const SAME_LENGTH: f64 = 1.05;

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DiffArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let [before, after] = [&args.before, &args.after];
    // Reading their cells for the reports checks them.
    let before = super::record_of_finished_run(&store, before)?;
    let after = super::record_of_finished_run(&store, after)?;
    for remark in remarks(&before.run, &after.run) {
        super::warn(cli, &remark);
    }
    let before = load(&store, &before, &config)?;
    let after = load(&store, &after, &config)?;
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

/// What keeps two runs from showing what changed, although they can be compared.
fn remarks(before: &Run, after: &Run) -> Vec<String> {
    if before.id == after.id {
        let id = &before.id;
        return vec![format!(
            "both runs are {id}: nothing is compared; `vpce-scout runs` lists the others"
        )];
    }
    let mut remarks = Vec::new();
    if before.started_at > after.started_at {
        remarks.push(format!(
            "{} was started after {}: what came is shown as gone, and the other way round",
            before.id, after.id
        ));
    }
    let hours = [before, after].map(|run| run.window().hours());
    if hours[0].max(hours[1]) > hours[0].min(hours[1]) * SAME_LENGTH {
        remarks.push(format!(
            "the windows are {:.1} and {:.1} hours long: the longer one sees what is called rarely, and \
             the other does not",
            hours[0], hours[1]
        ));
    }
    remarks
}

fn load(store: &Stored, record: &Record, config: &Config) -> anyhow::Result<Tables> {
    let prices = super::prices::of_run(store.prices(record.key)?, config)?;
    let report = super::assessed::report(store, record, &prices)?;
    Ok(Tables::of(&report)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::Window;

    fn run(start: &str, hours: i64, end: &str) -> Run {
        let end = end.parse().unwrap();
        let window = Window {
            start: end - jiff::SignedDuration::from_hours(hours),
            end,
        };
        Run::begun(start.parse().unwrap(), window, Vec::new())
    }

    #[test]
    fn runs_that_show_no_change_of_time_alone_are_remarked_on() {
        let (first, second) = ("2026-01-08T00:00:00Z", "2026-01-09T00:00:00Z");
        let (before, after) = (run(first, 168, first), run(second, 168, second));
        assert!(remarks(&before, &after).is_empty());
        let short = run(second, 24, second);
        for (before, after, expected) in [
            (&before, &before, "nothing is compared"),
            (&after, &before, "was started after"),
            (&before, &short, "168.0 and 24.0 hours long"),
        ] {
            let found = remarks(before, after);
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
    }
}
