//! The organization of `cargo run --example demo`: what it holds, and that its scan says what is
//! missing and why.

use std::collections::BTreeSet;

use crate::support::{admin::Aws, scout::Scan};

#[test]
fn the_scan_of_the_demo_organization_ends_with_gaps_and_says_why() {
    let aws = Aws::with_demo();
    let report = Scan::as_caller(&aws, aws.demo_caller()).run().exits_with(3);

    let accounts = report.table("accounts");
    assert!(accounts.rows().len() >= 12, "{accounts:?}");
    assert_eq!(
        accounts
            .rows_with(&[("reason", "account_suspended"), ("scanned", "false")])
            .len(),
        1
    );
    let denied = accounts.row(&[("reason", "role_denied"), ("scanned", "false")]);
    let nested = accounts
        .rows()
        .iter()
        .any(|row| row["ou_path"].matches('/').count() > 1);
    assert!(nested, "{accounts:?}");

    let coverage = report.table("coverage");
    let place = [
        ("account_id", denied["account_id"].as_str()),
        ("step", "assume_role"),
    ];
    let row = coverage.row(&place);
    assert_eq!(
        (row["outcome"].as_str(), row["error_code"].as_str()),
        ("failed", "AccessDenied")
    );
    assert!(report.stdout.contains("role_denied"), "{}", report.stdout);

    let vpcs = report.table("vpcs");
    let column = |name: &str| -> BTreeSet<&str> {
        vpcs.rows().iter().map(|row| row[name].as_str()).collect()
    };
    assert!(column("region").len() >= 3, "{vpcs:?}");
    assert!(
        column("query_logging").is_superset(&["own", "shared", "none"].into()),
        "{vpcs:?}"
    );
    let types: BTreeSet<_> = {
        let endpoints = report.table("endpoints");
        endpoints
            .rows()
            .iter()
            .map(|row| row["endpoint_type"].clone())
            .collect()
    };
    assert!(
        types.contains("Gateway") && types.contains("Interface"),
        "{types:?}"
    );
    let gateways = report.table("nat_gateways");
    assert!(
        gateways
            .rows()
            .iter()
            .any(|row| !row["bytes_in_from_source"].is_empty()),
        "{gateways:?}"
    );

    let hosts = report.table("hosts");
    let kinds: BTreeSet<_> = hosts
        .rows()
        .iter()
        .map(|row| row["kind"].as_str())
        .collect();
    assert!(
        kinds.is_superset(&["service", "customer_resource", "other_aws"].into()),
        "{kinds:?}"
    );
    let names: BTreeSet<_> = hosts
        .rows()
        .iter()
        .map(|row| row["host"].as_str())
        .collect();
    assert!(names.len() >= 40, "{names:?}");
}
