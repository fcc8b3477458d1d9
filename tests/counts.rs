//! Every count in the reports equals what was put into the logs, exactly.

use serde_json::json;

use crate::support::{
    admin::Aws,
    expected::assert_counts,
    hosts::HOSTS,
    organization::{Account, Organization, WINDOW_HOURS},
    scout::{Report, Scan},
    vpc::Vpc,
};

/// Asks for every host of the table, a different number of times in each VPC.
fn busy(mut vpc: Vpc, salt: u64) -> Vpc {
    for (number, (host, ..)) in (0_u64..).zip(HOSTS) {
        let count = 1 + (number * 7 + salt * 5) % 11;
        // As clients send them: with the dot, some in capitals.
        let name = if (number + salt).is_multiple_of(4) {
            host.to_uppercase()
        } else {
            host.to_owned()
        };
        vpc = vpc.asks(&format!("{name}."), count);
        if (number + salt).is_multiple_of(3) {
            vpc = vpc.asks_in_vain(&format!("{host}."), count + 1);
        }
        if (number + salt).is_multiple_of(5) {
            // Spelled differently, a third time: still the same host.
            vpc = vpc.asks(host, 2);
        }
    }
    vpc
}

/// Asks for bucket names that nobody else asks for.
fn asks_for_buckets(mut vpc: Vpc, buckets: u64, hours_ago: [u64; 2]) -> Vpc {
    for number in 0..buckets {
        vpc = vpc.asks_line(json!({
            "host": format!("bucket-{number:05}.s3.eu-west-1.amazonaws.com."),
            "count": 1 + number % 3,
            "answers": ["203.0.113.9"],
            "hours_ago": hours_ago,
        }));
    }
    vpc
}

/// VPCs with a log group of their own, with a shared one, with both, and with none.
fn organization() -> Organization {
    let shared = |name: &str| Vpc::new(name).logged_by("logs", "central");
    Organization::new()
        .account(Account::new("logs").shares_query_log("central", &["app", "data"]))
        .account(
            Account::new("app")
                .vpc(busy(Vpc::new("own").logged(), 1))
                .vpc(busy(shared("shared"), 2))
                .vpc(busy(shared("both").logged(), 3))
                .vpc(busy(Vpc::new("silent"), 4)),
        )
        .account(
            Account::new("data")
                .vpc(busy(shared("also shared"), 5))
                .vpc(busy(Vpc::new("far").in_region("us-east-1").logged(), 6))
                .vpc(Vpc::new("idle").logged()),
        )
}

fn one_vpc(vpc: Vpc) -> Organization {
    Organization::new().account(Account::new("app").vpc(vpc))
}

#[track_caller]
fn assert_exact(aws: &Aws, organization: &Organization, settings: &[(&str, &str)]) -> Report {
    let seeded = aws.seed(organization);
    let scan = Scan::of(aws, &seeded);
    let scan = settings
        .iter()
        .fold(scan, |scan, (name, value)| scan.env(name, value));
    let report = scan.run().exits_with(0);
    assert_counts(&report, &seeded);
    report
}

#[test]
fn counts_equal_what_was_put_into_the_logs() {
    assert_exact(Aws::shared(), &organization(), &[]);
}

#[test]
fn records_before_and_after_the_window_do_not_count() {
    let host = "sts.eu-west-1.amazonaws.com.";
    let vpc = Vpc::new("app").logged().asks(host, 5);
    let vpc =
        vpc.asks_line(json!({ "host": host, "count": 40, "hours_ago": [WINDOW_HOURS + 1, 400] }));
    let vpc = vpc.asks_line(json!({ "host": host, "count": 3, "hours_ago": [-0.9, -0.1] }));
    assert_exact(Aws::shared(), &one_vpc(vpc), &[]);
}

#[test]
fn counts_are_exact_with_more_names_than_insights_returns_in_one_answer() {
    let vpc = asks_for_buckets(Vpc::new("app").logged(), 12_000, [1, 160]);
    let report = assert_exact(Aws::shared(), &one_vpc(vpc), &[]);
    assert_eq!(report.table("hosts").rows().len(), 12_000);
}

#[test]
fn counts_are_exact_where_answers_are_cut_off_even_within_the_shortest_slice_of_time() {
    let aws = Aws::with_settings(&json!({ "insights.max_rows": 50 }));
    // All within an hour: only a split by name helps.
    let vpc = asks_for_buckets(Vpc::new("app").logged(), 400, [30, 31]);
    let vpc = busy(vpc, 1);
    assert_exact(&aws, &one_vpc(vpc), &[("VPCE_SCOUT_USAGE_ROW_LIMIT", "50")]);
}

#[test]
fn counts_are_exact_over_pages_of_results_and_few_query_slots() {
    let settings =
        json!({ "insights.page_rows": 7, "insights.running_polls": 3, "insights.concurrency": 1 });
    assert_exact(&Aws::with_settings(&settings), &organization(), &[]);
}

#[test]
fn a_query_waits_for_its_slot_as_long_as_others_of_the_account_run_however_long_that_takes() {
    // Twelve queries, one after the other, each of them over a second: the last waits for longer than
    // a query may take.
    let settings = json!({ "insights.running_polls": 6, "insights.concurrency": 1 });
    let names = ["one", "two", "three", "four", "five", "six"];
    let account = names
        .into_iter()
        .fold(Account::new("app"), |account, name| {
            account.vpc(busy(Vpc::new(name).logged(), 1))
        });
    assert_exact(
        &Aws::with_settings(&settings),
        &Organization::new().account(account),
        &[
            ("VPCE_SCOUT_USAGE_POLL_FIRST_MS", "200"),
            ("VPCE_SCOUT_USAGE_POLL_LAST_MS", "200"),
            ("VPCE_SCOUT_USAGE_QUERY_TIMEOUT_SECONDS", "5"),
        ],
    );
}

#[test]
fn counts_are_exact_where_a_query_fails_or_times_out_and_is_asked_again() {
    let aws = Aws::shared();
    for end in ["query_failed", "query_timeout"] {
        let organization = organization();
        let seeded = aws.seed(&organization);
        for account in ["app", "logs"] {
            let account = seeded.account(account);
            aws.fault(
                &json!({ "account": account, "operation": "StartQuery", "fault": end, "times": 1 }),
            );
        }
        let report = Scan::of(aws, &seeded).run().exits_with(0);
        assert_counts(&report, &seeded);
    }
}

#[test]
fn a_query_that_always_fails_leaves_counts_unknown_not_zero() {
    let aws = Aws::shared();
    let seeded = aws.seed(&one_vpc(busy(Vpc::new("app").logged(), 1)));
    let account = seeded.account("app");
    aws.fault(&json!({ "account": account, "operation": "StartQuery", "fault": "query_failed" }));
    let report = Scan::of(aws, &seeded).run().exits_with(3);
    let coverage = report.table("coverage");
    let row = coverage.row(&[("account_id", account), ("step", "dns_usage")]);
    assert_eq!(row["outcome"], "failed", "{row:?}");
    let vpcs = report.table("vpcs");
    let vpc = vpcs.row(&[("vpc_id", seeded.vpc("app"))]);
    for column in ["dns_queries", "aws_queries", "aws_services"] {
        assert_eq!(vpc[column], "", "{column} of {vpc:?}");
    }
    assert_eq!(report.table("hosts").rows().len(), 0);
}
