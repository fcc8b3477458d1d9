//! Prices in reports: where they come from, and what a region without any looks like.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, Organization},
    scout::{Report, Scan},
    vpc::Vpc,
};

/// A region of which no price in US dollars is known but that gateway endpoints are free.
const UNPRICED: &str = "eu-west-3";
/// Another one.
const ELSEWHERE: &str = "eu-south-1";
const GB: u64 = 1 << 30;

/// A VPC with 730 GB a month through its NAT gateway, in a window of 168 hours.
fn vpc(name: &str, region: &str) -> Vpc {
    Vpc::new(name)
        .in_region(region)
        .subnet("a")
        .subnet("b")
        .nat_gateway("nat", 84 * GB, 84 * GB)
        .route_table("private", &["a", "b"], &[("0.0.0.0/0", "nat:nat")])
        .endpoint(json!({ "service": "sts", "subnets": ["a", "b"] }))
        .endpoint(json!({ "service": "s3", "type": "Gateway", "route_tables": ["private"] }))
}

/// A price file that bills these regions in another currency, as China does: every other region has a built-in price.
fn foreign_prices() -> tempfile::NamedTempFile {
    let items = [
        ("nat_gateway_hour", "hour"),
        ("nat_gateway_gb", "GB"),
        ("public_ipv4_hour", "hour"),
        ("interface_endpoint_hour", "hour per zone"),
        ("interface_endpoint_gb", "GB"),
    ];
    let price = |region: &str, item: &str, unit: &str| {
        format!(
            "[[price]]\nregion = \"{region}\"\nitem = \"{item}\"\nunit = \"{unit}\"\n\
             amount = \"0.37\"\ncurrency = \"CNY\"\nsource = \"test\"\nas_of = \"2026\"\n"
        )
    };
    let mut text = String::new();
    for region in [UNPRICED, ELSEWHERE] {
        text.extend(items.map(|(item, unit)| price(region, item, unit)));
    }
    for region in [UNPRICED, ELSEWHERE, "eu-west-1"] {
        text += &price(region, "cloudwatch_metric_requested", "metric");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn scan(aws: &Aws) -> Report {
    let account = Account::new("app")
        .vpc(vpc("priced", "eu-west-1"))
        .vpc(vpc("unpriced", UNPRICED))
        .vpc(vpc("unpriced too", UNPRICED))
        .vpc(vpc("elsewhere", ELSEWHERE));
    let seeded = aws.seed(&Organization::new().account(account));
    let prices = foreign_prices();
    Scan::of(aws, &seeded)
        .args(&["--no-usage"])
        .env("VPCE_SCOUT_PRICES_FILE", prices.path().to_str().unwrap())
        .run()
        .exits_with(0)
}

/// The columns of money, in a row of a table.
fn money(table: &str) -> Vec<&'static str> {
    match table {
        "nat_gateways" => vec![
            "hour_price_usd",
            "gb_price_usd",
            "monthly_hours_usd",
            "monthly_data_usd",
            "monthly_total_usd",
            "monthly_public_ipv4_usd",
            "window_usd",
        ],
        _ => vec!["monthly_usd", "monthly_hours_usd", "monthly_data_usd"],
    }
}

#[test]
fn a_region_without_a_price_is_blank_null_and_unknown_and_never_zero() {
    let report = scan(Aws::shared());
    let document = report.json();
    for (table, kind) in [("nat_gateways", "zonal"), ("endpoints", "Interface")] {
        let rows = report.table(table);
        let column = if table == "endpoints" {
            "endpoint_type"
        } else {
            "availability_mode"
        };
        let rows = rows.rows_with(&[("region", UNPRICED), (column, kind)]);
        assert_eq!(rows.len(), 2);
        for (row, column) in rows
            .iter()
            .flat_map(|row| money(table).into_iter().map(move |it| (row, it)))
        {
            assert_eq!(row[column], "", "{column} of {table}.csv");
        }
        let objects = document[table].as_array().unwrap().iter();
        for object in objects.filter(|it| it["region"] == UNPRICED && it[column] == kind) {
            for column in money(table) {
                assert_eq!(
                    object[column],
                    Value::Null,
                    "{column} of {table} in report.json"
                );
            }
        }
    }
    let line = |label: &str| {
        let lines: Vec<_> = report
            .stdout
            .lines()
            .filter_map(|line| line.trim().strip_prefix(label))
            .filter(|rest| rest.starts_with(' '))
            .map(|rest| rest.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.concat()
    };
    assert_eq!(
        line("NAT gateways"),
        "70.08 USD 4 NAT gateways; the price of 3 in 2 Regions is unknown"
    );
    assert_eq!(
        line("Endpoints"),
        "16.06 USD 8 endpoints; the price of 3 in 2 Regions is unknown"
    );
    let totals = &document["totals"];
    assert_eq!(totals["nat_gateways_price_unknown"], 3);
    assert_eq!(totals["nat_gateways_price_unknown_regions"], 2);
    assert_eq!(totals["endpoints_price_unknown"], 3);
    // Three metrics of 4 gateways, and two of 4 interface endpoints with one more for each of their
    // two subnets; once, whichever minute the window begins with.
    let requested = totals["metrics_requested"].as_u64().unwrap();
    assert_eq!(requested, 28);
    assert_eq!(totals["metrics_unpriced"], requested);
    assert_eq!(totals["metrics_usd"], Value::Null);
    assert_eq!(line("Metrics read"), format!("unknown {requested} metrics"));
}

#[test]
fn what_is_free_is_known_to_be_free_in_every_region() {
    let report = scan(Aws::shared());
    let endpoints = report.table("endpoints");
    let free = endpoints.rows_with(&[("region", UNPRICED), ("endpoint_type", "Gateway")]);
    assert_eq!(free.len(), 2);
    assert!(
        free.iter().all(|row| row["monthly_usd"] == "0.0"),
        "{free:?}"
    );
}

#[test]
fn every_price_in_a_report_shows_where_and_when_it_was_read() {
    let report = scan(Aws::shared());
    let document = report.json();
    let prices = document["prices"].as_array().unwrap();
    let mut used: Vec<_> = prices
        .iter()
        .map(|it| [&it["item"], &it["region"]].map(|it| it.as_str().unwrap()))
        .collect();
    used.sort_unstable();
    // Those of the unpriced Regions are in no US dollars, but for what is free and for data between zones.
    assert_eq!(
        used,
        [
            ["gateway_endpoint_hour", ELSEWHERE],
            ["gateway_endpoint_hour", "eu-west-1"],
            ["gateway_endpoint_hour", UNPRICED],
            ["inter_az_gb", ELSEWHERE],
            ["inter_az_gb", "eu-west-1"],
            ["inter_az_gb", UNPRICED],
            ["interface_endpoint_gb", "eu-west-1"],
            ["interface_endpoint_hour", "eu-west-1"],
            ["nat_gateway_gb", "eu-west-1"],
            ["nat_gateway_hour", "eu-west-1"],
            ["public_ipv4_hour", "eu-west-1"],
        ]
    );
    for price in prices {
        assert!(!price["source"].as_str().unwrap().is_empty(), "{price}");
        assert!(
            price["as_of"].as_str().unwrap().starts_with("20"),
            "{price}"
        );
        assert_eq!(price["usd"], price["list_usd"], "{price}");
    }
    // What the rows show are these prices.
    let nat = report.table("nat_gateways");
    let row = nat.row(&[("region", "eu-west-1")]);
    assert_eq!(row["hour_price_usd"], "0.048");
    assert_eq!(
        [&row["monthly_total_usd"], &row["window_usd"]],
        ["70.08", "16.13"]
    );
}
