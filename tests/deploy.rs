//! `permissions deploy`: the StackSet of the roles, planned, applied, applied again, and refused.

use serde_json::{Value, json};

use crate::support::{
    admin::{Aws, Call},
    home::Home,
    organization::{Account, Organization, Seeded},
};

const DEPLOY: [&str; 3] = ["permissions", "deploy", "--apply"];

/// Three accounts; in one of them the name of the role is taken.
fn organization() -> Organization {
    ["one", "two", "taken"]
        .iter()
        .fold(Organization::new(), |organization, name| {
            organization.account(Account::new(name).with("role", "denied"))
        })
}

/// The local AWS with an organization, and a home of its caller.
fn start(settings: &Value) -> (Aws, Seeded, Home) {
    let aws = Aws::with_settings(settings);
    let seeded = aws.seed(&organization());
    let home = Home::of(&aws, &seeded);
    (aws, seeded, home)
}

fn changes(aws: &Aws, seeded: &Seeded) -> Vec<String> {
    let calls = aws.journal(&[seeded.account("management")]);
    let of_stack_sets = calls
        .into_iter()
        .filter(|it| it.service == "cloudformation");
    of_stack_sets
        .filter(Call::changes)
        .map(|it| it.operation)
        .collect()
}

#[test]
fn the_plan_holds_ids_and_arns_and_apply_puts_the_roles_into_every_account_that_can_have_them() {
    let (aws, seeded, home) = start(&json!({ "page_limit": 2, "stack_sets.running_polls": 1 }));
    let plan = home.run(&["permissions", "deploy", "--plan"]).exits_with(0);
    let caller = format!(
        "ParameterKey=TrustedPrincipalArn,ParameterValue=arn:aws:iam::{}:role/",
        seeded.account("management")
    );
    for part in [
        "create-stack-set",
        "create-stack-instances",
        "OrganizationalUnitIds=r-",
        &caller,
    ] {
        assert!(plan.stdout.contains(part), "{part}: {}", plan.stdout);
    }
    assert_eq!(changes(&aws, &seeded), [""; 0]);

    let taken = seeded.account("taken");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["ec2:DescribeVpcs"], "Resource": "*" }] });
    aws.role(taken, "vpce-scout-read", &policy);
    let mut words = DEPLOY.to_vec();
    words.extend(["--external-id", "s3cret"]);
    let output = home.run(&words).exits_with(3);
    let line = |account: &str| {
        let line = output.stdout.lines().find(|it| it.starts_with(account));
        line.unwrap_or_else(|| panic!("{account}: {}", output.stdout))
    };
    for account in [seeded.account("one"), seeded.account("two")] {
        assert!(line(account).ends_with("SUCCEEDED"), "{}", output.stdout);
    }
    assert!(line(taken).contains("FAILED") && line(taken).contains("vpce-scout-read"));
    assert!(
        output.stdout.ends_with("2 of 3 accounts have the roles\n"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("s3cret") && !output.stderr.contains("s3cret"));
    let made = aws.stack_sets();
    assert_eq!(made[0]["parameters"]["ExternalId"], "s3cret");
    assert_eq!(made[0]["automatic"], true);
    // What was deployed is what a scan uses.
    let scan = home.scan(&["--no-usage", "--external-id", "s3cret"]);
    assert_eq!(scan.code, Some(3), "{}", scan.stdout);
    assert!(scan.stdout.contains("3  of 4 scanned"), "{}", scan.stdout);

    // Once the name is free, the same command makes what is missing, and the external id is kept.
    aws.forget_role(taken, "vpce-scout-read");
    let before = changes(&aws, &seeded).len();
    let output = home.run(&DEPLOY).exits_with(0);
    assert!(
        output.stdout.ends_with("3 of 3 accounts have the roles\n"),
        "{}",
        output.stdout
    );
    assert_eq!(changes(&aws, &seeded)[before..], ["CreateStackInstances"]);
    let words = ["permissions", "deploy", "--enable", "--plan"];
    let plan = home.run(&words).exits_with(0).stdout;
    for part in [
        "aws cloudformation update-stack-set",
        "ParameterKey=ExternalId,UsePreviousValue=true",
        "ParameterKey=AllowLogging,ParameterValue=true",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    let mut words = DEPLOY.to_vec();
    words.push("--enable");
    let before = changes(&aws, &seeded).len();
    home.run(&words).exits_with(0);
    let both = ["UpdateStackSet", "CreateStackInstances"];
    assert_eq!(changes(&aws, &seeded)[before..], both);
    let made = aws.stack_sets();
    assert_eq!(made[0]["parameters"]["ExternalId"], "s3cret");
    let roles = aws.listing(&[taken])[taken]["roles"].clone();
    assert_eq!(roles.as_object().unwrap().len(), 3, "{roles}");
}

#[test]
fn a_deployment_that_is_refused_or_ends_without_a_result_is_named_with_what_to_do() {
    let (aws, seeded, home) = start(&json!({ "stack_sets.trusted_access": false }));
    let management = seeded.account("management");
    let apply = |more: &[&str]| {
        let mut words = DEPLOY.to_vec();
        words.extend(more);
        home.run(&words)
    };
    let refused = |more: &[&str], parts: &[&str]| {
        let output = apply(more).exits_with(1);
        assert_eq!(output.stdout, "");
        for part in parts {
            assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
        }
    };
    refused(&[], &["ValidationError", "activate-organizations-access"]);
    aws.set(management, &json!({ "stack_sets.trusted_access": true }));
    refused(&["--delegated"], &["not a delegated administrator"]);
    refused(&["--units", "ou-none-12345678"], &["ou-none-12345678"]);
    let denied = json!({ "account": management, "service": "cloudformation", "operation": "CreateStackInstances",
        "fault": "access_denied" });
    aws.fault(&denied);
    refused(
        &[],
        &["cloudformation:CreateStackInstances", "the caller needs"],
    );
    aws.clear_faults(&[management]);
    let denied = json!({ "account": management, "service": "organizations", "operation": "ListRoots",
        "fault": "access_denied" });
    aws.fault(&denied);
    refused(&[], &["organizations:ListRoots", "name it with --units"]);
    aws.clear_faults(&[management]);
    aws.set(
        management,
        &json!({ "stack_sets.operations_end_as": "STOPPED" }),
    );
    refused(&[], &["ended as STOPPED", "Deployment was stopped"]);
    aws.set(management, &json!({ "stack_sets.operations_end_as": null }));
    // Another operation ends, the answer to one is lost, and one is cut.
    let fault = |operation: &str, more: Value| {
        let mut fault = json!({ "account": management, "service": "cloudformation", "operation": operation, "times": 1 });
        let fields = fault.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        aws.fault(&fault);
    };
    let busy = json!({ "fault": "error", "code": "OperationInProgressException", "status": 409,
        "message": "Another Operation on StackSet is in progress" });
    fault("CreateStackInstances", busy);
    fault("CreateStackInstances", json!({ "fault": "drop_after" }));
    let output = apply(&[]).exits_with(0);
    assert!(
        output.stderr.contains("another operation"),
        "{}",
        output.stderr
    );
    let line = "3 of 3 accounts have the roles\n";
    assert!(output.stdout.ends_with(line), "{}", output.stdout);
    let made = aws.stack_sets();
    assert_eq!(made[0]["accounts"].as_array().unwrap().len(), 3);
}
