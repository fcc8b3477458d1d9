//! What follows the calls of a scan: the run is finished, and its reports are written.

use jiff::Timestamp;

use super::super::{
    destination::Destination,
    prices::at_billed,
    written_report::{self, Written},
};
use crate::{
    assess,
    cli::{Cli, scan::ScanArgs},
    config::Config,
    cost::price_book::PriceBook,
    model::run::Run,
    store::{Active, Store},
};

/// Finishes the run and writes its reports.
pub(super) fn report(
    cli: &Cli,
    args: &ScanArgs,
    config: &Config,
    store: &Store,
    active: &Active,
    mut prices: PriceBook,
    destination: Destination,
) -> anyhow::Result<Written> {
    let finished_at = Timestamp::now();
    store.finish(active.record.key, finished_at)?;
    let mut record = active.record.clone();
    record.run = Run {
        finished_at,
        ..record.run
    };
    if args.use_billed_prices {
        match assess::bill_of_run(store, record.key)? {
            Some(_) => prices = at_billed(true, store, &record, prices)?,
            None => super::super::warn(cli, "no bill was read: the reports are at list prices"),
        }
    }
    let wanted = written_report::ReportOptions {
        summary: args.summary,
        csv_bom: args.csv_bom,
    };
    let written =
        written_report::write(cli, store, &record, &prices, destination, config, &wanted)?;
    store.settle(record.key)?;
    Ok(written)
}
