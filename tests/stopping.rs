//! A scan that is stopped, by hand or by its clock, ends its queries and writes what it has; and a
//! region that never answers does not keep it from ending.

use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::json;

use crate::support::{
    admin::Aws,
    home::{Home, ProgramOutput},
    local_aws::environment,
    organization::{Account, HOME, Organization, Seeded},
    process::{interrupt, send, wait_until},
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
    let unanswered = |row: &&crate::support::table::Row| row["message"].contains("unanswered");
    assert!(
        coverage.rows().iter().any(|row| unanswered(&row)),
        "{coverage:?}"
    );
}

#[test]
fn a_stopped_run_leaves_the_reports_of_a_finished_one_as_they_are_and_writes_beside_them() {
    let aws = endless();
    let organization = organization(&aws);
    let home = Home::of(&aws, &organization);
    home.scan(&["--no-usage"]).exits_with(0);
    let finished = home.files("report");
    let child = home.start(&[]);
    wait_until("the last query", || {
        calls(&aws, &organization, "StartQuery") == 6
    });
    // The terminal is closed.
    send(&child, "HUP");
    let stopped = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(3);
    let id = stopped.stderr.split("--resume ").nth(1);
    let id = id.and_then(|rest| rest.split('`').next()).expect("a run");
    let beside = format!("report/interrupted-{id}");
    let coverage = std::fs::read(home.path().join(&beside).join("coverage.csv")).unwrap();
    check_cancelled(&aws, &organization, &Table::read("coverage", &coverage));
    assert!(stopped.stderr.contains(&beside), "{}", stopped.stderr);
    assert!(stopped.stdout.contains(&beside), "{}", stopped.stdout);
    std::fs::remove_dir_all(home.path().join(&beside)).unwrap();
    assert!(home.files("report") == finished, "they were replaced");
    check_reports_refused(&home, id, &beside);
    assert!(home.files("report") == finished, "they were replaced");
}

/// Writes the reports of a stopped run with files that may become longer and longer, until it succeeds: no
/// directory is left by those that fail.
fn check_reports_refused(home: &Home, id: &str, beside: &str) {
    let beside = home.path().join(beside);
    let mut refused = 0;
    // Blocks of 512 bytes: the store's own files come first.
    let longer = |blocks: &u32| Some(blocks * 7 / 5);
    for blocks in std::iter::successors(Some(32), longer).take_while(|it| *it < 100_000) {
        let program = assert_cmd::cargo::cargo_bin!("vpce-scout").display();
        let limited = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {program} report --run {id} --out report"
        );
        let done = Command::new("sh")
            .args(["-c", &limited])
            .current_dir(home.path())
            .env_clear()
            .envs(home.variables())
            .env("HOME", home.path())
            .output();
        let done = done.unwrap();
        if done.status.code() == Some(3) {
            break;
        }
        let shown = String::from_utf8_lossy(&done.stderr);
        assert!(!beside.exists(), "{blocks} blocks: {shown}");
        refused += usize::from(shown.contains("interrupted-"));
    }
    assert!(refused > 0, "no report was refused");
    assert!(beside.join("report.json").is_file());
    std::fs::remove_dir_all(beside).unwrap();
}

#[test]
fn a_scan_whose_store_is_removed_ends_at_once_with_the_reason() {
    let aws = endless();
    let organization = organization(&aws);
    let home = Home::of(&aws, &organization);
    let child = home.start(&[]);
    wait_until("the last query", || {
        calls(&aws, &organization, "StartQuery") == 6
    });
    std::fs::remove_dir_all(home.store().parent().unwrap()).unwrap();
    let ended = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(1);
    assert!(
        ended.stderr.contains("runs.sqlite3` was removed"),
        "{}",
        ended.stderr
    );
    assert!(!home.path().join("report/coverage.csv").exists());
}
