//! `prices show`: the price book in force.

use super::{super::table::render, select};
use crate::{
    Exit,
    cli::{Cli, prices::ShowArgs},
    cost::price_rows,
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
    let text = || price_rows::text(&rows);
    super::super::print(&render(args.format, &rows, &rows, text)?)
}
