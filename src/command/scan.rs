//! `scan`: the run, the calls, the reports.

mod finish;
mod start;

use std::ffi::OsString;

use anyhow::Context;
use tokio::sync::mpsc;

use self::start::StartedScan;
use super::written_report::Written;
use crate::{
    cli::{Cli, arguments::without_secrets, scan::ScanArgs},
    cost::price_book::PriceBook,
    exit::{self, Exit},
    model::event::Event,
    org::connect::{check_caller, check_regions, connect},
    progress::{Progress, Verbosity},
    runtime,
    scan::Scan,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ScanArgs, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let started = start::start(cli, args, without_secrets(arguments))?;
    let scanned = scan(&started, super::verbosity(cli));
    let StartedScan {
        config,
        store,
        active,
        destination,
        metrics,
        state,
        unsent,
        ..
    } = started;
    let (key, id) = (active.record.key, &active.record.run.id);
    let prices = match scanned {
        Ok(prices) => prices.unused(),
        Err(error) => {
            // What keeps the store from being read has a better description in `error`.
            if store.is_empty(key).unwrap_or(false) {
                let _ = store.forget(key);
            }
            upload_too(cli, state.upload(&config, &store, unsent, id));
            return Err(error);
        }
    };
    let reported = finish::report(cli, args, &config, &store, &active, prices, destination);
    let uploaded = state.upload(&config, &store, unsent, id);
    let Written { header, exit } = match reported {
        Ok(written) => written,
        Err(error) => {
            upload_too(cli, uploaded);
            return Err(error);
        }
    };
    uploaded?;
    // A run that fails writes no metrics: monitoring sees that they are old.
    super::metrics::write(metrics.as_ref(), &header, exit).map(|()| exit)
}

/// Warns of a second failure: the program ends with the first.
fn upload_too(cli: &Cli, uploaded: anyhow::Result<()>) {
    if let Err(error) = uploaded {
        super::warn(cli, &exit::describe(&error));
    }
}

/// All calls of the scan; returns the prices of the run.
fn scan(started: &StartedScan, verbosity: Verbosity) -> anyhow::Result<PriceBook> {
    let (config, store, record) = (&started.config, &started.store, &started.active.record);
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
        if let Some(failed_too) = started.again {
            // Its filters were checked when it was started.
            store.ask_again(record.key, failed_too)?;
        } else {
            check_regions(config, &access).await?;
            let refresh = super::prices::refresh_if_old(config, &access, store, record);
            if let Some(remark) = Box::pin(refresh).await? {
                let _ = events.send(Event::Estimate(remark));
            }
        }
        let prices = super::prices::of_run(store.prices(record.key)?, config)?;
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
        Ok(prices)
    })
    .context("cannot start the asynchronous runtime")?
}
