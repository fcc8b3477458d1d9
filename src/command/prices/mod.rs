//! `prices`: the price book in force, from the built-in prices, the user's price file and the
//! discounts of the settings; showing it, and filling the file.

mod file;
mod refresh;
mod select;
mod show;
mod update;

use std::path::PathBuf;

use anyhow::Context;

use crate::{
    Exit, assess,
    cli::{
        Cli,
        prices::{PriceChoice, PricesCommand},
    },
    config::Config,
    cost::price_book::PriceBook,
    store::{Record, Store},
};

pub(super) use self::refresh::if_old as refresh_if_old;

/// Runs the command.
pub(super) fn run(cli: &Cli, command: &PricesCommand) -> anyhow::Result<Exit> {
    match command {
        PricesCommand::Show(args) => show::run(cli, args),
        PricesCommand::Update(args) => update::run(cli, args),
    }
}

/// The price book in force.
pub(super) fn in_force(config: &Config) -> anyhow::Result<PriceBook> {
    let path = file::path(config)?;
    let own = match file::read(&path)? {
        // A file that is named has to be there.
        None if config.prices.file.is_some() => anyhow::bail!(
            "there is no price file `{}` (prices.file); `vpce-scout prices update` writes it",
            path.display()
        ),
        own => own.unwrap_or_default(),
    };
    let book = PriceBook::built_in()?.with(own);
    Ok(book.discounted(&config.prices.discount_percent))
}

/// The price book of a run: that of its start, kept as this text; today's for older runs.
pub(super) fn of_run(text: Option<String>, config: &Config) -> anyhow::Result<PriceBook> {
    match text {
        Some(text) => Ok(PriceBook::parse(&text).context("the prices kept with the run")?),
        None => in_force(config),
    }
}

/// The prices in force now, if these are wanted, else those of a run; at the discounts of its bill, if
/// that is wanted.
pub(super) fn chosen(
    config: &Config,
    store: &Store,
    record: &Record,
    choice: PriceChoice,
) -> anyhow::Result<PriceBook> {
    let prices = if choice.current_prices {
        in_force(config)?
    } else {
        of_run(store.prices(record.key)?, config)?
    };
    at_billed(choice.use_billed_prices, store, record, prices)
}

/// The same prices at the effective discounts of the bill that a run read, if that is wanted.
pub(super) fn at_billed(
    wanted: bool,
    store: &Store,
    record: &Record,
    prices: PriceBook,
) -> anyhow::Result<PriceBook> {
    if !wanted {
        return Ok(prices);
    }
    let billed = assess::at_billed_prices(store, record.key, prices)?;
    let (book, items) = billed.ok_or_else(|| {
        anyhow::anyhow!(
            "the run {} has no bill for --use-billed-prices: `vpce-scout scan --bill` reads one",
            record.run.id
        )
    })?;
    tracing::info!("{items} prices at the effective discount of the bill");
    Ok(book)
}

fn resolve(cli: &Cli, state_dir: Option<&PathBuf>) -> anyhow::Result<Config> {
    super::settings(cli, state_dir)
}
