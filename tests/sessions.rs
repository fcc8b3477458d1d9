//! A role is assumed once an account, however many regions it has and however many accounts there are.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, Organization},
    scout::Scan,
    vpc::Vpc,
};

/// Scans the organization and returns how often the role of each account was assumed.
fn assumed(organization: &Organization) -> (usize, BTreeMap<String, usize>) {
    let aws = Aws::shared();
    let seeded = aws.seed(organization);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let scanned = report
        .table("accounts")
        .rows_with(&[("scanned", "true")])
        .len();
    let mut calls = BTreeMap::new();
    for call in aws.journal(&seeded.account_ids()) {
        if call.operation == "AssumeRole" {
            assert_eq!(call.service, "sts");
            assert_eq!(call.region, "eu-west-1", "the caller's region");
            *calls.entry(call.account).or_default() += 1;
        }
    }
    (scanned, calls)
}

#[track_caller]
fn assert_once_each(members: usize, (scanned, calls): (usize, BTreeMap<String, usize>)) {
    assert_eq!(
        scanned,
        members + 1,
        "the members and the caller's own account"
    );
    assert_eq!(calls.len(), members, "every account but the caller's own");
    assert!(calls.values().all(|&count| count == 1), "{calls:?}");
}

#[test]
fn a_role_is_assumed_once_in_each_of_14_accounts_with_3_regions() {
    let regions = ["eu-west-1", "eu-central-1", "us-east-1"];
    let mut organization = Organization::new().in_regions(&regions);
    for number in 0..13 {
        let mut account = Account::new(&format!("account {number}"));
        for region in regions {
            account = account.vpc(Vpc::with_everything(region).in_region(region));
        }
        organization = organization.account(account);
    }
    assert_once_each(13, assumed(&organization));
}

#[test]
fn a_role_is_assumed_once_in_each_of_200_accounts_with_2_regions() {
    let mut organization = Organization::new().in_regions(&["eu-west-1", "us-east-1"]);
    for number in 0..199 {
        organization = organization.account(Account::new(&format!("account {number}")));
    }
    assert_once_each(199, assumed(&organization));
}

#[test]
fn the_owner_of_shared_logs_that_is_left_out_of_the_scan_is_entered_once_to_read_them() {
    let aws = Aws::shared();
    let member = |name: &str| {
        Account::new(name).vpc(
            Vpc::new(name)
                .logged_by("logs", "central")
                .asks("sts.amazonaws.com.", 3),
        )
    };
    let organization = Organization::new()
        .account(Account::new("logs").shares_query_log("central", &["one", "two"]))
        .account(member("one"))
        .account(member("two"));
    let organization = aws.seed(&organization);
    let logs = organization.account("logs");
    let report = Scan::of(aws, &organization)
        .args(&["--exclude-accounts", logs])
        .run()
        .exits_with(0);
    let vpcs = report.table("vpcs");
    assert_eq!(
        vpcs.rows_with(&[("dns_queries", "3"), ("query_logging", "shared")])
            .len(),
        2
    );
    let calls = aws.journal(&[logs]);
    assert_eq!(
        calls
            .iter()
            .filter(|call| call.operation == "AssumeRole")
            .count(),
        1
    );
    assert!(!calls.iter().any(|call| call.service == "ec2"), "{calls:?}");
}

#[test]
fn where_sts_is_turned_off_the_region_in_which_it_cannot_be_is_asked() {
    let aws = Aws::shared();
    let seeded = aws.seed(
        &Organization::new()
            .in_regions(&["eu-west-1"])
            .account(Account::new("member").vpc(Vpc::with_everything("vpc"))),
    );
    let off = |region: &str| {
        for (account, operation) in [
            ("management", "GetCallerIdentity"),
            ("member", "AssumeRole"),
        ] {
            aws.fault(&json!({
                "account": seeded.account(account),
                "service": "sts",
                "operation": operation,
                "region": region,
                "fault": "error",
                "code": "RegionDisabledException",
                "message": "STS is not activated in this region",
                "status": 403,
            }));
        }
    };
    off("eu-west-1");
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let accounts = report.table("accounts");
    assert_eq!(accounts.rows_with(&[("scanned", "true")]).len(), 2);
    // A region that is set is the only one, and what it refuses is a gap.
    let report = Scan::of(aws, &seeded)
        .env("VPCE_SCOUT_ROLE_STS_REGION", "eu-west-1")
        .run()
        .exits_with(3);
    aws.clear_faults(&seeded.account_ids());
    let member = seeded.account("member");
    let accounts = report.table("accounts");
    let row = accounts.row(&[("account_id", member)]);
    assert_eq!(row["reason"], "role_denied", "{row:?}");
}
