//! A scan that is stopped, by hand or by its clock, ends its queries and writes what it has; and a
//! region that never answers does not keep it from ending.

use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::json;

use crate::support::{
    admin::Aws,
    local_aws::environment,
    organization::{Account, HOME, Organization, Seeded},
    process::{interrupt, wait_until},
    scout::{HASTE, Scan},
    table::Table,
    vpc::Vpc,
};

const OTHER_REGION: &str = "us-east-1";

fn organization(aws: &Aws) -> Seeded {
    let member = |name: &str| {
        let there = format!("{name} there");
        Account::new(name)
            .vpc(Vpc::with_everything(name))
            .vpc(Vpc::with_everything(&there).in_region(OTHER_REGION))
    };
    aws.seed(
        &Organization::new()
            .account(member("one"))
            .account(member("two"))
            .account(member("three")),
    )
}

/// A local AWS whose queries run for ever.
fn endless() -> Aws {
    Aws::with_settings(&json!({ "insights": { "running_polls": 1_000_000_000 } }))
}

fn calls(aws: &Aws, organization: &Seeded, operation: &str) -> usize {
    let journal = aws.journal(&organization.account_ids());
    journal
        .iter()
        .filter(|it| it.operation == operation)
        .count()
}

fn end_of(child: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_until("the end of the scan", || {
        status = child.try_wait().expect("the child can be waited for");
        status.is_some()
    });
    status.expect("it has ended")
}

fn check_cancelled(aws: &Aws, organization: &Seeded, coverage: &Table) {
    let started = calls(aws, organization, "StartQuery");
    assert!(started > 0);
    assert_eq!(calls(aws, organization, "StopQuery"), started);
    for name in ["one", "two", "three"] {
        let account = organization.account(name);
        for region in [HOME, OTHER_REGION] {
            let place = |step| [("account_id", account), ("region", region), ("step", step)];
            let row = coverage.row(&place("dns_usage"));
            assert_eq!(row["reason"], "cancelled", "{row:?}");
            assert_eq!(coverage.row(&place("vpcs"))["outcome"], "complete");
        }
    }
}

#[test]
fn an_interrupt_stops_every_query_and_leaves_the_reports() {
    let aws = endless();
    let organization = organization(&aws);
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("vpce-scout"))
        .args(["scan", "-q", "--out", "report"])
        .current_dir(dir.path())
        .env_clear()
        .env("HOME", dir.path())
        .envs(environment(aws.endpoint(), organization.caller()))
        .envs(HASTE)
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_until("the last query", || {
        calls(&aws, &organization, "StartQuery") == 6
    });
    interrupt(&child);
    assert_eq!(end_of(&mut child).code(), Some(3));
    let coverage = std::fs::read(dir.path().join("report/coverage.csv")).unwrap();
    check_cancelled(&aws, &organization, &Table::read("coverage", &coverage));
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    let aws = endless();
    let organization = organization(&aws);
    let report = Scan::of(&aws, &organization)
        .env("VPCE_SCOUT_TIMEOUTS_RUN_SECONDS", "20")
        .run()
        .exits_with(3);
    check_cancelled(&aws, &organization, &report.table("coverage"));
}

#[test]
fn a_region_that_never_answers_is_unreachable_and_holds_nothing_else() {
    let aws = Aws::with_settings(&json!({}));
    let organization = organization(&aws);
    for account in organization.account_ids() {
        aws.fault(
            &json!({ "account": account, "region": OTHER_REGION, "fault": "slow",
            "seconds": 600 }),
        );
    }
    let report = Scan::of(&aws, &organization)
        .args(&["--regions", &format!("{HOME},{OTHER_REGION}")])
        .env("VPCE_SCOUT_TIMEOUTS_READ_SECONDS", "4")
        .env("VPCE_SCOUT_TIMEOUTS_UNANSWERED_ATTEMPTS", "3")
        .run()
        .exits_with(3);
    let coverage = report.table("coverage");
    for row in coverage.rows_with(&[("region", HOME)]) {
        assert!(
            ["complete", "skipped"].contains(&row["outcome"].as_str()),
            "{row:?}"
        );
        assert_ne!(row["reason"], "unreachable", "{row:?}");
    }
    for row in coverage.rows_with(&[("region", OTHER_REGION)]) {
        assert_eq!(row["reason"], "unreachable", "{row:?}");
    }
    let told = |row: &&crate::support::table::Row| row["message"].contains("unanswered");
    assert!(coverage.rows().iter().any(|row| told(&row)), "{coverage:?}");
}
