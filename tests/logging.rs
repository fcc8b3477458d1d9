//! `logging`: on, seen, and off again without a trace; what is not ours stays; failures leave the
//! others done.

use serde_json::{Value, json};

use crate::support::{
    admin::{Aws, Call},
    home::{Home, ProgramOutput},
    organization::{Account, HOME, Organization},
    table::Table,
    vpc::Vpc,
};

/// Two VPCs that log nothing, one that logs, and one that logs by a shared configuration; in
/// accounts of their own, so that nothing there is to be reused.
fn organization() -> Organization {
    Organization::new()
        .account(
            Account::new("apps")
                .vpc(Vpc::new("one").asks("sts.eu-west-1.amazonaws.com.", 3))
                .vpc(Vpc::new("two")),
        )
        .account(Account::new("theirs").vpc(Vpc::new("logged").logged().flow_logged()))
        .account(Account::new("hub").shares_query_log("shared", &["guest"]))
        .account(
            Account::new("guest")
                .vpc(Vpc::new("guest").logged_by("hub", "shared"))
                .vpc(Vpc::new("free")),
        )
}

fn central(account: &str) -> String {
    format!("--destination central --central-account {account}")
}

fn rows(output: &ProgramOutput) -> Table {
    Table::read("logging", output.stdout.as_bytes())
}

/// The listing without log groups.
fn without_groups(mut listing: Value) -> Value {
    for account in listing.as_object_mut().unwrap().values_mut() {
        let regions = account["regions"].as_object_mut().unwrap();
        for region in regions.values_mut() {
            region.as_object_mut().unwrap().remove("log_groups");
        }
        regions.retain(|_, region| !region.as_object().unwrap().is_empty());
    }
    listing
}

#[test]
fn what_is_turned_on_is_seen_by_status_and_scan_and_taken_back_without_a_trace() {
    let (aws, organization, home) = Home::seeded(&organization());
    let accounts = organization.account_ids();
    let before = aws.listing(&accounts);
    for what in ["dns", "flow"] {
        let output = home
            .logging(&format!("enable {what} --apply"))
            .exits_with(0);
        assert!(
            output.stdout.contains("0 cannot be done"),
            "{}",
            output.stdout
        );
        let made = aws.changes(&organization).len();
        let again = home
            .logging(&format!("enable {what} --apply"))
            .exits_with(0);
        assert!(again.stdout.contains("0 to create"), "{}", again.stdout);
        assert_eq!(aws.changes(&organization).len(), made);
    }

    let status = home.logging("status --format csv").exits_with(0);
    let status = rows(&status);
    for vpc in ["one", "two", "free", "guest", "logged"] {
        for log in ["dns", "flow"] {
            let of_vpc = [("vpc_id", organization.vpc(vpc)), ("log", log)];
            let logs = status.rows_with(&of_vpc);
            assert!(!logs.is_empty() && logs.iter().all(|row| row["state"] == "logged"));
        }
    }
    let ours = status.row(&[("vpc_id", organization.vpc("one")), ("log", "dns")]);
    assert_eq!(ours["retention_days"], "7");
    assert!(!ours["expires_at"].is_empty() && !ours["run"].is_empty());

    home.scan(&[]).exits_with(0);
    let vpcs = Table::read(
        "vpcs",
        &std::fs::read(home.path().join("report/vpcs.csv")).unwrap(),
    );
    for vpc in ["one", "two", "free"] {
        let row = vpcs.row(&[("vpc_id", organization.vpc(vpc))]);
        assert_ne!(row["query_logging"], "none", "{vpc}");
        assert_eq!(row["flow_logs"], "cloudwatch", "{vpc}");
    }
    let stored = home
        .logging("status --run latest --format json")
        .exits_with(0);
    let stored: Value = serde_json::from_str(&stored.stdout).unwrap();
    assert!(
        stored
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["state"] == "logged")
    );

    home.logging("disable --apply").exits_with(0);
    assert_eq!(
        without_groups(aws.listing(&accounts)),
        without_groups(before.clone())
    );
    let kept = aws.listing(&accounts);
    let kept = &kept[organization.account("apps")]["regions"][HOME]["log_groups"];
    assert_eq!(kept["/aws/vendedlogs/vpce-scout/dns"]["retention"], 7);
    home.logging("disable --apply --delete-logs").exits_with(0);
    assert_eq!(aws.listing(&accounts), before);
    let manifest = home.logging("manifest").exits_with(0);
    let manifest: Value = serde_json::from_str(&manifest.stdout).unwrap();
    assert_eq!(manifest["items"], json!([]));
}

#[test]
fn a_configuration_that_is_there_is_used_and_a_vpc_that_logs_is_left_alone() {
    let (aws, organization, home) = Home::seeded(&organization());
    let output = home
        .logging("enable dns --apply --format csv")
        .exits_with(0);
    let table = rows(&output);
    let guest = organization.account("guest");
    table.row(&[("account_id", guest), ("outcome", "reused")]);
    table.row(&[("vpc_id", organization.vpc("free")), ("outcome", "done")]);
    for vpc in ["logged", "guest"] {
        table.row(&[("vpc_id", organization.vpc(vpc)), ("outcome", "left")]);
    }
    // Nothing but the association was made in an account that has a configuration.
    let theirs = [organization.account("hub"), organization.account("theirs")];
    assert!(aws.journal(&theirs).iter().all(|call| !call.changes()));
    let in_guest: Vec<_> = aws
        .journal(&[guest])
        .into_iter()
        .filter(Call::changes)
        .map(|call| call.operation)
        .collect();
    assert_eq!(in_guest, ["AssociateResolverQueryLogConfig"]);
}

#[test]
fn central_logging_shares_one_configuration_and_goes_without_a_trace_although_aws_takes_its_time() {
    let aws = Aws::with_settings(&json!({ "resolver.pending_reads": 3 }));
    let organization = aws.seed(&organization());
    let home = Home::of(&aws, &organization);
    let accounts = organization.account_ids();
    let before = aws.listing(&accounts);
    let archive = organization.account("management");
    for with in ["organization", "accounts"] {
        let enable = format!(
            "enable dns {} --share-with {with} --apply",
            central(archive)
        );
        home.logging(&enable).exits_with(0);
        let listing = aws.listing(&accounts);
        let configs = &listing[archive]["regions"][HOME]["query_log_configs"];
        assert_eq!(configs.as_object().unwrap().len(), 1, "{configs}");
        assert_eq!(listing[archive]["shares"].as_array().unwrap().len(), 1);
        let again = home.logging(&enable).exits_with(0);
        assert!(again.stdout.contains("0 to create"), "{}", again.stdout);
        home.logging("disable --apply --delete-logs").exits_with(0);
        assert_eq!(aws.listing(&accounts), before, "{with}");
    }
}

#[test]
fn sharing_that_is_off_is_reported_and_nothing_is_changed() {
    let aws = Aws::shared();
    let organization = Organization::new().account(Account::with_bare_vpcs("apps", &["one"]));
    let mut document = organization.document();
    document["ram_sharing"] = false.into();
    let organization = aws.seed_document(document);
    let home = Home::of(aws, &organization);
    let archive = organization.account("management");
    for with in ["organization", "accounts"] {
        let output = home
            .logging(&format!(
                "enable dns {} --share-with {with}",
                central(archive)
            ))
            .exits_with(3);
        assert!(
            output
                .stdout
                .contains("enable-sharing-with-aws-organization"),
            "{with}: {}",
            output.stdout
        );
    }
    assert!(aws.changes(&organization).is_empty());
}

#[test]
fn without_apply_no_command_changes_anything() {
    let (aws, organization, home) = Home::seeded(&organization());
    let archive = organization.account("hub");
    let central = format!("logging enable dns {}", central(archive));
    let commands = [
        "logging enable dns",
        "logging enable dns --plan saved.json",
        "logging enable flow",
        "logging enable flow --nat-only",
        &central,
        "logging disable",
        "logging disable --delete-logs --expired",
        "logging status",
        "logging manifest",
        "runs",
    ];
    let commands = commands.map(|it| it.split(' ').collect::<Vec<_>>());
    home.scan(&[]).exits_with(0);
    for command in &commands {
        let output = home.run(command);
        assert_eq!(output.code, Some(0), "{command:?}: {}", output.stderr);
    }
    for command in [
        &["permissions"][..],
        &["report"],
        &["scan", "--only-failed"],
    ] {
        home.run(command);
    }
    // There is something to remove now, and without --apply it stays.
    home.logging("enable dns --apply").exits_with(0);
    let made = aws.changes(&organization).len();
    assert!(made > 0);
    for command in &commands {
        home.run(command);
    }
    assert_eq!(aws.changes(&organization).len(), made);
}

#[test]
fn what_somebody_else_began_to_use_is_left_and_reported() {
    let organization =
        Organization::new().account(Account::with_bare_vpcs("apps", &["mine", "other"]));
    let (aws, organization, home) = Home::seeded(&organization);
    let other = Home::of(aws, &organization);
    let (mine, foreign) = (organization.vpc("mine"), organization.vpc("other"));
    let enable = |home: &Home, vpc: &str| {
        home.logging(&format!("enable dns --apply --vpcs {vpc}"))
            .exits_with(0)
    };
    enable(&home, mine);
    // Somebody with a store of their own associates a VPC with our configuration.
    enable(&other, foreign);
    let between = aws.listing(&organization.account_ids());
    let output = home
        .logging("disable --apply --delete-logs --format csv")
        .exits_with(0);
    let table = rows(&output);
    table.row(&[("vpc_id", mine), ("outcome", "done")]);
    table.row(&[("vpc_id", foreign), ("outcome", "left")]);
    let left = aws.listing(&organization.account_ids());
    let region = |listing: &Value| listing[organization.account("apps")]["regions"][HOME].clone();
    let (left, between) = (region(&left), region(&between));
    for kind in ["log_groups", "resource_policies"] {
        assert_eq!(left[kind], between[kind], "{kind}");
    }
    let associations = left["query_log_associations"].as_object().unwrap();
    assert_eq!(associations.len(), 1);
    assert!(associations.values().all(|it| it["ResourceId"] == foreign));
    // Named by hand, it goes; and with the last user, all that was ours.
    home.logging(&format!("disable --apply --vpcs {foreign}"))
        .exits_with(0);
    home.logging("disable --apply --delete-logs").exits_with(0);
    assert_eq!(
        aws.listing(&organization.account_ids())[organization.account("apps")]["regions"],
        json!({})
    );
}

#[test]
fn without_its_manifest_what_carries_tags_goes_and_what_cannot_is_vouched_for_by_name() {
    let organization = Organization::new().account(Account::with_bare_vpcs("apps", &["one"]));
    let (aws, organization, home) = Home::seeded(&organization);
    let before = aws.listing(&organization.account_ids());
    for what in ["dns", "flow"] {
        home.logging(&format!("enable {what} --apply"))
            .exits_with(0);
    }
    let elsewhere = Home::of(aws, &organization);
    let output = elsewhere.logging("disable --apply").exits_with(0);
    assert!(output.stdout.contains("--vpcs"), "{}", output.stdout);
    let left = aws.listing(&organization.account_ids());
    let left = &left[organization.account("apps")];
    assert!(
        left["regions"][HOME]["flow_logs"].is_null()
            && left["roles"] == before[organization.account("apps")]["roles"]
    );
    assert!(!left["regions"][HOME]["query_log_associations"].is_null());
    // The manifest as a file proves it elsewhere.
    let manifest = elsewhere.path().join("manifest.json");
    home.run(&["logging", "manifest", "--out", manifest.to_str().unwrap()])
        .exits_with(0);
    elsewhere
        .logging("disable --apply --delete-logs --manifest manifest.json")
        .exits_with(0);
    assert_eq!(aws.listing(&organization.account_ids()), before);
}

#[test]
fn a_saved_plan_is_carried_out_as_it_is_or_refused_with_what_has_changed() {
    let organization = Organization::new()
        .account(Account::with_bare_vpcs("apps", &["one", "two"]))
        .account(Account::with_bare_vpcs("more", &["three"]));
    let (aws, organization, home) = Home::seeded(&organization);
    let enable = |more: &str| home.logging(&format!("enable dns --plan plan.json {more}"));
    enable("").exits_with(0);
    let plan = std::fs::read_to_string(home.path().join("plan.json")).unwrap();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let planned = plan["actions"].as_array().unwrap().len();

    // Somebody else is faster in one VPC.
    let vpc = organization.vpc("three");
    Home::of(aws, &organization)
        .logging(&format!("enable dns --apply --vpcs {vpc}"))
        .exits_with(0);
    let made = aws.changes(&organization).len();
    let output = enable("--apply").exits_with(1);
    assert!(
        output.stderr.contains("the plan is out of date") && output.stderr.contains(vpc),
        "{}",
        output.stderr
    );
    let other = enable("--apply --retention-days 14").exits_with(1);
    assert!(
        other
            .stderr
            .contains("the request differs from the saved plan")
    );
    let edited = plan.to_string().replace("vpce-scout-query-logs-", "x-");
    std::fs::write(home.path().join("plan.json"), edited).unwrap();
    enable("--apply").exits_with(1);
    assert_eq!(
        aws.changes(&organization).len(),
        made,
        "nothing was changed"
    );

    enable("").exits_with(0);
    let output = enable("--apply").exits_with(0);
    assert_eq!(output.stdout.matches("  done ").count(), planned - 5);
}

#[test]
fn a_refusal_for_one_vpc_leaves_the_others_done_and_is_reported_with_its_reason() {
    for (operation, what) in [
        ("AssociateResolverQueryLogConfig", "dns"),
        ("CreateFlowLogs", "flow"),
    ] {
        // What a denial or a quota refuses once is not tried again.
        let cases = [
            ("access_denied", 1, "access_denied"),
            ("limit_exceeded", 1, "other"),
            ("throttle", 5, "throttled"),
        ];
        for (fault, times, reason) in cases {
            let organization = Organization::new()
                .account(Account::with_bare_vpcs("apps", &["one", "two", "three"]));
            let (aws, organization, home) = Home::seeded(&organization);
            let before = aws.listing(&organization.account_ids());
            aws.fault(&json!({
                "account": organization.account("apps"), "operation": operation, "fault": fault,
                "times": times,
            }));
            let output = home
                .logging(&format!("enable {what} --apply --format csv"))
                .exits_with(3);
            let table = rows(&output);
            let of_vpcs = |outcome: &str| {
                let rows = table.rows_with(&[("outcome", outcome)]);
                rows.into_iter()
                    .filter(|row| !row["vpc_id"].is_empty())
                    .count()
            };
            assert_eq!(
                (of_vpcs("failed"), of_vpcs("done")),
                (1, 2),
                "{}",
                output.stdout
            );
            let failed = table.row(&[("outcome", "failed")]);
            assert_eq!(failed["reason"], reason);
            assert!(!failed["message"].is_empty());
            // The repeat does what was left, and nothing else.
            let again = home
                .logging(&format!("enable {what} --apply"))
                .exits_with(0);
            assert!(again.stdout.contains("1 to create"), "{}", again.stdout);
            home.logging("disable --apply --delete-logs").exits_with(0);
            assert_eq!(aws.listing(&organization.account_ids()), before);
        }
    }
}

#[test]
fn a_role_that_is_denied_is_a_row_and_what_depends_on_a_failure_is_not_tried() {
    let organization = Organization::new()
        .account(
            Account::new("closed")
                .with("role", "denied")
                .vpc(Vpc::new("one")),
        )
        .account(Account::with_bare_vpcs("apps", &["two"]));
    let (aws, organization, home) = Home::seeded(&organization);
    aws.fault(&json!({
        "account": organization.account("apps"), "operation": "CreateResolverQueryLogConfig",
        "fault": "access_denied",
    }));
    let output = home
        .logging("enable dns --apply --format csv")
        .exits_with(3);
    let table = rows(&output);
    let closed = organization.account("closed");
    let row = table.row(&[("account_id", closed), ("outcome", "cannot")]);
    assert_eq!(row["reason"], "role_denied");
    let row = table.row(&[("vpc_id", organization.vpc("two")), ("outcome", "skipped")]);
    assert_eq!(row["reason"], "access_denied");
    let calls = aws.journal(&[organization.account("apps")]);
    assert!(
        calls
            .iter()
            .all(|call| !call.operation.starts_with("Associate"))
    );
}

#[test]
fn quotas_that_would_be_hit_are_reported_before_anything_is_done() {
    let organization =
        Organization::new().account(Account::with_bare_vpcs("apps", &["one", "two", "three"]));
    let (_, organization, home) = Home::seeded(&organization);
    let config = home.path().join("few.toml");
    std::fs::write(&config, "[logging]\nquery_log_associations = 2\n").unwrap();
    let output = home
        .logging("enable dns --config few.toml --format csv")
        .exits_with(3);
    let table = rows(&output);
    let planned = table.rows_with(&[("action", "associate_query_log_config")]);
    assert_eq!(planned.len(), 2);
    let cannot = table.row(&[("outcome", "cannot")]);
    assert!(cannot["message"].contains("quota of 2 associations"));
    assert_eq!(cannot["account_id"], organization.account("apps"));
}

/// What the delivery role of earlier versions was allowed.
fn old_delivery_policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": "*",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"] }] })
}

#[test]
fn without_a_delivery_role_no_flow_log_is_created_and_the_plan_shows_how_to_get_one() {
    let without = Account::with_bare_vpcs("without", &["one"]).with("delivery_role", false);
    let with = Account::with_bare_vpcs("with", &["two"]);
    let organization = Organization::new().account(without).account(with);
    let (aws, organization, home) = Home::seeded(&organization);
    let output = home
        .logging("enable flow --apply --format csv")
        .exits_with(3);
    let table = rows(&output);
    let missing = table.row(&[("name", "role vpce-scout-flow-logs"), ("outcome", "cannot")]);
    assert_eq!(missing["account_id"], organization.account("without"));
    for part in ["AllowLogging=true", "--delivery-role"] {
        assert!(missing["message"].contains(part), "{missing:?}");
    }
    let one = [("vpc_id", organization.vpc("one"))];
    assert_eq!(table.row(&one)["outcome"], "cannot");
    table.row(&[("vpc_id", organization.vpc("two")), ("outcome", "done")]);
    let calls = aws.journal(&organization.account_ids());
    let iam = calls.iter().filter(|call| call.service == "iam");
    assert!(iam.clone().count() > 0 && iam.clone().all(|call| !call.changes()));
}

#[test]
fn a_delivery_role_that_an_earlier_version_created_is_used_and_removed() {
    let apps = Account::with_bare_vpcs("apps", &["one"]).with("delivery_role", false);
    let (aws, organization, home) = Home::seeded(&Organization::new().account(apps));
    let apps = organization.account("apps");
    aws.old_delivery_role(apps, &old_delivery_policy());
    home.logging("enable flow --apply").exits_with(0);
    home.logging("disable --apply").exits_with(0);
    let listing = aws.listing(&[apps]);
    assert_eq!(listing[apps]["roles"], json!({}));
    assert!(listing[apps]["regions"][HOME]["flow_logs"].is_null());
}

#[test]
fn a_delivery_role_that_may_not_write_to_the_log_group_is_refused_before_any_change() {
    let apps = Account::with_bare_vpcs("apps", &["one"]).with("delivery_role", false);
    let (aws, organization, home) = Home::seeded(&Organization::new().account(apps));
    let policy = old_delivery_policy()
        .to_string()
        .replace("\"*\"", "\"arn:aws:logs:*:*:log-group:/other/*\"");
    let policy: Value = serde_json::from_str(&policy).unwrap();
    aws.old_delivery_role(organization.account("apps"), &policy);
    let output = home.logging("enable flow --apply").exits_with(3);
    let why = "does not allow logs:CreateLogStream and logs:PutLogEvents";
    assert!(output.stdout.contains(why), "{}", output.stdout);
    assert!(aws.changes(&organization).is_empty());
}
