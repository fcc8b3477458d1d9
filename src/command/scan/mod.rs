//! `scan`: accounts, inventory, DNS usage, judgement, reports.

mod cells;
mod endpoint_services;
mod inventory;
mod judge;
mod usage;

use std::{ffi::OsString, sync::Arc};

use anyhow::Context;
use jiff::Timestamp;
use tokio::sync::mpsc;

use self::cells::Cells;
use crate::{
    Exit,
    aws::{self, stop::Stop},
    cli::{Cli, LogFormat},
    config::{Config, ConfigError, Format},
    model::{coverage::Cell, event::Event, facts::Facts, run::Run},
    org::{accounts, regions, session::Access},
    progress::{Progress, Telling},
    report::{Directory, Formats, summary},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, config: &Config, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let directory = Directory::open(&config.output.dir)?;
    let started_at = Timestamp::now();
    let run = Run {
        id: started_at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        started_at,
        finished_at: started_at,
        window_start: config.window(started_at).start,
        window_end: config.window(started_at).end,
        arguments: without_secrets(arguments),
    };
    let telling = Telling {
        json: cli.log_format == LogFormat::Json,
        quiet: cli.quiet,
        verbose: cli.verbose,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    let facts = runtime.block_on(gather(config, &run, telling))?;
    let run = Run {
        finished_at: Timestamp::now(),
        ..run
    };
    let report = judge::report(&facts, run)?;
    let formats = Formats {
        csv: config.output.formats.contains(&Format::Csv),
        json: config.output.formats.contains(&Format::Json),
    };
    directory.write(&report, formats)?;
    if !cli.quiet {
        super::print(&summary::text(&report, &config.output.dir))?;
    }
    Ok(if facts.cells.iter().any(Cell::is_gap) {
        Exit::Gaps
    } else {
        Exit::Complete
    })
}

/// All calls of a scan; from here on everything is computed from the facts.
async fn gather(config: &Config, run: &Run, telling: Telling) -> anyhow::Result<Facts> {
    let (events, received) = mpsc::unbounded_channel();
    let progress = tokio::spawn(Progress::start(telling).tell(received));
    let stop = Stop::default();
    let signals = tokio::spawn(stop_on_signals(stop.clone(), events.clone()));
    let caller = aws::caller_config(config).await?;
    let access = Access::open(config, caller, stop.clone())
        .await
        .map_err(|failure| {
            anyhow::anyhow!(
                "cannot find out whose credentials these are: {failure}\n\
             set AWS_PROFILE or another standard credential source; `aws sts get-caller-identity` \
             must work with it"
            )
        })?;
    let cells = Arc::new(Cells::new(stop, events.clone()));
    check_regions(config, &access).await?;
    let listed = cells
        .organization(accounts::list(&access, &config.scope))
        .await?;
    let selected = listed.iter().filter(|account| account.selected).count();
    let _ = events.send(Event::Accounts {
        known: listed.len(),
        selected,
    });
    let window = config.window(run.started_at);
    inventory::gather(&access, config, window, &listed, &cells).await;
    if cells.targets().is_empty() && !cells.facts().cells.iter().any(Cell::is_gap) {
        anyhow::bail!("the filters leave no region to scan; see --regions and --exclude-regions");
    }
    endpoint_services::gather(&access, config, &cells).await;
    if config.usage.enabled {
        usage::gather(&access, config, window, &cells).await;
    } else {
        usage::left_out(&cells);
    }
    signals.abort();
    drop(events);
    let facts = cells.into_facts();
    // The last lines are told before the summary is.
    let _ = progress.await;
    Ok(facts)
}

/// A region that no account can have is a mistake in typing, not a region that is off. Where the
/// caller may not list regions, each account tells for itself.
async fn check_regions(config: &Config, access: &Access) -> anyhow::Result<()> {
    let (Some(wanted), Ok(home)) = (&config.scope.regions, access.home_region()) else {
        return Ok(());
    };
    let caller = access.account(access.caller_account()).await;
    let Ok(session) = caller.map(|account| account.session(&home)) else {
        return Ok(());
    };
    let Some(known) = regions::known(&session).await else {
        return Ok(());
    };
    if let Some(name) = wanted.iter().find(|region| !known.contains(region)) {
        let known = known
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        anyhow::bail!(ConfigError::value(
            "--regions",
            name.to_string(),
            format!("one of {known}")
        ));
    }
    Ok(())
}

/// The first signal stops the scan, the second the program.
async fn stop_on_signals(stop: Stop, events: mpsc::UnboundedSender<Event>) {
    signal().await;
    stop.stop();
    let _ = events.send(Event::Stopping);
    signal().await;
    std::process::exit(i32::from(Exit::Failed.code()));
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}

/// The command line for the report, the external id left out.
fn without_secrets(arguments: &[OsString]) -> Vec<String> {
    const SECRET: &str = "--external-id";
    let mut kept = Vec::with_capacity(arguments.len());
    let mut hide_next = false;
    for argument in arguments.iter().skip(1) {
        let argument = argument.to_string_lossy();
        let hidden = hide_next || argument.starts_with(&format!("{SECRET}="));
        hide_next = argument == SECRET;
        kept.push(if hidden {
            "(not shown)".to_owned()
        } else {
            argument.into_owned()
        });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_external_id_is_in_no_report() {
        let typed = [
            "vpce-scout",
            "scan",
            "--external-id",
            "s3cret",
            "--external-id=s3cret",
            "-q",
        ];
        let told = without_secrets(&typed.map(OsString::from));
        assert!(!told.concat().contains("s3cret"), "{told:?}");
        assert_eq!(told.last().unwrap(), "-q");
    }
}
