//! Every list is read to its end: with two items a page, the reports are the same.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, Organization, Seeded},
    scout::{Report, Scan, TABLES},
    table::Table,
    vpc::Vpc,
};

/// More than two of everything that AWS lists.
fn organization() -> Organization {
    let mut organization =
        Organization::new().in_regions(&["eu-west-1", "eu-central-1", "us-east-1"]);
    for number in 0..5 {
        let mut account = Account::new(&format!("account {number}"))
            .with("ou", format!("/Unit {number}/Unit below"))
            .shares_query_log(&format!("central {number}"), &["account 0"]);
        for vpc in 0..3 {
            let vpc = Vpc::with_everything(&format!("vpc {number} {vpc}"))
                .subnet("c")
                .route_table("second", &["c"], &[])
                .route_table("third", &[], &[])
                .nat_gateway("second nat", 1, 2)
                .nat_gateway("third nat", 3, 4)
                .endpoint(json!({ "service": "kms", "subnets": ["b"] }))
                .flow_logged_to("s3:bucket")
                .flow_logged_to("firehose:stream");
            account = account.vpc(vpc);
        }
        organization = organization.account(account);
    }
    organization
}

fn scan(aws: &Aws, seeded: &Seeded) -> Report {
    Scan::of(aws, seeded).run().exits_with(0)
}

/// The cells of a scan, whatever they took.
fn cells(report: &Report) -> Table {
    report
        .table("coverage")
        .without(&["attempts", "duration_ms"], |_| false)
}

#[test]
fn reports_are_the_same_with_two_items_a_page() {
    let organization = organization();
    let whole = Aws::shared();
    let whole = scan(whole, &whole.seed(&organization));
    let paged = Aws::with_settings(&json!({
        "page_limit": 2,
        "insights.page_rows": 2,
        "organizations.empty_pages": true,
    }));
    let seeded = paged.seed(&organization);
    let paged_report = scan(&paged, &seeded);
    for name in TABLES.into_iter().filter(|name| *name != "coverage") {
        let file = format!("{name}.csv");
        let text = |report: &Report| String::from_utf8(report.file(&file)).unwrap();
        assert_eq!(text(&whole), text(&paged_report), "{file}");
    }
    assert_eq!(
        whole.file("vpc_hosts.json"),
        paged_report.file("vpc_hosts.json")
    );

    assert_eq!(cells(&whole), cells(&paged_report));

    // The pages were really that small.
    let journal = paged.journal(&seeded.account_ids());
    let lists = journal
        .iter()
        .filter(|call| call.operation == "ListAccounts")
        .count();
    assert!(lists >= 4, "{lists} calls of ListAccounts for 6 accounts");
}

#[test]
fn two_scans_of_the_same_organization_write_the_same_bytes() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let [first, second] = [scan(aws, &seeded), scan(aws, &seeded)];
    for name in TABLES.into_iter().filter(|name| *name != "coverage") {
        let file = format!("{name}.csv");
        assert!(first.file(&file) == second.file(&file), "{file} differs");
    }
    assert_eq!(cells(&first), cells(&second));
    assert!(
        first.file("vpc_hosts.json") == second.file("vpc_hosts.json"),
        "vpc_hosts.json differs"
    );
}
