//! `scan --bill`: planted answers of Cost Explorer, and what the reports make of them.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, Organization, Seeded},
    table::Table,
    vpc::Vpc,
};

const GB: u64 = 1 << 30;

/// A NAT gateway with 168 GB in a window of 168 hours, in one account.
fn organization() -> Organization {
    let vpc = Vpc::new("app")
        .in_region("eu-west-1")
        .subnet("a")
        .nat_gateway("nat", 84 * GB, 84 * GB)
        .route_table("private", &["a"], &[("0.0.0.0/0", "nat:nat")]);
    Organization::new().account(Account::new("app").vpc(vpc))
}

/// 24 hours and 24 GB of the gateway on each day but the second, with a discount of 10 % on the GB, usage
/// of an account that is not scanned, usage that nothing measures, a credit and a refund.
fn plant(aws: &Aws, seeded: &Seeded, days: &[Date]) {
    let app = seeded.account("app");
    let charge = |day: &Date,
                  account: &str,
                  kind: &str,
                  usage_type: &str,
                  usage: &str,
                  cost: &str| {
        json!({ "day": day.to_string(), "account": account, "record_type": kind, "usage_type": usage_type,
            "usage": usage, "unit": if usage_type.ends_with("Hours") { "Hrs" } else { "GB" }, "cost": cost })
    };
    let edp = "Enterprise Discount Program Discount";
    let mut charges: Vec<Value> = Vec::new();
    for day in days {
        charges.push(charge(
            day,
            app,
            "Usage",
            "EU-NatGateway-Hours",
            "24",
            "1.152",
        ));
        charges.push(charge(
            day,
            app,
            "Usage",
            "EU-NatGateway-Bytes",
            "24",
            "1.152",
        ));
        charges.push(charge(
            day,
            app,
            edp,
            "EU-NatGateway-Bytes",
            "24",
            "-0.1152",
        ));
        charges.push(charge(
            day,
            app,
            "Usage",
            "EU-DataTransfer-Regional-Bytes",
            "10",
            "0.1",
        ));
        charges.push(charge(day, app, "Usage", "EU-SomethingElse", "1", "100"));
        charges.push(charge(
            day,
            "999988887777",
            "Usage",
            "EU-VpcEndpoint-Hours",
            "24",
            "0.264",
        ));
    }
    charges.push(charge(
        &days[0],
        app,
        "Credit",
        "EU-NatGateway-Hours",
        "0",
        "-1",
    ));
    charges.push(charge(
        &days[0],
        app,
        "Refund",
        "EU-NatGateway-Bytes",
        "0",
        "-0.5",
    ));
    let settings = json!({ "bill.charges": charges, "bill.missing_days": [days[1].to_string()],
        "bill.page_groups": 7 });
    aws.set(seeded.account("management"), &settings);
}

fn bill(home: &Home) -> Table {
    let bytes = std::fs::read(home.path().join("report/bill.csv")).unwrap();
    Table::read("bill", &bytes)
}

fn requests(aws: &Aws, seeded: &Seeded) -> usize {
    let calls = aws.journal(&seeded.account_ids());
    calls.iter().filter(|call| call.service == "ce").count()
}

fn cents(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// To less than a tenth of the smallest amount that a table shows.
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
}

#[test]
fn the_differences_and_discounts_are_as_worked_out_by_hand() {
    let (aws, seeded, home) = Home::seeded(&organization());
    let days = seeded.whole_days();
    plant(aws, &seeded, &days);
    let scanned = home.scan(&["--no-usage", "--bill"]).exits_with(0);
    assert!(
        scanned.stderr.contains("0.01 USD each"),
        "{}",
        scanned.stderr
    );
    let table = bill(&home);
    let app = seeded.account("app");
    #[expect(clippy::cast_precision_loss, reason = "a week")]
    let read = (days.len() - 1) as f64;
    let row = |item: &str| table.row(&[("account_id", app), ("item", item)]);
    let number = |text: &str| text.parse::<f64>().unwrap();
    // 24 hours a day at 0.048, as computed.
    let hours = row("nat_gateway_hour");
    assert_near(number(&hours["usage"]), 24.0 * read);
    assert_near(number(&hours["billed_usd"]), cents(1.152 * read));
    assert_eq!(hours["billed_usd"], hours["computed_usd"]);
    assert_eq!(
        [&hours["difference_percent"], &hours["discount_percent"]],
        ["0.0", "0.0"]
    );
    assert_eq!(
        [&hours["usage_unit"], &hours["region"]],
        ["Hrs", "eu-west-1"]
    );
    // 24 GB a day at 0.048 less 10 %.
    let gb = row("nat_gateway_gb");
    assert_near(number(&gb["billed_usd"]), cents(1.0368 * read));
    assert_near(number(&gb["computed_usd"]), cents(1.152 * read));
    assert_near(number(&gb["computed_usage"]), 24.0 * read);
    assert_eq!(
        [&gb["difference_percent"], &gb["discount_percent"]],
        ["-10.0", "10.0"]
    );
    assert_eq!(gb["remark"], "");
    // What is not reconciled has a reason.
    let between_zones = row("inter_az_gb");
    assert_eq!(between_zones["computed_usd"], "");
    assert!(
        between_zones["remark"].contains("does not measure"),
        "{between_zones:?}"
    );
    let other = table.row(&[("account_id", "999988887777")]);
    assert!(other["remark"].contains("was not scanned"), "{other:?}");
    // Credits and refunds stand apart.
    let [credit, refund] = ["credit", "refund"].map(row);
    assert_eq!(
        [&credit["billed_usd"], &credit["record_type"]],
        ["-1.0", "credit"]
    );
    assert_eq!(
        [&refund["billed_usd"], &refund["record_type"]],
        ["-0.5", "refund"]
    );
    assert!(!table.rows().iter().any(|row| row["billed_usd"] == "100.0"));
    // The missing day and what it cost to ask.
    let coverage = std::fs::read(home.path().join("report/coverage.csv")).unwrap();
    let coverage = Table::read("coverage", &coverage);
    let cell = coverage.row(&[("step", "bill")]);
    let made = requests(aws, &seeded);
    assert!(made > 3, "several pages");
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let usd = made as f64 / 100.0;
    for words in [
        format!("{made} requests to Cost Explorer, {usd:.2} USD"),
        format!("no data of {}", days[1]),
    ] {
        assert!(
            cell["message"].contains(&words),
            "{words}: {}",
            cell["message"]
        );
    }
    // Estimates at what was paid.
    let output = home.run(&["report", "--out", "billed", "--use-billed-prices"]);
    output.exits_with(0);
    let bytes = std::fs::read(home.path().join("billed/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(report["nat_gateways"][0]["gb_price_usd"], 0.0432);
    assert_eq!(report["nat_gateways"][0]["hour_price_usd"], 0.048);
    let prices = report["prices"].as_array().unwrap();
    let price = prices
        .iter()
        .find(|it| it["item"] == "nat_gateway_gb")
        .unwrap();
    assert_eq!(price["discount_percent"], 10.0);
    assert!(
        price["source"]
            .as_str()
            .unwrap()
            .contains("effective discount of the bill")
    );
}

#[test]
fn without_the_flag_cost_explorer_is_not_asked() {
    let (aws, seeded, home) = Home::seeded(&organization());
    plant(aws, &seeded, &seeded.whole_days());
    home.scan(&["--no-usage"]).exits_with(0);
    assert_eq!(requests(aws, &seeded), 0);
    assert!(bill(&home).rows().is_empty());
    let output = home.run(&["report", "--out", "billed", "--use-billed-prices"]);
    let output = output.exits_with(1);
    assert!(output.stderr.contains("scan --bill"), "{}", output.stderr);
}

#[test]
fn a_bill_that_is_denied_is_a_gap_with_its_reason() {
    let (aws, seeded, home) = Home::seeded(&organization());
    aws.fault(
        &json!({ "account": seeded.account("management"), "service": "ce",
        "operation": "GetCostAndUsage", "fault": "access_denied" }),
    );
    home.scan(&["--no-usage", "--bill"]).exits_with(3);
    let coverage = std::fs::read(home.path().join("report/coverage.csv")).unwrap();
    let coverage = Table::read("coverage", &coverage);
    let cell = coverage.row(&[("step", "bill")]);
    assert_eq!(
        [&cell["outcome"], &cell["reason"]],
        ["failed", "access_denied"]
    );
    assert!(
        cell["message"].contains("1 request to Cost Explorer, 0.01 USD"),
        "{cell:?}"
    );
    assert!(bill(&home).rows().is_empty());
    let accounts = std::fs::read(home.path().join("report/accounts.csv")).unwrap();
    let accounts = Table::read("accounts", &accounts);
    assert_eq!(
        accounts.row(&[("account_name", "management")])["reason"],
        ""
    );
}
