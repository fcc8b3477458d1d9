//! `logging` as it is used by hand: mistakes in typing, names of what is not there, a second time, two
//! at once, and a state that changes between plan and apply.

use serde_json::{Value, json};

use crate::support::{
    home::{Home, ProgramOutput},
    organization::{Account, Organization},
    process::{interrupt, wait_until},
    table::Table,
    vpc::Vpc,
};

fn two_vpcs() -> Organization {
    Organization::new()
        .account(Account::new("archive"))
        .account(Account::with_bare_vpcs("apps", &["one", "two"]))
}

fn rows(output: &ProgramOutput) -> Table {
    Table::read("logging", output.stdout.as_bytes())
}

#[test]
fn what_can_only_be_a_mistake_in_typing_is_refused_with_the_remedy_before_anything_is_done() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    let archive = organization.account("archive");
    let central = format!("enable flow --central-account {archive}");
    for (words, remedy) in [
        ("enable dns --regions eu-wset-1 --apply", "one of "),
        ("disable --regions eu-wset-1 --apply", "one of "),
        ("status --regions eu-wset-1", "one of "),
        ("enable dns --vpcs banana --apply", "ids of VPCs"),
        ("enable flow --vpcs vpc-1,vpc- --apply", "ids of VPCs"),
        ("disable --vpcs vpc-1;vpc-2 --apply", "ids of VPCs"),
        ("enable dns --aggregation 60", "written at once"),
        ("enable dns --delivery-role mine", "need no role"),
        ("enable dns --nat-only", "of whole VPCs"),
        (&central, "their own account"),
        (
            &format!("{central} --destination central"),
            "their own account",
        ),
    ] {
        let output = home.logging(words).exits_with(2);
        assert!(output.stderr.contains(remedy), "{words}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{words}");
    }
    assert!(aws.changes(&organization).is_empty());
}

#[test]
fn a_vpc_or_run_that_is_named_and_not_there_is_reported() {
    let (_, organization, home) = Home::seeded(&two_vpcs());
    let one = organization.vpc("one");
    for what in ["dns", "flow"] {
        let words = format!("enable {what} --vpcs {one},vpc-0000 --format csv");
        let table = rows(&home.logging(&words).exits_with(3));
        let absent = table.row(&[("vpc_id", "vpc-0000")]);
        assert_eq!(absent["outcome"], "cannot", "{absent:?}");
        assert!(
            !table
                .rows_with(&[("vpc_id", one), ("outcome", "planned")])
                .is_empty()
        );
    }
    // Where it is to be removed, nothing is missing then.
    let output = home
        .logging("disable --vpcs vpc-0000 --format csv")
        .exits_with(0);
    assert_eq!(
        rows(&output).row(&[("vpc_id", "vpc-0000")])["outcome"],
        "left"
    );
    let output = home.logging("disable --run 20200101T000000Z").exits_with(0);
    assert!(
        output
            .stdout
            .contains("run 20200101T000000Z: nothing of this run"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_vpc_without_a_nat_gateway_is_reported_where_only_nat_gateways_are_to_be_logged() {
    let (_, organization, home) = Home::seeded(&two_vpcs());
    let one = organization.vpc("one");
    let output = home.logging(&format!("enable flow --nat-only --vpcs {one} --format csv"));
    let table = rows(&output.exits_with(0));
    assert_eq!(table.rows().len(), 1, "{table:?}");
    let row = table.row(&[("vpc_id", one), ("outcome", "left")]);
    assert_eq!(row["message"], "it has no NAT gateway");
}

#[test]
fn people_see_the_plan_once_its_result_in_a_sum_and_that_a_second_time_did_nothing() {
    let more = Account::new("more").vpc(Vpc::new("logged").logged());
    let organization = two_vpcs().account(more);
    let (_, organization, home) = Home::seeded(&organization);
    let logged = organization.vpc("logged");
    let output = home.logging("enable dns --apply").exits_with(0).stdout;
    assert!(
        output.contains(": 6 done, 0 pending, 0 failed, 0 skipped\n"),
        "{output}"
    );
    assert_eq!(output.matches(logged).count(), 1, "{output}");
    let policy = "put_resource_policy resource policy vpce-scout-query-logs-";
    assert!(output.contains(policy), "{output}");
    let output = home.logging("enable dns --apply").exits_with(0).stdout;
    assert!(
        output.ends_with("\nNothing was changed: there was nothing to do.\n"),
        "{output}"
    );
    assert!(!output.contains("expires"), "{output}");
    let output = home.logging("disable --apply").exits_with(0).stdout;
    assert!(
        output.contains("\nRemoved: 4 done, 0 pending, 0 failed, 0 skipped\n"),
        "{output}"
    );
    let output = home.logging("disable --apply").exits_with(0).stdout;
    assert!(
        output.ends_with("\nNothing was changed: there was nothing to remove.\n"),
        "{output}"
    );
}

#[test]
fn a_saved_plan_that_is_given_with_other_flags_is_refused_with_the_flags_and_nothing_else() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    home.logging("enable dns --plan plan.json").exits_with(0);
    let output = home
        .logging("enable dns --plan plan.json --apply --retention-days 14")
        .exits_with(1);
    assert!(
        output
            .stderr
            .contains("retention_days is 14, in the plan 7"),
        "{}",
        output.stderr
    );
    let output = home
        .logging("enable flow --plan plan.json --apply")
        .exits_with(1);
    assert!(output.stderr.contains("wanted is {"), "{}", output.stderr);
    assert!(!output.stderr.contains("to do"), "{}", output.stderr);
    assert!(aws.changes(&organization).is_empty());
}

#[test]
fn a_vpc_that_is_deleted_between_plan_and_apply_fails_alone_and_at_once() {
    for central in [false, true] {
        let (aws, organization, home) = Home::seeded(&two_vpcs());
        let archive = organization.account("archive");
        aws.fault(&json!({
            "account": organization.account("apps"), "operation": "AssociateResolverQueryLogConfig",
            "fault": "access_denied", "code": "InvalidParameterException",
            "message": "The VPC doesn't exist", "times": 1,
        }));
        let destination = if central {
            format!("--destination central --central-account {archive}")
        } else {
            String::new()
        };
        let words = format!("enable dns --apply --format csv {destination}");
        let table = rows(&home.logging(&words).exits_with(3));
        let failed = table.row(&[("outcome", "failed")]);
        assert_eq!(failed["error_code"], "InvalidParameterException");
        let made = [
            ("action", "associate_query_log_config"),
            ("outcome", "done"),
        ];
        assert_eq!(table.rows_with(&made).len(), 1, "{table:?}");
        let calls = aws.journal(&[organization.account("apps")]);
        let calls = calls
            .iter()
            .filter(|call| call.operation.starts_with("Associate"));
        assert_eq!(calls.count(), 2, "one for each VPC");
    }
}

#[test]
fn a_share_that_does_not_reach_an_account_fails_there_and_shows_what_may_be_missing() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    let apps = organization.account("apps");
    // What an account sees of a share that it has not accepted.
    for operation in [
        "AssociateResolverQueryLogConfig",
        "GetResolverQueryLogConfig",
    ] {
        aws.fault(&json!({
            "account": apps, "operation": operation, "fault": "access_denied",
            "code": "ResourceNotFoundException", "message": "The configuration doesn't exist",
        }));
    }
    std::fs::write(
        home.path().join("brief.toml"),
        "[logging]\nwait_seconds = 1\n",
    )
    .unwrap();
    let archive = organization.account("archive");
    let output = home.logging(&format!(
        "enable dns --destination central --central-account {archive} --share-with accounts \
         --apply --format csv --config brief.toml"
    ));
    let table = rows(&output.exits_with(3));
    let failed = table.rows_with(&[("account_id", apps), ("outcome", "failed")]);
    assert_eq!(failed.len(), 2, "{table:?}");
    for row in failed {
        assert!(
            row["message"].contains("has to be accepted in this account"),
            "{row:?}"
        );
    }
}

#[test]
fn two_never_change_at_once_but_one_that_only_waits_keeps_nobody_waiting() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    aws.set(
        organization.account("apps"),
        &json!({ "resolver.pending_reads": 1_000_000_000 }),
    );
    let apps = organization.account("apps");
    aws.fault(&json!({ "account": apps, "operation": "CreateLogGroup", "fault": "hold_before" }));
    let arguments = ["logging", "enable", "dns", "--apply", "--format", "csv"];
    let first = home.spawn(&arguments);
    let calls = |operation: &str| {
        let calls = aws.journal(&[apps]);
        calls
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    };
    wait_until("the first change", || calls("CreateLogGroup") > 0);
    for words in ["enable flow --apply", "disable --apply"] {
        let output = home.logging(words).exits_with(1);
        let refusal = "another process turns logs on or off";
        assert!(output.stderr.contains(refusal), "{}", output.stderr);
    }
    // To plan is no change.
    home.logging("enable flow").exits_with(0);
    aws.clear_faults(&[apps]);
    wait_until("the wait for what was made", || {
        calls("AssociateResolverQueryLogConfig") == 2
            && calls("ListResolverQueryLogConfigAssociations") > 2
    });
    home.logging("enable flow --apply").exits_with(0);
    interrupt(&first);
    let output = ProgramOutput::of(first.wait_with_output().unwrap()).exits_with(0);
    assert_eq!(rows(&output).rows_with(&[("outcome", "pending")]).len(), 2);
}

#[test]
fn status_shows_whose_a_central_configuration_is_although_its_account_has_no_vpc() {
    let (_, organization, home) = Home::seeded(&two_vpcs());
    let archive = organization.account("archive");
    let words = format!("enable dns --destination central --central-account {archive} --apply");
    home.logging(&words).exits_with(0);
    let apps = organization.account("apps");
    for scope in [String::new(), format!("--accounts {apps}")] {
        let output = home
            .logging(&format!("status --format csv {scope}"))
            .exits_with(0);
        let table = rows(&output);
        let row = table.row(&[("vpc_id", organization.vpc("one")), ("log", "dns")]);
        assert!(
            !row["run"].is_empty() && !row["expires_at"].is_empty(),
            "{row:?}"
        );
    }
}

#[test]
fn what_somebody_else_took_away_is_struck_out_of_the_manifest() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    for what in ["dns", "flow"] {
        home.logging(&format!("enable {what} --apply"))
            .exits_with(0);
    }
    let manifest = home.logging("manifest").exits_with(0).stdout;
    assert!(manifest.contains(organization.vpc("one")));
    let elsewhere = Home::of(aws, &organization);
    std::fs::write(elsewhere.path().join("manifest.json"), &manifest).unwrap();
    elsewhere
        .logging("disable --apply --delete-logs --manifest manifest.json")
        .exits_with(0);
    std::fs::write(
        home.path().join("brief.toml"),
        "[logging]\nwait_seconds = 1\n",
    )
    .unwrap();
    // Once it is a second old.
    wait_until("the end of the manifest", || {
        let output = home
            .logging("disable --apply --config brief.toml")
            .exits_with(0);
        assert!(
            output.stdout.contains("nothing to remove"),
            "{}",
            output.stdout
        );
        let left = home.logging("manifest").exits_with(0).stdout;
        !left.contains(organization.vpc("one")) && !left.contains("create_log_group")
    });
}

#[test]
fn what_is_interrupted_lets_its_call_end_and_is_completed_by_a_repeat_under_the_same_run() {
    let (aws, organization, home) = Home::seeded(&two_vpcs());
    let before = aws.listing(&organization.account_ids());
    let apps = organization.account("apps");
    aws.fault(&json!({ "account": apps, "operation": "CreateLogGroup", "fault": "hold_before" }));
    let arguments = ["logging", "enable", "dns", "--apply", "--format", "csv"];
    let first = home.spawn(&arguments);
    wait_until("the first change", || {
        let calls = aws.journal(&[apps]);
        calls.iter().any(|call| call.operation == "CreateLogGroup")
    });
    interrupt(&first);
    aws.clear_faults(&[apps]);
    let output = ProgramOutput::of(first.wait_with_output().unwrap()).exits_with(3);
    let table = rows(&output);
    let group = table.row(&[("action", "create_log_group")]);
    let rest = table.rows_with(&[("reason", "cancelled")]);
    assert!(!rest.is_empty() && rest.len() < 6, "{table:?}");
    let again = home.run(&arguments).exits_with(0);
    let again = rows(&again);
    assert!(
        again.rows().iter().all(|row| row["run"] == group["run"]),
        "{again:?}"
    );
    let all = format!("disable --apply --delete-logs --run {}", group["run"]);
    home.logging(&all).exits_with(0);
    assert_eq!(aws.listing(&organization.account_ids()), before);
}

#[test]
fn progress_and_fatal_errors_are_json_lines_on_stderr_if_asked_for() {
    let (_, organization, home) = Home::seeded(&two_vpcs());
    let lines = |output: &ProgramOutput| -> Vec<Value> {
        let lines = output.stderr.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect()
    };
    let json = ["--log-format", "json", "-vv", "logging"];
    let run = |words: &[&str]| home.run(&[&json[..], words].concat());
    let output = run(&["enable", "dns", "--apply", "--format", "csv"]).exits_with(0);
    let shown = lines(&output);
    for message in ["accounts", "making the calls of the plan"] {
        let shown = shown
            .iter()
            .any(|line| line["fields"]["message"] == message);
        assert!(shown, "{message}: {}", output.stderr);
    }
    assert!(
        output.stderr.contains(organization.vpc("one")),
        "{}",
        output.stderr
    );
    let failed = run(&["enable", "dns", "--apply", "--plan", "absent.json"]).exits_with(1);
    assert_eq!(lines(&failed).last().unwrap()["level"], "ERROR");
    let quiet = home.run(&["-q", "logging", "status"]).exits_with(0);
    assert_eq!(quiet.stderr, "");
}
