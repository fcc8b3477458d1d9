//! Central egress charged back: an organization that is known byte for byte, with two hubs and five spokes.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, Scan},
    table::Row,
    vpc::Vpc,
};

/// The flow log of the first hub's NAT gateway, with packet addresses.
const PACKETS: &str = "${interface-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${bytes} ${start} \
    ${end} ${action} ${log-status}";
const STS: &str = "54.239.1.1";
const S3: &str = "52.95.128.7";

/// Bytes up and down.
type Bytes = (u64, u64);

const HUB: Bytes = (1_000_001, 2_000_003);
const SHOP: Bytes = (500_000_001, 7_000_000_003);
const BLOG: Bytes = (307, 4_001);
const DATA: Bytes = (90_000_000_007, 10_000_000_011);
const LAKE: Bytes = (5, 2_000_000_009);
/// Sent by the spoke without logs.
const SILENT: Bytes = (700_000_001, 300_000_000);

fn sum((up, down): Bytes) -> u64 {
    up + down
}

fn total(all: &[Bytes]) -> (u64, u64) {
    let sums = all.iter().map(|it| it.0).sum::<u64>();
    (sums, all.iter().map(|it| it.1).sum())
}

/// A VPC with one subnet.
fn vpc(name: &str, block: &str) -> Vpc {
    Vpc::new(name)
        .with("id", format!("vpc-0c{name}"))
        .with("cidrs", json!([format!("{block}.0.0/16")]))
        .with(
            "subnets",
            json!([{ "name": "a", "az": "a", "cidr": format!("{block}.0.0/24") }]),
        )
}

fn hub(name: &str, block: &str, nat: &str, sent: &[Bytes]) -> Vpc {
    let (up, down) = total(sent);
    vpc(name, block)
        .with("internet_gateway", true)
        .nat_gateway(nat, up, down)
        .route_table("private", &["a"], &[("0.0.0.0/0", &format!("nat:{nat}"))])
}

fn spoke(name: &str, block: &str, gateway: &str) -> Vpc {
    vpc(name, block)
        .route_table(
            "private",
            &["a"],
            &[("0.0.0.0/0", &format!("tgw:{gateway}"))],
        )
        .logged()
        .answered("sts.eu-west-1.amazonaws.com.", &[STS])
        .answered("bucket.s3.eu-west-1.amazonaws.com.", &[S3])
}

fn through(nat: &str, client: &str, external: &str, (up, down): Bytes) -> Value {
    json!({ "client": client, "external": external, "by": format!("nat:{nat}"), "up": up, "down": down })
}

/// The records of the transit gateway of the bytes of a VPC through the second hub: at the attachment of
/// the VPC and at that of the hub.
fn passed(vpc: &str, client: &str, external: &str, (up, down): Bytes) -> Vec<Value> {
    let (own, hub) = (
        format!("tgw-attach-0c{vpc}"),
        "tgw-attach-0chub2".to_owned(),
    );
    let ends = [format!("vpc-0c{vpc}"), "vpc-0chub2".to_owned()];
    let mut records = Vec::new();
    for is_up in [true, false] {
        let [from, to] = if is_up { [0, 1] } else { [1, 0] }.map(|at: usize| &ends[at]);
        let (source, destination, bytes) = if is_up {
            (client, external, up)
        } else {
            (external, client, down)
        };
        for (attachment, other) in [(&own, &hub), (&hub, &own)] {
            let direction = if (attachment == &own) == is_up {
                "ingress"
            } else {
                "egress"
            };
            records.push(json!(format!(
                "6 TransitGateway 1 tgw-0c2 {attachment} 2 3 {from} {to} subnet-0 subnet-0 eni-0 eni-1 az1 az1 \
                 {other} {source} {destination} 443 50123 6 9 {bytes} {{start}} {{end}} OK IPv4 0 0 0 0 19 {HOME} \
                 {direction} - -"
            )));
        }
    }
    records
}

fn seeded(aws: &Aws) -> Seeded {
    seeded_with(aws, "log_group:transit")
}

/// The organization, with the records of the transit gateway delivered to a place.
fn seeded_with(aws: &Aws, destination: &str) -> Seeded {
    let first = hub("hub1", "10.8", "nat-1", &[HUB, SHOP, BLOG])
        .attached_to("network", "tgw-0c1", "tgw-rtb-0c1")
        .traffic(through("nat-1", "10.8.0.9", "93.184.216.34", HUB))
        .traffic(through("nat-1", "10.1.0.9", S3, SHOP))
        .traffic(through("nat-1", "10.2.0.9", STS, BLOG))
        .flow_log(
            "nat-1",
            json!({ "resource": "nat:nat-1", "format": PACKETS }),
        );
    let second = hub("hub2", "10.9", "nat-2", &[DATA, LAKE, SILENT]).attached_to(
        "transit",
        "tgw-0c2",
        "tgw-rtb-0c2",
    );
    let of_first = |name: &str, block: &str| {
        spoke(name, block, "tgw-0c1").attached_to("network", "tgw-0c1", "tgw-rtb-0c1")
    };
    let of_second = |name: &str, block: &str| {
        spoke(name, block, "tgw-0c2").attached_to("transit", "tgw-0c2", "tgw-rtb-0c2")
    };
    // Recorded twice: by the transit gateway and by itself.
    let lake = of_second("lake", "10.4")
        .traffic(
            json!({ "client": "10.4.0.9", "interface": "eni-0lake", "subnet": "a", "by": "tgw",
                         "external": STS, "up": LAKE.0, "down": LAKE.1 }),
        )
        .flow_log("lake", json!({}));
    let organization = Organization::new()
        .account(
            Account::new("network")
                .vpc(first)
                .vpc(second)
                .routes_all_to("vpc-0chub1", "tgw-0c1", "tgw-rtb-0c1"),
        )
        .account(Account::new("transit"))
        .account(Account::new("shop").vpc(of_first("shop", "10.1")))
        .account(
            Account::new("blog")
                .vpc(of_first("blog", "10.2"))
                .vpc(of_second("silent", "10.5")),
        )
        .account(
            Account::new("data")
                .vpc(of_second("data", "10.3"))
                .vpc(lake),
        );
    let mut seed = organization.document();
    let network = seed["accounts"][1]["id"].clone();
    let mut records = passed("data", "10.3.0.9", S3, DATA);
    records.extend(passed("lake", "10.4.0.9", STS, LAKE));
    seed["accounts"][2]["regions"] = json!({ HOME: {
        "log_groups": [{ "name": "transit" }],
        "transit_gateway_route_tables": [{ "id": "tgw-rtb-0c2", "transit_gateway": "tgw-0c2",
            "routes": [{ "to": "0.0.0.0/0", "vpc": "vpc-0chub2", "account": network }] }],
        "flow_logs": [{ "resource": "tgw-0c2", "destination": destination, "records": records }],
    } });
    for account in seed["accounts"].as_array_mut().unwrap() {
        let vpcs = account.pointer_mut(&format!("/regions/{HOME}/vpcs"));
        for vpc in vpcs.and_then(Value::as_array_mut).into_iter().flatten() {
            let name = vpc["name"].as_str().unwrap().to_owned();
            vpc["transit_gateway"]["attachment_id"] = format!("tgw-attach-0c{name}").into();
        }
    }
    aws.seed_document(seed)
}

/// The rows of a NAT gateway: spoke (or `-`), bytes and basis.
fn rows(report: &Report, nat: &str) -> (Vec<(String, String, String)>, String) {
    let gateways = report.table("nat_gateways");
    let id = gateways.row(&[("name", nat)])["nat_gateway_id"].clone();
    let table = report.table("egress_chargeback");
    let mut rows: Vec<_> = table
        .rows_with(&[("nat_gateway_id", &id)])
        .into_iter()
        .map(|row| {
            let spoke = row["spoke_vpc_id"].trim_start_matches("vpc-0c");
            let spoke = if spoke.is_empty() { "-" } else { spoke };
            (spoke.to_owned(), row["bytes"].clone(), row["basis"].clone())
        })
        .collect();
    rows.sort();
    (rows, id)
}

fn expected(rows: &[(&str, u64, &str)]) -> Vec<(String, String, String)> {
    let rows = rows.iter();
    rows.map(|(vpc, bytes, basis)| ((*vpc).to_owned(), bytes.to_string(), (*basis).to_owned()))
        .collect()
}

/// Cents, so that sums are exact.
fn cents(row: &Row, column: &str) -> i64 {
    let usd: f64 = row[column]
        .parse()
        .unwrap_or_else(|_| panic!("{column} of {row:?}"));
    #[expect(clippy::cast_possible_truncation, reason = "a few dollars")]
    let cents = (usd * 100.0).round() as i64;
    cents
}

#[test]
fn athena_reads_the_records_of_a_transit_gateway_as_the_embedded_engine_does() {
    let aws = Aws::with_settings(&json!({ "athena.page_rows": 7 }));
    let seeded = seeded_with(&aws, "s3:transit/flows");
    let home = Home::of(&aws, &seeded);
    let charged = || fs::read_to_string(home.path().join("report/egress_chargeback.csv")).unwrap();
    home.scan(&["--engine", "embedded"]).exits_with(0);
    let embedded = charged();
    assert!(embedded.contains("transit_gateway_flow_log"), "{embedded}");
    let script = home.run(&["athena", "ddl"]).exits_with(0).stdout;
    let statements = script
        .split(";\n")
        .filter_map(|it| Some(&it[it.find("CREATE EXTERNAL")?..]));
    let created = statements.map(|it| aws.create_athena_table(seeded.account("transit"), HOME, it));
    assert_eq!(created.count(), 1, "{script}");
    let settings = home.path().join("scout.toml");
    fs::write(&settings, "[athena]\nworkgroup = \"primary\"\n").unwrap();
    let athena = ["--engine", "athena", "--config", settings.to_str().unwrap()];
    home.scan(&athena).exits_with(0);
    assert_eq!(charged(), embedded);
    assert!(aws.athena_executions() > 0);
}

#[test]
fn every_byte_of_two_hubs_is_charged_once_and_to_the_cent_and_makes_the_savings_of_the_spokes() {
    let aws = Aws::shared();
    let seeded = seeded(aws);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let (first, first_id) = rows(&report, "nat-1");
    let own = "nat_gateway_flow_log";
    assert_eq!(
        first,
        expected(&[
            ("blog", sum(BLOG), own),
            ("hub1", sum(HUB), own),
            ("shop", sum(SHOP), own)
        ])
    );
    let (second, second_id) = rows(&report, "nat-2");
    let transit = "transit_gateway_flow_log";
    assert_eq!(
        second,
        expected(&[
            ("-", sum(SILENT), "unassigned"),
            ("data", sum(DATA), transit),
            ("lake", sum(LAKE), transit)
        ])
    );
    let (table, gateways) = (
        report.table("egress_chargeback"),
        report.table("nat_gateways"),
    );
    for id in [&first_id, &second_id] {
        let gateway = gateways.row(&[("nat_gateway_id", id)]);
        let parts = table.rows_with(&[("nat_gateway_id", id)]);
        for (column, whole) in [
            ("data_usd", "monthly_data_usd"),
            ("hours_usd_share", "monthly_hours_usd"),
        ] {
            let all: i64 = parts.iter().map(|row| cents(row, column)).sum();
            assert_eq!(all, cents(gateway, whole), "{column} of {parts:?}");
        }
        let share: f64 = parts
            .iter()
            .map(|row| row["share"].parse::<f64>().unwrap())
            .sum();
        assert!((share - 1.0).abs() < 1e-5, "{parts:?}");
    }
    let row = table.row(&[("spoke_vpc_id", "vpc-0cdata")]);
    assert_eq!(row["spoke_account_id"], seeded.account("data"));
    assert_eq!(row["hub_account_id"], seeded.account("network"));
    assert_eq!(row["spoke_account_name"], "data");
    // The advice of the spokes is made of these bytes, at both prices: NAT gateway and transit gateway.
    let services = report.table("vpc_services");
    for (vpc, service, bytes) in [
        ("shop", "s3", SHOP),
        ("data", "s3", DATA),
        ("lake", "sts", LAKE),
    ] {
        let vpc = format!("vpc-0c{vpc}");
        let row = services.row(&[("vpc_id", &vpc), ("service", service)]);
        assert_eq!(row["nat_bytes"], sum(bytes).to_string(), "{row:?}");
    }
    let advice = report.table("opportunities");
    for (vpc, saving) in [("vpc-0cshop", "2.06"), ("vpc-0cdata", "27.52")] {
        let cells = [
            ("vpc_id", vpc),
            ("service", "s3"),
            ("action", "create"),
            ("endpoint_type", "Gateway"),
        ];
        let row = advice.row(&cells);
        assert_eq!(row["basis"], "measured", "{row:?}");
        assert_eq!(row["monthly_saving_usd"], saving, "{row:?}");
    }
    // Nothing is known of the spoke without logs.
    let silent = advice.rows_with(&[("vpc_id", "vpc-0csilent"), ("basis", "measured")]);
    assert!(silent.is_empty(), "{silent:?}");
    let usage = report.table("flow_usage");
    for row in usage.rows() {
        let of = |column: &str| row[column].parse::<u64>().unwrap();
        let parts = [
            "dns_bytes",
            "service_tag_bytes",
            "prefix_list_bytes",
            "endpoint_bytes",
        ];
        let named: u64 = parts.iter().map(|it| of(it)).sum();
        assert_eq!(
            named + of("ambiguous_bytes") + of("unmatched_bytes"),
            of("bytes"),
            "{row:?}"
        );
    }
}
