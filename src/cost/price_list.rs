//! Documents of the AWS Price List as unit prices.
//!
//! A document is one product with its terms, as `pricing:GetProducts` answers it
//! (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html>).
//! A product is known by the rest of its usage type behind the region's billing prefix, exactly:
//! `EU-RegionalNatGateway-Hours` ends like `EU-NatGateway-Hours`, and is another thing.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::model::money::{Amount, Price, PriceItem};

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
        ],
    ),
    (
        "AmazonVPC",
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
            ("TransitGateway-Hours", PriceItem::TgwAttachmentHour),
            ("TransitGateway-Bytes", PriceItem::TgwGb),
        ],
    ),
    (
        "AmazonCloudWatch",
        &[
            ("DataProcessing-Bytes", PriceItem::LogsIngestGb),
            ("VendedLog-Bytes", PriceItem::LogsVendedIngestGb),
            ("TimedStorage-ByteHrs", PriceItem::LogsStoreGbMonth),
            ("DataScanned-Bytes", PriceItem::LogsInsightsScanGb),
            ("CW:GMD-Metrics", PriceItem::CloudwatchMetricRequested),
        ],
    ),
];

/// The service that has the NAT gateways.
pub const EC2: &str = "AmazonEC2";
/// The product family of NAT gateways there, among a hundred thousand products of other families.
pub const NAT_GATEWAY_FAMILY: &str = "NAT Gateway";

/// Attachments of VPCs: those of VPNs, Direct Connect and so on are other products.
const VPC_ATTACHMENT: &str = "TransitGatewayVPC";
const USD: &str = "USD";
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
        let Some(usd) = dimension.price_per_unit.get(USD) else {
            let currencies: Vec<_> = dimension
                .price_per_unit
                .keys()
                .map(String::as_str)
                .collect();
            return Ok(Err(format!(
                "its price is in {}, not in USD",
                currencies.join(", ")
            )));
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
        let (usd, from) = (number(usd)?, number(&dimension.begin_range)?);
        let to = match dimension.end_range.as_str() {
            "Inf" => None,
            end => Some(number(end)?),
        };
        tiers.push((from, to, usd, &dimension.rate_code));
    }
    tiers.sort();
    let date = term
        .effective_date
        .get(..10)
        .unwrap_or(&term.effective_date);
    let mut prices = Vec::new();
    let mut reached = Some(Decimal::ZERO);
    for (from, to, usd, rate_code) in tiers {
        let whole = |limit: Decimal| {
            u64::try_from(limit)
                .ok()
                .filter(|it| Decimal::from(*it) == limit)
        };
        let (Some(tier_from), false) = (whole(from), usd.is_sign_negative() && !usd.is_zero())
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
            usd: Amount(usd.normalize()),
            source: format!("Price List API, {service}, rate code {rate_code}"),
            as_of: date.to_owned(),
            tier_to: to.and_then(whole),
            list_usd: Amount(usd.normalize()),
            discount_percent: None,
        });
    }
    if prices.is_empty() || reached.is_some() {
        return Ok(Err("its tiers leave something out".to_owned()));
    }
    Ok(Ok(prices))
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
pub fn together(products: Vec<Product>) -> (Vec<Price>, Vec<(String, PriceItem, String)>) {
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
                .map(|it| (it.tier_from, it.tier_to, it.usd))
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
mod tests {
    use super::*;

    fn document(service: &str, usage_type: &str, dimensions: &serde_json::Value) -> String {
        serde_json::json!({
            "product": {
                "productFamily": "x",
                "attributes": { "usagetype": usage_type, "regionCode": "eu-west-1",
                                "locationType": "AWS Region", "servicecode": service },
                "sku": "SKU" },
            "serviceCode": service,
            "terms": { "OnDemand": { "SKU.T": {
                "priceDimensions": dimensions, "sku": "SKU",
                "effectiveDate": "2026-09-01T00:00:00Z", "offerTermCode": "T", "termAttributes": {} } } },
            "version": "20260925174521", "publicationDate": "2026-09-25T17:45:21Z"
        })
        .to_string()
    }

    fn dimension(unit: &str, from: &str, to: &str, usd: &str) -> serde_json::Value {
        serde_json::json!({ "unit": unit, "beginRange": from, "endRange": to, "appliesTo": [],
            "description": "$", "rateCode": format!("SKU.T.{from}"), "pricePerUnit": { "USD": usd } })
    }

    fn one(unit: &str, usd: &str) -> serde_json::Value {
        serde_json::json!({ "d": dimension(unit, "0", "Inf", usd) })
    }

    #[test]
    fn a_usage_type_counts_as_a_whole_behind_the_prefix_of_its_region() {
        for (usage_type, expected) in [
            ("NatGateway-Hours", Some(PriceItem::NatGatewayHour)),
            ("EU-NatGateway-Hours", Some(PriceItem::NatGatewayHour)),
            ("APS3-NatGateway-Bytes", Some(PriceItem::NatGatewayGb)),
            (
                "RegionalNatGateway-Hours",
                Some(PriceItem::RegionalNatGatewayHour),
            ),
            (
                "USE1-RegionalNatGateway-Bytes",
                Some(PriceItem::RegionalNatGatewayGb),
            ),
            (
                "EU-NatGateway-Prvd-Gbps",
                Some(PriceItem::NatGatewayPrvdGbpsHour),
            ),
            ("EU-NatGateway-Prvd-Bytes", None),
            ("XNatGateway-Hours", None),
            ("Regional-NatGateway-Hours", None),
            ("USW2-LAX1-NatGateway-Hours", None),
            ("-NatGateway-Hours", None),
            ("EU-NatGateway-Hours-X", None),
        ] {
            assert_eq!(item(EC2, usage_type), expected, "{usage_type}");
        }
        assert_eq!(item("AmazonVPC", "EU-NatGateway-Hours"), None);
        assert_eq!(item("AmazonCloudWatch", "EU-CFLogs-VendedLog-Bytes"), None);
    }

    #[test]
    fn several_dimensions_are_tiers_with_a_source_and_a_date_each() {
        let dimensions = serde_json::json!({
            "b": dimension("GB", "1048576", "5242880", "0.0060000000"),
            "c": dimension("GB", "5242880", "Inf", "0.0040000000"),
            "a": dimension("GB", "0", "1048576", "0.0100000000"),
        });
        let text = document("AmazonVPC", "EU-VpcEndpoint-Bytes", &dimensions);
        let product = read(&text).unwrap().unwrap();
        let tiers = product.tiers.unwrap();
        let actual: Vec<_> = tiers
            .iter()
            .map(|it| (it.tier_from, it.tier_to, it.usd.0.to_string()))
            .collect();
        assert_eq!(
            actual,
            [
                (0, Some(1_048_576), "0.01".to_owned()),
                (1_048_576, Some(5_242_880), "0.006".to_owned()),
                (5_242_880, None, "0.004".to_owned()),
            ]
        );
        assert_eq!(
            tiers[1].source,
            "Price List API, AmazonVPC, rate code SKU.T.1048576"
        );
        assert_eq!(tiers[1].as_of, "2026-09-01");
    }

    #[test]
    fn what_is_no_price_in_dollars_of_the_right_unit_stays_unknown_with_the_reason() {
        let yuan = one("Hrs", "0.4").to_string().replace("USD", "CNY");
        let yuan: serde_json::Value = serde_json::from_str(&yuan).unwrap();
        let gap = serde_json::json!({ "a": dimension("Hrs", "0", "5", "1"), "b": dimension("Hrs", "6", "Inf", "1") });
        let short = serde_json::json!({ "a": dimension("Hrs", "0", "5", "1") });
        for (dimensions, expected) in [
            (yuan, "its price is in CNY, not in USD"),
            (one("Quantity", "1"), "its unit is `Quantity`"),
            (one("Hrs", "-1"), "its tiers or prices make no sense"),
            (gap, "its tiers leave something out"),
            (short, "its tiers leave something out"),
            (serde_json::json!({}), "its tiers leave something out"),
        ] {
            let product = read(&document(EC2, "EU-NatGateway-Hours", &dimensions))
                .unwrap()
                .unwrap();
            assert_eq!(product.tiers.unwrap_err(), expected);
        }
    }

    #[test]
    fn garbage_is_an_error_and_another_product_is_none() {
        for garbage in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"product": {"attributes": 1}}"#,
        ] {
            assert!(read(garbage).is_err(), "{garbage}");
        }
        let broken = document(EC2, "EU-NatGateway-Hours", &one("Hrs", "cheap"));
        assert!(read(&broken).unwrap_err().to_string().contains("cheap"));
        assert_eq!(
            read(&document(EC2, "EU-BoxUsage", &one("Hrs", "1"))),
            Ok(None)
        );
        let local = document(EC2, "EU-NatGateway-Hours", &one("Hrs", "1"));
        assert_eq!(read(&local.replace(REGION, "AWS Local Zone")), Ok(None));
    }

    #[test]
    fn of_transit_gateways_only_the_attachments_of_vpcs_count() {
        let text = document("AmazonVPC", "EU-TransitGateway-Hours", &one("hour", "0.05"));
        let with = |operation: &str| {
            let attribute = format!(r#""operation":"{operation}","regionCode""#);
            read(&text.replace("\"regionCode\"", &attribute)).unwrap()
        };
        assert!(with("TransitGatewayVPC").is_some());
        assert!(with("TransitGatewayDirectConnect").is_none());
        assert!(read(&text).unwrap().is_some());
    }

    #[test]
    fn the_same_price_twice_is_one_and_two_prices_are_none() {
        let product = |usd: &str| {
            read(&document(EC2, "EU-NatGateway-Hours", &one("Hrs", usd)))
                .unwrap()
                .unwrap()
        };
        let (prices, unknown) = together(vec![product("1"), product("1.0")]);
        assert_eq!((prices.len(), unknown.len()), (1, 0));
        let (prices, unknown) = together(vec![product("1"), product("2")]);
        assert!(prices.is_empty());
        assert_eq!(unknown[0].2, "it has several prices");
    }
}
