//! `diff`: what changed from one stored run to another.

use std::io::Write;

use crate::{
    Exit,
    cli::{
        Cli,
        diff::{DiffArgs, TableFormat},
        scan::ScanArgs,
    },
    config::Config,
    diff::{COLUMNS, Diff, Tables, diff, text},
    report,
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DiffArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let like = ScanArgs {
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
    let before = load(&store, &args.before, &config)?;
    let after = load(&store, &args.after, &config)?;
    let bytes = render(&diff(&before, &after), args.format)?;
    match &args.out {
        Some(path) => {
            report::write_file(path, |out| out.write_all(&bytes))?;
            Ok(Exit::Complete)
        }
        None => super::print(&String::from_utf8_lossy(&bytes)),
    }
}

fn load(store: &Store, wanted: &str, config: &Config) -> anyhow::Result<Tables> {
    let record = super::finished_run(store, wanted)?;
    let prices = super::prices::of_run(store.prices(record.key)?, config)?;
    let report = super::assessed::report(store, &record, &prices)?;
    Ok(Tables::of(&report)?)
}

fn render(diff: &Diff, format: TableFormat) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        TableFormat::Text => bytes.extend(text(diff).into_bytes()),
        TableFormat::Json => report::write_json(diff, &mut bytes)?,
        TableFormat::Csv => {
            let rows = diff.changes.iter().chain(&diff.totals);
            report::write_csv(&COLUMNS, rows, &mut bytes)?;
        }
    }
    bytes.flush()?;
    Ok(bytes)
}
