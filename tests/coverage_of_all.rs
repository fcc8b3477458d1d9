//! Faults of what concerns all accounts: the organization, and what a region offers.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Scan, TABLES},
    table::Row,
    vpc::Vpc,
};

fn organization(aws: &Aws) -> Seeded {
    let member = |name: &str| {
        Account::new(name)
            .with("ou", "/Unit")
            .vpc(Vpc::with_everything(name))
    };
    aws.seed(
        &Organization::new()
            .account(member("one"))
            .account(member("two")),
    )
}

fn fault(aws: &Aws, account: &str, operation: &str, kind: &str, times: Option<u32>) {
    aws.fault(
        &json!({ "account": account, "operation": operation, "fault": kind, "times": times }),
    );
}

#[test]
fn accounts_that_cannot_be_listed_end_the_scan_with_both_remedies() {
    let aws = Aws::shared();
    for kind in ["access_denied", "drop"] {
        let organization = organization(aws);
        let management = organization.account("management");
        fault(aws, management, "ListAccounts", kind, None);
        let report = Scan::of(aws, &organization).run().exits_with(1);
        for remedy in [
            management,
            "--accounts ID",
            "--accounts self",
            "--org-role-arn",
        ] {
            assert!(
                report.stderr.contains(remedy),
                "{kind}: no `{remedy}` in {}",
                report.stderr
            );
        }
        assert!(report.stdout.is_empty(), "{}", report.stdout);
        // The remedies work.
        let [one, two] = ["one", "two"].map(|name| organization.account(name));
        let accounts = format!("{one},{two}");
        let named = Scan::of(aws, &organization)
            .args(&["--accounts", &accounts])
            .run()
            .exits_with(0);
        assert_eq!(named.table("vpcs").rows().len(), 2);
        let own = Scan::of(aws, &organization)
            .args(&["--accounts", "self"])
            .run()
            .exits_with(0);
        assert_eq!(own.table("accounts").row(&[])["account_id"], management);
    }
}

#[test]
fn an_account_outside_of_any_organization_is_reported() {
    let aws = Aws::shared();
    let organization = organization(aws);
    fault(
        aws,
        organization.account("management"),
        "ListAccounts",
        "not_found",
        None,
    );
    let report = Scan::of(aws, &organization).run().exits_with(1);
    assert!(
        report.stderr.contains("not a member of an organization"),
        "{}",
        report.stderr
    );
    assert!(
        report.stderr.contains("--accounts self"),
        "{}",
        report.stderr
    );
}

#[test]
fn faults_of_the_organizational_units_leave_their_paths_unknown_and_nothing_else() {
    let aws = Aws::shared();
    let organization = organization(aws);
    let management = organization.account("management");
    let sound = Scan::of(aws, &organization).run().exits_with(0);
    let operations = [
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccountsForParent",
    ];
    let cases = [
        ("access_denied", None, "failed", "access_denied"),
        ("throttle", Some(2), "complete", ""),
        ("drop", None, "failed", "unreachable"),
    ];
    for operation in operations {
        for (kind, times, outcome, reason) in cases {
            fault(aws, management, operation, kind, times);
            let faulty = Scan::of(aws, &organization).run();
            aws.clear_faults(&[management]);
            let gone = outcome == "failed";
            let faulty = faulty.exits_with(if gone { 3 } else { 0 });
            let coverage = faulty.table("coverage");
            let row = coverage.row(&[("step", "organization")]);
            assert_eq!(
                (row["outcome"].as_str(), row["reason"].as_str()),
                (outcome, reason),
                "{row:?}"
            );
            let volatile = ["attempts", "duration_ms", if gone { "ou_path" } else { "" }];
            for name in TABLES {
                let is_about_fault =
                    |row: &Row| row.get("step").is_some_and(|step| step == "organization");
                let rest = faulty.table(name).without(&volatile, is_about_fault);
                let expected = sound.table(name).without(&volatile, is_about_fault);
                assert_eq!(rest, expected, "{operation} {kind}");
            }
        }
    }
}

#[test]
fn regions_are_learnt_from_the_account_api_where_ec2_denies_them() {
    let aws = Aws::shared();
    let organization = organization(aws);
    fault(
        aws,
        organization.account("one"),
        "DescribeRegions",
        "access_denied",
        None,
    );
    let report = Scan::of(aws, &organization).run().exits_with(0);
    let coverage = report.table("coverage");
    let one = [
        ("account_id", organization.account("one")),
        ("step", "regions"),
        ("region", ""),
    ];
    let row = coverage.row(&one);
    assert_eq!(row["outcome"], "complete");
    assert!(row["message"].contains("account:ListRegions"), "{row:?}");
    assert_eq!(report.table("vpcs").rows().len(), 2);
}

#[test]
fn endpoint_services_are_asked_of_another_account_where_one_is_denied() {
    let aws = Aws::shared();
    let organization = organization(aws);
    let sound = Scan::of(aws, &organization).run().exits_with(0);
    // Accounts are asked by their ids, the caller's first.
    for name in ["management", "one"] {
        let account = organization.account(name);
        let operation = "DescribeVpcEndpointServices";
        fault(aws, account, operation, "access_denied", None);
    }
    let report = Scan::of(aws, &organization).run().exits_with(3);
    let services = report.table("vpc_services");
    assert_eq!(services, sound.table("vpc_services"));
    let coverage = report.table("coverage");
    let outcome = |name: &str| {
        let account = organization.account(name);
        let place = [
            ("account_id", account),
            ("step", "endpoint_services"),
            ("region", HOME),
        ];
        coverage.row(&place)["outcome"].clone()
    };
    let outcomes = ["management", "one", "two"].map(outcome);
    assert_eq!(outcomes, ["failed", "failed", "complete"]);
}

#[test]
fn endpoint_services_that_no_account_shows_are_unknown_and_nothing_else_is() {
    let aws = Aws::shared();
    let organization = organization(aws);
    let sound = Scan::of(aws, &organization).run().exits_with(0);
    let cases = [
        ("access_denied", "access_denied"),
        ("throttle", "throttled"),
        ("drop", "unreachable"),
        ("garbage", "invalid_response"),
    ];
    for (kind, reason) in cases {
        for account in organization.account_ids() {
            let operation = "DescribeVpcEndpointServices";
            fault(aws, account, operation, kind, None);
        }
        let report = Scan::of(aws, &organization).run().exits_with(3);
        aws.clear_faults(&organization.account_ids());
        let coverage = report.table("coverage");
        let rows = coverage.rows_with(&[("step", "endpoint_services"), ("region", HOME)]);
        assert_eq!(rows.len(), 3, "{coverage:?}");
        for row in rows {
            let result = (row["outcome"].as_str(), row["reason"].as_str());
            assert_eq!(result, ("failed", reason), "{row:?}");
        }
        let services = report.table("vpc_services");
        assert_eq!(services.rows().len(), 4, "{services:?}");
        for row in services.rows() {
            let unknown = (
                row["endpoint_supported"].as_str(),
                row["endpoint_types"].as_str(),
            );
            assert_eq!(unknown, ("", ""), "{row:?}");
        }
        let volatile = [
            "endpoint_supported",
            "endpoint_types",
            "endpoint_service_name",
            "missing_availability_zones",
            "full_access_policy",
            "findings",
            "attempts",
            "duration_ms",
        ];
        let advice = report.table("opportunities");
        // Advice without a service is about NAT gateways.
        for row in advice.rows().iter().filter(|it| !it["service"].is_empty()) {
            assert!(row["caveats"].contains("offer_unknown"), "{row:?}");
        }
        let others = ["findings", "opportunities", "hub_or_own"];
        for name in TABLES.into_iter().filter(|name| !others.contains(name)) {
            let is_about_fault = |row: &Row| {
                row.get("step")
                    .is_some_and(|step| step == "endpoint_services")
            };
            let rest = report.table(name).without(&volatile, is_about_fault);
            assert_eq!(
                rest,
                sound.table(name).without(&volatile, is_about_fault),
                "{kind}"
            );
        }
    }
}
