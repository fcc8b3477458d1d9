//! The committed policies and the template against the calls of the program.

use clap::Parser;

use super::*;
use crate::usage::athena::run;

/// `permissions` as typed.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    args: PermissionsArgs,
}

fn limits(words: &[&str]) -> Limits {
    let words = std::iter::once(&"permissions").chain(words);
    Limits::of(&Typed::parse_from(words).args, None)
}

fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let all = statements
        .iter()
        .flat_map(|it| it["Action"].as_array().unwrap());
    all.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_committed_policies_are_those_that_the_calls_need() {
    let limits = limits(&[]);
    for (policy, name, committed) in [
        (
            member_policy(&limits, false),
            "read",
            include_str!("../../config/policies/read.json"),
        ),
        (
            caller_policy(&limits, false),
            "caller",
            include_str!("../../config/policies/caller.json"),
        ),
        (
            member_policy(&limits, true),
            "enable",
            include_str!("../../config/policies/enable.json"),
        ),
        (
            caller_policy(&limits, true),
            "caller-enable",
            include_str!("../../config/policies/caller-enable.json"),
        ),
        (
            prices_policy(),
            "prices",
            include_str!("../../config/policies/prices.json"),
        ),
    ] {
        assert_eq!(pretty(&policy), committed, "{name}");
    }
}

#[test]
fn each_action_is_allowed_once_and_nothing_beyond_the_calls() {
    let limits = limits(&[]);
    let member: BTreeSet<_> = member_actions();
    let logging = member.iter().copied().chain(ACTIONS.iter().copied());
    for (policy, expected) in [
        (member_policy(&limits, false), member.clone()),
        (member_policy(&limits, true), logging.collect()),
    ] {
        let all = actions(&policy);
        let unique: BTreeSet<_> = all.iter().map(String::as_str).collect();
        assert_eq!(all.len(), unique.len());
        assert_eq!(unique, expected);
    }
}

#[test]
fn the_template_allows_exactly_these_actions() {
    let (before, rest) = TEMPLATE.split_once("\n  LoggingRole:\n").unwrap();
    let (logging, _) = rest.split_once("\n  DeliveryRole:\n").unwrap();
    let listed = |text: &str| -> BTreeSet<String> {
        let items = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "));
        let items = items.filter(|it| it.contains(':') && !it.ends_with(':') && !it.contains(' '));
        items.map(str::to_owned).collect()
    };
    let limits = limits(&[]);
    for (text, enable) in [(before, false), (logging, true)] {
        let expected: BTreeSet<_> = actions(&member_policy(&limits, enable))
            .into_iter()
            .collect();
        assert_eq!(listed(text), expected);
    }
}

#[test]
fn the_template_allows_reading_objects_where_its_parameters_name_them() {
    let (_, rest) = TEMPLATE.split_once("\n  LogBucketsPolicy:\n").unwrap();
    let (text, _) = rest.split_once("\nOutputs:\n").unwrap();
    let items = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "));
    let listed: BTreeSet<&str> = items
        .filter(|it| {
            ["s3:", "kms:", "athena:", "glue:"]
                .iter()
                .any(|start| it.starts_with(start))
        })
        .collect();
    let expected = usage::objects::ACTIONS
        .iter()
        .chain(crate::logging::BUCKET_ACTIONS)
        .chain(run::ACTIONS)
        .chain(run::CATALOG_ACTIONS)
        .chain(&["kms:Decrypt"]);
    assert_eq!(listed, expected.copied().collect());
}

#[test]
fn no_action_of_a_scan_changes_anything() {
    let reading = [
        "Describe",
        "Get",
        "List",
        "Search",
        "StartQuery",
        "StopQuery",
    ];
    for action in member_actions() {
        let (_, verb) = action.split_once(':').unwrap();
        assert!(
            reading.iter().any(|prefix| verb.starts_with(prefix)),
            "{action}"
        );
    }
}

#[test]
fn the_logging_role_can_neither_create_roles_nor_widen_them() {
    let granted = actions(&member_policy(&limits(&[]), true));
    let iam: Vec<_> = granted.iter().filter(|it| it.starts_with("iam:")).collect();
    assert_eq!(
        iam,
        [
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:PassRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:CreateServiceLinkedRole"
        ]
    );
}

#[test]
fn the_flags_narrow_what_may_be_queried_and_assumed() {
    let limits = limits(&[
        "--log-group-prefixes",
        "/dns/,/flows/",
        "--organization-id",
        "o-1234567890",
        "--role-name",
        "audit",
    ]);
    let caller = caller_policy(&limits, false);
    let statement = |sid: &str| {
        let all = caller["Statement"].as_array().unwrap();
        all.iter().find(|it| it["Sid"] == sid).unwrap().clone()
    };
    let log_groups = [
        "arn:*:logs:*:*:log-group:/dns/*",
        "arn:*:logs:*:*:log-group:/flows/*",
    ];
    assert_eq!(
        statement("VpceScoutQueryLogs")["Resource"],
        serde_json::json!(log_groups)
    );
    let assume = statement("VpceScoutAssumeRoles");
    assert_eq!(assume["Resource"], "arn:*:iam::*:role/audit");
    assert_eq!(
        assume["Condition"]["StringEquals"]["aws:ResourceOrgID"],
        "o-1234567890"
    );
}

#[test]
fn objects_and_athena_are_allowed_where_they_are_named_and_nowhere_else() {
    let none = member_policy(&limits(&[]), false).to_string();
    for action in ["s3:", "athena:", "glue:", "kms:"] {
        assert!(!none.contains(action), "{none}");
    }
    let key = "arn:aws:kms:eu-west-1:111111111111:key/k";
    let words = [
        "--objects",
        "logs/network/,other",
        "--key",
        key,
        "--athena",
        "scouts/central",
    ];
    let policy = member_policy(&limits(&words), false);
    let statements = policy["Statement"].as_array().unwrap();
    let resources = |sid: &str| {
        let found = statements.iter().find(|it| it["Sid"] == sid).unwrap();
        found["Resource"].to_string()
    };
    assert_eq!(
        resources("VpceScoutListObjects"),
        r#"["arn:*:s3:::logs","arn:*:s3:::other"]"#
    );
    assert_eq!(
        resources("VpceScoutGetObjects"),
        r#"["arn:*:s3:::logs/network/*","arn:*:s3:::other/*"]"#
    );
    assert!(resources("VpceScoutDecrypt").contains(key));
    assert!(resources("VpceScoutAthena").contains("workgroup/scouts"));
    assert!(resources("VpceScoutCatalog").contains("table/central/*"));
    // Whoever turns logs on into a bucket checks its policy, and nobody changes it.
    let enabling = member_policy(&limits(&words), true);
    let statements = enabling["Statement"].as_array().unwrap();
    let of_bucket: Vec<_> = actions(&enabling)
        .into_iter()
        .filter(|it| it.starts_with("s3:"))
        .collect();
    assert_eq!(
        of_bucket,
        ["s3:ListBucket", "s3:GetObject", "s3:GetBucketPolicy"]
    );
    let checked = statements
        .iter()
        .find(|it| it["Sid"] == "VpceScoutBucketPolicies");
    assert_eq!(
        checked.unwrap()["Resource"],
        serde_json::json!(["arn:*:s3:::logs", "arn:*:s3:::other"])
    );
    let all = actions(&policy);
    for action in run::ACTIONS.iter().chain(run::CATALOG_ACTIONS) {
        assert!(all.iter().any(|it| it == action), "{action}");
    }
}

#[test]
fn places_in_s3_are_allowed_to_the_caller_alone_and_nothing_beside_them() {
    let without = caller_policy(&limits(&[]), false).to_string();
    assert!(!without.contains("s3:"), "{without}");
    let words = ["permissions", "--out", "s3://reports/nightly"];
    let state: S3Location = "s3://state-1/".parse().unwrap();
    let limits = Limits::of(&Typed::parse_from(words).args, Some(&state));
    assert!(!member_policy(&limits, false).to_string().contains("s3:"));
    let policy = caller_policy(&limits, false);
    let statements = policy["Statement"].as_array().unwrap();
    let written: Vec<&Value> = statements
        .iter()
        .filter(|it| it["Resource"].to_string().contains(":s3:::"))
        .collect();
    let [objects, reports, state]: [&Value; 3] = written.try_into().unwrap();
    assert_eq!(
        objects["Resource"],
        serde_json::json!(["arn:*:s3:::reports/nightly/*", "arn:*:s3:::state-1/*"])
    );
    assert_eq!(
        objects["Action"],
        serde_json::json!(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"])
    );
    assert_eq!(reports["Resource"], "arn:*:s3:::reports");
    assert_eq!(reports["Condition"]["StringLike"]["s3:prefix"], "nightly/*");
    assert_eq!(state["Resource"], "arn:*:s3:::state-1");
    assert_eq!(state.get("Condition"), None);
}

#[test]
fn the_bill_is_allowed_where_it_is_asked_for_and_nowhere_else() {
    for (words, count) in [(&[][..], 0), (&["--bill"], 1)] {
        let limits = limits(words);
        for policy in [member_policy(&limits, false), caller_policy(&limits, false)] {
            let all = actions(&policy);
            let found = all.iter().filter(|it| it.starts_with("ce:"));
            assert_eq!(found.count(), count, "{policy}");
        }
    }
}

#[test]
fn the_template_allows_the_bill_by_a_parameter_that_is_off() {
    let (_, parameter) = TEMPLATE.split_once("\n  AllowBill:\n").unwrap();
    assert!(
        parameter
            .trim_start()
            .starts_with("Type: String\n    Default: \"false\"")
    );
    let [action]: [&str; 1] = crate::collect::bill::ACTIONS.try_into().unwrap();
    assert_eq!(TEMPLATE.matches(&format!("Action: {action}\n")).count(), 1);
}
