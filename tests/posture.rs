//! Paths, hubs, central egress and findings, on an organization that is designed for them.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, Organization, Seeded},
    scout::{Report, Scan},
    table::Row,
    vpc::Vpc,
};

const TRANSIT_GATEWAY: &str = "tgw-0123456789abcdef0";
const ROUTES: &str = "tgw-rtb-0123456789abcdef0";
const PUBLIC: &str = "203.0.113.7";
const KMS: &str = "kms.eu-west-1.amazonaws.com.";
const STS: &str = "sts.eu-west-1.amazonaws.com.";
const S3: &str = "data.s3.eu-west-1.amazonaws.com.";

/// An endpoint of which nothing is wrong, in subnet `a`.
fn endpoint(service: &str, address: &str) -> Value {
    json!({
        "service": service,
        "subnets": ["a"],
        "addresses": [address],
        "security_groups": ["open"],
        "policy": { "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "kms:Sign", "Resource": "*" }] },
    })
}

fn with(mut endpoint: Value, key: &str, value: impl Into<Value>) -> Value {
    endpoint[key] = value.into();
    endpoint
}

/// A logged VPC with subnets of these zones and a security group that lets everybody in.
fn vpc(name: &str, block: &str, zones: &[&str]) -> Vpc {
    let network = block.rsplit_once(".0.0/").unwrap().0;
    let subnets: Vec<Value> = zones
        .iter()
        .enumerate()
        .map(|(at, zone)| json!({ "name": zone, "az": zone, "cidr": format!("{network}.{at}.0/24") }))
        .collect();
    let open = json!({ "protocol": "tcp", "ports": [443, 443], "cidrs": [block] });
    Vpc::new(name)
        .with("cidrs", json!([block]))
        .with("subnets", subnets)
        .with("security_groups", json!([
            { "name": "open", "ingress": [open] },
            { "name": "both", "ingress": [{ "protocol": "-1", "cidrs": ["0.0.0.0/0", "::/0"] }] },
                { "name": "closed", "ingress": [{ "ports": [443, 443], "cidrs": ["192.0.2.0/24"] }] },
        ]))
        .logged()
}

fn hub() -> Vpc {
    let central = |service, address| with(endpoint(service, address), "private_dns", false);
    vpc("hub", "10.100.0.0/16", &["a"])
        .with("ipv6_cidrs", json!(["2600:1f18:aaaa::/56"]))
        .attached_to("network", TRANSIT_GATEWAY, ROUTES)
        .route_table(
            "private",
            &["a"],
            &[("10.0.0.0/8", &format!("tgw:{TRANSIT_GATEWAY}"))],
        )
        .endpoint(with(
            with(
                central("kms", "10.100.0.10"),
                "security_groups",
                json!(["both"]),
            ),
            "ipv6_addresses",
            json!(["2600:1f18:aaaa::10"]),
        ))
        .endpoint(central("sqs", "10.100.0.11"))
        .endpoint(central("sns", "10.100.0.12"))
        .endpoint(central("logs", "10.100.0.13"))
}

fn egress() -> Vpc {
    vpc("egress", "10.101.0.0/16", &["a"])
        .attached_to("network", TRANSIT_GATEWAY, ROUTES)
        .with("internet_gateway", true)
        .nat_gateway("nat", 1, 2)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
}

/// A copy of the hub's block, with one endpoint at the same address as there and the same service, and one with another.
fn twin() -> Vpc {
    vpc("twin", "10.100.0.0/16", &["a"])
        .endpoint(endpoint("ssm", "10.100.0.10"))
        .endpoint(endpoint("sns", "10.100.0.12"))
        .answered("ssm.eu-west-1.amazonaws.com.", &["10.100.0.10"])
        .answered("ssmmessages.eu-west-1.amazonaws.com.", &["10.250.0.1"])
        .answered("sns.eu-west-1.amazonaws.com.", &["10.100.0.12"])
}

fn spoke(name: &str, block: &str) -> Vpc {
    vpc(name, block, &["a"])
        .route_table(
            "private",
            &["a"],
            &[("0.0.0.0/0", &format!("tgw:{TRANSIT_GATEWAY}"))],
        )
        .attached_to("network", TRANSIT_GATEWAY, ROUTES)
}

fn organization() -> Organization {
    let spoke = spoke("spoke", "10.1.0.0/16")
        .answered(KMS, &["10.100.0.10"])
        .answered("kms.eu-west-1.api.aws.", &["2600:1f18:aaaa::10"])
        .answered("sqs.eu-west-1.amazonaws.com.", &["10.100.0.11"])
        .answered("ec2.eu-west-1.amazonaws.com.", &["10.200.0.9"])
        .answered("monitoring.eu-west-1.amazonaws.com.", &["100.64.9.9"])
        .answered(STS, &[PUBLIC])
        .asks_line(json!({ "host": "lambda.eu-west-1.amazonaws.com.", "count": 2, "answers": [] }));
    let far = vpc("far", "10.2.0.0/16", &["a"])
        .answered("sns.eu-west-1.amazonaws.com.", &["10.100.0.12"]);
    let mixed = vpc("mixed", "10.3.0.0/16", &["a"])
        .endpoint(endpoint("sts", "10.3.0.20"))
        .answered(STS, &["10.3.0.20"])
        .answered(STS, &[PUBLIC])
        .answered("sts.amazonaws.com.", &[PUBLIC]);
    Organization::new()
        .account(
            Account::new("network")
                .routes_all_to("egress", TRANSIT_GATEWAY, ROUTES)
                .vpc(hub())
                .vpc(egress()),
        )
        .account(Account::new("copy").vpc(twin()))
        .account(
            Account::new("app")
                .vpc(spoke)
                .vpc(far)
                .vpc(mixed)
                .vpc(six())
                .vpc(odd_block()),
        )
        .account(
            Account::new("faulty")
                .vpc(bypassed())
                .vpc(without_names())
                .vpc(gateways())
                .vpc(shut()),
        )
}

/// IPv6 answers, from its own endpoint and by DNS64.
fn six() -> Vpc {
    vpc("six", "10.4.0.0/16", &["a"])
        .with("ipv6_cidrs", json!(["2600:1f18:bbbb::/56"]))
        .endpoint(with(
            endpoint("kms", "10.4.0.20"),
            "ipv6_addresses",
            json!(["2600:1f18:bbbb::20"]),
        ))
        .answered("kms.eu-west-1.api.aws.", &["2600:1f18:bbbb::20"])
        .answered(STS, &["64:ff9b::cb00:7107"])
}

/// A block outside of the private ranges.
fn odd_block() -> Vpc {
    vpc("odd block", "11.5.0.0/16", &["a"])
        .endpoint(endpoint("kms", "11.5.0.20"))
        .answered(KMS, &["11.5.0.20"])
}

fn bypassed() -> Vpc {
    vpc("bypassed", "10.6.0.0/16", &["a"])
        .endpoint(with(endpoint("kms", "10.6.0.20"), "private_dns", false))
        .endpoint(endpoint("sts", "10.6.0.21"))
        .endpoint(endpoint("sqs", "10.6.0.22"))
        .endpoint(endpoint("logs", "10.6.0.23"))
        .answered(KMS, &[PUBLIC])
        .answered(STS, &["10.6.0.21"])
        .answered("sts.amazonaws.com.", &[PUBLIC])
        .answered("eu-west-1.queue.amazonaws.com.", &[PUBLIC])
        .answered("logs.eu-west-1.amazonaws.com.", &[PUBLIC])
        // A public API: its calls are not for the endpoint.
        .endpoint(with(
            endpoint("execute-api", "10.6.0.24"),
            "private_dns",
            false,
        ))
        .answered("abcdefghij.execute-api.eu-west-1.amazonaws.com.", &[PUBLIC])
}

fn without_names() -> Vpc {
    vpc("without names", "10.7.0.0/16", &["a"])
        .with("dns_hostnames", false)
        .endpoint(with(endpoint("kms", "10.7.0.20"), "private_dns", false))
        .answered(KMS, &[PUBLIC])
}

/// A gateway endpoint on one of two tables in use; an interface endpoint in one of three zones; one of a
/// service that only two zones offer.
fn gateways() -> Vpc {
    vpc("gateways", "10.8.0.0/16", &["a", "b", "c"])
        .route_table("one", &["a", "b"], &[])
        .route_table("two", &["c"], &[])
        .route_table("unused", &[], &[])
        .endpoint(json!({ "service": "s3", "type": "Gateway", "route_tables": ["one"] }))
        .endpoint(endpoint("kms", "10.8.0.20"))
        .endpoint(endpoint("codeartifact.api", "10.8.0.21"))
        .answered(S3, &[PUBLIC])
        .answered("data.s3.us-east-1.amazonaws.com.", &[PUBLIC])
        .answered(KMS, &["10.8.0.20"])
        .answered("codeartifact.eu-west-1.amazonaws.com.", &["10.8.0.21"])
}

/// What is closed, open to all, incomplete, in the way, unused.
fn shut() -> Vpc {
    let default_policy = json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] });
    vpc("shut", "10.9.0.0/16", &["a"])
        .endpoint(with(
            endpoint("kms", "10.9.0.20"),
            "security_groups",
            json!(["closed"]),
        ))
        .endpoint(with(
            endpoint("logs", "10.9.0.21"),
            "security_groups",
            json!(["default"]),
        ))
        .endpoint(with(endpoint("sts", "10.9.0.22"), "policy", default_policy))
        .endpoint(endpoint("ecr.dkr", "10.9.0.23"))
        .endpoint(endpoint("ssm", "10.9.0.24"))
        .endpoint(endpoint("execute-api", "10.9.0.25"))
        .endpoint(endpoint("athena", "10.9.0.26"))
        .endpoint(with(endpoint("glue", "10.9.0.27"), "state", "failed"))
        .answered(KMS, &["10.9.0.20"])
        .answered("logs.eu-west-1.amazonaws.com.", &["10.9.0.21"])
        .answered(STS, &["10.9.0.22"])
        .answered(
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.",
            &["10.9.0.23"],
        )
        .answered("ssm.eu-west-1.amazonaws.com.", &["10.9.0.24"])
        .answered("abc.execute-api.eu-west-1.amazonaws.com.", &["10.9.0.25"])
}

fn scan() -> (Seeded, Report) {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    (seeded, report)
}

/// A service, and what the columns of its row hold.
type Cells<'c, const N: usize> = (&'c str, [&'c str; N]);

/// Expects these cells in the rows of a VPC, by service; and no other rows.
#[track_caller]
fn assert_rows<const N: usize>(
    seeded: &Seeded,
    report: &Report,
    table: &str,
    columns: [&str; N],
    expected: &[(&str, &[Cells<'_, N>])],
) {
    let table = report.table(table);
    for (vpc, rows) in expected {
        let id = seeded.vpc(vpc);
        let cells = |row: &&Row| {
            let cells = columns.map(|column| row[column].clone());
            (row["service"].clone(), cells)
        };
        let mut found: Vec<_> = table
            .rows_with(&[("vpc_id", id)])
            .iter()
            .map(cells)
            .collect();
        let mut wanted: Vec<_> = rows
            .iter()
            .map(|(service, cells)| ((*service).to_owned(), cells.map(str::to_owned)))
            .collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{vpc}: {columns:?}");
    }
}

#[test]
fn paths_and_hubs_are_as_designed() {
    let (seeded, report) = scan();
    let (account, hub) = (seeded.account("network"), seeded.vpc("hub"));
    assert_rows(
        &seeded,
        &report,
        "vpc_services",
        ["path", "public_queries", "hub_account_id", "hub_vpc_id"],
        &[
            (
                "spoke",
                &[
                    ("kms", ["central_endpoint", "0", account, hub]),
                    ("sqs", ["central_endpoint", "0", account, hub]),
                    ("ec2", ["central_endpoint", "0", "", ""]),
                    ("monitoring", ["central_endpoint", "0", "", ""]),
                    ("sts", ["public", "4", "", ""]),
                    ("lambda", ["unknown", "0", "", ""]),
                ],
            ),
            // Both VPCs have an endpoint of the service at the address.
            ("far", &[("sns", ["central_endpoint", "0", "", ""])]),
            (
                "twin",
                &[
                    ("ssm", ["local_endpoint", "0", "", ""]),
                    ("ssmmessages", ["central_endpoint", "0", "", ""]),
                    ("sns", ["local_endpoint", "0", "", ""]),
                ],
            ),
            (
                "mixed",
                &[
                    ("sts", ["mixed", "4", "", ""]),
                    ("sts", ["public", "4", "", ""]),
                ],
            ),
            (
                "six",
                &[
                    ("kms", ["local_endpoint", "0", "", ""]),
                    ("sts", ["public", "4", "", ""]),
                ],
            ),
            ("odd block", &[("kms", ["local_endpoint", "0", "", ""])]),
            (
                "gateways",
                &[
                    ("s3", ["gateway_endpoint", "4", "", ""]),
                    ("s3", ["public", "4", "", ""]),
                    ("kms", ["local_endpoint", "0", "", ""]),
                    ("codeartifact.api", ["local_endpoint", "0", "", ""]),
                ],
            ),
        ],
    );
}

#[test]
fn a_vpc_behind_a_transit_gateway_shows_the_nat_gateway_that_it_goes_out_by() {
    let (seeded, report) = scan();
    let vpcs = report.table("vpcs");
    let row = vpcs.row(&[("vpc_id", seeded.vpc("spoke"))]);
    assert_eq!(row["egress"], "transit_gateway");
    assert_eq!(row["egress_account_id"], seeded.account("network"));
    assert_eq!(row["egress_vpc_id"], seeded.vpc("egress"));
    let gateways = report.table("nat_gateways");
    let gateway = gateways.row(&[("vpc_id", seeded.vpc("egress"))]);
    assert_eq!(row["egress_nat_gateway_ids"], gateway["nat_gateway_id"]);
    let row = vpcs.row(&[("vpc_id", seeded.vpc("mixed"))]);
    assert_eq!(
        (row["egress"].as_str(), row["egress_vpc_id"].as_str()),
        ("none", "")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: one row for each finding")]
fn findings_are_as_designed() {
    let (seeded, report) = scan();
    assert_rows(
        &seeded,
        &report,
        "endpoints",
        [
            "findings",
            "missing_availability_zones",
            "security_group_allows_443",
        ],
        &[
            (
                "hub",
                &[
                    ("kms", ["", "", "true"]),
                    ("sqs", ["", "", "true"]),
                    // The twin's is at the same address: it may be the one that is used.
                    ("sns", ["", "", "true"]),
                    ("logs", ["", "", "true"]),
                ],
            ),
            (
                "mixed",
                &[(
                    "sts",
                    ["bypassed_global_name;bypassed_custom_resolver", "", "true"],
                )],
            ),
            // Open to IPv4 alone, with an IPv6 interface.
            (
                "six",
                &[("kms", ["security_group_blocks_443", "", "false"])],
            ),
            (
                "bypassed",
                &[
                    ("kms", ["bypassed_private_dns_off", "", "true"]),
                    ("sts", ["bypassed_global_name", "", "true"]),
                    ("sqs", ["bypassed_legacy_name", "", "true"]),
                    ("logs", ["bypassed_custom_resolver", "", "true"]),
                    ("execute-api", ["", "", "true"]),
                ],
            ),
            (
                "without names",
                &[("kms", ["bypassed_vpc_dns_off", "", "true"])],
            ),
            (
                "gateways",
                &[
                    ("s3", ["route_tables_missing;full_access_policy", "", ""]),
                    (
                        "kms",
                        [
                            "availability_zones_missing",
                            "eu-west-1b;eu-west-1c",
                            "true",
                        ],
                    ),
                    (
                        "codeartifact.api",
                        ["availability_zones_missing", "eu-west-1b", "true"],
                    ),
                ],
            ),
            (
                "shut",
                &[
                    ("kms", ["security_group_blocks_443", "", "false"]),
                    ("logs", ["", "", ""]),
                    ("sts", ["full_access_policy", "", "true"]),
                    ("ecr.dkr", ["ecr_incomplete", "", "true"]),
                    ("ssm", ["ssm_incomplete", "", "true"]),
                    ("execute-api", ["execute_api_captures_public", "", "true"]),
                    ("athena", ["", "", "true"]),
                    ("glue", ["not_available", "", "true"]),
                ],
            ),
        ],
    );
    let endpoints = report.table("endpoints");
    let s3 = endpoints.row(&[("vpc_id", seeded.vpc("gateways")), ("service", "s3")]);
    let tables: Vec<&str> = s3["missing_route_tables"].split(';').collect();
    assert_eq!(tables.len(), 1, "{s3:?}");
    assert!(!s3["route_tables"].contains(tables[0]), "{s3:?}");
    // JSON has the same, and the meaning of each id.
    let json = report.json();
    let rows = json["endpoints"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["endpoint_id"] == s3["endpoint_id"].as_str());
    let findings = &row.unwrap()["findings"];
    assert_eq!(
        *findings,
        json!(["route_tables_missing", "full_access_policy"])
    );
    let meanings = report.table("findings");
    let idle = meanings.rows_with(&[("finding", "idle")]);
    assert!(idle.is_empty(), "{meanings:?}");
    // No query led to these two. That alone is no proof: the VPC of the one asked nothing at all and other
    // networks reach it, and the events of the other do not fill the window.
    let endpoints = report.table("endpoints");
    for (vpc, service, missing) in [
        ("hub", "logs", "query_logs;other_networks"),
        ("shut", "athena", "query_logs"),
    ] {
        let row = endpoints.row(&[("vpc_id", seeded.vpc(vpc)), ("service", service)]);
        assert_eq!(row["idle"], "", "{row:?}");
        assert_eq!(row["idle_missing_proof"], missing, "{row:?}");
    }
    let opportunities = report.table("opportunities");
    assert!(opportunities.rows_with(&[("action", "remove")]).is_empty());
}
