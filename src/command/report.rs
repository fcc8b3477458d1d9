//! `report`: the reports of a stored run, again.

use crate::{
    Exit,
    cli::{Cli, report::ReportArgs, scan::ScanArgs},
    config::{Config, Format},
    cost::price_book::PriceBook,
    report::{Directory, Formats, summary},
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
    let record = super::finished_run(&store, &args.run)?;
    let directory = Directory::open(&config.output.dir)?;
    let prices = if args.current_prices {
        super::prices::in_force(&config)?
    } else {
        super::prices::of_run(store.prices(record.key)?, &config)?
    };
    write(&store, &record, &prices, &directory, &config, cli.quiet)
}

/// Writes the reports of a finished run and tells what is in them.
pub(super) fn write(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
    directory: &Directory,
    config: &Config,
    quiet: bool,
) -> anyhow::Result<Exit> {
    let report = super::facts::report(store, record, prices)?;
    let formats = Formats {
        csv: config.output.formats.contains(&Format::Csv),
        json: config.output.formats.contains(&Format::Json),
    };
    directory.write(&report, formats).map_err(|error| {
        anyhow::anyhow!(
            "{:#}\n\
             the run is kept: `vpce-scout report --run {} --out DIR` writes its reports elsewhere",
            anyhow::Error::new(error),
            record.run.id
        )
    })?;
    if !quiet {
        super::print(&summary::text(&report, &config.output.dir)?)?;
    }
    Ok(if report.totals.gaps.is_empty() {
        Exit::Complete
    } else {
        Exit::Gaps
    })
}
