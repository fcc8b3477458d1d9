//! `scan`: the run, the calls, the reports.

mod start;

use std::ffi::OsString;

use anyhow::Context;
use jiff::Timestamp;
use tokio::sync::mpsc;

use self::start::Started;
use crate::{
    cli::{Cli, arguments::without_secrets, scan::ScanArgs},
    exit::Exit,
    model::{event::Event, run::Run},
    org::connect::{check_caller, check_regions, connect},
    progress::{Progress, Verbosity},
    runtime,
    scan::Scan,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ScanArgs, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let started = start::start(cli, args, without_secrets(arguments))?;
    let scanned = scan(&started, super::verbosity(cli));
    let Started {
        config,
        store,
        active,
        directory,
        ..
    } = started;
    if let Err(error) = scanned {
        // What keeps the store from being read has a better description in `error`.
        if store.is_empty(active.record.key).unwrap_or(false) {
            let _ = store.forget(active.record.key);
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
    let wanted = super::report::Wanted {
        summary: args.summary,
        csv_bom: args.csv_bom,
        metrics: args.metrics.clone(),
    };
    let exit = super::report::write(cli, &store, &record, &prices, directory, &config, &wanted)?;
    store.settle(record.key)?;
    Ok(exit)
}

/// All calls of the scan.
fn scan(started: &Started, verbosity: Verbosity) -> anyhow::Result<()> {
    let (config, store, record) = (&started.config, &started.store, &started.active.record);
    let prices = super::prices::of_run(store.prices(record.key)?, config)?;
    let (events, received) = mpsc::unbounded_channel();
    let stopping = events.downgrade();
    let on_cancel = move || {
        if let Some(events) = stopping.upgrade() {
            let _ = events.send(Event::Stopping);
        }
    };
    let run_seconds = config.timeouts.run_seconds;
    runtime::block_on(run_seconds, on_cancel, async |stop| {
        let progress = tokio::spawn(Progress::start(verbosity).show(received));
        let access = connect(config, stop.clone()).await?;
        check_caller(record.caller.as_ref(), &access)?;
        match started.again {
            // Its filters were checked when it was started.
            Some(failed_too) => store.ask_again(record.key, failed_too)?,
            None => check_regions(config, &access).await?,
        }
        let scan = Scan {
            config,
            store,
            record,
            resumed: started.again.is_some(),
            prices: &prices,
            stop,
        };
        scan.run(&access, &events).await?;
        drop(events);
        // The last lines of the progress come before the summary.
        let _ = progress.await;
        Ok(())
    })
    .context("cannot start the asynchronous runtime")?
}
