//! Bytes by service: traffic that is known byte for byte, logged in every possible way.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, Scan},
    vpc::Vpc,
};

/// A custom format of version 5 in no order at all.
const ODD: &str = "${pkt-dst-aws-service} ${bytes} ${srcport} ${dstaddr} ${log-status} ${pkt-srcaddr} \
    ${interface-id} ${traffic-path} ${action} ${pkt-dstaddr} ${srcaddr} ${flow-direction} \
    ${pkt-src-aws-service} ${end} ${vpc-id}";
/// A format of version 11, with a tag whose value has a space.
const V11: &str = "${instance-tag} ${next-hop-interface-type} ${dstaddr} ${srcaddr} ${bytes} \
    ${packets} ${interface-id} ${pkt-srcaddr} ${pkt-dstaddr} ${action} ${log-status} ${made-up}";

const STS: (u64, u64) = (1_000_003, 7_000_001);
const S3: (u64, u64) = (50_000_000_001, 90_000_000_007);
const SHARED: (u64, u64) = (111, 2_222);
const ELSEWHERE: (u64, u64) = (33_333, 444_444);
const ALL: u64 = STS.0 + STS.1 + S3.0 + S3.1 + SHARED.0 + SHARED.1 + ELSEWHERE.0 + ELSEWHERE.1;

fn sum((up, down): (u64, u64)) -> u64 {
    up + down
}

/// A line of traffic from a client of subnet `b` through the NAT gateway.
fn through_nat(external: &str, (up, down): (u64, u64)) -> Value {
    json!({ "client": "10.0.1.9", "interface": "eni-0c1", "subnet": "b", "external": external,
            "up": up, "down": down, "by": "nat:nat", "count": 7 })
}

/// A VPC that goes out through a NAT gateway in subnet `a`, and what its clients in `b` do there.
fn busy() -> Vpc {
    let up = STS.0 + S3.0 + SHARED.0 + ELSEWHERE.0;
    Vpc::new("busy")
        .subnet("a")
        .subnet("b")
        .with("internet_gateway", true)
        .nat_gateway("nat", up, ALL - up)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
        .answered("bucket.s3.eu-west-1.amazonaws.com.", &["52.95.128.7"])
        .answered("kms.eu-west-1.amazonaws.com.", &["54.239.1.3"])
        .answered(
            "logs.eu-west-1.amazonaws.com.",
            &["54.239.1.3", "54.239.1.4"],
        )
        .answered("www.example.com.", &["93.184.216.34"])
        .traffic(through_nat("54.239.1.1", STS))
        .traffic(through_nat("52.95.128.7", S3))
        .traffic(through_nat("54.239.1.3", SHARED))
        .traffic(through_nat("93.184.216.34", ELSEWHERE))
}

fn scan(vpc: Vpc) -> (Seeded, Report) {
    let organization = Organization::new().account(Account::new("app").vpc(vpc));
    let aws = Aws::shared();
    let seeded = aws.seed(&organization);
    let report = Scan::of(aws, &seeded).run();
    (seeded, report)
}

#[track_caller]
fn assert_cells(report: &Report, table: &str, place: &[(&str, &str)], expected: &[(&str, u64)]) {
    let table = report.table(table);
    let row = table.row(place);
    for (column, bytes) in expected {
        assert_eq!(row[*column], bytes.to_string(), "{column} of {row:?}");
    }
}

/// The figures of the traffic through the NAT gateway, whoever recorded them.
#[track_caller]
fn assert_nat(seeded: &Seeded, report: &Report) {
    assert_cells(
        report,
        "nat_gateways",
        &[("name", "nat")],
        &[
            ("flow_log_bytes", ALL),
            ("attributed_bytes", sum(STS) + sum(S3)),
            ("ambiguous_bytes", sum(SHARED)),
            ("unmatched_bytes", sum(ELSEWHERE)),
            (
                "bytes_in_from_source",
                STS.0 + S3.0 + SHARED.0 + ELSEWHERE.0,
            ),
        ],
    );
    let gateways = report.table("nat_gateways");
    let row = gateways.row(&[("name", "nat")]);
    assert_eq!(row["flow_log_difference_percent"], "0.0", "{row:?}");
    let vpc = seeded.vpc("busy");
    for (service, (up, down)) in [("sts", STS), ("s3", S3)] {
        assert_cells(
            report,
            "vpc_services",
            &[("vpc_id", vpc), ("service", service)],
            &[
                ("bytes_to_service", up),
                ("bytes_from_service", down),
                ("nat_bytes", up + down),
            ],
        );
    }
    assert_cells(
        report,
        "flow_usage",
        &[("vpc_id", vpc), ("way", "nat_gateway")],
        &[
            ("bytes", ALL),
            ("ambiguous_bytes", sum(SHARED)),
            ("unmatched_bytes", sum(ELSEWHERE)),
        ],
    );
    let services = report.table("vpc_services");
    for service in ["kms", "logs"] {
        // One of them has the bytes, nobody knows which: unknown, not zero.
        let row = services.row(&[("vpc_id", vpc), ("service", service)]);
        assert_eq!(row["nat_bytes"], "", "{row:?}");
    }
    let output = "within 0.0 % of CloudWatch metrics";
    assert!(report.stdout.contains(output), "{}", report.stdout);
}

#[test]
fn a_flow_log_of_the_nat_gateway_in_any_order_of_fields_shows_every_byte_once() {
    for format in [ODD, V11] {
        let log = json!({ "resource": "nat:nat", "format": format });
        let (seeded, report) = scan(busy().flow_log("nat", log));
        let report = report.exits_with(0);
        assert_nat(&seeded, &report);
        let output = "100 %  attributed to services";
        assert!(report.stdout.contains(output), "{}", report.stdout);
    }
}

#[test]
fn the_default_format_shows_them_too_where_a_gateway_serves_one_vpc() {
    let (seeded, report) = scan(busy().flow_log("nat", json!({ "resource": "nat:nat" })));
    assert_nat(&seeded, &report.exits_with(0));
}

#[test]
fn nothing_counts_twice_where_vpc_and_gateway_are_logged_both() {
    for (of_vpc, of_gateway) in [("", ODD), ("", ""), (ODD, ""), (V11, ODD)] {
        let log = |format: &str| match format {
            "" => json!({}),
            format => json!({ "format": format }),
        };
        let mut gateway = log(of_gateway);
        gateway["resource"] = "nat:nat".into();
        let vpc = busy().flow_log("vpc", log(of_vpc)).flow_log("nat", gateway);
        let (seeded, report) = scan(vpc);
        let report = report.exits_with(0);
        assert_nat(&seeded, &report);
        let usage = report.table("flow_usage");
        assert_eq!(usage.rows().len(), 1, "{usage:?}");
    }
}

#[test]
fn a_flow_log_of_the_vpc_alone_distinguishes_the_gateways_interface_from_the_clients() {
    for format in ["", ODD, V11] {
        let log = match format {
            "" => json!({}),
            format => json!({ "format": format }),
        };
        let (seeded, report) = scan(busy().flow_log("vpc", log));
        assert_nat(&seeded, &report.exits_with(0));
    }
}

#[test]
fn records_of_clients_stand_in_where_the_gateway_has_no_flow_log() {
    let log = json!({ "resource": "subnet:b" });
    let (seeded, report) = scan(busy().flow_log("b", log));
    assert_nat(&seeded, &report.exits_with(0));
}

#[test]
fn records_in_one_log_group_are_distinguished_by_their_format() {
    let nat = json!({ "resource": "nat:nat", "format": ODD });
    let vpc = busy().flow_log("all", nat).flow_log("all", json!({}));
    let (seeded, report) = scan(vpc);
    assert_nat(&seeded, &report.exits_with(0));
}

#[test]
fn what_is_rejected_is_no_bytes() {
    let mut refused = through_nat("54.239.1.1", (5_000_000, 0));
    refused["action"] = "REJECT".into();
    let rejects = json!({ "resource": "nat:nat", "format": V11, "traffic": "REJECT" });
    let vpc = busy()
        .traffic(refused)
        .flow_log("rejects", rejects)
        .flow_log("nat", json!({ "resource": "nat:nat", "format": ODD }));
    let (seeded, report) = scan(vpc);
    assert_nat(&seeded, &report.exits_with(0));
}

#[test]
fn flows_that_were_not_captured_are_reported() {
    let records =
        json!([{ "message": "2 1 {resource} - - - - - - - {start} {end} - SKIPDATA", "count": 3 }]);
    let log = json!({ "resource": "nat:nat", "records": records });
    let (seeded, report) = scan(busy().flow_log("nat", log));
    let report = report.exits_with(0);
    assert_nat(&seeded, &report);
    let coverage = report.table("coverage");
    let place = [
        ("account_id", seeded.account("app")),
        ("step", "flow_usage"),
        ("region", "eu-west-1"),
    ];
    let row = coverage.row(&place);
    assert!(row["message"].contains("3 records"), "{row:?}");
    assert!(row["message"].contains("SKIPDATA"), "{row:?}");
    let gateways = report.table("nat_gateways");
    let row = gateways.row(&[("name", "nat")]);
    assert_eq!(row["flow_log_skipped_records"], "3", "{row:?}");
}

/// A VPC with a gateway endpoint of S3 and an interface endpoint of STS beside its NAT gateway.
fn with_endpoints() -> Vpc {
    let by = |route: &str, external: &str, up: u64, down: u64, tag: &str| {
        json!({ "client": "10.0.1.9", "interface": "eni-0c1", "subnet": "b", "by": route, "tag": tag,
                "external": external, "up": up, "down": down, "count": 2 })
    };
    Vpc::new("endpoints")
        .subnet("a")
        .subnet("b")
        .with("internet_gateway", true)
        .nat_gateway("nat", 1_000, 20_000)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
        .endpoint(json!({ "service": "s3", "type": "Gateway", "route_tables": ["private"] }))
        .endpoint(json!({ "service": "sts", "subnets": ["a"], "addresses": ["10.0.0.50"] }))
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["10.0.0.50"])
        .answered("bucket.s3.eu-west-1.amazonaws.com.", &["52.95.128.7"])
        .answered("sqs.eu-west-1.amazonaws.com.", &["54.239.1.9"])
        .traffic(by("endpoint:sts", "", 300, 4_000, "-"))
        .traffic(by("gateway_endpoint", "52.95.128.7", 50_000, 600_000, "S3"))
        .traffic(by("nat:nat", "54.239.1.9", 1_000, 20_000, "AMAZON"))
}

#[test]
fn bytes_by_an_endpoint_are_apart_from_those_through_nat() {
    for format in ["", ODD, V11] {
        let log = match format {
            "" => json!({}),
            format => json!({ "format": format }),
        };
        let (seeded, report) = scan(with_endpoints().flow_log("vpc", log));
        let report = report.exits_with(0);
        let vpc = seeded.vpc("endpoints");
        for (service, route, up, down, nat) in [
            ("sts", "interface_endpoint", 300, 4_000, 0),
            ("s3", "gateway_endpoint", 50_000, 600_000, 0),
            ("sqs", "nat_gateway", 1_000, 20_000, 21_000),
        ] {
            assert_cells(
                &report,
                "vpc_services",
                &[("vpc_id", vpc), ("service", service)],
                &[
                    ("bytes_to_service", up),
                    ("bytes_from_service", down),
                    ("nat_bytes", nat),
                ],
            );
            let place = [("vpc_id", vpc), ("way", route)];
            assert_cells(&report, "flow_usage", &place, &[("bytes", up + down)]);
        }
        let services = report.table("services");
        assert_eq!(services.row(&[("service", "s3")])["bytes"], "650000");
    }
}

#[test]
fn without_flow_logs_bytes_are_unknown_and_the_report_shows_how_to_get_them() {
    let (seeded, report) = scan(busy());
    let report = report.exits_with(0);
    let gateways = report.table("nat_gateways");
    let row = gateways.row(&[("name", "nat")]);
    for column in [
        "flow_log_bytes",
        "attributed_bytes",
        "flow_log_difference_percent",
    ] {
        assert_eq!(row[column], "", "{column}");
    }
    for row in report.table("vpc_services").rows() {
        for column in ["bytes_to_service", "bytes_from_service", "nat_bytes"] {
            assert_eq!(row[column], "", "{row:?}");
        }
    }
    assert_eq!(report.table("flow_usage").rows().len(), 0);
    let coverage = report.table("coverage");
    let app = seeded.account("app");
    let row = coverage.row(&[("account_id", app), ("step", "flow_usage")]);
    assert_eq!(
        (row["outcome"].as_str(), row["reason"].as_str()),
        ("skipped", "not_logged")
    );
    let format = "${pkt-srcaddr} ${pkt-dstaddr} ${pkt-src-aws-service} ${pkt-dst-aws-service}";
    let totals = &report.json()["totals"];
    let shown = totals["flow_log_format"].as_str();
    assert!(shown.is_some_and(|it| it.contains(format)), "{totals}");
    // It is long, and only needed to set flow logs up: the summary shows it with --verbose.
    assert!(!report.stdout.contains(format), "{}", report.stdout);
}

#[test]
fn a_flow_log_that_is_not_read_is_named_with_its_reason() {
    for (log, reason) in [
        (
            json!({ "destination": "firehose:x" }),
            "destination_unsupported",
        ),
        (
            json!({ "destination": "log_group:gone" }),
            "log_group_missing",
        ),
    ] {
        let (seeded, report) = scan(busy().with("flow_logs", json!([log])));
        let report = report.exits_with(3);
        let coverage = report.table("coverage");
        let app = seeded.account("app");
        let row = coverage.row(&[("account_id", app), ("step", "flow_usage")]);
        assert_eq!(row["reason"], reason, "{row:?}");
        let gateways = report.table("nat_gateways");
        assert_eq!(gateways.row(&[("name", "nat")])["flow_log_bytes"], "");
    }
    let useless = json!({ "format": "${srcaddr} ${dstaddr} ${packets}" });
    let (_, report) = scan(busy().flow_log("vpc", useless));
    let report = report.exits_with(3);
    let row = report.table("coverage").row(&[("reason", "other")]).clone();
    assert!(row["message"].contains("${bytes}"), "{row:?}");
}

#[test]
fn bytes_are_exact_where_answers_are_cut_off() {
    let aws = Aws::with_settings(&json!({ "insights.max_rows": 40 }));
    let mut vpc = busy().flow_log("nat", json!({ "resource": "nat:nat", "format": ODD }));
    let mut more = 0;
    for number in 0..150_u64 {
        let mut line = through_nat(
            &format!("198.51.{}.{number}", 100 + number % 3),
            (number, 7),
        );
        line["hours_ago"] = json!([30, 30.5]);
        line["count"] = 1.into();
        more += number + 7;
        vpc = vpc.traffic(line);
    }
    let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
    let scan = Scan::of(&aws, &seeded).env("VPCE_SCOUT_USAGE_ROW_LIMIT", "40");
    let report = scan.run().exits_with(0);
    assert_cells(
        &report,
        "nat_gateways",
        &[("name", "nat")],
        &[
            ("flow_log_bytes", ALL + more),
            ("attributed_bytes", sum(STS) + sum(S3)),
            ("unmatched_bytes", sum(ELSEWHERE) + more),
        ],
    );
}

#[test]
fn behind_a_transit_gateway_bytes_are_of_the_vpc_that_calls() {
    let hub = Vpc::new("hub")
        .with("cidrs", json!(["10.8.0.0/16"]))
        .with(
            "subnets",
            json!([{ "name": "a", "az": "a", "cidr": "10.8.0.0/24" }]),
        )
        .with("internet_gateway", true)
        .nat_gateway("nat", 5_001, 60_002)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .attached_to("network", "tgw-0f1", "tgw-rtb-0f1")
        .traffic(
            json!({ "client": "10.0.0.9", "external": "54.239.1.1", "by": "nat:nat",
                         "up": 5_000, "down": 60_000 }),
        )
        .traffic(
            json!({ "client": "10.77.0.9", "external": "54.239.1.1", "by": "nat:nat",
                         "up": 1, "down": 2 }),
        )
        .flow_log("nat", json!({ "resource": "nat:nat", "format": ODD }));
    let spoke = Vpc::new("spoke")
        .subnet("a")
        .route_table("private", &["a"], &[("0.0.0.0/0", "tgw:tgw-0f1")])
        .attached_to("network", "tgw-0f1", "tgw-rtb-0f1")
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
        .traffic(
            json!({ "client": "10.0.0.9", "interface": "eni-0s1", "subnet": "a", "by": "tgw",
                         "external": "54.239.1.1", "up": 5_000, "down": 60_000 }),
        )
        .flow_log("spoke", json!({}));
    let network = Account::new("network")
        .vpc(hub)
        .routes_all_to("hub", "tgw-0f1", "tgw-rtb-0f1");
    let organization = Organization::new()
        .account(network)
        .account(Account::new("app").vpc(spoke));
    let aws = Aws::shared();
    let seeded = aws.seed(&organization);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let spoke = seeded.vpc("spoke");
    assert_cells(
        &report,
        "vpc_services",
        &[("vpc_id", spoke), ("service", "sts")],
        &[
            ("bytes_to_service", 5_000),
            ("bytes_from_service", 60_000),
            ("nat_bytes", 65_000),
        ],
    );
    let usage = report.table("flow_usage");
    assert_eq!(usage.rows().len(), 2, "{usage:?}");
    // A client that nobody knows: its bytes are the gateway's, and no VPC's.
    assert_eq!(usage.row(&[("vpc_id", "")])["bytes"], "3");
    assert_cells(
        &report,
        "nat_gateways",
        &[("name", "nat")],
        &[
            ("flow_log_bytes", 65_003),
            ("attributed_bytes", 65_000),
            ("unmatched_bytes", 3),
        ],
    );
}

#[test]
fn flow_logs_in_a_log_group_of_another_account_are_read_there() {
    let log = json!({ "resource": "nat:nat", "format": ODD, "destination": "CENTRAL" });
    let vpc = busy().with("flow_logs", json!([log]));
    let organization = Organization::new()
        .account(Account::new("app").vpc(vpc))
        .account(Account::new("logs"));
    let mut seed = organization.document();
    let logs = seed["accounts"][2]["id"].as_str().unwrap().to_owned();
    seed["accounts"][2]["regions"] = json!({ HOME: { "log_groups": [{ "name": "central" }] } });
    let arn = format!("arn:aws:logs:{HOME}:{logs}:log-group:central");
    seed["accounts"][1]["regions"][HOME]["vpcs"][0]["flow_logs"][0]["destination"] = arn.into();
    let aws = Aws::shared();
    let seeded = aws.seed_document(seed);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    assert_nat(&seeded, &report);
}

#[test]
fn two_flow_logs_that_write_the_same_records_into_one_place_are_not_read_twice() {
    let vpc = busy()
        .flow_log("all", json!({ "resource": "nat:nat" }))
        .flow_log("all", json!({ "resource": "subnet:a" }));
    let (seeded, report) = scan(vpc);
    let report = report.exits_with(0);
    let gateways = report.table("nat_gateways");
    assert_eq!(gateways.row(&[("name", "nat")])["flow_log_bytes"], "");
    let coverage = report.table("coverage");
    let app = seeded.account("app");
    let row = coverage.row(&[("account_id", app), ("step", "flow_usage")]);
    assert!(row["message"].contains("neither is read"), "{row:?}");
}

#[test]
fn clients_bytes_count_to_public_addresses_and_to_no_private_ones() {
    let public = [
        "1.0.0.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.0",
        "126.1.1.1",
        "128.0.0.1",
        "169.253.1.1",
        "169.255.1.1",
        "172.15.9.9",
        "172.32.0.1",
        "192.167.1.1",
        "192.169.1.1",
        "198.17.1.1",
        "198.20.1.1",
        "198.51.100.7",
        "199.1.1.1",
        "223.255.1.1",
    ];
    let private = [
        "10.200.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.169.123",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
    ];
    let mut vpc = Vpc::new("client")
        .subnet("a")
        .subnet("b")
        .nat_gateway("nat", 1, 1)
        .route_table("private", &["a", "b"], &[("0.0.0.0/0", "nat:nat")])
        .flow_log("b", json!({ "resource": "subnet:b" }));
    let mut expected = 0;
    for (number, address) in (0_u32..).zip(public.iter().chain(&private)) {
        // A bit each: the sum shows which of them are in it.
        vpc = vpc.traffic(through_nat(address, (1 << number, 0)));
        expected += u64::from(public.contains(address)) << number;
    }
    let (_, report) = scan(vpc);
    let report = report.exits_with(0);
    let usage = report.table("flow_usage");
    let found: u64 = usage.row(&[("way", "nat_gateway")])["bytes"]
        .parse()
        .unwrap();
    assert_eq!(found, expected, "wrong bits: {:b}", found ^ expected);
}

/// A record of the NAT gateway's interface in the default format, of no traffic.
const NO_DATA: &str = "2 1 {resource} - - - - - - - {start} {end} - NODATA";

/// A VPC whose NAT gateway passed these bytes by its metrics, and whose flow log holds these records.
fn silent(metered: u64, format: &str, records: &Value) -> Vpc {
    let log = json!({ "resource": "nat:nat", "format": format, "traffic": "ACCEPT",
                      "records": records });
    Vpc::new("silent")
        .subnet("a")
        .subnet("b")
        .with("internet_gateway", true)
        .nat_gateway("nat", metered, 0)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &["54.239.1.1"])
        .flow_log("nat", log)
}

#[test]
fn a_flow_log_in_which_nothing_can_be_read_shows_no_zero_anywhere() {
    // Nothing at all, and a format that lacks the gateway's interface.
    let foreign = json!([{ "message": "192.0.2.1 198.51.100.1 77", "count": 5 }]);
    for (format, records) in [("", json!([])), ("${srcaddr} ${dstaddr} ${bytes}", foreign)] {
        let (seeded, report) = scan(silent(9_000_000_000, format, &records));
        let report = report.exits_with(0);
        let gateways = report.table("nat_gateways");
        let row = gateways.row(&[("name", "nat")]);
        for column in [
            "flow_log_bytes",
            "attributed_bytes",
            "ambiguous_bytes",
            "unmatched_bytes",
            "flow_log_difference_percent",
            "flow_log_skipped_records",
        ] {
            assert_eq!(row[column], "", "{column} of {row:?}");
        }
        let services = report.table("vpc_services");
        let row = services.row(&[("service", "sts")]);
        assert_eq!((&*row["nat_bytes"], &*row["bytes_to_service"]), ("", ""));
        for row in report.table("opportunities").rows() {
            assert_eq!(
                (&*row["basis"], &*row["gb_month"]),
                ("unknown", ""),
                "{row:?}"
            );
        }
        let coverage = report.table("coverage");
        let app = seeded.account("app");
        let row = coverage.row(&[("account_id", app), ("step", "flow_usage")]);
        let output = "log group `flow/nat` holds no record that can be read";
        assert!(row["message"].contains(output), "{row:?}");
        assert!(
            !report.stdout.contains("of CloudWatch metrics"),
            "{}",
            report.stdout
        );
        let totals = &report.json()["totals"];
        assert_eq!(totals["nat_gateways_flow_logged"], 0);
        assert_eq!(totals["flow_log_bytes"], Value::Null);
    }
}

#[test]
fn a_gateway_that_nothing_passed_is_known_to_have_none_by_records_or_by_metrics() {
    for records in [json!([NO_DATA]), json!([])] {
        let (_, report) = scan(silent(0, "", &records));
        let report = report.exits_with(0);
        let gateways = report.table("nat_gateways");
        let row = gateways.row(&[("name", "nat")]);
        assert_eq!(row["flow_log_bytes"], "0", "{row:?}");
        let services = report.table("vpc_services");
        assert_eq!(services.row(&[("service", "sts")])["nat_bytes"], "0");
    }
}

#[test]
fn an_endpoint_is_not_removed_because_its_logs_are_silent() {
    for records in [json!([NO_DATA]), json!([])] {
        let log = json!({ "resource": "endpoint:sts", "records": records });
        let vpc = Vpc::new("idle")
            .subnet("a")
            .endpoint(json!({ "service": "sts", "subnets": ["a"] }))
            .logged()
            .answered("www.example.com.", &["93.184.216.34"])
            .flow_log("endpoint", log);
        let aws = Aws::shared();
        let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
        // What CloudWatch counted would be a proof.
        let app = seeded.account("app");
        aws.fault(&json!({ "account": app, "service": "cloudwatch", "fault": "access_denied" }));
        let report = Scan::of(aws, &seeded).run().exits_with(3);
        aws.clear_faults(&[app]);
        let rows = report.table("opportunities");
        let removed = rows.rows_with(&[("action", "remove"), ("service", "sts")]);
        assert!(removed.is_empty(), "{removed:?}");
        let endpoints = report.table("endpoints");
        let row = endpoints.row(&[("service", "sts")]);
        assert_eq!(
            (row["idle"].as_str(), row["findings"].contains("idle")),
            ("", false)
        );
        assert_eq!(row["idle_missing_proof"], "endpoint_metrics", "{row:?}");
    }
}

/// Clients that know the addresses of a service ask for no name of it: only their bytes show that they
/// call, here by the tag of the records. A gateway endpoint serves its own Region alone.
#[test]
fn a_gateway_endpoint_is_not_idle_while_bytes_may_go_to_its_service_past_it() {
    let cases = [
        ("52.95.128.7", "S3", "", "flow_logs"),
        ("93.184.216.34", "-", "true", ""),
        // By the name below, of S3 in another Region.
        ("52.217.0.9", "-", "true", ""),
    ];
    for (external, tag, idle, missing) in cases {
        let mut line = through_nat(external, S3);
        line["tag"] = tag.into();
        let vpc = Vpc::new("past")
            .subnet("a")
            .subnet("b")
            .subnet("c")
            .with("internet_gateway", true)
            .nat_gateway("nat", S3.0, S3.1)
            .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
            .route_table("private", &["b"], &[("0.0.0.0/0", "nat:nat")])
            .route_table("other", &["c"], &[])
            .endpoint(json!({ "service": "s3", "type": "Gateway", "route_tables": ["other"] }))
            .logged()
            .answered("bucket.s3.us-east-1.amazonaws.com.", &["52.217.0.9"])
            .traffic(line)
            .flow_log("vpc", json!({ "format": ODD }));
        let (_, report) = scan(vpc);
        let report = report.exits_with(0);
        let endpoints = report.table("endpoints");
        let row = endpoints.row(&[("service", "s3")]);
        assert_eq!(row["idle"], idle, "{external}: {row:?}");
        assert_eq!(row["idle_missing_proof"], missing, "{external}: {row:?}");
    }
}

#[test]
fn a_flow_log_of_the_whole_window_is_read_before_a_better_one_that_is_younger() {
    let young = json!({ "resource": "nat:nat", "format": ODD, "created_hours_ago": 20 });
    let vpc = busy().flow_log("vpc", json!({})).flow_log("young", young);
    let (seeded, report) = scan(vpc);
    let report = report.exits_with(0);
    assert_nat(&seeded, &report);
    let coverage = report.table("coverage");
    let row = coverage.row(&[
        ("account_id", seeded.account("app")),
        ("step", "flow_usage"),
    ]);
    assert!(!row["message"].contains("created at"), "{row:?}");
}

#[test]
fn bytes_of_a_part_of_the_window_are_reported_as_such_and_make_no_money() {
    let young = json!({ "resource": "nat:nat", "format": ODD, "created_hours_ago": 20 });
    let vpc = busy()
        .answered("sqs.eu-west-1.amazonaws.com.", &["54.239.1.9"])
        .flow_log("nat", young);
    let (seeded, report) = scan(vpc);
    let report = report.exits_with(0);
    let coverage = report.table("coverage");
    let row = coverage.row(&[
        ("account_id", seeded.account("app")),
        ("step", "flow_usage"),
    ]);
    let output = "within the window: bytes before that are unknown";
    assert!(row["message"].contains(output), "{row:?}");
    let services = report.table("vpc_services");
    let bytes = |service: &str| services.row(&[("service", service)])["nat_bytes"].clone();
    assert_eq!(bytes("sts"), sum(STS).to_string());
    assert_eq!(bytes("sqs"), "");
    let rows = report.table("opportunities");
    for service in ["sts", "s3"] {
        let row = rows.row(&[("service", service)]);
        assert_eq!(
            (&*row["basis"], &*row["gb_month"]),
            ("unknown", ""),
            "{row:?}"
        );
        assert_eq!(row["monthly_saving_usd"], "", "{row:?}");
        assert!(row["caveats"].contains("part_of_window"), "{row:?}");
    }
}
