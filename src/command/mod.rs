//! One file a command: the stages in order, each a call into its room.

mod action_templates;
mod assessed;
mod athena;
mod classify;
mod deploy;
mod destination;
mod diff;
mod doctor;
mod documents;
mod estimate;
mod iac;
mod iac_files;
mod logging;
mod merge;
mod metrics;
mod output;
mod prices;
mod remote;
mod report;
mod runs;
mod scan;
mod settings;
mod state;
mod stored;
mod table;
mod written_report;

use std::ffi::OsString;

use self::{
    output::{print, print_styled},
    settings::{environment, resolve, settings},
    stored::{Stored, stored},
};
use crate::{
    Exit,
    cli::{Cli, Command, LogFormat, permissions::PermissionsDocument},
    progress::{self, Verbosity},
    store::{Record, State},
};

/// Runs a command that was parsed. `arguments` is the command line as typed.
pub fn run(cli: &Cli, arguments: &[OsString]) -> anyhow::Result<Exit> {
    settings::check_state_flag(cli)?;
    if cli.print_config {
        let config = match &cli.command {
            Some(Command::Scan(args)) => resolve(cli, args)?,
            _ => settings(cli, None)?,
        };
        return print(&config.to_toml());
    }
    match &cli.command {
        Some(Command::Scan(args)) => scan::run(cli, args, arguments),
        Some(Command::Merge(args)) => merge::run(cli, args, arguments),
        Some(Command::Report(args)) => report::run(cli, args),
        Some(Command::Runs(args)) => runs::run(cli, args),
        Some(Command::Diff(args)) => diff::run(cli, args),
        Some(Command::Doctor(args)) => doctor::run(cli, args),
        Some(Command::Iac(args)) => iac::run(cli, args),
        Some(Command::Estimate(args)) => estimate::run(cli, args),
        Some(Command::Classify(_)) => classify::run(),
        Some(Command::Prices(command)) => prices::run(cli, command),
        Some(Command::Athena(command)) => athena::run(cli, command),
        Some(Command::Logging(command)) => logging::run(cli, command),
        Some(Command::Permissions(args)) if args.document == PermissionsDocument::Deploy => {
            deploy::run(cli, args)
        }
        Some(Command::Permissions(args)) => {
            print(&crate::permissions::text(args, cli.state.as_ref()))
        }
        Some(Command::Completions(args)) => print(&documents::completions(args.shell)),
        Some(Command::Man) => print(&documents::manual()?),
        None => print(&documents::help()),
    }
}

fn verbosity(cli: &Cli) -> Verbosity {
    Verbosity {
        json: cli.log_format == LogFormat::Json,
        quiet: cli.quiet,
        verbose: cli.verbose,
    }
}

/// Warns on stderr.
fn warn(cli: &Cli, text: &str) {
    progress::warn(text, cli.log_format == LogFormat::Json);
}

/// The run that was meant, whose cells are as they were written.
fn finished_run(store: &Stored, wanted: &str) -> anyhow::Result<Record> {
    let record = record_of_finished_run(store, wanted)?;
    store.verify(&record)?;
    Ok(record)
}

/// The record of the run that was meant: `latest` is the one that was finished last.
fn record_of_finished_run(store: &Stored, wanted: &str) -> anyhow::Result<Record> {
    let flags = store.flags();
    let record = match wanted {
        "latest" => store.latest(Some(State::Finished))?.ok_or_else(|| {
            anyhow::anyhow!("no run is finished; `vpce-scout runs{flags}` lists them")
        })?,
        id => store.run(id)?,
    };
    if !record.finished {
        anyhow::bail!(
            "the run {id} is not finished; `vpce-scout scan --resume {id}{flags}` continues it",
            id = record.run.id
        );
    }
    Ok(record)
}
