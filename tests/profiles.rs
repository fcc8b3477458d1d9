//! Query logging that a Route 53 Profile carries to a VPC.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, Scan},
    table::Table,
    vpc::Vpc,
};

const STS: &str = "sts.eu-west-1.amazonaws.com.";

/// An account `network` that shares a Profile with `app`, the VPCs of which log by it or not.
fn document() -> Value {
    let failed = json!({ "profile": "network:logged", "status": "FAILED", "message": "no room" });
    let app = Account::new("app")
        .vpc(
            Vpc::new("by profile")
                .with("profile", "network:logged")
                .asks(STS, 5),
        )
        .vpc(
            Vpc::new("by failed profile")
                .with("profile", failed)
                .asks(STS, 6),
        )
        .vpc(Vpc::new("by empty profile").with("profile", "network:empty"))
        .vpc(Vpc::new("bare"))
        .vpc(Vpc::new("own").logged().asks(STS, 7));
    let network = Account::new("network")
        .shares_query_log("central", &[])
        .vpc(Vpc::new("hub").with("profile", "logged").asks(STS, 8));
    let mut document = Organization::new().account(app).account(network).document();
    let accounts = document["accounts"].as_array().unwrap();
    let id_of = |name: &str| {
        let account = accounts.iter().find(|it| it["name"] == name);
        account.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (app, network) = (id_of("app"), id_of("network"));
    let profile = |name: &str, configs: Value| json!({ "name": name, "query_log_configs": configs, "share_with": [app] });
    let profiles = json!([
        profile("logged", json!(["central"])),
        profile(
            "empty",
            json!([{ "config": "central", "status": "CREATING" }])
        ),
    ]);
    for account in document["accounts"].as_array_mut().unwrap() {
        let is_network = account["id"] == network.as_str();
        let Some(region) = account.pointer_mut(&format!("/regions/{HOME}")) else {
            continue;
        };
        if is_network {
            region["profiles"] = profiles.clone();
        }
        for vpc in region["vpcs"].as_array_mut().into_iter().flatten() {
            if let Some(profile) = vpc.get_mut("profile") {
                let text = profile
                    .to_string()
                    .replace("network:", &format!("{network}:"));
                *profile = serde_json::from_str(&text).unwrap();
            }
        }
    }
    document
}

#[track_caller]
fn assert_logging(report: &Report, seeded: &Seeded, expected: &[(&str, &str, &str)]) {
    for (name, logging, queries) in expected {
        let vpc = report
            .table("vpcs")
            .row(&[("vpc_id", seeded.vpc(name))])
            .clone();
        assert_eq!(vpc["query_logging"], *logging, "{name}: {vpc:?}");
        assert_eq!(vpc["dns_queries"], *queries, "{name}: {vpc:?}");
    }
}

#[test]
fn a_vpc_logs_by_the_configurations_of_its_profile_and_by_no_more() {
    let aws = Aws::shared();
    let seeded = aws.seed_document(document());
    aws.set(seeded.account("management"), &json!({ "page_limit": 1 }));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    assert_logging(
        &report,
        &seeded,
        &[
            ("by profile", "shared", "5"),
            ("by failed profile", "failed", ""),
            ("by empty profile", "shared", ""),
            ("bare", "none", ""),
            ("own", "own", "7"),
            ("hub", "own", "8"),
        ],
    );
    let failed = report
        .table("vpcs")
        .row(&[("vpc_id", seeded.vpc("by failed profile"))])
        .clone();
    let message = &failed["query_logging_message"];
    assert!(
        message.contains("FAILED: no room") && message.contains(" of rp-"),
        "{message}"
    );
}

#[test]
fn without_the_profiles_what_logs_by_itself_is_read_and_the_rest_is_unknown() {
    let aws = Aws::shared();
    let seeded = aws.seed_document(document());
    let app = seeded.account("app");
    aws.fault(&json!({ "account": app, "service": "route53profiles", "fault": "access_denied" }));
    let report = Scan::of(aws, &seeded).run().exits_with(3);
    aws.clear_faults(&[app]);
    assert_logging(
        &report,
        &seeded,
        &[
            // The owner of the Profile lists it too.
            ("by profile", "shared", "5"),
            ("bare", "unknown", ""),
            ("own", "own", "7"),
            ("hub", "own", "8"),
        ],
    );
    let cell = |step: &str| {
        let place = [("account_id", app), ("region", HOME), ("step", step)];
        report.table("coverage").row(&place).clone()
    };
    assert_eq!(cell("route53_profiles")["reason"], "access_denied");
    let usage = cell("dns_usage");
    assert_eq!(
        (usage["outcome"].as_str(), usage["reason"].as_str()),
        ("skipped", "access_denied")
    );
    assert!(usage["message"].contains(seeded.vpc("bare")), "{usage:?}");
    assert!(!usage["message"].contains(seeded.vpc("own")), "{usage:?}");
}

#[test]
fn a_profile_whose_resources_may_not_be_listed_leaves_query_logging_unknown() {
    let aws = Aws::shared();
    let seeded = aws.seed_document(document());
    let app = seeded.account("app");
    aws.fault(&json!({
        "account": app, "service": "route53profiles", "operation": "ListProfileResourceAssociations",
        "fault": "access_denied",
    }));
    // The owner of the Profile, which could list them, is not scanned.
    let without_owner = ["--exclude-accounts", seeded.account("network")];
    let report = Scan::of(aws, &seeded).args(&without_owner).run();
    aws.clear_faults(&[app]);
    let report = report.exits_with(3);
    assert_logging(
        &report,
        &seeded,
        &[
            ("by profile", "unknown", ""),
            ("by failed profile", "unknown", ""),
            ("by empty profile", "unknown", ""),
            // It is associated with no Profile.
            ("bare", "none", ""),
            ("own", "own", "7"),
        ],
    );
    let place = [
        ("account_id", app),
        ("region", HOME),
        ("step", "route53_profiles"),
    ];
    let row = report.table("coverage").row(&place).clone();
    assert_eq!(row["reason"], "access_denied", "{row:?}");
}

#[test]
fn no_second_log_is_planned_for_a_vpc_whose_profile_cannot_be_read_and_the_others_go_on() {
    let aws = Aws::shared();
    let seeded = aws.seed_document(document());
    let app = seeded.account("app");
    let fault = |operation: &str| {
        json!({
            "account": app, "service": "route53profiles", "operation": operation,
            "fault": "access_denied",
        })
    };
    let home = Home::of(aws, &seeded);
    let scope = ["--accounts", app, "--format", "csv"];
    let read = |command: &[&str]| {
        let arguments = [&["logging"], command, &scope[..]].concat();
        let done = home.run(&arguments).exits_with(3);
        Table::read("logging", done.stdout.as_bytes())
    };
    for (operation, bare) in [
        ("ListProfileResourceAssociations", ["not_logged", "planned"]),
        // Any VPC may be associated with a Profile.
        ("ListProfileAssociations", ["unknown", "cannot"]),
    ] {
        aws.fault(&fault(operation));
        let (status, plan) = (read(&["status"]), read(&["enable", "dns"]));
        aws.clear_faults(&[app]);
        let logs = [
            ("by profile", ["unknown", "cannot"]),
            ("by failed profile", ["unknown", "cannot"]),
            ("by empty profile", ["unknown", "cannot"]),
            ("bare", bare),
            ("own", ["logged", "left"]),
        ];
        for (name, [state, planned]) in logs {
            let vpc = seeded.vpc(name);
            let row = status.row(&[("vpc_id", vpc), ("log", "dns")]);
            assert_eq!(row["state"], state, "{operation} {name}: {row:?}");
            let row = plan.row(&[("vpc_id", vpc)]);
            assert_eq!(row["outcome"], planned, "{operation} {name}: {row:?}");
            let explained = row["message"].contains("Route 53 Profile");
            assert_eq!(
                explained,
                planned == "cannot",
                "{operation} {name}: {row:?}"
            );
        }
    }
}
