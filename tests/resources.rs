//! What is read of endpoints and of what lets a VPC out: metrics, internet gateways, VPC Block Public
//! Access, endpoints of services in other Regions and of services that manage them.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization},
    scout::Scan,
    vpc::Vpc,
};

fn public(name: &str) -> Vpc {
    Vpc::new(name)
        .subnet("a")
        .with("internet_gateway", true)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
}

#[test]
fn a_default_route_to_a_detached_internet_gateway_is_no_way_out() {
    let aws = Aws::shared();
    let detached = public("detached").with("internet_gateway_detached", true);
    let account = Account::new("app").vpc(public("attached")).vpc(detached);
    let seeded = aws.seed(&Organization::new().account(account));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let vpcs = report.table("vpcs");
    let egress = |name: &str| vpcs.row(&[("vpc_name", name)])["egress"].clone();
    assert_eq!(egress("attached"), "internet_gateway");
    assert_eq!(egress("detached"), "none");
}

#[test]
fn an_endpoint_shows_who_made_it_and_where_its_service_is() {
    let aws = Aws::shared();
    let vpc = Vpc::new("app")
        .subnet("a")
        .endpoint(json!({
            "service": "ssm", "service_name": "com.amazonaws.us-west-2.ssm", "subnets": ["a"],
            "service_region": "us-west-2", "private_dns": false, "tags": { "Name": "far" },
            "dns_options": { "DnsRecordIpType": "dualstack" }, "ip_address_type": "dualstack",
        }))
        .endpoint(json!({
            "service": "guardduty-data", "subnets": ["a"], "requester_managed": true,
            "last_error": { "Code": "NoRoom", "Message": "no address is left" },
        }));
    let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let endpoints = report.table("endpoints");
    let far = endpoints.row(&[("name", "far")]);
    for (column, expected) in [
        ("service_region", "us-west-2"),
        ("requester_managed", "false"),
        ("ip_address_type", "dualstack"),
        ("dns_record_ip_type", "dualstack"),
        ("last_error", ""),
    ] {
        assert_eq!(far[column], expected, "{column}");
    }
    let managed = endpoints.row(&[("requester_managed", "true")]);
    assert_eq!(managed["last_error"], "NoRoom: no address is left");
    assert_eq!(managed["service_region"], HOME);
    assert!(managed["created_at"].starts_with("20"), "{managed:?}");
}

#[test]
fn metrics_are_asked_for_only_where_an_endpoint_has_some() {
    let aws = Aws::shared();
    let gateway = json!({ "service": "s3", "type": "Gateway", "route_tables": ["private"] });
    let without = Vpc::new("without")
        .subnet("a")
        .route_table("private", &["a"], &[])
        .endpoint(gateway);
    let with = Vpc::new("with").subnet("a").endpoint(json!({
        "service": "sts", "subnets": ["a"], "metrics": { "BytesProcessed": 1000 },
    }));
    let organization = Organization::new()
        .account(Account::new("without").vpc(without))
        .account(Account::new("with").vpc(with));
    let seeded = aws.seed(&organization);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let coverage = report.table("coverage");
    for (name, asked) in [("without", false), ("with", true)] {
        let account = seeded.account(name);
        let journal = aws.journal(&[account]);
        let calls = journal.iter().filter(|it| it.service == "cloudwatch");
        assert_eq!(calls.count() > 0, asked, "{name}");
        let row = coverage.row(&[
            ("account_id", account),
            ("region", HOME),
            ("step", "endpoint_metrics"),
        ]);
        assert_eq!(row["outcome"], "complete", "{row:?}");
    }
}

#[test]
fn only_what_a_route_or_an_association_leads_to_is_listed() {
    let aws = Aws::shared();
    let vpc = |name: &str, gateway: &str| {
        let vpc = Vpc::new(name).subnet("a");
        vpc.route_table("public", &["a"], &[("0.0.0.0/0", gateway)])
    };
    let organization = Organization::new()
        .account(Account::new("quiet").vpc(vpc("quiet", "igw")))
        .account(Account::new("logged").vpc(vpc("logged", "igw").logged()));
    let seeded = aws.seed(&organization);
    Scan::of(aws, &seeded).run().exits_with(0);
    for (name, operation, asked) in [
        ("quiet", "DescribeInternetGateways", false),
        ("quiet", "DescribeVpcBlockPublicAccessOptions", false),
        ("quiet", "DescribeEgressOnlyInternetGateways", false),
        ("quiet", "ListResolverQueryLogConfigAssociations", true),
        ("quiet", "ListResolverQueryLogConfigs", false),
        ("logged", "ListResolverQueryLogConfigs", true),
    ] {
        let calls = aws.journal(&[seeded.account(name)]);
        let found = calls.iter().any(|it| it.operation == operation);
        assert_eq!(found, asked, "{operation} in {name}");
    }
}

#[test]
fn the_bytes_that_cloudwatch_counts_at_an_endpoint_are_in_its_cost_and_keep_it() {
    const GIB: u64 = 1 << 30;
    let aws = Aws::shared();
    let sts = |metrics: serde_json::Value| json!({ "service": "sts", "subnets": ["a", "b"], "metrics": metrics });
    let vpc = |name: &str| {
        Vpc::new(name)
            .subnet("a")
            .subnet("b")
            .logged()
            .asks("www.example.com.", 5)
    };
    let app = Account::new("app")
        .vpc(vpc("busy").endpoint(sts(
            json!({ "BytesProcessed": 70 * GIB, "ActiveConnections": 3 }),
        )))
        .vpc(vpc("connected").endpoint(sts(json!({ "ActiveConnections": 1 }))))
        .vpc(vpc("quiet").endpoint(sts(json!({}))))
        .vpc(vpc("far").endpoint(json!({
            "service": "sts", "service_name": "com.amazonaws.us-west-2.sts", "subnets": ["a"],
            "service_region": "us-west-2", "private_dns": false,
        })));
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let endpoints = report.table("endpoints");
    let cell =
        |vpc: &str, column: &str| endpoints.row(&[("vpc_id", seeded.vpc(vpc))])[column].clone();
    let hours: f64 = cell("quiet", "monthly_hours_usd").parse().unwrap();
    let gb: f64 = cell("busy", "gb_processed_month").parse().unwrap();
    let window: f64 = report.table("vpcs").rows()[0]["window_hours"]
        .parse()
        .unwrap();
    assert!(
        (gb - 70.0 * 730.0 / window).abs() < 0.01,
        "{gb} in {window} hours"
    );
    let monthly: f64 = cell("busy", "monthly_usd").parse().unwrap();
    // 0.01 US dollars a GB in the first tier of eu-west-1.
    assert!((monthly - hours - gb * 0.01).abs() < 0.02, "{monthly}");
    assert_eq!(cell("quiet", "gb_processed_month"), "0.0");
    assert_eq!(cell("far", "gb_processed_month"), "", "AWS publishes none");
    let opportunities = report.table("opportunities");
    for name in ["busy", "connected", "far"] {
        let rows = opportunities.rows_with(&[("vpc_id", seeded.vpc(name)), ("action", "remove")]);
        assert!(rows.is_empty(), "{name}: {rows:?}");
    }
}
