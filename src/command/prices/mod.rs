//! `prices`: the price book in force, from the built-in prices, the user's price file and the
//! discounts of the settings; showing it, and filling the file.

mod refresh;
mod select;
mod show;
mod update;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    Exit, assess,
    cli::{Cli, prices::PricesCommand},
    config::{Config, ConfigError},
    cost::price_book::PriceBook,
    store::{Record, Store},
};

pub(super) use self::refresh::if_old as refresh_if_old;

/// The price file in the directory of the run store.
const FILE: &str = "prices.toml";

/// Runs the command.
pub(super) fn run(cli: &Cli, command: &PricesCommand) -> anyhow::Result<Exit> {
    match command {
        PricesCommand::Show(args) => show::run(cli, args),
        PricesCommand::Update(args) => update::run(cli, args),
    }
}

/// The price book in force.
pub(super) fn in_force(config: &Config) -> anyhow::Result<PriceBook> {
    let path = file(config)?;
    let own = match read(&path)? {
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
    current: bool,
    billed: bool,
) -> anyhow::Result<PriceBook> {
    let prices = if current {
        in_force(config)?
    } else {
        of_run(store.prices(record.key)?, config)?
    };
    at_billed(billed, store, record, prices)
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

/// Where the price file is, or would be.
fn file(config: &Config) -> Result<PathBuf, ConfigError> {
    match &config.prices.file {
        Some(path) => Ok(path.clone()),
        None => Ok(config.state_dir()?.join(FILE)),
    }
}

fn no_such_file(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The prices of a file; none if there is no such file.
fn read(path: &Path) -> anyhow::Result<Option<PriceBook>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        // Without a directory there is no file; what else that means is for the run store to say.
        Err(error) if no_such_file(&error) => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
        }
    };
    let book = PriceBook::parse(&text).with_context(|| {
        format!(
            "`{}` is no usable price file; correct it, or move it away",
            path.display()
        )
    })?;
    Ok(Some(book))
}

fn resolve(cli: &Cli, state_dir: Option<&PathBuf>) -> anyhow::Result<Config> {
    super::settings(cli, state_dir)
}
