//! Documents of the AWS Price List as unit prices.
//!
//! A document is one product with its terms, as `pricing:GetProducts` answers it
//! (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html>).
//! A product is known by the rest of its usage type behind the region's billing prefix, exactly:
//! `EU-RegionalNatGateway-Hours` ends like `EU-NatGateway-Hours`, and is another thing.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::model::money::{Amount, Price, PriceItem, USD};

/// The services that the prices are read from, and what is billed as which usage type.
pub const SERVICES: [(&str, &[(&str, PriceItem)]); 3] = [
    (
        EC2,
        &[
            ("NatGateway-Hours", PriceItem::NatGatewayHour),
            ("NatGateway-Bytes", PriceItem::NatGatewayGb),
            (
                "RegionalNatGateway-Hours",
                PriceItem::RegionalNatGatewayHour,
            ),
            ("RegionalNatGateway-Bytes", PriceItem::RegionalNatGatewayGb),
            ("NatGateway-Prvd-Gbps", PriceItem::NatGatewayPrvdGbpsHour),
            ("NatGateway-Prvd-Bytes", PriceItem::NatGatewayPrvdGb),
        ],
    ),
    (
        VPC,
        &[
            ("VpcEndpoint-Hours", PriceItem::InterfaceEndpointHour),
            ("VpcEndpoint-Bytes", PriceItem::InterfaceEndpointGb),
            ("VpcEndpoint-GWLBE-Hours", PriceItem::GwlbEndpointHour),
            ("VpcEndpoint-GWLBE-Bytes", PriceItem::GwlbEndpointGb),
            (
                "VpcEndpoint-Resource-Hours",
                PriceItem::ResourceEndpointHour,
            ),
            ("VpcEndpoint-Resource-Bytes", PriceItem::ResourceEndpointGb),
            ("PublicIPv4:InUseAddress", PriceItem::PublicIpv4Hour),
            ("PublicIPv4:IdleAddress", PriceItem::PublicIpv4IdleHour),
            ("TransitGateway-Hours", PriceItem::TgwAttachmentHour),
            ("TransitGateway-Bytes", PriceItem::TgwGb),
        ],
    ),
    (
        "AmazonCloudWatch",
        &[
            ("DataProcessing-Bytes", PriceItem::LogsIngestGb),
            ("VendedLog-Bytes", PriceItem::LogsVendedIngestGb),
            ("S3-Egress-Bytes", PriceItem::LogsVendedS3Gb),
            ("FH-Egress-Bytes", PriceItem::LogsVendedFirehoseGb),
            ("S3-Egress-InputBytes", PriceItem::LogsParquetGb),
            ("TimedStorage-ByteHrs", PriceItem::LogsStoreGbMonth),
            ("DataScanned-Bytes", PriceItem::LogsInsightsScanGb),
            ("CW:GMD-Metrics", PriceItem::CloudwatchMetricRequested),
        ],
    ),
];

/// The service that has the NAT gateways.
pub const EC2: &str = "AmazonEC2";
/// The service that has endpoints, public addresses and transit gateways.
pub const VPC: &str = "AmazonVPC";
/// The product family of NAT gateways there, among a hundred thousand products of other families.
pub const NAT_GATEWAY_FAMILY: &str = "NAT Gateway";

/// Attachments of VPCs: those of VPNs, Direct Connect and so on are other products.
const VPC_ATTACHMENT: &str = "TransitGatewayVPC";
const REGION: &str = "AWS Region";

/// A document that is none of the price list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price list answered something that is no product with its price: {0}")]
pub struct PriceListError(String);

/// A product whose price is asked for, and what it costs; or why that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The region.
    pub region: String,
    /// What it is.
    pub item: PriceItem,
    /// Its tiers, the first one first; else why its price stays unknown.
    pub tiers: Tiers,
}

/// The tiers of a price, the first one first; else why it stays unknown.
type Tiers = Result<Vec<Price>, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    product: RawProduct,
    service_code: Option<String>,
    #[serde(default)]
    terms: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct RawProduct {
    attributes: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    effective_date: String,
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    unit: String,
    #[serde(default = "zero")]
    begin_range: String,
    #[serde(default = "infinite")]
    end_range: String,
    price_per_unit: BTreeMap<String, String>,
    #[serde(default)]
    rate_code: String,
}

fn zero() -> String {
    "0".to_owned()
}

fn infinite() -> String {
    "Inf".to_owned()
}

/// Reads a document; none if it is of a product that nothing here is billed as.
///
/// # Errors
///
/// If it is no product with terms, or the price of a product that counts is no number.
pub fn read(text: &str) -> Result<Option<Product>, PriceListError> {
    let wrong = |why: &dyn std::fmt::Display| PriceListError(why.to_string());
    let document: Document = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let attribute = |name: &str| document.product.attributes.get(name)?.as_str();
    let service = document
        .service_code
        .as_deref()
        .or_else(|| attribute("servicecode"));
    let item = service
        .zip(attribute("usagetype"))
        .and_then(|it| item(it.0, it.1));
    let (Some(service), Some(item), Some(region)) = (service, item, attribute("regionCode")) else {
        return Ok(None);
    };
    let is_vpcs = |item| ![PriceItem::TgwAttachmentHour, PriceItem::TgwGb].contains(&item);
    if attribute("locationType").is_some_and(|kind| kind != REGION)
        || !(is_vpcs(item) || attribute("operation").is_none_or(|it| it == VPC_ATTACHMENT))
    {
        return Ok(None);
    }
    let Some(on_demand) = document.terms.get("OnDemand") else {
        return Ok(None);
    };
    let terms: BTreeMap<String, Term> = serde::Deserialize::deserialize(on_demand)
        .map_err(|error: serde_json::Error| wrong(&error))?;
    let in_force = terms
        .into_values()
        .max_by(|a, b| a.effective_date.cmp(&b.effective_date));
    let tiers = match in_force {
        None => Err("it has no price".to_owned()),
        Some(term) => tiers(service, region, item, &term)?,
    };
    let region = region.to_owned();
    Ok(Some(Product {
        region,
        item,
        tiers,
    }))
}

/// What a usage type is billed for: all of it, or all behind a prefix such as `EU-` or `USE1-`.
fn item(service: &str, usage_type: &str) -> Option<PriceItem> {
    let (_, known) = SERVICES.iter().find(|(name, _)| *name == service)?;
    let is_prefix = |text: &str| {
        let of_prefix = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit();
        text.as_bytes().first().is_some_and(u8::is_ascii_uppercase) && text.bytes().all(of_prefix)
    };
    let fits = |rest: &str| {
        let before = usage_type.strip_suffix(rest)?;
        before.is_empty().then_some(()).or_else(|| {
            before
                .strip_suffix('-')
                .filter(|prefix| is_prefix(prefix))
                .map(drop)
        })
    };
    known
        .iter()
        .find(|(rest, _)| fits(rest).is_some())
        .map(|(_, item)| *item)
}

fn tiers(
    service: &str,
    region: &str,
    item: PriceItem,
    term: &Term,
) -> Result<Tiers, PriceListError> {
    let mut tiers = Vec::new();
    for dimension in term.price_dimensions.values() {
        let Some((currency, amount)) = amount_of(dimension) else {
            return Ok(Err("its price is in no currency, or in several".to_owned()));
        };
        if !is_unit(item, &dimension.unit) {
            return Ok(Err(format!("its unit is `{}`", dimension.unit)));
        }
        let number = |text: &str| {
            let parsed: Result<Decimal, _> = text.parse();
            parsed.map_err(|_| {
                PriceListError(format!("`{text}` is no number, {}", dimension.rate_code))
            })
        };
        let (amount, from) = (number(amount)?, number(&dimension.begin_range)?);
        let to = match dimension.end_range.as_str() {
            "Inf" => None,
            end => Some(number(end)?),
        };
        tiers.push((from, to, amount, currency, &dimension.rate_code));
    }
    tiers.sort();
    let date = term
        .effective_date
        .get(..10)
        .unwrap_or(&term.effective_date);
    let mut prices = Vec::new();
    let mut reached = Some(Decimal::ZERO);
    for (from, to, amount, currency, rate_code) in tiers {
        let whole = |limit: Decimal| {
            u64::try_from(limit)
                .ok()
                .filter(|it| Decimal::from(*it) == limit)
        };
        let (Some(tier_from), false) =
            (whole(from), amount.is_sign_negative() && !amount.is_zero())
        else {
            return Ok(Err("its tiers or prices make no sense".to_owned()));
        };
        if reached != Some(from) || to.is_some_and(|to| to <= from || whole(to).is_none()) {
            return Ok(Err("its tiers leave something out".to_owned()));
        }
        reached = to;
        prices.push(Price {
            region: region.to_owned(),
            item,
            unit: item.unit().to_owned(),
            tier_from,
            usd: Amount(amount.normalize()),
            source: format!("Price List API, {service}, rate code {rate_code}"),
            as_of: date.to_owned(),
            tier_to: to.and_then(whole),
            list_usd: Amount(amount.normalize()),
            discount_percent: None,
            currency: currency.to_owned(),
            to_region: None,
        });
    }
    if prices.is_empty() || reached.is_some() {
        return Ok(Err("its tiers leave something out".to_owned()));
    }
    Ok(Ok(prices))
}

/// The currency and the amount of a price: US dollars where there are any, else the only other currency.
fn amount_of(dimension: &Dimension) -> Option<(&str, &str)> {
    let amounts = &dimension.price_per_unit;
    if let Some(usd) = amounts.get(USD) {
        return Some((USD, usd));
    }
    let mut amounts = amounts.iter();
    let (currency, amount) = amounts.next()?;
    amounts
        .next()
        .is_none()
        .then_some((currency.as_str(), amount.as_str()))
}

/// Whether the price list's word for a unit is that of an item. It writes `Hrs` and `hour`.
fn is_unit(item: PriceItem, word: &str) -> bool {
    let known: &[&str] = match item.unit() {
        "Gbps-hour" => &["gbps-hrs", "gbps-hour", "gbps-hours"],
        "GB-month" => &["gb-mo", "gb-month"],
        "metric" => &["metrics", "metric", "requests", "request"],
        unit if unit.starts_with("hour") => &["hrs", "hour", "hours"],
        _ => &["gb", "gigabytes", "gigabyte"],
    };
    known.contains(&word.to_lowercase().as_str())
}

/// All products of all answers as prices, one for each item and region, and what of it stays
/// unknown: (region, item, why).
pub fn merge_products(products: Vec<Product>) -> (Vec<Price>, Vec<(String, PriceItem, String)>) {
    let mut all: BTreeMap<(String, PriceItem), Vec<Tiers>> = BTreeMap::new();
    for product in products {
        let found = all.entry((product.region, product.item)).or_default();
        found.push(product.tiers);
    }
    let (mut prices, mut unknown) = (Vec::new(), Vec::new());
    for ((region, item), found) in all {
        let figures = |tiers: &[Price]| -> Vec<_> {
            tiers
                .iter()
                .map(|it| (it.tier_from, it.tier_to, it.usd, it.currency.clone()))
                .collect()
        };
        let mut usable: Vec<_> = found.iter().filter_map(|it| it.as_ref().ok()).collect();
        usable.sort_by(|a, b| a[0].source.cmp(&b[0].source));
        match usable.as_slice() {
            [] => {
                let why = found.into_iter().find_map(Result::err).unwrap_or_default();
                unknown.push((region, item, why));
            }
            [first, others @ ..] if others.iter().all(|it| figures(it) == figures(first)) => {
                prices.extend((*first).clone());
            }
            _ => unknown.push((region, item, "it has several prices".to_owned())),
        }
    }
    (prices, unknown)
}

#[cfg(test)]
mod tests;
