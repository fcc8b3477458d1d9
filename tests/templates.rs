//! The CloudFormation templates: linted, deployed, and their roles put to work with IAM in force.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    athena,
    support::{
        admin::{Aws, Call},
        home::Home,
        organization::{Account, HOME, Organization, Seeded},
        script::Script,
        table::Table,
        vpc::Vpc,
    },
};

fn config(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(config(path)).unwrap()
}

fn policy(name: &str) -> Value {
    serde_json::from_str(&text(&format!("policies/{name}.json"))).unwrap()
}

/// A document as a role has it, with its actions in order.
fn normal(mut policy: Value) -> Value {
    if let Some(text) = policy.as_str() {
        policy = serde_json::from_str(text).unwrap();
    }
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let mut actions: Vec<_> = statement["Action"].as_array().unwrap().clone();
        actions.sort_by_key(Value::to_string);
        statement["Action"] = actions.into();
    }
    policy
}

#[test]
fn cfn_lint_finds_nothing_in_the_templates() {
    let templates = ["member-role", "trial-vpc", "scheduled-scan"];
    let files = templates.map(|name| config(&format!("cloudformation/{name}.yaml")));
    let lint = Script::cfn_lint().args(["--include-checks", "I", "--"]);
    let done = lint.args(files).run();
    assert!(done.success, "{}{}", done.stdout, done.stderr);
}

/// The member role in every account but the management account, as the template makes it.
fn deploy_roles(aws: &Aws, organization: &Seeded, allow_logging: bool) {
    deploy_with(aws, organization, allow_logging, &json!({}));
}

/// The same, with more parameters.
fn deploy_with(aws: &Aws, organization: &Seeded, allow_logging: bool, more: &Value) {
    let management = organization.account("management");
    for account in organization.account_ids() {
        if account == management {
            continue;
        }
        let mut parameters = more.clone();
        parameters["TrustedPrincipalArn"] =
            format!("arn:aws:iam::{management}:role/vpce-scout").into();
        parameters["ExternalId"] = "s3cret".into();
        parameters["AllowLogging"] = allow_logging.to_string().into();
        let stack = aws.deploy(&json!({
            "account": account, "region": "us-east-1", "name": "vpce-scout",
            "template": text("cloudformation/member-role.yaml"),
            "parameters": parameters,
        }));
        assert_eq!(stack["status"], "CREATE_COMPLETE");
        assert_eq!(stack["unsupported"], json!([]));
    }
}

fn organization() -> Organization {
    Organization::new()
        .account(Account::new("archive"))
        .account(
            Account::new("apps")
                .vpc(Vpc::with_everything("full"))
                .vpc(Vpc::new("one")),
        )
        .account(Account::new("more").vpc(Vpc::new("two")))
}

#[test]
fn the_roles_of_the_template_have_the_committed_policies_and_only_the_second_may_change_anything() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = aws.seed(&organization());
    deploy_roles(&aws, &seeded, true);
    let apps = seeded.account("apps");
    let roles = aws.listing(&[apps])[apps]["roles"].clone();
    let delivery = &roles["vpce-scout-flow-logs"];
    assert_eq!(delivery["tags"], json!([]), "disable must leave it");
    for (role, file) in [
        ("vpce-scout-read", "read"),
        ("vpce-scout-logging", "enable"),
    ] {
        let policies = roles[role]["policies"].as_object().unwrap();
        assert_eq!(policies.len(), 1);
        let deployed = policies.values().next().unwrap().clone();
        assert_eq!(normal(deployed), normal(policy(file)), "{role}");
    }
    let without = Aws::with_settings(&json!({}));
    let seeded = without.seed(&organization());
    deploy_roles(&without, &seeded, false);
    let apps = seeded.account("apps");
    let roles = without.listing(&[apps])[apps]["roles"].clone();
    assert_eq!(roles.as_object().unwrap().len(), 1);
}

#[test]
fn with_iam_in_force_the_policies_are_enough_to_scan_to_turn_on_and_to_take_back() {
    let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
    let seeded = aws.seed(&organization());
    deploy_roles(&aws, &seeded, true);
    let management = seeded.account("management");
    aws.role(management, "vpce-scout", &policy("caller-enable"));
    let home = Home::of(&aws, &seeded);
    let with = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--external-id", "s3cret"]);
        home.run(&all)
    };
    home.scan(&["--external-id", "s3cret"]).exits_with(0);
    let before = aws.listing(&seeded.account_ids());
    let archive = seeded.account("archive");
    let central = ["--destination", "central", "--central-account", archive];
    let kinds: [&[&str]; 4] = [&["dns"], &["flow"], &["flow", "--nat-only"], &["dns"]];
    for (at, kind) in kinds.into_iter().enumerate() {
        let mut enable = vec!["logging", "enable", "--apply"];
        enable.extend(kind);
        if at == 3 {
            enable.extend(central);
        }
        with(&enable).exits_with(0);
        assert_ne!(aws.listing(&seeded.account_ids()), before, "{kind:?}");
        with(&["logging", "status"]).exits_with(0);
        with(&["logging", "disable", "--apply", "--delete-logs"]).exits_with(0);
        assert_eq!(aws.listing(&seeded.account_ids()), before, "{kind:?}");
    }
}

#[test]
fn with_iam_in_force_the_buckets_of_the_parameters_are_read_and_checked_and_no_other() {
    let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
    let logged = |name: &str, bucket: &str| {
        let vpc = Vpc::new(name).with("query_logging", json!([{ "config": "s3" }]));
        let vpc = vpc.asks("sts.eu-west-1.amazonaws.com.", 3);
        (Account::new(name).vpc(vpc), format!("s3:{bucket}/dns"))
    };
    let (open, to_open) = logged("open", "open-logs");
    let (closed, to_closed) = logged("closed", "closed-logs");
    let organization = Organization::new()
        .account(open)
        .account(closed)
        .account(Account::new("new").vpc(Vpc::new("new")));
    let mut document = organization.document();
    for (at, destination) in [(1, to_open), (2, to_closed)] {
        document["accounts"][at]["regions"][HOME]["query_log_configs"] =
            json!([{ "name": "s3", "destination": destination }]);
    }
    let seeded = aws.seed_document(document);
    let parameters = json!({
        "LogBucketArns": "arn:aws:s3:::open-logs", "LogObjectArns": "arn:aws:s3:::open-logs/dns/*",
    });
    deploy_with(&aws, &seeded, true, &parameters);
    let management = seeded.account("management");
    aws.role(management, "vpce-scout", &policy("caller-enable"));
    let home = Home::of(&aws, &seeded);
    home.scan(&["--external-id", "s3cret"]).exits_with(3);
    let coverage = fs::read(home.path().join("report/coverage.csv")).unwrap();
    let coverage = Table::read("coverage", &coverage);
    let outcome = |account: &str| {
        let place = [
            ("account_id", seeded.account(account)),
            ("step", "dns_usage"),
        ];
        let row = coverage.row(&place);
        (row["outcome"].clone(), row["reason"].clone())
    };
    assert_eq!(outcome("open").0, "complete");
    let denied = ("failed".to_owned(), "access_denied".to_owned());
    assert_eq!(outcome("closed"), denied);

    // The account of the bucket checks its policy; no statement is there.
    let settings = format!("[objects]\naccount = \"{}\"\n", seeded.account("open"));
    fs::write(home.path().join("scout.toml"), settings).unwrap();
    let enable = |bucket: &str, code: i32| {
        let flags = format!(
            "logging enable flow --destination s3 --bucket {bucket} --config scout.toml --external-id s3cret --accounts {}",
            seeded.account("new")
        );
        home.run(&flags.split(' ').collect::<Vec<_>>())
            .exits_with(code)
            .stdout
    };
    let shown = enable("open-logs", 3);
    assert!(
        shown.contains("its policy does not let the logs of 1 accounts"),
        "{shown}"
    );
    let shown = enable("closed-logs", 0);
    assert!(shown.contains("its policy could not be checked"), "{shown}");
}

#[test]
fn with_iam_in_force_athena_is_used_where_a_parameter_names_its_workgroup_and_no_other() {
    for (workgroup, code) in [("primary", 0), ("another", 3)] {
        let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
        let seeded = aws.seed_document(athena::document());
        let parameters = json!({
            "LogBucketArns": "arn:aws:s3:::queries,arn:aws:s3:::flows",
            "LogObjectArns": "arn:aws:s3:::queries/dns/*,arn:aws:s3:::flows/network/*",
            "AthenaWorkgroup": workgroup,
        });
        deploy_with(&aws, &seeded, false, &parameters);
        let management = seeded.account("management");
        aws.role(management, "vpce-scout", &policy("caller"));
        let home = Home::of(&aws, &seeded);
        home.scan(&["--external-id", "s3cret", "--no-usage"])
            .exits_with(0);
        athena::create_tables(&aws, &seeded, &home);
        let settings = "[athena]\nworkgroup = \"primary\"\n";
        fs::write(home.path().join("scout.toml"), settings).unwrap();
        let engine = ["--engine", "athena", "--config", "scout.toml"];
        home.scan(&[&engine[..], &["--external-id", "s3cret"]].concat())
            .exits_with(code);
        assert_eq!(aws.athena_executions(), if code == 0 { 2 } else { 0 });
    }
}

#[test]
fn no_known_escalation_is_open_to_the_role_that_turns_logs_on() {
    let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
    let seeded = aws.seed(&organization());
    deploy_roles(&aws, &seeded, true);
    let management = seeded.account("management");
    aws.role(management, "vpce-scout", &policy("caller-enable"));
    let (apps, vpc) = (seeded.account("apps"), seeded.vpc("one"));
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{HOME}:{apps}:{rest}");
    let role = |name: &str| format!("arn:aws:iam::{apps}:role/{name}");
    let everything = policy("read").to_string().replace("logs:StartQuery", "*");
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }] });
    let (delivery, config) = ("vpce-scout-flow-logs", "resolver-query-log-config/rqlc-1");
    let share = |more: Value| {
        let mut all = json!({ "name": "x", "principals": [management], "allowExternalPrincipals": false,
            "resourceArns": [arn("route53resolver", config)] });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let flow_log = |role: &str| {
        json!({ "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL",
            "LogGroupName": "/x", "DeliverLogsPermissionArn": role })
    };
    let calls = json!({
        "a role": ["iam", "create_role", { "RoleName": delivery,
            "AssumeRolePolicyDocument": trust.to_string() }],
        "all rights": ["iam", "put_role_policy", { "RoleName": delivery, "PolicyName": "x",
            "PolicyDocument": everything }],
        "an attached policy": ["iam", "attach_role_policy", { "RoleName": delivery,
            "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" }],
        "another trust": ["iam", "update_assume_role_policy", { "RoleName": delivery,
            "PolicyDocument": trust.to_string() }],
        "the template's role": ["iam", "delete_role", { "RoleName": delivery }],
        "its policy": ["iam", "delete_role_policy", { "RoleName": delivery, "PolicyName": delivery }],
        "tags that make it ours": ["iam", "tag_role", { "RoleName": delivery,
            "Tags": [{ "Key": "vpce-scout:tool", "Value": "vpce-scout" }] }],
        "another service-linked role": ["iam", "create_service_linked_role",
            { "AWSServiceName": "spot.amazonaws.com" }],
        "passing another role": ["ec2", "create_flow_logs", flow_log(&role("vpce-scout-logging"))],
        "a tag on a VPC": ["ec2", "create_tags", { "Resources": [vpc],
            "Tags": [{ "Key": "owner", "Value": "me" }] }],
        "sharing outside": ["ram", "create_resource_share",
            share(json!({ "allowExternalPrincipals": true }))],
        "sharing subnets": ["ram", "create_resource_share",
            share(json!({ "resourceArns": [arn("ec2", "subnet/subnet-1")] }))],
        "sharing both": ["ram", "create_resource_share", share(json!({ "resourceArns":
            [arn("route53resolver", config), arn("ec2", "subnet/subnet-1")] }))],
        "another log group": ["logs", "delete_log_group", { "logGroupName": "/audit" }],
        "its retention": ["logs", "put_retention_policy", { "logGroupName": "/audit",
            "retentionInDays": 1 }],
        "another role": ["sts", "assume_role", { "RoleArn": role("vpce-scout-read"),
            "RoleSessionName": "escalation", "ExternalId": "s3cret" }],
    });
    let before = aws.listing(&[apps]);
    let answers = aws.try_calls(&json!({
        "caller": seeded.caller(), "role": role("vpce-scout-logging"), "external_id": "s3cret",
        "region": HOME, "calls": calls,
    }));
    let denied = [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ];
    let answers = answers.as_object().unwrap();
    assert_eq!(answers.len(), calls.as_object().unwrap().len());
    for (name, answer) in answers {
        let code = answer.as_str().unwrap_or("nothing: it was done");
        assert!(denied.contains(&code), "{name}: {code}");
    }
    assert_eq!(aws.listing(&[apps]), before);
}

#[test]
fn with_iam_in_force_the_read_only_role_scans_and_is_refused_every_change() {
    let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
    let seeded = aws.seed(&organization());
    deploy_roles(&aws, &seeded, false);
    aws.role(
        seeded.account("management"),
        "vpce-scout",
        &policy("caller"),
    );
    let home = Home::of(&aws, &seeded);
    let secret = ["--external-id", "s3cret"];
    home.scan(&secret).exits_with(0);
    let mut status = vec!["logging", "status"];
    status.extend(secret);
    home.run(&status).exits_with(0);
    let before = aws.listing(&seeded.account_ids());
    let mut enable = vec!["logging", "enable", "flow", "--apply", "--format", "csv"];
    enable.extend(["--role-name", "vpce-scout-read"]);
    enable.extend(secret);
    let output = home.run(&enable).exits_with(3);
    let table = Table::read("logging", output.stdout.as_bytes());
    assert!(table.rows_with(&[("outcome", "done")]).is_empty());
    assert!(!table.rows_with(&[("reason", "access_denied")]).is_empty());
    assert_eq!(aws.listing(&seeded.account_ids()), before);
    // Without the external id there are no credentials at all.
    let refused = home.run(&["logging", "status"]).exits_with(3);
    assert!(
        refused.stdout.contains("cannot assume"),
        "{}",
        refused.stdout
    );
    let calls = aws.journal(&[seeded.account("apps")]);
    assert!(
        calls
            .iter()
            .all(|call: &Call| !call.operation.starts_with("Delete"))
    );
}

#[test]
fn the_trial_vpc_is_deployed_and_a_scan_finds_it_logging() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = aws.seed(&Organization::new().account(Account::new("apps")));
    let stack = aws.deploy(&json!({
        "account": seeded.account("apps"), "region": HOME, "name": "trial",
        "template": text("cloudformation/trial-vpc.yaml"),
    }));
    assert_eq!(stack["status"], "CREATE_COMPLETE");
    assert_eq!(stack["unsupported"], json!([]));
    let home = Home::of(&aws, &seeded);
    home.scan(&["--no-usage"]).exits_with(0);
    let vpcs = fs::read(home.path().join("report/vpcs.csv")).unwrap();
    let vpcs = Table::read("vpcs", &vpcs);
    let vpc = vpcs.row(&[("vpc_name", "trial")]);
    assert_eq!(vpc["subnets"], "3");
    assert_eq!(vpc["nat_gateways"], "1");
    assert_eq!(vpc["query_logging"], "own");
}
