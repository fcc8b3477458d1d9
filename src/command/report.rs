//! `report`: the reports of a stored run, again.

use super::{
    destination::Destination,
    written_report::{ReportOptions, write},
};
use crate::{
    Exit,
    cli::{Cli, report::ReportArgs, scan::ScanArgs},
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
    };
    write(cli, &store, &record, &prices, destination, &config, &wanted).map(|it| it.exit)
}
