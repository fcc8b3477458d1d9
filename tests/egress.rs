//! The egress of VPCs, as the whole program judges it: VPC Block Public Access, the routes of transit
//! gateways, and the address type of gateway endpoints.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization},
    scout::{Report, Scan},
    vpc::Vpc,
};

const TRANSIT_GATEWAY: &str = "tgw-0123456789abcdef0";

/// A cell of the row of a VPC.
fn cell(report: &Report, vpc: &str, column: &str) -> String {
    let vpcs = report.table("vpcs");
    vpcs.row(&[("vpc_name", vpc)])[column].clone()
}

/// The content of the home Region of an account.
fn region<'d>(document: &'d mut Value, account: &str) -> &'d mut Value {
    let accounts = document["accounts"].as_array_mut().unwrap();
    let account = accounts
        .iter_mut()
        .find(|it| it["name"] == account)
        .unwrap();
    &mut account["regions"][HOME]
}

fn public(name: &str) -> Vpc {
    Vpc::new(name)
        .subnet("a")
        .with("internet_gateway", true)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
}

fn private(name: &str) -> Vpc {
    Vpc::new(name)
        .subnet("a")
        .nat_gateway("nat", 1_000_000_000, 1_000_000_000)
        .route_table("private", &["a"], &[("0.0.0.0/0", "nat:nat")])
}

#[test]
fn block_public_access_closes_egress_but_for_what_is_excluded() {
    let aws = Aws::shared();
    for (mode, expected) in [
        ("off", ["internet_gateway", "internet_gateway", "nat"]),
        ("block-ingress", ["none", "internet_gateway", "nat"]),
        ("block-bidirectional", ["none", "internet_gateway", "none"]),
    ] {
        let app = Account::new("app")
            .vpc(public("open"))
            .vpc(public("excluded"))
            .vpc(private("behind nat"));
        let mut document = Organization::new().account(app).document();
        region(&mut document, "app")["block_public_access"] = json!({
            "mode": mode, "exclusions": [{ "vpc": "excluded", "mode": "allow-bidirectional" }],
        });
        let seeded = aws.seed_document(document);
        let report = Scan::of(aws, &seeded).run().exits_with(0);
        let found = ["open", "excluded", "behind nat"].map(|it| cell(&report, it, "egress"));
        assert_eq!(found, expected, "{mode}");
    }
}

/// A VPC whose default route leads to the transit gateway, where its attachment follows a table.
fn spoke(name: &str, table: &str) -> Vpc {
    let route = format!("tgw:{TRANSIT_GATEWAY}");
    Vpc::new(name)
        .subnet("a")
        .route_table("private", &["a"], &[("0.0.0.0/0", &route)])
        .attached_to("network", TRANSIT_GATEWAY, table)
}

#[test]
fn behind_a_transit_gateway_the_routes_of_the_attachment_decide() {
    let aws = Aws::shared();
    let tables = [
        (
            "halves",
            json!([{ "to": "0.0.0.0/1", "vpc": "egress" }, { "to": "128.0.0.0/1", "vpc": "egress" }]),
        ),
        (
            "blackhole",
            json!([{ "to": "0.0.0.0/0", "vpc": "egress", "state": "blackhole" }]),
        ),
        (
            "propagated",
            json!([{ "to": "0.0.0.0/0", "vpc": "egress", "type": "propagated" },
                              { "to": "10.0.0.0/8", "vpc": "other" }]),
        ),
        ("empty", json!([])),
        ("elsewhere", json!([{ "to": "0.0.0.0/0", "vpc": "other" }])),
    ];
    let id = |name: &str| format!("tgw-rtb-{name}");
    let network = Account::new("network")
        .vpc(private("egress").attached_to("network", TRANSIT_GATEWAY, &id("hub")))
        .vpc(private("other").attached_to("network", TRANSIT_GATEWAY, &id("hub")));
    let app = tables.iter().fold(Account::new("app"), |app, (name, _)| {
        app.vpc(spoke(name, &id(name)))
    });
    let mut document = Organization::new().account(network).account(app).document();
    let mut all =
        vec![json!({ "id": id("hub"), "transit_gateway": TRANSIT_GATEWAY, "routes": [] })];
    all.extend(tables.iter().map(|(name, routes)| {
        json!({ "id": id(name), "transit_gateway": TRANSIT_GATEWAY, "routes": routes })
    }));
    region(&mut document, "network")["transit_gateway_route_tables"] = all.into();
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    for (name, egress, through) in [
        ("halves", "transit_gateway", "egress"),
        ("blackhole", "none", ""),
        ("propagated", "transit_gateway", "egress"),
        ("empty", "none", ""),
        ("elsewhere", "transit_gateway", "other"),
    ] {
        let through = if through.is_empty() {
            ""
        } else {
            seeded.vpc(through)
        };
        assert_eq!(cell(&report, name, "egress"), egress, "{name}");
        assert_eq!(cell(&report, name, "egress_vpc_id"), through, "{name}");
    }
}

#[test]
fn a_gateway_endpoint_takes_ipv6_only_by_its_address_type_and_dns64_never() {
    const S3: &str = "data.s3.dualstack.eu-west-1.amazonaws.com.";
    const IPV6: &str = "2a05:d050:8040::1";
    let aws = Aws::shared();
    let vpc = |name: &str, kind: &str, answer: &str| {
        private(name)
            .endpoint(
                json!({ "service": "s3", "type": "Gateway", "route_tables": ["private"],
                              "ip_address_type": kind }),
            )
            .logged()
            .answered(S3, &[answer])
    };
    let app = Account::new("app")
        .vpc(vpc("ipv4", "ipv4", "52.218.0.1"))
        .vpc(vpc("ipv6 by ipv4", "ipv4", IPV6))
        .vpc(vpc("ipv6 by dualstack", "dualstack", IPV6))
        .vpc(vpc("dns64", "dualstack", "64:ff9b::34da:1"));
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let services = report.table("vpc_services");
    for (name, expected) in [
        ("ipv4", "gateway_endpoint"),
        ("ipv6 by ipv4", "public"),
        ("ipv6 by dualstack", "gateway_endpoint"),
        ("dns64", "public"),
    ] {
        let row = services.row(&[("vpc_name", name), ("service", "s3")]);
        assert_eq!(row["path"], expected, "{name}");
    }
}
