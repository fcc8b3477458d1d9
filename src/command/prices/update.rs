//! `prices update`: the Price List API asked, its answers made a price file.
//!
//! All or nothing: the file is written when every answer is there and makes sense, under a
//! temporary name first; otherwise it stays as it was.

use std::{fs, path::Path};

use anyhow::Context;

use super::select;
use crate::{
    Exit,
    cli::{Cli, prices::UpdateArgs},
    cost::{self, price_book::PriceBook, price_changes},
    model::text::printable,
    progress::Bar,
    report, runtime,
    scan::price_list::{self, Answers},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &UpdateArgs) -> anyhow::Result<Exit> {
    let regions = select::regions(args.regions.as_deref())?;
    let config = super::resolve(cli, args.state_dir.as_ref())?;
    let path = match &args.out {
        Some(path) => path.clone(),
        None => super::file::path(&config)?,
    };
    // Whatever else is there is not written over.
    let before = super::file::read(&path)?.unwrap_or_default();
    let run_seconds = config.timeouts.run_seconds;
    let bar = Bar::start(super::super::verbosity(cli));
    let answers = runtime::block_on(
        run_seconds,
        || {},
        async |stop| {
            let begin = |count| bar.stage("questions to the price list", count);
            let asked = price_list::ask(&config, regions, stop.clone(), begin, || bar.step());
            tokio::select! {
                answers = asked => Ok(answers?),
                () = stop.cancelled() => anyhow::bail!(
                    "stopped before every price was read; `{}` is as it was",
                    path.display()
                ),
            }
        },
    )
    .context("cannot start the asynchronous runtime")?;
    bar.finish();
    let answers = answers?;
    let (api_region, regions) = (answers.api_region.clone(), answers.regions.len());
    let (count, kept) = keep(answers, before, &path)?;
    let summary = format!(
        "{count} prices of {regions} regions, from the Price List API in {api_region}\n{kept}Written to {}\n",
        printable(&path.display().to_string()),
    );
    if cli.quiet {
        return Ok(Exit::Complete);
    }
    super::super::print(&summary)
}

/// Writes the prices that were returned over those of the file: how many there are, and what was not
/// returned.
pub(super) fn keep(
    answers: Answers,
    before: PriceBook,
    path: &Path,
) -> anyhow::Result<(usize, String)> {
    let (prices, unknown) = cost::price_list::merge_products(answers.products);
    anyhow::ensure!(
        !prices.is_empty(),
        "the Price List API returned no prices for {}; `{}` is as it was",
        price_changes::list(&answers.regions),
        path.display()
    );
    let book = PriceBook::of(prices)?;
    let kept = price_changes::not_returned(&book, &before, &answers.regions, &unknown)?;
    let count = book.all().count();
    write(&before.with(book), path)?;
    Ok((count, kept))
}

fn write(book: &PriceBook, path: &Path) -> anyhow::Result<()> {
    let prices = book.to_toml()?;
    if let Some(parent) = path.parent().filter(|parent| *parent != Path::new("")) {
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the directory `{}`", parent.display()))?;
    }
    report::write_file(path, |out| {
        out.write_all(
            b"# Unit prices before tax, read by `vpce-scout prices update`. They take\n\
              # precedence over the built-in prices, item by item and region by region.\n\n",
        )?;
        out.write_all(prices.as_bytes())
    })?;
    Ok(())
}
