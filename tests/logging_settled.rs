//! After `logging enable --apply`: what was made is watched until AWS reports whether it logs, for
//! as long as the settings allow and no longer.

use serde_json::{Value, json};

use crate::support::{
    admin::{Aws, Call},
    home::{Home, ProgramOutput},
    organization::{Account, Organization, Seeded},
    process::{interrupt, wait_until},
    table::{Row, Table},
};

/// More looks than anybody has patience for.
const NEVER: u64 = 1_000_000_000;

/// What begins to log, how it is listed, and the settings of the local AWS that decide what comes of
/// it, and after how many looks.
const SORTS: [Sort; 2] = [
    Sort {
        what: "dns",
        begins: "AssociateResolverQueryLogConfig",
        look: "ListResolverQueryLogConfigAssociations",
        pending: "resolver.pending_reads",
        become_: "resolver.associations_become",
        logs: "ACTIVE",
        waits: "CREATING",
        fails: "FAILED ACCESS_DENIED",
        code: "ACCESS_DENIED",
    },
    Sort {
        what: "flow",
        begins: "CreateFlowLogs",
        look: "DescribeFlowLogs",
        pending: "flow_logs.pending_reads",
        become_: "flow_logs.become",
        logs: "SUCCESS",
        waits: "DeliverLogsStatus is not known",
        fails: "FAILED Access error",
        code: "Access error",
    },
];

struct Sort {
    what: &'static str,
    begins: &'static str,
    look: &'static str,
    pending: &'static str,
    become_: &'static str,
    logs: &'static str,
    waits: &'static str,
    fails: &'static str,
    code: &'static str,
}

/// Two VPCs in accounts of their own; in the first, AWS behaves as in `settings`.
fn seeded(settings: &Value) -> (&'static Aws, Seeded, Home) {
    let organization = Organization::new()
        .account(Account::with_bare_vpcs("odd", &["odd"]))
        .account(Account::with_bare_vpcs("even", &["even"]));
    let (aws, seeded, home) = Home::seeded(&organization);
    aws.set(seeded.account("odd"), settings);
    (aws, seeded, home)
}

fn enable(home: &Home, sort: &Sort, more: &str) -> ProgramOutput {
    let what = sort.what;
    home.logging(&format!("enable {what} --apply --format csv {more}"))
}

/// The row of the action by which a VPC begins to log.
fn row(output: &ProgramOutput, organization: &Seeded, vpc: &str) -> Row {
    let table = Table::read("logging", output.stdout.as_bytes());
    table.row(&[("vpc_id", organization.vpc(vpc))]).clone()
}

/// How often is looked in the account of the odd VPC after it began to log.
fn looks(aws: &Aws, organization: &Seeded, sort: &Sort) -> usize {
    let calls = aws.journal(&[organization.account("odd")]);
    let is = |operation: &'static str| move |call: &&Call| call.operation == operation;
    let since = calls.iter().position(|call| call.operation == sort.begins);
    let since = since.expect("it began to log");
    calls[since..].iter().filter(is(sort.look)).count()
}

#[test]
fn it_is_looked_as_often_as_it_takes_until_aws_shows_that_logs_come() {
    for sort in &SORTS {
        let (aws, organization, home) = seeded(&json!({ sort.pending: 3 }));
        let output = enable(&home, sort, "").exits_with(0);
        for vpc in ["odd", "even"] {
            let row = row(&output, &organization, vpc);
            assert_eq!(
                (row["outcome"].as_str(), row["message"].as_str()),
                ("done", sort.logs)
            );
        }
        assert_eq!(looks(aws, &organization, sort), 3, "{}", sort.what);
        assert!(
            output
                .stderr
                .contains("waiting up to 120 s to see 2 of them"),
            "{}",
            output.stderr
        );
    }
}

#[test]
fn what_fails_after_it_was_made_is_a_failed_row_with_the_code_of_aws_and_can_be_taken_back() {
    for sort in &SORTS {
        let (aws, organization, home) =
            seeded(&json!({ sort.pending: 2, sort.become_: sort.fails }));
        let before = aws.listing(&organization.account_ids());
        let output = enable(&home, sort, "").exits_with(3);
        let failed = row(&output, &organization, "odd");
        assert_eq!(failed["outcome"], "failed", "{failed:?}");
        assert_eq!(failed["error_code"], sort.code);
        assert_eq!(failed["reason"], "access_denied");
        assert!(failed["message"].contains("FAILED"), "{failed:?}");
        assert_eq!(row(&output, &organization, "even")["outcome"], "done");
        home.logging("disable --apply --delete-logs").exits_with(0);
        assert_eq!(aws.listing(&organization.account_ids()), before);
    }
}

#[test]
fn what_is_not_done_when_the_wait_ends_is_pending_and_no_failure() {
    for sort in &SORTS {
        let (aws, organization, home) = seeded(&json!({ sort.pending: NEVER }));
        let settings = |seconds: u32| {
            let text = format!("[logging]\nactive_wait_seconds = {seconds}\n");
            std::fs::write(home.path().join("wait.toml"), text).unwrap();
        };
        settings(1);
        let output = enable(&home, sort, "--config wait.toml").exits_with(0);
        let pending = row(&output, &organization, "odd");
        assert_eq!(pending["outcome"], "pending", "{pending:?}");
        for part in [
            sort.waits,
            "after 1 s (logging.active_wait_seconds)",
            "logging status",
        ] {
            assert!(pending["message"].contains(part), "{pending:?}");
        }
        assert_eq!(row(&output, &organization, "even")["message"], sort.logs);
        assert!(looks(aws, &organization, sort) > 1);
        let again = home.run(&["logging", "enable", sort.what, "--apply"]);
        assert!(again.exits_with(0).stdout.contains("0 to create"));

        // Without a wait there is no look, and the row shows only that the call was made.
        let (aws, organization, home) = seeded(&json!({ sort.pending: NEVER }));
        let text = "[logging]\nactive_wait_seconds = 0\n";
        std::fs::write(home.path().join("wait.toml"), text).unwrap();
        let output = enable(&home, sort, "--config wait.toml").exits_with(0);
        let done = row(&output, &organization, "odd");
        assert_eq!(
            (done["outcome"].as_str(), done["message"].as_str()),
            ("done", "")
        );
        assert_eq!(looks(aws, &organization, sort), 0);
    }
}

#[test]
fn a_look_that_is_refused_fails_nothing_and_is_not_repeated() {
    let sort = &SORTS[0];
    let (aws, organization, home) = seeded(&json!({ sort.pending: 3 }));
    // The first look is that of the plan.
    aws.fault(
        &json!({ "account": organization.account("odd"), "operation": sort.look,
                       "fault": "access_denied", "skip": 1 }),
    );
    let output = enable(&home, sort, "").exits_with(0);
    let pending = row(&output, &organization, "odd");
    assert_eq!(pending["outcome"], "pending");
    assert!(pending["message"].contains("AccessDenied"), "{pending:?}");
    assert_eq!(looks(aws, &organization, sort), 1);
}

#[test]
fn an_interrupt_and_the_clock_of_the_run_end_the_wait_and_nothing_else() {
    let sort = &SORTS[0];
    let (aws, organization, home) = seeded(&json!({ sort.pending: NEVER }));
    let wait = "[logging]\nactive_wait_seconds = 3600\n";
    std::fs::write(home.path().join("wait.toml"), wait).unwrap();
    let arguments = [
        "logging",
        "enable",
        sort.what,
        "--apply",
        "--format",
        "csv",
        "--config",
        "wait.toml",
    ];
    let child = home.spawn(&arguments);
    let begun = || {
        let calls = aws.journal(&[organization.account("odd")]);
        calls.iter().any(|call| call.operation == sort.begins)
            && looks(aws, &organization, sort) > 1
    };
    wait_until("the second look", begun);
    interrupt(&child);
    let output = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(0);
    assert_eq!(row(&output, &organization, "odd")["outcome"], "pending");
    let manifest = home.logging("manifest").exits_with(0);
    assert!(manifest.stdout.contains(organization.vpc("odd")));

    // Wherever the clock stops it, it does not wait for the rest of the hour.
    let (_, organization, home) = seeded(&json!({ sort.pending: NEVER }));
    let clock = "[logging]\nactive_wait_seconds = 30\n[timeouts]\nrun_seconds = 1\n";
    std::fs::write(home.path().join("wait.toml"), clock).unwrap();
    let output = home.run(&arguments);
    assert!(!output.stdout.contains("after 30 s"), "{}", output.stdout);
    let ends = ["pending", "cancelled"];
    assert!(
        ends.iter().any(|end| output.stdout.contains(end)),
        "{}",
        output.stdout
    );
    drop(organization);
}

#[test]
fn an_association_that_failed_is_no_logging_anywhere_and_aws_gives_the_reason() {
    let (_, organization, home) =
        seeded(&json!({ "resolver.associations_become": "ACTION_NEEDED ACCESS_DENIED" }));
    home.logging("enable dns --apply").exits_with(3);
    home.scan(&[]);
    let vpcs = std::fs::read(home.path().join("report/vpcs.csv")).unwrap();
    let vpcs = Table::read("vpcs", &vpcs);
    let odd = vpcs.row(&[("vpc_id", organization.vpc("odd"))]);
    assert_eq!(odd["query_logging"], "failed");
    let why = &odd["query_logging_message"];
    assert!(why.contains("is ACTION_NEEDED (ACCESS_DENIED)"), "{why}");
    let even = vpcs.row(&[("vpc_id", organization.vpc("even"))]);
    assert_eq!(even["query_logging"], "own");
    assert_eq!(even["query_logging_message"], "");
    let again = home.logging("enable dns --format csv").exits_with(3);
    let cannot = row(&again, &organization, "odd");
    assert_eq!(cannot["outcome"], "cannot");
    assert!(cannot["message"].contains("ACTION_NEEDED (ACCESS_DENIED)"));
    let status = home.logging("status --format csv").exits_with(3);
    let status = Table::read("logging", status.stdout.as_bytes());
    let odd = status.row(&[("vpc_id", organization.vpc("odd")), ("log", "dns")]);
    assert_eq!(odd["state"], "failed");
}
