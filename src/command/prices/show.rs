//! `prices show`: the price book in force.

use super::select;
use crate::{
    Exit,
    cli::{Cli, diff::TableFormat, prices::ShowArgs},
    cost::price_rows,
    report,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ShowArgs) -> anyhow::Result<Exit> {
    let (regions, items) = (
        select::regions(args.regions.as_deref())?,
        select::items(args.items.as_deref())?,
    );
    let config = super::resolve(cli, args.state_dir.as_ref())?;
    let book = super::in_force(&config)?;
    let rows = price_rows::rows(&book, regions.as_deref(), &items);
    let mut bytes = Vec::new();
    match args.format {
        TableFormat::Text => bytes.extend(price_rows::text(&rows).into_bytes()),
        TableFormat::Json => report::write_json(&rows, &mut bytes)?,
        TableFormat::Csv => report::write_csv(&price_rows::COLUMNS, &rows, &mut bytes)?,
    }
    super::super::print(&String::from_utf8_lossy(&bytes))
}
