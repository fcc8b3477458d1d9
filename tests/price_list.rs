//! `prices update` on recorded answers of the price list, and what reports make of the price file.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::{Home, ProgramOutput},
    organization::{Account, Organization, Seeded},
    table::Table,
    vpc::Vpc,
};

const GB: u64 = 1 << 30;

/// A regional gateway in Frankfurt, of which the built-in prices know nothing.
fn organization() -> Organization {
    let gateway = json!([{ "name": "nat", "mode": "regional", "zones": ["a", "b"],
        "metrics": { "BytesInFromSource": 84 * GB, "BytesInFromDestination": 84 * GB,
                     "ActiveConnectionCount": 1 } }]);
    let vpc = Vpc::new("vpc")
        .in_region("eu-central-1")
        .subnet("a")
        .subnet("b")
        .with("nat_gateways", gateway)
        .endpoint(json!({ "service": "sts", "subnets": ["a", "b"] }));
    Organization::new().account(Account::new("app").vpc(vpc))
}

fn home(aws: &Aws) -> (Home, Seeded) {
    let seeded = aws.seed(&organization());
    (Home::of(aws, &seeded), seeded)
}

fn price_file(home: &Home) -> PathBuf {
    home.store().with_file_name("prices.toml")
}

fn prices(home: &Home, arguments: &[&str]) -> Table {
    let mut all = vec!["prices", "show", "--format", "csv"];
    all.extend(arguments);
    Table::read("prices", home.run(&all).exits_with(0).stdout.as_bytes())
}

#[track_caller]
fn shows(output: &ProgramOutput, line: &str) {
    assert!(
        output.stdout.lines().any(|it| it == line),
        "{line}\n{}",
        output.stdout
    );
}

#[test]
fn prices_are_read_page_by_page_with_all_tiers_sources_and_dates() {
    let aws = Aws::shared();
    let (home, seeded) = home(aws);
    aws.set(seeded.account("management"), &json!({ "page_limit": 2 }));
    let output = home.run(&["prices", "update"]).exits_with(0);
    let begins = output
        .stderr
        .lines()
        .find(|it| it.contains("reading the price list"));
    assert!(
        begins.is_some_and(|it| it.contains("questions=")),
        "{}",
        output.stderr
    );
    assert!(
        output.stdout.starts_with("71 prices of 18 regions, "),
        "{}",
        output.stdout
    );
    let table = prices(&home, &["--regions", "eu-west-1"]);
    let tiers = table.rows_with(&[("item", "interface_endpoint_gb")]);
    let limits: Vec<_> = tiers
        .iter()
        .map(|row| [&row["tier_from"], &row["tier_to"], &row["usd"]].map(String::as_str))
        .collect();
    assert_eq!(
        limits,
        [
            ["0", "1048576", "0.01"],
            ["1048576", "5242880", "0.006"],
            ["5242880", "", "0.004"]
        ]
    );
    let priced = table.rows_with(&[("as_of", "2026-09-01")]);
    assert_eq!(priced.len(), 25, "{table:?}");
    let from_list =
        |row: &&&crate::support::table::Row| row["source"].starts_with("Price List API, Amazon");
    assert_eq!(priced.iter().filter(from_list).count(), 25);
    // The regional gateway's hour is a product of its own, and so is the provisioned bandwidth.
    for (item, usd) in [
        ("nat_gateway_hour", "0.048"),
        ("regional_nat_gateway_hour", "0.048"),
        ("nat_gateway_prvd_gbps_hour", "1.164"),
        ("tgw_attachment_hour", "0.05"),
        ("public_ipv4_hour", "0.005"),
        ("cloudwatch_metric_requested", "0.00001"),
    ] {
        assert_eq!(table.row(&[("item", item)])["usd"], usd, "{item}");
    }
    // What the list has no price for keeps its built-in one.
    let built_in = table.rows_with(&[("item", "resource_endpoint_gb")]);
    assert!(built_in[0]["source"].starts_with("AWS public price file"));
}

#[test]
fn a_price_in_another_currency_is_kept_and_listed_and_no_cost_is_calculated_with_it() {
    let aws = Aws::shared();
    let (home, _) = home(aws);
    let output = home.run(&["prices", "update"]).exits_with(0);
    shows(
        &output,
        "In CNY, costs in US dollars stay unknown: nat_gateway_hour in mx-central-1",
    );
    let unknown = "Unknown: resource_endpoint_gb in ";
    assert!(output.stdout.contains(unknown), "{}", output.stdout);
    let table = prices(
        &home,
        &["--regions", "mx-central-1", "--items", "nat_gateway_hour"],
    );
    let row = table.row(&[("region", "mx-central-1")]);
    assert_eq!((row["usd"].as_str(), row["currency"].as_str()), ("", "CNY"));
    let shown = home
        .run(&["prices", "show", "--regions", "mx-central-1"])
        .exits_with(0)
        .stdout;
    assert!(
        shown
            .lines()
            .any(|line| line.contains("nat_gateway_hour ") && line.contains(" CNY  hour")),
        "{shown}"
    );
}

#[test]
fn a_service_that_returns_nothing_is_survived_and_what_was_known_before_stays() {
    let aws = Aws::shared();
    let (home, seeded) = home(aws);
    let management = seeded.account("management");
    aws.set(
        management,
        &json!({ "pricing.silent_services": ["AmazonVPC"] }),
    );
    let output = home
        .run(&["prices", "update", "--regions", "eu-west-1,eu-central-1"])
        .exits_with(0);
    let built_in = "the built-in price stays in force: ";
    assert!(output.stdout.contains(built_in), "{}", output.stdout);
    // The built-in price of eu-west-1 is in force, with its own date.
    let endpoint = [
        "--regions",
        "eu-west-1",
        "--items",
        "interface_endpoint_hour",
    ];
    assert_eq!(prices(&home, &endpoint).rows()[0]["as_of"], "2026-09-10");
    aws.set(management, &json!({ "pricing.silent_services": [] }));
    home.run(&["prices", "update"]).exits_with(0);
    assert_eq!(prices(&home, &endpoint).rows()[0]["as_of"], "2026-09-01");
    aws.set(
        management,
        &json!({ "pricing.silent_services": ["AmazonCloudWatch"] }),
    );
    let output = home
        .run(&["prices", "update", "--regions", "eu-west-1"])
        .exits_with(0);
    shows(
        &output,
        "Not returned this time, kept with their older dates: 5",
    );
    shows(&output, "Kept of regions that were not asked about: 36");
    aws.set(
        management,
        &json!({ "pricing.silent_services": ["AmazonEC2", "AmazonVPC", "AmazonCloudWatch"] }),
    );
    let before = fs::read(price_file(&home)).unwrap();
    let output = home.run(&["prices", "update"]).exits_with(1);
    assert!(
        output
            .stderr
            .contains("the Price List API returned no prices"),
        "{}",
        output.stderr
    );
    assert_eq!(fs::read(price_file(&home)).unwrap(), before);
}

#[test]
fn a_failure_leaves_the_price_file_as_it_was() {
    let aws = Aws::shared();
    let (home, seeded) = home(aws);
    let management = seeded.account("management");
    home.run(&["prices", "update", "--regions", "us-east-1"])
        .exits_with(0);
    let before = fs::read(price_file(&home)).unwrap();
    let fails = |settings: &Value, expected: &str| {
        aws.set(management, settings);
        let output = home.run(&["prices", "update"]).exits_with(1);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert_eq!(fs::read(price_file(&home)).unwrap(), before, "{settings}");
        let names: Vec<_> = fs::read_dir(price_file(&home).parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("prices") || name.starts_with('.'))
            .collect();
        assert_eq!(names, ["prices.toml"], "nothing is left lying about");
    };
    fails(
        &json!({ "pricing.refused_regions": ["eu-west-1"] }),
        "pricing:GetProducts",
    );
    let none = json!([]);
    for garbage in ["<html>", "{}", "[1]"] {
        let settings =
            json!({ "pricing.refused_regions": none, "pricing.more_products": [garbage] });
        fails(&settings, "no product with its price");
    }
    aws.set(management, &json!({ "pricing.more_products": none }));
    let denied = json!({ "account": management, "service": "pricing", "fault": "access_denied" });
    aws.fault(&denied);
    fails(&json!({}), "permissions prices-policy");
    aws.clear_faults(&[management]);
    home.run(&["prices", "update"]).exits_with(0);
    assert_ne!(fs::read(price_file(&home)).unwrap(), before);
}

#[test]
fn a_file_that_holds_no_prices_is_not_written_over() {
    let aws = Aws::shared();
    let (home, _) = home(aws);
    fs::write(home.path().join("notes.txt"), "my notes").unwrap();
    let output = home
        .run(&["prices", "update", "--out", "notes.txt"])
        .exits_with(1);
    assert!(
        output
            .stderr
            .contains("`notes.txt` is no usable price file"),
        "{}",
        output.stderr
    );
    assert_eq!(
        fs::read(home.path().join("notes.txt")).unwrap(),
        b"my notes"
    );
    home.run(&["prices", "update", "--out", "new/prices.toml"])
        .exits_with(0);
    assert!(home.path().join("new/prices.toml").exists() && !price_file(&home).exists());
    fs::write(
        home.path().join("c.toml"),
        "[prices]\nfile = \"new/prices.toml\"\n",
    )
    .unwrap();
    let shown = home
        .run(&["--config", "c.toml", "prices", "show"])
        .exits_with(0)
        .stdout;
    assert!(shown.contains("Price List API"), "{shown}");
    fs::write(
        home.path().join("c.toml"),
        "[prices]\nfile = \"gone.toml\"\n",
    )
    .unwrap();
    let output = home
        .run(&["--config", "c.toml", "prices", "show"])
        .exits_with(1);
    assert!(
        output.stderr.contains("there is no price file `gone.toml`"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_report_keeps_the_prices_and_discounts_of_its_run() {
    let aws = Aws::shared();
    let (home, _) = home(aws);
    let nat = |home: &Home, directory: &str| {
        let files = home.files(directory);
        let (_, bytes) = files
            .iter()
            .find(|(name, _)| name == "nat_gateways.csv")
            .unwrap();
        Table::read("nat_gateways", bytes).rows()[0].clone()
    };
    home.scan(&["--no-usage"]).exits_with(0);
    assert_eq!(
        nat(&home, "report")["monthly_hours_usd"],
        "",
        "no built-in price"
    );
    home.run(&["prices", "update"]).exits_with(0);
    fs::write(
        home.path().join("c.toml"),
        "[prices.discount_percent]\nregional_nat_gateway_hour = 12.5\n",
    )
    .unwrap();
    home.run(&["report", "--out", "again"]).exits_with(0);
    assert!(
        home.files("report") == home.files("again"),
        "the prices of the run"
    );
    home.run(&[
        "--config",
        "c.toml",
        "report",
        "--current-prices",
        "--out",
        "now",
    ])
    .exits_with(0);
    // 0.052 less 12.5 % is 0.0455; two zones of 730 hours.
    let row = nat(&home, "now");
    assert_eq!(
        [&row["hour_price_usd"], &row["monthly_hours_usd"]],
        ["0.0455", "66.43"]
    );
    assert_eq!(row["gb_price_usd"], "", "no price list has it");
    // A new run takes them from its start, and keeps them whatever comes later.
    home.run(&[
        "--config",
        "c.toml",
        "scan",
        "--no-usage",
        "--out",
        "second",
    ])
    .exits_with(0);
    fs::remove_file(price_file(&home)).unwrap();
    home.run(&["report", "--out", "third"]).exits_with(0);
    assert!(home.files("second") == home.files("third"));
    let files = home.files("third");
    let (_, bytes) = files
        .iter()
        .find(|(name, _)| name == "report.json")
        .unwrap();
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let prices = document["prices"].as_array().unwrap();
    let hour = prices
        .iter()
        .find(|it| it["item"] == "regional_nat_gateway_hour")
        .unwrap();
    assert_eq!(
        [&hour["usd"], &hour["list_usd"], &hour["discount_percent"]],
        [&json!(0.0455), &json!(0.052), &json!(12.5)]
    );
    assert_eq!(hour["as_of"], "2026-09-01");
}

#[test]
fn a_scan_fills_the_price_file_where_it_is_missing_or_old_and_a_refusal_is_a_remark() {
    let aws = Aws::shared();
    let (home, seeded) = home(aws);
    let home = home.with_variable("VPCE_SCOUT_PRICES_REFRESH_DAYS", "30");
    let management = seeded.account("management");
    let scan = |flags: &[&str]| {
        let mut all = vec!["--no-usage"];
        all.extend(flags);
        home.scan(&all).exits_with(0)
    };
    let questions = || {
        let calls = aws.journal(&[management]);
        calls
            .iter()
            .filter(|call| call.service == "pricing")
            .count()
    };
    aws.fault(&json!({ "account": management, "service": "pricing", "fault": "access_denied" }));
    let refused = scan(&[]);
    assert!(
        refused
            .stderr
            .contains("the price list of AWS was not read"),
        "{}",
        refused.stderr
    );
    assert!(!price_file(&home).exists());
    aws.clear_faults(&[management]);
    let asked = questions();
    scan(&["--shard", "1/1"]);
    assert_eq!(questions(), asked, "all shards have the same prices");
    scan(&[]);
    let report = fs::read(home.path().join("report/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let prices = report["prices"].as_array().unwrap();
    let of_list = |price: &&Value| price["as_of"] == "2026-09-01";
    assert!(prices.iter().any(|price| of_list(&price)), "{prices:?}");
    let asked = questions();
    scan(&[]);
    assert_eq!(questions(), asked, "the file is new");
    let month = std::time::Duration::from_hours(31 * 24);
    let file = fs::File::options()
        .append(true)
        .open(price_file(&home))
        .unwrap();
    file.set_modified(std::time::SystemTime::now() - month)
        .unwrap();
    scan(&["--no-price-refresh"]);
    assert_eq!(questions(), asked, "the flag");
    scan(&[]);
    assert!(questions() > asked, "the file is old");
}
