//! Every way in which AWS can fail a call has its reason in the coverage, in each of the protocols
//! that its services speak.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization},
    scout::Scan,
    vpc::Vpc,
};

const OTHER_REGION: &str = "us-east-1";

/// Account, region, step, service and operation: forms and XML, JSON, CBOR, and forms again.
const CALLS: [(&str, &str, &str, &str, &str); 5] = [
    ("app", OTHER_REGION, "vpcs", "ec2", "DescribeVpcs"),
    (
        "app",
        HOME,
        "query_logging",
        "route53resolver",
        "ListResolverQueryLogConfigs",
    ),
    ("app", HOME, "nat_metrics", "cloudwatch", "GetMetricData"),
    ("app", HOME, "route_tables", "ec2", "DescribeRouteTables"),
    ("locked", "", "assume_role", "sts", "AssumeRole"),
];

#[test]
fn every_failure_has_its_reason_in_every_protocol() {
    let aws = Aws::shared();
    let there = Vpc::with_everything("there").in_region(OTHER_REGION);
    let app = Account::new("app")
        .vpc(Vpc::with_everything("here"))
        .vpc(there);
    let organization = Organization::new()
        .account(app)
        .account(Account::new("locked"));
    let organization = aws.seed(&organization);
    let accounts = organization.account_ids();
    for (kind, reason) in [
        ("scp_denied", "scp_denied"),
        ("expired", "expired"),
        ("unavailable", "unreachable"),
        ("cut", "unreachable"),
        ("garbage", "invalid_response"),
        ("not_found", "other"),
    ] {
        for (account, region, _, service, operation) in CALLS {
            aws.fault(&json!({
                "account": organization.account(account),
                "region": if region.is_empty() { "*" } else { region },
                "service": service,
                "operation": operation,
                "fault": kind,
            }));
        }
        let report = Scan::of(aws, &organization).run().exits_with(3);
        aws.clear_faults(&accounts);
        let coverage = report.table("coverage");
        for (account, region, step, ..) in CALLS {
            let account = organization.account(account);
            let row = coverage.row(&[("account_id", account), ("region", region), ("step", step)]);
            assert_eq!(row["outcome"], "failed", "{kind}: {row:?}");
            assert_eq!(row["reason"], reason, "{kind}: {row:?}");
            assert!(!row["message"].is_empty(), "{kind}: {row:?}");
            assert!(!row["message"].contains('\n'), "{kind}: {row:?}");
        }
    }
}

#[test]
fn a_region_that_a_policy_denies_is_asked_once_and_skipped() {
    let aws = Aws::shared();
    let there = Vpc::with_everything("there").in_region(OTHER_REGION);
    let app = Account::new("app")
        .vpc(Vpc::with_everything("here"))
        .vpc(there);
    let organization = aws.seed(&Organization::new().account(app));
    let app = organization.account("app");
    aws.fault(&json!({ "account": app, "region": OTHER_REGION, "fault": "scp_denied" }));
    let report = Scan::of(aws, &organization).run().exits_with(3);
    let coverage = report.table("coverage");
    let rows = coverage.rows_with(&[("account_id", app), ("region", OTHER_REGION)]);
    let steps = coverage
        .rows_with(&[("account_id", app), ("region", HOME)])
        .len();
    assert_eq!(
        rows.len(),
        steps,
        "as many steps as in the other region: {coverage:?}"
    );
    for row in rows {
        let outcome = match row["step"].as_str() {
            "vpcs" => "failed",
            // The other account shows them.
            "endpoint_services" => continue,
            _ => "skipped",
        };
        let found = (row["outcome"].as_str(), row["reason"].as_str());
        assert_eq!(found, (outcome, "scp_denied"), "{row:?}");
    }
    let calls = aws.journal(&[app]);
    let there: Vec<_> = calls
        .iter()
        .filter(|call| call.region == OTHER_REGION)
        .collect();
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(
        report.table("vpcs").row(&[])["vpc_id"],
        organization.vpc("here")
    );
}

#[test]
fn a_region_without_a_vpc_takes_one_call_and_a_vpc_without_endpoints_and_logs_no_call_of_its_own() {
    let aws = Aws::shared();
    let app = Account::new("app")
        .vpc(Vpc::with_everything("used"))
        .vpc(Vpc::new("bare"));
    let organization = Organization::new().in_regions(&[HOME, OTHER_REGION]);
    let seeded = aws.seed(&organization.account(app));
    let regions = format!("{HOME},{OTHER_REGION}");
    let scan = Scan::of(aws, &seeded).args(&["--regions", &regions]);
    let report = scan.run().exits_with(0);
    let calls = aws.journal(&[seeded.account("app")]);
    let there = calls.iter().filter(|call| call.region == OTHER_REGION);
    let there: Vec<_> = there.map(|call| call.operation.as_str()).collect();
    assert_eq!(there, ["DescribeVpcs"]);
    let attributes = calls
        .iter()
        .filter(|call| call.operation == "DescribeVpcAttribute");
    assert_eq!(attributes.count(), 2, "two attributes of one VPC");
    let vpcs = report.table("vpcs");
    let of = |name: &str| {
        let vpc = vpcs.row(&[("vpc_id", seeded.vpc(name))]);
        [vpc["dns_support"].clone(), vpc["dns_hostnames"].clone()]
    };
    assert_eq!(of("used"), ["true", "true"]);
    assert_eq!(of("bare"), ["", ""]);
    let coverage = report.table("coverage");
    let steps = |region: &str| {
        let place = [("account_id", seeded.account("app")), ("region", region)];
        coverage.rows_with(&place).len()
    };
    assert_eq!(steps(OTHER_REGION), steps(HOME), "{coverage:?}");
}

#[test]
fn a_vpc_that_is_deleted_while_it_is_looked_at_takes_no_other_one_along() {
    let aws = Aws::shared();
    let app = Account::new("app")
        .vpc(Vpc::with_everything("one"))
        .vpc(Vpc::with_everything("two"));
    let seeded = aws.seed(&Organization::new().account(app));
    aws.fault(&json!({
        "account": seeded.account("app"),
        "operation": "DescribeVpcAttribute",
        "fault": "not_found",
        "times": 1,
    }));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    aws.clear_faults(&seeded.account_ids());
    let vpcs = report.table("vpcs");
    let attributes = vpcs.rows().iter().map(|vpc| vpc["dns_support"].as_str());
    let mut attributes: Vec<_> = attributes.collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["", "true"], "{vpcs:?}");
    assert!(
        vpcs.rows().iter().all(|vpc| vpc["dns_queries"] == "24"),
        "{vpcs:?}"
    );
}
