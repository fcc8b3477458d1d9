//! `scan`: accounts, inventory, DNS usage, judgement, reports.

mod budget;
mod cells;
mod endpoint_services;
mod flow_outcome;
mod flow_usage;
mod interfaces;
mod inventory;
pub(super) mod judge;
mod start;
mod transit_gateways;
mod usage;

use std::{ffi::OsString, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use tokio::sync::mpsc;

use self::{cells::Cells, start::Started};
use crate::{
    Exit,
    aws::{self, stop::Stop},
    cli::{Cli, LogFormat, scan::ScanArgs},
    config::{Config, ConfigError},
    model::{
        event::Event,
        id::AccountId,
        run::{Run, Window},
    },
    org::{
        accounts, regions,
        session::{Access, AccessError},
    },
    progress::{Progress, Telling},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ScanArgs, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let started = start::start(cli, args, without_secrets(arguments))?;
    let telling = Telling {
        json: cli.log_format == LogFormat::Json,
        quiet: cli.quiet,
        verbose: cli.verbose,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    let gathered = runtime.block_on(gather(&started, telling));
    drop(runtime);
    let Started {
        config,
        store,
        active,
        directory,
        ..
    } = started;
    if let Err(error) = gathered {
        if store.is_empty(active.record.key)? {
            store.forget(active.record.key)?;
        }
        return Err(error);
    }
    let finished_at = Timestamp::now();
    store.finish(active.record.key, finished_at)?;
    let mut record = active.record.clone();
    record.run = Run {
        finished_at,
        ..record.run
    };
    let prices = super::prices::of_run(store.prices(record.key)?, &config)?;
    let exit = super::report::write(&store, &record, &prices, &directory, &config, cli.quiet)?;
    store.settle(record.key)?;
    Ok(exit)
}

/// All calls of a scan; from here on everything is computed from the facts in the store.
async fn gather(started: &Started, telling: Telling) -> anyhow::Result<()> {
    let (config, record) = (&started.config, &started.active.record);
    let (events, received) = mpsc::unbounded_channel();
    let progress = tokio::spawn(Progress::start(telling).tell(received));
    let stop = Stop::default();
    let signals = tokio::spawn(stop_on_signals(stop.clone(), events.clone()));
    let patience = tokio::spawn(stop_when_over(
        stop.clone(),
        events.clone(),
        config.timeouts.run_seconds,
    ));
    let caller = aws::caller_config(config).await?;
    let access = Access::open(config, caller, stop.clone())
        .await
        .map_err(|error| no_access(&error))?;
    same_caller(record.caller.as_ref(), access.caller_account())?;
    match started.again {
        // Its filters were checked when it was started.
        Some(failed_too) => started.store.ask_again(record.key, failed_too)?,
        None => check_regions(config, &access).await?,
    }
    started
        .store
        .set_caller(record.key, access.caller_account())?;
    let goes_on = started.again.is_some();
    let store = started.store.another()?;
    let cells = Cells::new(store, record.key, goes_on, stop, events.clone())?;
    let listed = cells
        .organization(accounts::list(&access, &config.scope))
        .await?;
    let selected = listed.iter().filter(|account| account.selected).count();
    let _ = events.send(Event::Accounts {
        known: listed.len(),
        selected,
    });
    let window = record.window();
    inventory::gather(&access, config, window, &listed, &cells).await;
    drop(listed);
    cells.flush().await?;
    if !cells.are_worth_keeping() {
        started.store.forget(record.key)?;
        anyhow::bail!("the filters leave no region to scan; see --regions and --exclude-regions");
    }
    transit_gateways::gather(&access, config, &cells).await?;
    endpoint_services::gather(&access, config, &cells).await;
    if config.usage.enabled {
        cells.flush().await?;
        let (kept, wanted) = (started.store.prices(record.key)?, wanted(&cells, window));
        let prices = super::prices::of_run(kept, config)?;
        let refused = budget::refused(&access, config, window, &cells, &prices, wanted).await;
        drop(prices);
        if let Some(why) = refused {
            usage::left_out_for(&cells, &why);
            flow_usage::left_out_for(&cells, window, &why);
        } else {
            usage::gather(&access, config, window, &cells).await?;
            flow_usage::gather(&access, config, window, &cells).await?;
        }
    } else {
        usage::left_out(&cells);
    }
    cells.flush().await?;
    signals.abort();
    patience.abort();
    drop((cells, events));
    // The last lines are told before the summary is.
    let _ = progress.await;
    Ok(())
}

/// Without knowing whose credentials these are, or those of the organization's role, nothing can be
/// done.
pub(super) fn no_access(error: &AccessError) -> anyhow::Error {
    let failure = match error {
        AccessError::Caller(failure) => failure,
        AccessError::OrganizationRole(failure) => {
            return anyhow::anyhow!(
                "{failure}\n\
                 check --org-role-arn, and that the role trusts the account of these credentials"
            );
        }
    };
    anyhow::anyhow!(
        "cannot find out whose credentials these are: {failure}\n\
         set AWS_PROFILE or another standard credential source; `aws sts get-caller-identity` \
         must work with it"
    )
}

/// Every log group that is going to be read.
fn wanted(cells: &Cells, window: Window) -> Vec<budget::Wanted> {
    let mut wanted = usage::wanted(cells);
    wanted.extend(flow_usage::wanted(cells, window));
    wanted
}

/// A run goes on with the credentials of the account that it was started from: with others, other
/// roles would be assumed.
fn same_caller(before: Option<&AccountId>, now: &AccountId) -> anyhow::Result<()> {
    match before {
        Some(before) if before != now => anyhow::bail!(
            "the run was started with credentials of account {before}, and these are of account \
             {now}; use the same ones, or start a new run"
        ),
        _ => Ok(()),
    }
}

/// A region that no account can have is a mistake in typing, not a region that is off. Where the
/// caller may not list regions, each account tells for itself.
pub(super) async fn check_regions(config: &Config, access: &Access) -> anyhow::Result<()> {
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

/// Stops the scan after `run_seconds` (`timeouts.run_seconds`; 0 = never).
async fn stop_when_over(stop: Stop, events: mpsc::UnboundedSender<Event>, run_seconds: u64) {
    if run_seconds > 0 {
        tokio::time::sleep(Duration::from_secs(run_seconds)).await;
        stop.stop();
        let _ = events.send(Event::Stopping);
    }
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
pub(super) async fn signal() {
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
pub(super) async fn signal() {
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
