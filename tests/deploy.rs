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

/// The parameters of the first StackSet that was made.
fn parameters(aws: &Aws) -> Value {
    aws.stack_sets()[0]["parameters"].clone()
}

#[test]
fn what_the_remedy_of_doctor_deploys_fits_the_command_line_of_doctor() {
    let (aws, _seeded, home) = start(&json!({}));
    let doctor = ["doctor", "--role-name", "audit-read"];
    let before = home.run(&doctor).stdout;
    let (_, remedy) = before.split_once("`vpce-scout permissions").unwrap();
    let (remedy, _) = remedy.split_once('`').unwrap();
    let words: Vec<&str> = remedy.split_whitespace().collect();
    home.run(&[&["permissions"], words.as_slice()].concat())
        .exits_with(0);
    assert_eq!(parameters(&aws)["RoleName"], "audit-read");
    let after = home.run(&doctor).stdout;
    let all = "`audit-read` can be assumed in all of the 4 accounts";
    assert!(after.contains(all), "{after}");
}

#[test]
fn what_is_not_named_stays_and_what_replaces_a_value_is_announced() {
    let (aws, seeded, home) = start(&json!({}));
    let nightly = format!("arn:aws:iam::{}:role/nightly", seeded.account("management"));
    let mut words = DEPLOY.to_vec();
    words.extend(["--role-name", "audit-read", "--enable"]);
    words.extend(["--logging-role-name", "audit-logging"]);
    words.extend(["--delivery-role", "audit-flow-logs"]);
    words.extend(["--trusted-principal-arn", &nightly]);
    words.extend(["--external-id", "s3cret"]);
    home.run(&words).exits_with(0);
    let made = parameters(&aws);
    let before = changes(&aws, &seeded).len();

    let plan = home.run(&["permissions", "deploy"]).exits_with(0).stdout;
    assert!(
        plan.contains("exists already, with this template"),
        "{plan}"
    );
    let output = home.run(&DEPLOY).exits_with(0);
    assert_eq!(parameters(&aws), made);
    assert_eq!(changes(&aws, &seeded)[before..], ["CreateStackInstances"]);
    assert!(output.stderr.contains("audit-read"), "{}", output.stderr);
    assert!(output.stderr.contains(&nightly), "{}", output.stderr);

    let other = ["--role-name", "other", "--external-id", "0ther"];
    let told = "RoleName: audit-read -> other";
    for more in [&["--plan"][..], &["--format", "terraform"], &["--apply"]] {
        let words = [&["permissions", "deploy"], more, &other].concat();
        let output = home.run(&words).exits_with(0);
        let text = format!("{}{}", output.stdout, output.stderr);
        for part in [told, "ExternalId: "] {
            assert!(text.contains(part), "{more:?} {part}: {text}");
        }
        for part in ["s3cret", "0ther", "TrustedPrincipalArn: "] {
            assert!(!text.contains(part), "{more:?} {part}: {text}");
        }
    }
    let now = parameters(&aws);
    assert_eq!(now["RoleName"], "other");
    assert_eq!(now["ExternalId"], "0ther");
    assert_eq!(now["TrustedPrincipalArn"], nightly);
    assert_eq!(now["DeliveryRoleName"], "audit-flow-logs");
    assert_eq!(now["LoggingRoleName"], "audit-logging");
}

#[test]
fn the_terraform_of_a_stack_set_that_exists_holds_every_parameter_that_is_kept() {
    let (_aws, _seeded, home) = start(&json!({}));
    let mut words = DEPLOY.to_vec();
    words.extend(["--enable", "--external-id", "s3cret"]);
    words.extend(["--log-group-prefixes", "/dns/,/flows/"]);
    home.run(&words).exits_with(0);
    let words = ["permissions", "deploy", "--format", "terraform"];
    let plan = home.run(&words).exits_with(0).stdout;
    for part in [
        "RoleName = \"vpce-scout-read\"",
        "AllowLogging = \"true\"",
        "QueriedLogGroups = \"arn:*:logs:*:*:log-group:/dns/*,arn:*:logs:*:*:log-group:/flows/*\"",
        "ExternalId = var.external_id",
        "variable \"external_id\" {",
        "# ExternalId stays",
        "TrustedPrincipalArn = \"arn:aws:iam::",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    assert!(!plan.contains("s3cret") && !plan.contains("****"), "{plan}");
}

#[test]
fn a_stack_set_that_is_not_of_this_program_is_refused_and_stays_as_it_is() {
    let (aws, seeded, home) = start(&json!({}));
    let named = ["--stack-set-name", "baseline"];
    home.run(&[&DEPLOY[..], &named].concat()).exits_with(0);
    let bucket = "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n";
    let roles = std::fs::read_to_string("config/cloudformation/member-role.yaml").unwrap();
    let both = roles.replacen("\nResources:\n", &format!("\n{bucket}"), 1);
    for template in [bucket, &both] {
        aws.replace_stack_set("baseline", template, &json!({}));
        let before = changes(&aws, &seeded).len();
        for more in ["--plan", "--apply", "--format=terraform"] {
            let words = [&["permissions", "deploy", more], &named[..]].concat();
            let output = home.run(&words).exits_with(1);
            assert_eq!(output.stdout, "");
            for part in ["`baseline`", "--stack-set-name"] {
                assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
            }
        }
        assert_eq!(changes(&aws, &seeded).len(), before);
    }
}

#[test]
fn where_the_role_exists_and_where_a_call_is_dropped_the_remedy_is_that_of_the_cause() {
    let (aws, seeded, home) = start(&json!({}));
    let management = seeded.account("management");
    let dropped = json!({ "account": management, "service": "cloudformation", "operation": "DescribeStackSet",
        "fault": "throttle" });
    aws.fault(&dropped);
    let stderr = home.run(&DEPLOY).exits_with(1).stderr;
    assert!(stderr.contains("start it again"), "{stderr}");
    assert!(!stderr.contains("management account"), "{stderr}");
    aws.clear_faults(&[management]);
    home.run(&DEPLOY).exits_with(0);
    let words = [&DEPLOY[..], &["--stack-set-name", "second"]].concat();
    let output = home.run(&words).exits_with(3);
    let remedies = output.stdout.matches("--stack-set-name").count();
    assert_eq!(remedies, 1, "{}", output.stdout);
    let external = ["permissions", "deploy", "--external-id", "s3cret"];
    let words = [&external[..], &["--stack-set-name", "third"]].concat();
    let plan = home.run(&words).exits_with(0).stdout;
    let (read, used) = (
        plan.find("read -rs EXTERNAL_ID"),
        plan.find("${EXTERNAL_ID"),
    );
    assert!(read.is_some() && read < used, "{plan}");
}
