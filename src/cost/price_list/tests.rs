//! Documents as the Price List API answers them, and documents made odd on purpose.

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
        (
            "EU-NatGateway-Prvd-Bytes",
            Some(PriceItem::NatGatewayPrvdGb),
        ),
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
fn what_is_no_price_of_the_right_unit_stays_unknown_with_the_reason() {
    let mut several = one("Hrs", "0.4");
    several["d"]["pricePerUnit"] = serde_json::json!({ "CNY": "1", "EUR": "2" });
    let gap = serde_json::json!({ "a": dimension("Hrs", "0", "5", "1"), "b": dimension("Hrs", "6", "Inf", "1") });
    let short = serde_json::json!({ "a": dimension("Hrs", "0", "5", "1") });
    for (dimensions, expected) in [
        (several, "its price is in no currency, or in several"),
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
    let (prices, unknown) = merge_products(vec![product("1"), product("1.0")]);
    assert_eq!((prices.len(), unknown.len()), (1, 0));
    let (prices, unknown) = merge_products(vec![product("1"), product("2")]);
    assert!(prices.is_empty());
    assert_eq!(unknown[0].2, "it has several prices");
}

/// Records of AWS's own offer files, in the shape of `GetProducts`.
const RECORDS: &str = include_str!("../../../tests/fixtures/price_list/records.json");

/// An item, its Region, and from how many units each price holds.
type Expected = (PriceItem, &'static str, &'static [(u64, &'static str)]);
/// The same, read from a document.
type Read = (PriceItem, String, Vec<(u64, String)>);

/// Item, region and tiers of each record, as read off the records by hand.
const EXPECTED: [Option<Expected>; 25] = [
    Some((PriceItem::NatGatewayHour, "eu-west-1", &[(0, "0.048")])),
    Some((PriceItem::NatGatewayGb, "eu-west-1", &[(0, "0.048")])),
    Some((
        PriceItem::RegionalNatGatewayHour,
        "eu-west-1",
        &[(0, "0.048")],
    )),
    Some((
        PriceItem::RegionalNatGatewayGb,
        "eu-west-1",
        &[(0, "0.048")],
    )),
    Some((
        PriceItem::NatGatewayPrvdGbpsHour,
        "eu-west-1",
        &[(0, "1.164")],
    )),
    Some((PriceItem::NatGatewayPrvdGb, "eu-west-1", &[(0, "0")])),
    // A reserved instance.
    None,
    Some((
        PriceItem::InterfaceEndpointHour,
        "us-east-1",
        &[(0, "0.01")],
    )),
    Some((PriceItem::InterfaceEndpointGb, "us-east-1", ENDPOINT_GB)),
    Some((
        PriceItem::InterfaceEndpointHour,
        "eu-west-1",
        &[(0, "0.011")],
    )),
    Some((PriceItem::InterfaceEndpointGb, "eu-west-1", ENDPOINT_GB)),
    Some((PriceItem::GwlbEndpointHour, "eu-west-1", &[(0, "0.0112")])),
    Some((PriceItem::GwlbEndpointGb, "eu-west-1", &[(0, "0.0035")])),
    Some((PriceItem::TgwAttachmentHour, "us-east-1", &[(0, "0.05")])),
    Some((PriceItem::TgwGb, "us-east-1", &[(0, "0.02")])),
    // The same usage type, of a VPN attachment.
    None,
    Some((PriceItem::PublicIpv4Hour, "us-east-1", &[(0, "0.005")])),
    Some((PriceItem::PublicIpv4IdleHour, "us-east-1", &[(0, "0.005")])),
    Some((PriceItem::ResourceEndpointHour, "us-east-1", &[(0, "0.02")])),
    Some((PriceItem::LogsIngestGb, "eu-west-1", &[(0, "0.57")])),
    Some((
        PriceItem::LogsVendedIngestGb,
        "eu-west-1",
        &[
            (0, "0.57"),
            (10_240, "0.285"),
            (30_720, "0.114"),
            (51_200, "0.057"),
        ],
    )),
    Some((
        PriceItem::LogsVendedS3Gb,
        "eu-west-1",
        &[
            (0, "0.285"),
            (10_240, "0.171"),
            (30_720, "0.086"),
            (51_200, "0.057"),
        ],
    )),
    Some((PriceItem::LogsStoreGbMonth, "eu-west-1", &[(0, "0.03")])),
    Some((PriceItem::LogsInsightsScanGb, "eu-west-1", &[(0, "0.0057")])),
    Some((
        PriceItem::CloudwatchMetricRequested,
        "sa-east-1",
        &[(0, "0.000014")],
    )),
];

const ENDPOINT_GB: &[(u64, &str)] = &[(0, "0.01"), (1_048_576, "0.006"), (5_242_880, "0.004")];

fn records() -> Vec<serde_json::Value> {
    serde_json::from_str(RECORDS).unwrap()
}

/// Item, region and tiers of a document.
fn summary(document: &str) -> Option<Read> {
    let product = read(document).unwrap()?;
    let tiers = product.tiers.unwrap();
    let tiers = tiers.iter().map(|it| (it.tier_from, it.usd.0.to_string()));
    Some((product.item, product.region, tiers.collect()))
}

#[test]
fn each_record_of_the_price_list_gives_its_item_region_tiers_and_price() {
    let records = records();
    assert_eq!(records.len(), EXPECTED.len());
    for (record, expected) in records.iter().zip(EXPECTED) {
        let expected = expected.map(|(item, region, tiers)| {
            let tiers = tiers.iter().map(|(from, usd)| (*from, (*usd).to_owned()));
            (item, region.to_owned(), tiers.collect())
        });
        assert_eq!(summary(&record.to_string()), expected, "{record}");
    }
}

/// The embedded prices were read from other copies of the price list than these records.
#[test]
fn the_embedded_prices_agree_with_the_records_of_the_price_list() {
    let book = crate::cost::price_book::PriceBook::built_in().unwrap();
    for record in records() {
        let Some((item, region, tiers)) = summary(&record.to_string()) else {
            continue;
        };
        let embedded: Vec<_> = book
            .all()
            .filter(|it| it.item == item && it.region == region)
            .map(|it| (it.tier_from, it.usd.0.normalize().to_string()))
            .collect();
        assert_eq!(embedded, tiers, "{item:?} in {region}");
    }
}

#[test]
fn a_change_planted_in_a_record_is_found() {
    let text = |index: usize| records()[index].to_string();
    let change = |index: usize, from: &str, to: &str| {
        let text = text(index);
        assert!(text.contains(from), "{text}");
        summary(&text.replace(from, to))
    };
    let item = |found: &Option<Read>| found.as_ref().map(|(item, ..)| *item);
    let price = change(0, "0.0480000000", "0.0490000000").unwrap().2;
    assert_eq!(price, [(0, "0.049".to_owned())]);
    // us-east-1 has no prefix for some products, and one for others.
    let usage_types = [
        ("NatGateway-Hours", Some(PriceItem::NatGatewayHour)),
        (
            "USE1-RegionalNatGateway-Hours",
            Some(PriceItem::RegionalNatGatewayHour),
        ),
        ("USE1-ATL2-NatGateway-Hours", None),
        ("EU-NatGateway-Hours-Reserved", None),
    ];
    for (usage_type, expected) in usage_types {
        let found = change(0, "EU-NatGateway-Hours", usage_type);
        assert_eq!(item(&found), expected, "{usage_type}");
    }
    let found = change(
        3,
        "EU-RegionalNatGateway-Bytes",
        "USE1-RegionalNatGateway-Bytes",
    );
    assert_eq!(item(&found), Some(PriceItem::RegionalNatGatewayGb));
    let block = change(
        16,
        "USE1-PublicIPv4:InUseAddress",
        "USE1-PublicIPv4:ContiguousBlock",
    );
    assert_eq!(item(&block), None);
    let zone = change(9, "AWS Region", "AWS Local Zone");
    assert_eq!(item(&zone), None);
    assert_eq!(
        item(&change(11, "GWLBE-Hours", "Hours")),
        Some(PriceItem::InterfaceEndpointHour)
    );
}

#[test]
fn a_price_in_another_currency_keeps_it() {
    let text = records()[0].to_string().replace("USD", "CNY");
    let tiers = read(&text).unwrap().unwrap().tiers.unwrap();
    assert_eq!(tiers[0].currency, "CNY");
    assert_eq!(tiers[0].list_usd.0.to_string(), "0.048");
}
