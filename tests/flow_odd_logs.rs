//! Flow logs as they are found: several in one log group, equal address blocks, endpoints elsewhere,
//! small subnets, odd records.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, Scan},
    table::Row,
    vpc::Vpc,
};

/// A custom format that shows the action, but names neither VPC nor subnet.
const PACKETS: &str = "${interface-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${bytes} \
    ${action} ${log-status}";

fn scan(organization: &Organization, edit: impl Fn(&mut Value)) -> (Seeded, Report) {
    let aws = Aws::shared();
    let mut document = organization.document();
    edit(&mut document["accounts"][1]["regions"][HOME]);
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run();
    (seeded, report)
}

fn scan_vpc(vpc: Vpc) -> (Seeded, Report) {
    let organization = Organization::new().account(Account::new("app").vpc(vpc));
    scan(&organization, |_| {})
}

/// Traffic of a client of subnet `b` to STS through the NAT gateway.
fn through_nat(external: &str, up: u64, down: u64) -> Value {
    json!({ "client": "10.0.1.9", "interface": "eni-0c1", "subnet": "b", "external": external,
            "up": up, "down": down, "by": "nat:nat", "count": 3 })
}

fn busy() -> Vpc {
    Vpc::new("busy")
        .subnet("a")
        .subnet("b")
        .with("internet_gateway", true)
        .nat_gateway("nat", 1_000, 70_000)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
        .traffic(through_nat("54.239.1.1", 1_000, 70_000))
}

fn nat_bytes(report: &Report, name: &str) -> String {
    let gateways = report.table("nat_gateways");
    gateways.row(&[("name", name)])["flow_log_bytes"].clone()
}

fn flow_cell(report: &Report, seeded: &Seeded) -> Row {
    let place = [
        ("account_id", seeded.account("app")),
        ("region", HOME),
        ("step", "flow_usage"),
    ];
    report.table("coverage").row(&place).clone()
}

#[test]
fn accepted_and_rejected_traffic_in_one_log_group_is_separated_by_its_action() {
    let mut refused = through_nat("54.239.1.1", 5_000_000, 0);
    refused["action"] = "REJECT".into();
    let log =
        |traffic: &str| json!({ "resource": "nat:nat", "format": PACKETS, "traffic": traffic });
    for accepted in ["ACCEPT", "ALL"] {
        let vpc = busy()
            .traffic(refused.clone())
            .flow_log("one", log("REJECT"))
            .flow_log("one", log(accepted));
        let (_, report) = scan_vpc(vpc);
        assert_eq!(
            nat_bytes(&report.exits_with(0), "nat"),
            "71000",
            "{accepted}"
        );
    }
}

#[test]
fn two_flow_logs_of_accepted_and_of_all_traffic_in_one_log_group_are_not_read() {
    let log =
        |traffic: &str| json!({ "resource": "nat:nat", "format": PACKETS, "traffic": traffic });
    let vpc = busy()
        .flow_log("one", log("ACCEPT"))
        .flow_log("one", log("ALL"));
    let (seeded, report) = scan_vpc(vpc);
    let report = report.exits_with(3);
    assert_eq!(nat_bytes(&report, "nat"), "");
    let cell = flow_cell(&report, &seeded);
    assert!(cell["message"].contains("neither is read"), "{cell:?}");
}

#[test]
fn a_record_belongs_to_its_interface_whatever_other_vpcs_use_its_addresses_for() {
    // Each gateway has an address that a client of the other VPC has too.
    let vpc = |name: &str, own: &str, client: &str, bytes: u64| {
        Vpc::new(name)
            .subnet("a")
            .subnet("b")
            .with("internet_gateway", true)
            .with(
                "nat_gateways",
                json!([{ "name": name, "subnet": "a", "private_ip": own,
                         "metrics": { "BytesInFromSource": bytes }, "metric_hours": 160 }]),
            )
            .traffic(
                json!({ "client": client, "external": "54.239.1.1", "by": format!("nat:{name}"),
                             "up": bytes, "down": 3 * bytes }),
            )
            .with(
                "flow_logs",
                json!([{ "resource": format!("nat:{name}"), "format": PACKETS,
                         "destination": "log_group:flow/all" }]),
            )
    };
    let account = Account::new("app")
        .vpc(vpc("one", "10.0.0.11", "10.0.0.22", 1_000))
        .vpc(vpc("two", "10.0.0.22", "10.0.0.11", 70_000));
    let (_, report) = scan(&Organization::new().account(account), |region| {
        region["log_groups"] = json!([{ "name": "flow/all" }]);
    });
    let report = report.exits_with(0);
    assert_eq!(nat_bytes(&report, "one"), "4000");
    assert_eq!(nat_bytes(&report, "two"), "280000");
}

#[test]
fn clients_of_vpcs_with_equal_blocks_in_one_log_group_are_known_by_their_interfaces() {
    let vpc =
        |name: &str, down: u64| {
            Vpc::new(name)
            .subnet("a")
            .with("internet_gateway", true)
            .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
            .traffic(
                json!({ "client": "10.0.0.9", "interface": format!("eni-0c{name}"), "subnet": "a",
                             "external": "54.239.1.1", "by": "igw", "up": 1, "down": down }),
            )
            .with("flow_logs", json!([{ "destination": "log_group:flow/all" }]))
        };
    let account = Account::new("app")
        .vpc(vpc("1", 4_000))
        .vpc(vpc("2", 70_000));
    let (seeded, report) = scan(&Organization::new().account(account), |region| {
        region["log_groups"] = json!([{ "name": "flow/all" }]);
    });
    let usage = report.exits_with(0).table("flow_usage");
    for (vpc, bytes) in [("1", "4001"), ("2", "70001")] {
        let row = usage.row(&[("vpc_id", seeded.vpc(vpc))]);
        assert_eq!(row["bytes"], bytes, "{row:?}");
    }
}

#[test]
fn one_odd_record_costs_itself_and_never_the_log_group() {
    let odd = json!([{ "message":
        "2 1 eni-0c9 10.0.1.9 54.239.1.999 443 50000 6 9 100 {start} {end} ACCEPT OK" }]);
    let vpc = busy().flow_log("vpc", json!({ "records": odd }));
    let (seeded, report) = scan_vpc(vpc);
    let report = report.exits_with(0);
    assert_eq!(nat_bytes(&report, "nat"), "71000");
    let cell = flow_cell(&report, &seeded);
    let expected = "1 rows of log group `flow/vpc` are not readable";
    assert!(cell["message"].contains(expected), "{cell:?}");
}

#[test]
fn clients_are_kept_apart_by_subnets_smaller_than_256_addresses() {
    let subnets = json!([
        { "name": "a", "az": "a", "cidr": "10.0.0.0/28" },
        { "name": "b", "az": "b", "cidr": "10.0.0.16/28" },
    ]);
    let client = |address: &str, subnet: &str, by: &str, down: u64| {
        json!({ "client": address, "interface": format!("eni-0{subnet}1"), "subnet": subnet, "by": by,
                "external": "54.239.1.1", "up": 1, "down": down })
    };
    let vpc = Vpc::new("small")
        .with("cidrs", json!(["10.0.0.0/24"]))
        .with("subnets", subnets)
        .with("internet_gateway", true)
        .nat_gateway("nat", 1, 10_000)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
        .traffic(client("10.0.0.5", "a", "igw", 4_000))
        .traffic(client("10.0.0.21", "b", "nat:nat", 10_000))
        .flow_log("vpc", json!({}));
    let (seeded, report) = scan_vpc(vpc);
    let report = report.exits_with(0);
    let usage = report.table("flow_usage");
    for (route, bytes) in [("internet_gateway", "4001"), ("nat_gateway", "10001")] {
        let row = usage.row(&[("vpc_id", seeded.vpc("small")), ("way", route)]);
        assert_eq!(row["bytes"], bytes, "{row:?}");
    }
}

#[test]
fn bytes_to_endpoints_in_other_vpcs_are_asked_for_even_if_their_owner_is_unknown() {
    for owner_known in [true, false] {
        let spoke = Vpc::new("spoke")
            .subnet("a")
            .route_table("private", &["a"], &[("0.0.0.0/0", "tgw:tgw-0f1")])
            .attached_to("network", "tgw-0f1", "tgw-rtb-0f1")
            .logged()
            .answered("sts.eu-west-1.amazonaws.com.", &["10.8.0.50"])
            .traffic(
                json!({ "client": "10.0.0.9", "interface": "eni-0s1", "subnet": "a", "by": "tgw",
                             "external": "10.8.0.50", "up": 5_000, "down": 60_000 }),
            )
            .flow_log("spoke", json!({}));
        let mut hub = Vpc::new("hub")
            .with("cidrs", json!(["10.8.0.0/16"]))
            .with(
                "subnets",
                json!([{ "name": "a", "az": "a", "cidr": "10.8.0.0/24" }]),
            )
            .route_table("back", &["a"], &[("10.0.0.0/8", "tgw:tgw-0f1")])
            .attached_to("network", "tgw-0f1", "tgw-rtb-0f1");
        if owner_known {
            hub = hub.endpoint(
                json!({ "service": "sts", "subnets": ["a"], "addresses": ["10.8.0.50"] }),
            );
        }
        let network =
            Account::new("network")
                .vpc(hub)
                .routes_all_to("hub", "tgw-0f1", "tgw-rtb-0f1");
        let organization = Organization::new()
            .account(Account::new("app").vpc(spoke))
            .account(network);
        let (seeded, report) = scan(&organization, |_| {});
        let services = report.exits_with(0).table("vpc_services");
        let row = services.row(&[("vpc_id", seeded.vpc("spoke")), ("service", "sts")]);
        assert_eq!(
            (&*row["bytes_to_service"], &*row["bytes_from_service"]),
            ("5000", "60000"),
            "{row:?}"
        );
    }
}

#[test]
fn nat64_is_a_public_path() {
    let mut line = through_nat("64:ff9b::36ef:101", 1_000, 70_000);
    line["client"] = "2600:1f18:1:2::9".into();
    let vpc = Vpc::new("v6")
        .with("ipv6_cidrs", json!(["2600:1f18:1::/56"]))
        .with(
            "subnets",
            json!([
                { "name": "a", "az": "a", "cidr": "10.0.0.0/24" },
                { "name": "b", "az": "b", "cidr": "10.0.1.0/24", "ipv6_cidr": "2600:1f18:1:2::/64" },
            ]),
        )
        .with("internet_gateway", true)
        .nat_gateway("nat", 1, 1)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table(
            "private",
            &["b"],
            &[("0.0.0.0/0", "nat:nat"), ("64:ff9b::/96", "nat:nat")],
        )
        .traffic(line)
        .flow_log("b", json!({ "resource": "subnet:b" }));
    let (_, report) = scan_vpc(vpc);
    let usage = report.exits_with(0).table("flow_usage");
    let bytes = usage
        .rows()
        .iter()
        .map(|row| row["bytes"].parse::<u64>().unwrap());
    assert_eq!(bytes.sum::<u64>(), 71_000, "{usage:?}");
}

#[test]
fn flow_logs_in_log_groups_of_infrequent_access_are_read_as_any() {
    let vpc = busy().flow_log("nat", json!({ "resource": "nat:nat" }));
    let organization = Organization::new().account(Account::new("app").vpc(vpc));
    let (_, report) = scan(&organization, |region| {
        for group in region["log_groups"].as_array_mut().unwrap() {
            group["class"] = "INFREQUENT_ACCESS".into();
        }
    });
    assert_eq!(nat_bytes(&report.exits_with(0), "nat"), "71000");
}

#[test]
fn bytes_that_a_log_group_does_not_hold_of_the_window_are_unknown_and_make_no_money() {
    for (member, value, why) in [
        ("retention_days", 3, "keeps events for 3 days"),
        ("created_hours_ago", 40, "is younger than the window"),
        ("retention_days", 7, ""),
    ] {
        for log in [
            json!({}),
            json!({ "resource": "nat:nat", "format": PACKETS }),
        ] {
            let vpc = busy().flow_log("one", log);
            let organization = Organization::new().account(Account::new("app").vpc(vpc));
            let (seeded, report) = scan(&organization, |region| {
                let mut groups = region["log_groups"].as_array_mut().unwrap().iter_mut();
                let group = groups.find(|it| it["name"] == "flow/one").unwrap();
                group[member] = value.into();
            });
            let report = report.exits_with(0);
            let whole = why.is_empty();
            let opportunities = report.table("opportunities");
            let row = opportunities.row(&[("service", "sts")]);
            assert_eq!(row["basis"] == "measured", whole, "{row:?}");
            let is_part = row["caveats"].contains("part_of_window");
            assert_eq!(is_part, !whole, "{row:?}");
            let message = &flow_cell(&report, &seeded)["message"];
            let named = message.contains(&format!("log group `flow/one` {why}"));
            assert_eq!(named, !whole, "{message}");
        }
    }
}

#[test]
fn bytes_of_some_subnets_are_not_those_of_the_vpc() {
    let in_c = json!({ "client": "10.0.2.9", "interface": "eni-0c2", "subnet": "c", "by": "nat:nat",
                       "external": "54.239.1.1", "up": 2_000, "down": 900_000_000_000_u64, "count": 3 });
    let of = |subnets: &[&str]| {
        let vpc = Vpc::new("some")
            .subnet("a")
            .subnet("b")
            .subnet("c")
            .with("internet_gateway", true)
            .nat_gateway("nat", 3_000, 900_000_070_000)
            .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
            .route_table("private", &["b", "c"], &[("0.0.0.0/0", "nat:nat")])
            .logged()
            .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
            .traffic(through_nat("54.239.1.1", 1_000, 70_000))
            .traffic(in_c.clone());
        subnets.iter().fold(vpc, |vpc, subnet| {
            let log = json!({ "resource": format!("subnet:{subnet}"), "format": PACKETS });
            vpc.flow_log(subnet, log)
        })
    };
    for (logged, action, message) in [
        (&["b"][..], "none", "the clients of subnet-"),
        (&["b", "c"], "create", ""),
        // The gateway is in the first: its own records have the clients of all subnets.
        (&["a", "b"], "create", ""),
    ] {
        let (seeded, report) = scan_vpc(of(logged));
        let report = report.exits_with(0);
        let opportunities = report.table("opportunities");
        let row = opportunities.row(&[("service", "sts")]);
        let is_part = !message.is_empty();
        let basis = if is_part { "unknown" } else { "measured" };
        assert_eq!(
            (&*row["action"], &*row["basis"]),
            (action, basis),
            "{row:?}"
        );
        let marked = row["caveats"].contains("part_of_window");
        assert_eq!(marked, is_part, "{row:?}");
        let cell = flow_cell(&report, &seeded);
        assert_eq!(
            cell["message"].contains("the clients of subnet-"),
            is_part,
            "{cell:?}"
        );
    }
}

#[test]
fn bytes_among_which_rejected_ones_cannot_be_distinguished_make_no_money() {
    let mut refused = through_nat("54.239.1.1", 5_000_000_000_000, 0);
    refused["action"] = "REJECT".into();
    let format = PACKETS.replace(" ${action}", "");
    for traffic in ["ALL", "ACCEPT"] {
        let log = json!({ "format": format, "traffic": traffic });
        let vpc = busy().traffic(refused.clone()).flow_log("one", log);
        let (seeded, report) = scan_vpc(vpc);
        let mixed = traffic == "ALL";
        let report = report.exits_with(0);
        let read = if mixed { "5000000071000" } else { "71000" };
        assert_eq!(nat_bytes(&report, "nat"), read, "{traffic}");
        let opportunities = report.table("opportunities");
        let row = opportunities.row(&[("service", "sts")]);
        assert_eq!(row["basis"] == "measured", !mixed, "{row:?}");
        let message = &flow_cell(&report, &seeded)["message"];
        assert_eq!(message.contains("lack ${action}"), mixed, "{message}");
    }
}
