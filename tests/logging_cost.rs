//! The volume and the cost in a plan of `logging enable`: what a stored run measured, and nothing
//! else.

use serde_json::{Value, json};
use vpce_scout::model::flow_format::RECOMMENDED;

use crate::support::{
    home::Home,
    organization::{Account, HOME, Organization, WINDOW_HOURS},
    table::Table,
    vpc::Vpc,
};

const COLUMNS: [&str; 3] = [
    "expected_gb_month",
    "expected_monthly_usd",
    "expected_basis",
];
const BYTES_PER_GB: f64 = 1_073_741_824.0;
const HOURS_PER_MONTH: f64 = 730.0;

fn plan(home: &Home, what: &str) -> Table {
    let output = home.logging(&format!("enable --format csv {what}"));
    Table::read("plan", output.exits_with(0).stdout.as_bytes())
}

fn text(home: &Home, what: &str) -> String {
    let output = home.logging(&format!("enable {what}"));
    output.exits_with(0).stdout
}

/// GB a month of all bytes that Logs Insights scanned, by so many questions that each scan all.
fn gb_month(home: &Home, questions: f64) -> f64 {
    let report = std::fs::read(home.path().join("report/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let bytes = report["totals"]["logs_bytes_scanned"].as_f64().unwrap();
    assert!(bytes > 0.0);
    let hours = f64::from(u32::try_from(WINDOW_HOURS).unwrap());
    bytes / questions / BYTES_PER_GB * HOURS_PER_MONTH / hours
}

/// What the plan expects of the one action on a VPC that has such figures.
#[track_caller]
fn expected(plan: &Table, vpc: &str) -> [String; 3] {
    let rows = plan.rows_with(&[("vpc_id", vpc), ("outcome", "planned")]);
    assert_eq!(rows.len(), 1, "{vpc}: {plan:?}");
    COLUMNS.map(|column| rows[0][column].clone())
}

#[track_caller]
fn assert_close(shown: &str, expected: f64) {
    let shown: f64 = shown.parse().unwrap();
    // Six places are shown.
    assert!((shown - expected).abs() < 1e-6, "{shown} for {expected}");
}

/// A price file by which logs of [`HOME`] are ingested for another currency than US dollars, as in China:
/// every other Region has a built-in price.
fn bill_ingestion_in_cny(home: &Home) {
    let price = format!(
        "[[price]]\nregion = \"{HOME}\"\nitem = \"logs_vended_ingest_gb\"\nunit = \"GB\"\n\
         amount = \"4.1\"\ncurrency = \"CNY\"\nsource = \"test\"\nas_of = \"2026\"\n"
    );
    let file = home.store().with_file_name("prices.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, price).unwrap();
}

#[test]
fn query_logs_are_expected_to_be_like_those_that_a_run_measured_and_unknown_without_one() {
    let apps = Account::new("apps")
        .vpc(Vpc::new("busy").logged().asks("sts.amazonaws.com.", 30_000))
        .vpc(Vpc::new("calm").logged().asks("sts.amazonaws.com.", 10_000))
        .vpc(Vpc::new("free"))
        .vpc(Vpc::new("far").in_region("us-east-1"));
    let (_, organization, home) = Home::seeded(&Organization::new().account(apps));
    let (free, far) = (organization.vpc("free"), organization.vpc("far"));
    bill_ingestion_in_cny(&home);
    // A run that measured nothing knows nothing.
    home.scan(&["--no-usage"]).exits_with(0);
    for vpc in [free, far] {
        assert_eq!(expected(&plan(&home, "dns"), vpc), ["", "", ""]);
    }
    let output = text(&home, "dns");
    assert!(output.contains("volume unknown; 0.5 USD per GB ingested"));
    assert!(
        output.contains("To find out") && !output.contains("expected"),
        "{output}"
    );

    home.scan(&[]).exits_with(0);
    let measured = gb_month(&home, 1.0) / 2.0;
    let run = home.run(&["runs", "--format", "json"]).exits_with(0).stdout;
    let run: Value = serde_json::from_str(&run).unwrap();
    let run = run[0]["run"].as_str().unwrap();
    // A later one that measured nothing takes nothing away.
    home.scan(&["--no-usage"]).exits_with(0);
    let plan = plan(&home, "dns");
    let [gb, usd, basis] = expected(&plan, far);
    assert_close(&gb, measured);
    assert_close(&usd, measured * 0.5);
    assert!(
        basis.contains("the mean of 2 VPCs") && basis.contains(run),
        "{basis}"
    );
    let [gb, usd, _] = expected(&plan, free);
    assert_close(&gb, measured);
    assert_eq!(usd, "", "no price is known there");
    let others = plan.rows_with(&[("action", "create_log_group")]);
    assert!(!others.is_empty() && others.iter().all(|row| row["expected_gb_month"].is_empty()));
    let output = text(&home, "dns");
    assert!(output.contains("eu-west-1: 1 log, ") && output.contains("the mean of 2 VPCs"));
    assert!(output.contains("ingestion price unknown"), "{output}");
}

#[test]
fn a_vpc_that_began_to_log_within_the_window_counts_from_then_on() {
    let began = json!([{ "config": "dns/trial", "created_hours_ago": WINDOW_HOURS / 2 }]);
    let trial = Vpc::new("trial").logged().with("query_logging", began);
    let apps = Account::new("apps")
        .vpc(trial.asks("sts.amazonaws.com.", 10_000))
        .vpc(Vpc::new("free"));
    let (_, organization, home) = Home::seeded(&Organization::new().account(apps));
    home.scan(&[]).exits_with(0);
    let [gb, ..] = expected(&plan(&home, "dns"), organization.vpc("free"));
    assert_close(&gb, gb_month(&home, 1.0) * 2.0);
}

/// A VPC with a NAT gateway.
fn with_nat(name: &str) -> Vpc {
    Vpc::new(name)
        .subnet("a")
        .subnet("b")
        .with("internet_gateway", true)
        .nat_gateway("nat", 1_000_000, 2_000_000)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
}

#[test]
fn flow_logs_are_expected_to_be_like_others_of_the_same_sort_alone() {
    for (format, alike) in [(None, false), (Some(RECOMMENDED), true)] {
        let log = json!({ "resource": "nat:nat", "format": format });
        let traffic = json!({ "client": "10.0.1.9", "interface": "eni-0c1", "subnet": "b", "by": "nat:nat",
                              "external": "54.239.1.1", "up": 1_000_000, "down": 2_000_000, "count": 9_000 });
        let apps = Account::new("apps")
            .vpc(with_nat("logged").flow_log("nat", log).traffic(traffic))
            .vpc(with_nat("free"));
        let (_, organization, home) = Home::seeded(&Organization::new().account(apps));
        let free = organization.vpc("free");
        home.scan(&[]).exits_with(0);
        let [gb, _, basis] = expected(&plan(&home, "flow --nat-only"), free);
        assert_close(&gb, gb_month(&home, 1.0));
        assert!(
            basis.contains("what 1 flow log of a NAT gateway wrote"),
            "{basis}"
        );
        assert_eq!(basis.contains("in other formats"), !alike, "{basis}");
        // Another interval makes other volumes.
        let often = plan(&home, "flow --nat-only --aggregation 60");
        assert!(expected(&often, free)[2].contains("at other intervals"));
        // What NAT gateways write shows nothing about whole VPCs.
        assert_eq!(expected(&plan(&home, "flow"), free), ["", "", ""]);
        assert!(text(&home, "flow").contains("no stored run has measured flow logs of whole VPCs"));
    }
}
