//! The reports of a run, written to where they belong, and its summary.

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::Path,
};

use super::destination::Destination;
use crate::{
    Exit,
    cli::{Cli, format::SummaryFormat},
    config::Config,
    cost::price_book::PriceBook,
    model::report::ReportHeader,
    progress,
    report::summary,
    store::{Record, Store},
};

/// How the files and the summary were asked for.
#[derive(Clone, Debug)]
pub(super) struct ReportOptions {
    pub(super) summary: SummaryFormat,
    pub(super) csv_bom: bool,
}

/// Reports that were written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) header: ReportHeader,
    pub(super) exit: Exit,
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
) -> anyhow::Result<Written> {
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
    Ok(Written {
        header: report.header().clone(),
        exit,
    })
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
