//! `prices update`: the Price List API asked, its answers made a price file.
//!
//! All or nothing: the file is written when every answer is there and makes sense, under a
//! temporary name first; otherwise it stays as it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};

use super::select;
use crate::{
    Exit,
    aws::cancellation::CancellationToken,
    cli::{Cli, prices::UpdateArgs},
    collect,
    config::Config,
    cost::{
        price_book::PriceBook,
        price_list::{self, EC2, NAT_GATEWAY_FAMILY, Product, SERVICES},
    },
    model::{
        coverage::Failure,
        id::Region,
        money::{Price, PriceItem, USD},
        text::printable,
    },
    org::{connect::connect, session::Session},
    progress::Bar,
    report, runtime,
};

/// What a product of the price list is found by.
const REGION: &str = "regionCode";
const FAMILY: &str = "productFamily";

/// Questions asked at once; how many a second is a setting.
const AT_ONCE: usize = 8;

/// What was asked and what was answered.
struct Answers {
    api_region: Region,
    regions: BTreeSet<Region>,
    products: Vec<Product>,
}

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &UpdateArgs) -> anyhow::Result<Exit> {
    let regions = select::regions(args.regions.as_deref())?;
    let config = super::resolve(cli, args.state_dir.as_ref())?;
    let path = match &args.out {
        Some(path) => path.clone(),
        None => super::file(&config)?,
    };
    // Whatever else is there is not written over.
    let before = super::read(&path)?.unwrap_or_default();
    let run_seconds = config.timeouts.run_seconds;
    let bar = Bar::start(super::super::verbosity(cli));
    let answers = runtime::block_on(
        run_seconds,
        || {},
        async |stop| {
            let asked = ask(&config, regions, stop.clone(), &bar);
            tokio::select! {
                answers = asked => answers,
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
    let (prices, unknown) = price_list::together(answers.products);
    anyhow::ensure!(
        !prices.is_empty(),
        "the Price List API returned no prices for {}; `{}` is as it was",
        list(&answers.regions),
        path.display()
    );
    let book = PriceBook::of(prices)?;
    let kept = not_returned(&book, &before, &answers.regions, &unknown)?;
    let count = book.all().count();
    write(&before.with(book), &path)?;
    let summary = format!(
        "{count} prices of {} regions, from the Price List API in {}\n{kept}Written to {}\n",
        answers.regions.len(),
        answers.api_region,
        printable(&path.display().to_string()),
    );
    if cli.quiet {
        return Ok(Exit::Complete);
    }
    super::super::print(&summary)
}

/// Asks every service about every region.
async fn ask(
    config: &Config,
    regions: Option<Vec<Region>>,
    stop: CancellationToken,
    bar: &Bar,
) -> anyhow::Result<Answers> {
    let access = connect(config, stop).await?;
    let api_region = api_region(config, access.partition())?;
    let account = access
        .account(access.caller_account())
        .await
        .map_err(|failure| denied(&failure))?;
    let session = account.session(&api_region);
    let mut products = Vec::new();
    let regions: BTreeSet<Region> = if let Some(regions) = regions {
        regions.into_iter().collect()
    } else {
        // NAT gateways are sold everywhere: their products tell the regions.
        let everywhere = list_of(&session, EC2, &[(FAMILY, NAT_GATEWAY_FAMILY)]).await?;
        let known = config.scope.fallback_regions.get(access.partition());
        let every = everywhere.iter().filter_map(|it| it.region.parse().ok());
        every.chain(known.into_iter().flatten().cloned()).collect()
    };
    let questions = regions
        .iter()
        .flat_map(|region| SERVICES.map(|(service, _)| (region, service)));
    let count = regions.len() * SERVICES.len();
    tracing::info!(
        regions = regions.len(),
        questions = count,
        "reading the price list"
    );
    bar.stage("questions to the price list", count);
    let session = &session;
    let mut answers = stream::iter(questions)
        .map(|(region, service)| async move {
            let mut attributes = vec![(REGION, region.as_str())];
            if service == EC2 {
                attributes.push((FAMILY, NAT_GATEWAY_FAMILY));
            }
            let answer = list_of(session, service, &attributes).await;
            answer.with_context(|| format!("{service} in {region}"))
        })
        .buffer_unordered(AT_ONCE);
    while let Some(found) = answers.try_next().await? {
        products.extend(found);
        bar.step();
    }
    drop(answers);
    // Whoever answers about other regions than was asked is not listened to.
    products.retain(|it| regions.iter().any(|region| region.as_str() == it.region));
    Ok(Answers {
        api_region,
        regions,
        products,
    })
}

async fn list_of(
    session: &Session,
    service: &str,
    attributes: &[(&str, &str)],
) -> anyhow::Result<Vec<Product>> {
    let documents = collect::price_list::list(session, service, attributes)
        .await
        .map_err(|failure| denied(&failure))?;
    let products = documents.iter().map(|text| price_list::read(text));
    Ok(products
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}

/// Where the partition has its price list.
fn api_region(config: &Config, partition: &str) -> anyhow::Result<Region> {
    if let Some(region) = &config.prices.api_region {
        return Ok(region.clone());
    }
    let name = match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        other => anyhow::bail!(
            "the partition {other} has no Price List API; use credentials of the partition aws, \
             whose price list has the prices of GovCloud too, or set prices.api_region"
        ),
    };
    Ok(name.parse()?)
}

fn denied(failure: &Failure) -> anyhow::Error {
    let hint = "the price file is as it was; `vpce-scout permissions prices-policy` prints what \
                the caller needs";
    anyhow::anyhow!("{failure}").context(format!("the price list cannot be read; {hint}"))
}

/// What is worth telling: what stayed as it was, and what is not known.
fn not_returned(
    book: &PriceBook,
    before: &PriceBook,
    regions: &BTreeSet<Region>,
    unknown: &[(String, PriceItem, String)],
) -> anyhow::Result<String> {
    let mut text = String::new();
    let key = |it: &Price| (it.region.clone(), it.item);
    let now: BTreeSet<_> = book.all().map(key).collect();
    let asked = |region: &String| regions.iter().any(|it| it.as_str() == region);
    let kept: BTreeSet<_> = before
        .all()
        .map(key)
        .filter(|it| !now.contains(it))
        .collect();
    let stale = kept.iter().filter(|(region, _)| asked(region)).count();
    if stale > 0 {
        let _ = writeln!(
            text,
            "Not returned this time, kept with their older dates: {stale}"
        );
    }
    if kept.len() > stale {
        let _ = writeln!(
            text,
            "Kept of regions that were not asked about: {}",
            kept.len() - stale
        );
    }
    let mut foreign: Vec<_> = book.all().filter(|it| it.currency != USD).collect();
    foreign.dedup_by_key(|it| (it.item, it.region.clone()));
    for price in foreign {
        let _ = writeln!(
            text,
            "In {}, costs in US dollars stay unknown: {} in {}",
            price.currency,
            price.item.name(),
            price.region
        );
    }
    for (region, item, why) in unknown {
        let _ = writeln!(text, "Unknown: {} in {region}: {why}", item.name());
    }
    let odd: BTreeSet<_> = unknown
        .iter()
        .map(|(region, item, _)| (region.clone(), *item))
        .collect();
    let built_in: BTreeSet<_> = PriceBook::built_in()?.all().map(key).collect();
    let mut from_built_in = 0;
    let mut silent: BTreeMap<PriceItem, BTreeSet<Region>> = BTreeMap::new();
    for item in SERVICES
        .iter()
        .flat_map(|(_, items)| items.iter().map(|(_, item)| *item))
    {
        for region in regions {
            let place = (region.to_string(), item);
            if now.contains(&place) || kept.contains(&place) || odd.contains(&place) {
            } else if built_in.contains(&place) {
                from_built_in += 1;
            } else {
                silent.entry(item).or_default().insert(region.clone());
            }
        }
    }
    if from_built_in > 0 {
        let _ = writeln!(
            text,
            "Not returned, the built-in price stays in force: {from_built_in}"
        );
    }
    for (item, silent) in silent {
        let place = if silent == *regions {
            "every region".to_owned()
        } else {
            list(&silent)
        };
        let _ = writeln!(
            text,
            "Unknown: {} in {place}: the price list has none",
            item.name()
        );
    }
    Ok(text)
}

fn list(regions: &BTreeSet<Region>) -> String {
    let names: Vec<_> = regions.iter().map(Region::as_str).collect();
    names.join(", ")
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
