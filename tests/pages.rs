//! Every list is read to its end: with two items a page, the reports are the same.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, Organization, Seeded},
    scout::{Report, Scan, TABLES},
    table::Table,
    vpc::Vpc,
};

const TRANSIT_GATEWAY: &str = "tgw-0fedcba9876543210";
const ROUTES: &str = "tgw-rtb-0fedcba9876543210";

/// More than two of everything that AWS lists.
fn organization() -> Organization {
    let mut organization =
        Organization::new().in_regions(&["eu-west-1", "eu-central-1", "us-east-1"]);
    for number in 0..5 {
        let mut account = Account::new(&format!("account {number}"))
            .with("ou", format!("/Unit {number}/Unit below"))
            .shares_query_log(&format!("central {number}"), &["account 0"]);
        for vpc_number in 0..3 {
            let vpc = Vpc::with_everything(&format!("vpc {number} {vpc_number}"))
                .subnet("c")
                .route_table("second", &["c"], &[])
                .route_table("third", &[], &[])
                .nat_gateway("second nat", 1, 2)
                .nat_gateway("third nat", 3, 4)
                .with(
                    "security_groups",
                    json!([{ "name": "open", "ingress": [{ "ports": [443, 443], "cidrs": ["10.0.0.0/8"] }] }]),
                )
                .endpoint(json!({ "service": "kms", "subnets": ["b"], "security_groups": ["open"] }))
                .attached_to("account 4", TRANSIT_GATEWAY, ROUTES)
                .flow_logged_to("s3:bucket")
                .flow_logged_to("firehose:stream");
            account = account.vpc(if (number, vpc_number) == (4, 2) {
                vpc.endpoint(
                    json!({ "service": "glue", "subnets": ["b"], "addresses": ["10.0.1.99"] }),
                )
            } else {
                vpc
            });
        }
        if number == 4 {
            account = account.routes_all_to("vpc 4 2", TRANSIT_GATEWAY, ROUTES);
        }
        organization = organization.account(account);
    }
    // Its answer and its egress lead to the last VPC of the last account.
    let spoke = Vpc::new("spoke")
        .with("cidrs", json!(["10.77.0.0/16"]))
        .with(
            "subnets",
            json!([{ "name": "a", "az": "a", "cidr": "10.77.0.0/24" }]),
        )
        .route_table(
            "private",
            &["a"],
            &[("0.0.0.0/0", &format!("tgw:{TRANSIT_GATEWAY}"))],
        )
        .attached_to("account 4", TRANSIT_GATEWAY, ROUTES)
        .logged()
        .answered("glue.eu-west-1.amazonaws.com.", &["10.0.1.99"]);
    organization.account(Account::new("spokes").vpc(spoke))
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
        "organizations.overlapping_pages": true,
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

    // What stands on a later page was used.
    let last = seeded.vpc("vpc 4 2");
    let spoke = [("vpc_id", seeded.vpc("spoke"))];
    assert_eq!(
        paged_report.table("vpc_services").row(&spoke)["hub_vpc_id"],
        last
    );
    assert_eq!(
        paged_report.table("vpcs").row(&spoke)["egress_vpc_id"],
        last
    );
    let endpoints = paged_report.table("endpoints");
    for endpoint in endpoints.rows_with(&[("service", "kms")]) {
        assert_eq!(
            endpoint["security_group_allows_443"], "true",
            "{endpoint:?}"
        );
    }

    // The pages were really that small.
    let journal = paged.journal(&seeded.account_ids());
    let lists = journal
        .iter()
        .filter(|call| call.operation == "ListAccounts")
        .count();
    assert!(lists >= 4, "{lists} calls of ListAccounts for 7 accounts");
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
