//! Questions to the Price List API: every service of the price book about every Region.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    aws::cancellation::CancellationToken,
    collect,
    config::Config,
    cost::price_list::{self, EC2, NAT_GATEWAY_FAMILY, PriceListError, Product, SERVICES},
    model::{coverage::Failure, id::Region},
    org::{
        connect::{ConnectError, connect},
        session::{Access, AccessError, Session},
    },
};

/// What a product of the price list is found by.
const REGION: &str = "regionCode";
const FAMILY: &str = "productFamily";

/// Questions asked at once; how many a second is a setting.
const AT_ONCE: usize = 8;

/// Why the price list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PriceListReadError {
    /// There is no access to the caller's account.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The credentials do not work in any Region.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The partition has no Price List API.
    #[error(
        "the partition {0} has no Price List API; use credentials of the partition aws, \
         whose price list has the prices of GovCloud too, or set prices.api_region"
    )]
    NoApi(String),
    /// A call fails.
    #[error(
        "the price list cannot be read; the price file is as it was; `vpce-scout permissions \
         prices-policy` prints what the caller needs: {0}"
    )]
    Call(Failure),
    /// An answer is no product.
    #[error(transparent)]
    Product(#[from] PriceListError),
    /// A question about a Region fails.
    #[error("{service} in {region}")]
    Question {
        /// The service that is billed.
        service: &'static str,
        /// The Region.
        region: Region,
        /// Why.
        source: Box<Self>,
    },
}

/// What was asked and what was answered.
#[derive(Debug)]
pub struct Answers {
    /// The Region of the API.
    pub api_region: Region,
    /// The Regions that were asked about.
    pub regions: BTreeSet<Region>,
    /// The products that were returned.
    pub products: Vec<Product>,
}

/// Asks every service about every Region; without Regions about every one where NAT gateways are sold.
/// `begin` receives the number of questions, `answered` is called after each.
///
/// # Errors
///
/// [`PriceListReadError`]: one question that fails ends all.
pub async fn ask(
    config: &Config,
    regions: Option<Vec<Region>>,
    stop: CancellationToken,
    begin: impl FnOnce(usize),
    answered: impl Fn(),
) -> Result<Answers, PriceListReadError> {
    let access = connect(config, stop).await?;
    ask_with(&access, config, regions, begin, answered).await
}

/// The same with access that is open already.
///
/// # Errors
///
/// [`PriceListReadError`].
pub async fn ask_with(
    access: &Access,
    config: &Config,
    regions: Option<Vec<Region>>,
    begin: impl FnOnce(usize),
    answered: impl Fn(),
) -> Result<Answers, PriceListReadError> {
    let api_region = api_region(config, access.partition())?;
    let account = access
        .account(access.caller_account())
        .await
        .map_err(PriceListReadError::Call)?;
    let session = account.session(&api_region);
    let regions: BTreeSet<Region> = if let Some(regions) = regions {
        regions.into_iter().collect()
    } else {
        // NAT gateways are sold everywhere: their products name the Regions.
        let everywhere = list(&session, EC2, &[(FAMILY, NAT_GATEWAY_FAMILY)]).await?;
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
    begin(count);
    let session = &session;
    let mut answers = stream::iter(questions)
        .map(|(region, service)| async move {
            let mut attributes = vec![(REGION, region.as_str())];
            if service == EC2 {
                attributes.push((FAMILY, NAT_GATEWAY_FAMILY));
            }
            let answer = list(session, service, &attributes).await;
            answer.map_err(|source| PriceListReadError::Question {
                service,
                region: region.clone(),
                source: Box::new(source),
            })
        })
        .buffer_unordered(AT_ONCE);
    let mut products = Vec::new();
    while let Some(found) = answers.try_next().await? {
        products.extend(found);
        answered();
    }
    drop(answers);
    // Products of Regions that were not asked about are ignored.
    products.retain(|it| regions.iter().any(|region| region.as_str() == it.region));
    Ok(Answers {
        api_region,
        regions,
        products,
    })
}

async fn list(
    session: &Session,
    service: &str,
    attributes: &[(&str, &str)],
) -> Result<Vec<Product>, PriceListReadError> {
    let documents = collect::price_list::list(session, service, attributes)
        .await
        .map_err(PriceListReadError::Call)?;
    let products = documents.iter().map(|text| price_list::read(text));
    let products: Result<_, _> = products.filter_map(Result::transpose).collect();
    Ok(products?)
}

/// Where the partition has its price list.
fn api_region(config: &Config, partition: &str) -> Result<Region, PriceListReadError> {
    if let Some(region) = &config.prices.api_region {
        return Ok(region.clone());
    }
    let name = match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        other => return Err(PriceListReadError::NoApi(other.to_owned())),
    };
    name.parse()
        .map_err(|_| PriceListReadError::NoApi(partition.to_owned()))
}
