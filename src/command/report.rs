//! `report`: the reports of a stored run, again.

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::Path,
};

use super::destination::Destination;
use crate::{
    Exit,
    cli::{Cli, format::SummaryFormat, report::ReportArgs, scan::ScanArgs},
    config::Config,
    cost::price_book::PriceBook,
    progress,
    report::{MetricsFile, summary},
    store::{Record, Store},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ReportArgs) -> anyhow::Result<Exit> {
    let like = ScanArgs {
        out: args.out.clone(),
        formats: args.formats.clone(),
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
    let store = super::stored(cli, args.state_dir.as_ref())?;
    // Reading its cells for the report checks them.
    let record = super::record_of_finished_run(&store, &args.run)?;
    let destination = Destination::open(&config)?;
    let prices = super::prices::chosen(&config, &store, &record, args.prices)?;
    let wanted = ReportOptions {
        summary: args.summary,
        csv_bom: args.csv_bom,
        metrics: None,
    };
    write(cli, &store, &record, &prices, destination, &config, &wanted)
}

/// How the files and the summary were asked for.
#[derive(Clone, Debug)]
pub(super) struct ReportOptions {
    pub(super) summary: SummaryFormat,
    pub(super) csv_bom: bool,
    pub(super) metrics: Option<MetricsFile>,
}

/// Writes the reports of a run and prints the summary. Reports of a run that was stopped go beside
/// those that are there, which may be of a finished one.
pub(super) fn write(
    cli: &Cli,
    store: &Store,
    record: &Record,
    prices: &PriceBook,
    mut destination: Destination,
    config: &Config,
    wanted: &ReportOptions,
) -> anyhow::Result<Exit> {
    let mut report = super::assessed::report(store, record, prices)?;
    let formats = super::assessed::formats(config, wanted.csv_bom);
    super::action_templates::add(store, record, formats, &mut report)?;
    let (id, flags) = (&record.run.id, config.state_flags());
    let elsewhere = |error| {
        let error = anyhow::Error::new(error);
        anyhow::anyhow!(
            "{error:#}\n\
             the run is kept: `vpce-scout report --run {id}{flags} --out DIR` writes its reports elsewhere"
        )
    };
    let interrupted = report.is_interrupted();
    let replaced = destination.shown();
    let beside = interrupted && destination.holds_reports();
    if beside {
        destination = destination.of_interrupted(id).map_err(elsewhere)?;
    }
    let files = destination.directory().write(&report, formats);
    if beside && files.is_err() {
        // Made for these reports; a directory that holds something stays.
        let _ = fs::remove_dir(destination.directory().path());
    }
    let place = destination.shown();
    let run = format!("{id}{flags}");
    let files = destination.deliver(config, files.map_err(elsewhere)?, &run)?;
    if interrupted {
        warn_interrupted(cli, &run, beside, &place, &replaced);
    }
    if !cli.quiet {
        let style = summary::Style {
            colour: progress::colours_on_stdout(),
            verbose: cli.verbose > 0,
            wrapped: io::stdout().is_terminal(),
        };
        match wanted.summary {
            SummaryFormat::Text => super::print_styled(&summary::text(&report, &place, style)?)?,
            SummaryFormat::Json => super::print(&summary::json(&report, &place, &files)?)?,
        };
    }
    let exit = Exit::of_gaps(!report.header().totals.gaps.is_empty());
    super::metrics::write(wanted.metrics.as_ref(), report.header(), exit).map(|()| exit)
}

/// Warns that a run was stopped, and of where its reports are. `id`: with the flags of its run store.
fn warn_interrupted(cli: &Cli, id: &str, beside: bool, place: &Path, replaced: &Path) {
    let (place, old) = (place.display(), replaced.display());
    let reports = if beside {
        format!("its reports are in `{place}`, and those in `{old}` stay as they were")
    } else {
        format!("its reports in `{old}` are incomplete")
    };
    let text =
        format!("the run was stopped: `vpce-scout scan --resume {id}` continues it; {reports}");
    super::warn(cli, &text);
}
