//! `--max-scan-gb`: nothing is spent that was not to be spent.

use serde_json::json;

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, Organization, Seeded},
    scout::Scan,
    table::Table,
    vpc::Vpc,
};

/// Two VPCs that log in one account, one in another, and one that logs nothing.
fn organization() -> Organization {
    let chatty = |name: &str| {
        Vpc::new(name)
            .logged()
            .asks("sts.eu-west-1.amazonaws.com.", 400)
    };
    Organization::new()
        .account(Account::new("one").vpc(chatty("a")).vpc(chatty("b")))
        .account(Account::new("two").vpc(chatty("c")))
        .account(Account::new("silent").vpc(Vpc::new("d")))
}

/// How often an operation of CloudWatch Logs was called for an organization.
fn calls(aws: &Aws, seeded: &Seeded, operation: &str) -> usize {
    let journal = aws.journal(&seeded.account_ids());
    journal
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

/// Bytes that a scan without a limit takes.
fn all_bytes(aws: &Aws) -> u64 {
    let seeded = aws.seed(&organization());
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    report.json()["totals"]["logs_bytes_scanned"]
        .as_u64()
        .unwrap()
}

fn as_gb(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a limit for a test")]
    let gb = bytes as f64 / (1_u64 << 30) as f64;
    format!("{gb:.12}")
}

#[test]
fn an_estimate_over_the_limit_starts_no_query_and_still_writes_the_inventory() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let report = Scan::of(aws, &seeded)
        .args(&["--max-scan-gb", "0"])
        .run()
        .exits_with(3);
    assert_eq!(calls(aws, &seeded, "StartQuery"), 0);
    // The two log groups of account `one` are asked for by one call, that of `two` by another.
    assert_eq!(calls(aws, &seeded, "DescribeLogGroups"), 2);
    for output in [
        "would scan an estimated",
        "no log is queried",
        "log group `dns/a`",
        "USD",
    ] {
        assert!(
            report.stderr.contains(output),
            "{output}: {}",
            report.stderr
        );
    }
    let coverage = report.table("coverage");
    for (account, outcome, reason) in [
        ("one", "skipped", "budget"),
        ("two", "skipped", "budget"),
        ("silent", "skipped", "not_logged"),
    ] {
        let id = seeded.account(account);
        let row = coverage.row(&[
            ("account_id", id),
            ("region", "eu-west-1"),
            ("step", "dns_usage"),
        ]);
        assert_eq!(
            [row["outcome"].as_str(), &row["reason"]],
            [outcome, reason],
            "{account}"
        );
    }
    assert_eq!(report.table("vpcs").rows().len(), 4);
    assert_eq!(report.json()["totals"]["logs_bytes_scanned"], 0);
    assert!(
        report.stdout.lines().any(|line| {
            let mut words = line.split_whitespace();
            // Then what to do about it.
            words.next() == Some("budget") && words.next() == Some("2")
        }),
        "{}",
        report.stdout
    );
}

#[expect(clippy::cast_precision_loss, reason = "a constant")]
#[test]
fn an_estimate_below_the_limit_is_reported_and_everything_is_read() {
    let aws = Aws::shared();
    let limit = as_gb(all_bytes(aws) * 2);
    let seeded = aws.seed(&organization());
    let report = Scan::of(aws, &seeded)
        .args(&["--max-scan-gb", &limit])
        .run()
        .exits_with(0);
    assert!(
        report.stderr.contains("would scan an estimated"),
        "{}",
        report.stderr
    );
    let totals = &report.json()["totals"];
    assert_eq!(totals["gaps"], json!({}));
    // One question scanned what came in; and so much comes in a month.
    let scanned = totals["logs_bytes_scanned"].as_f64().unwrap();
    let expected = scanned / (1_u64 << 30) as f64 * 730.0 / 168.0;
    let estimated = totals["query_logs_gb_month"].as_f64().unwrap();
    assert!(
        (estimated - expected).abs() < 0.0001,
        "{estimated} {expected}"
    );
    assert_eq!(totals["query_log_groups_unmeasured"], 0);
    assert_eq!(totals["query_logs_gb_month_unpriced"], 0.0);
    // The built-in price of the Region: 0.57 USD per GB.
    let usd = totals["query_logs_monthly_usd"].as_f64().unwrap();
    assert!((usd - expected * 0.57).abs() <= 0.005, "{usd} {expected}");
}

#[test]
fn an_estimate_that_was_too_low_ends_at_the_limit_all_the_same() {
    let aws = Aws::shared();
    let all = all_bytes(aws);
    // The groups are 2,000 hours old and everything in them is of the last 168: the estimate is a
    // twelfth of what there is. The limit lies between the two.
    let limit = as_gb(all / 4);
    let seeded = aws.seed(&organization());
    // One log group after the other: each is a third of all.
    let report = Scan::of(aws, &seeded)
        .args(&["--max-scan-gb", &limit])
        .env("VPCE_SCOUT_LIMITS_LOG_GROUPS", "1")
        .run()
        .exits_with(3);
    let spent = report.json()["totals"]["logs_bytes_scanned"]
        .as_u64()
        .unwrap();
    assert!(spent > all / 4 && spent < all, "{spent} of {all}");
    let coverage = report.table("coverage");
    let failed = coverage.rows_with(&[("step", "dns_usage"), ("outcome", "failed")]);
    assert!(!failed.is_empty());
    for row in failed {
        assert_eq!(row["reason"], "budget");
        assert!(
            row["message"].contains("were scanned, and the limit is"),
            "{row:?}"
        );
    }
    assert!(calls(aws, &seeded, "StartQuery") < 3);
}

#[test]
fn a_query_that_runs_when_the_limit_is_reached_is_stopped() {
    // Answers show half of their bytes while they run, and run for ever.
    let limit = as_gb(all_bytes(Aws::shared()) / 8);
    let aws = Aws::with_settings(&json!({ "insights": { "running_polls": 1_000_000 } }));
    let seeded = aws.seed(&organization());
    let report = Scan::of(&aws, &seeded)
        .args(&["--max-scan-gb", &limit])
        .run()
        .exits_with(3);
    assert!(
        report.stderr.contains("would scan an estimated"),
        "{}",
        report.stderr
    );
    let started = calls(&aws, &seeded, "StartQuery");
    assert!(started > 0);
    assert_eq!(calls(&aws, &seeded, "StopQuery"), started);
    let spent = report.json()["totals"]["logs_bytes_scanned"]
        .as_u64()
        .unwrap();
    assert!(spent > 0, "what stopped queries took is paid too");
}

#[test]
fn what_the_limit_left_out_is_read_later_with_a_higher_one() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    home.scan(&["--max-scan-gb", "0"]).exits_with(3);
    home.run(&["scan", "--only-failed", "--max-scan-gb", "1"])
        .exits_with(0);
    let files = home.files("report");
    let (_, bytes) = files.iter().find(|(name, _)| name == "vpcs.csv").unwrap();
    let vpcs = Table::read("vpcs", bytes);
    assert_eq!(vpcs.rows_with(&[("dns_queries", "400")]).len(), 3);
}

#[test]
fn a_log_group_of_unknown_size_is_reported_and_read_up_to_the_limit() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let two = seeded.account("two");
    aws.fault(
        &json!({ "account": two, "operation": "DescribeLogGroups", "fault": "access_denied" }),
    );
    let report = Scan::of(aws, &seeded)
        .args(&["--max-scan-gb", "1"])
        .run()
        .exits_with(0);
    aws.clear_faults(&[two]);
    let output = "the size of 1 log groups is unknown";
    assert!(report.stderr.contains(output), "{}", report.stderr);
}
