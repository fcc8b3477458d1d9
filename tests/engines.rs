//! One seed of records in log groups, in text objects and in Parquet: Logs Insights, the embedded engine
//! and Athena report the same bytes.

use std::fs;

use serde_json::{Value, json};
use vpce_scout::model::flow_format::RECOMMENDED;

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    vpc::Vpc,
};

/// Everything that comes from the logs.
const FILES: [&str; 6] = [
    "hosts.csv",
    "vpc_services.csv",
    "services.csv",
    "flow_usage.csv",
    "nat_gateways.csv",
    "vpc_hosts.json",
];
/// Names that one VPC asks for: more than Logs Insights returns rows at once.
const NAMES: usize = 15_000;

/// Where the records are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    LogGroups,
    Text,
    Parquet,
}

fn ask(host: &str, count: u32, hours_ago: [f64; 2], answers: &Value) -> Value {
    json!({
        "host": host, "count": count, "hours_ago": hours_ago, "answers": answers,
        "srcaddr": ["10.0.0.5", "10.0.0.6", "10.0.1.7"],
    })
}

/// Names in every spelling, with every kind of answer, in the window and just outside of it.
fn asking(vpc: Vpc) -> Vpc {
    let alias =
        json!({ "Rdata": "s3-r-w.eu-west-1.amazonaws.com.", "Type": "CNAME", "Class": "IN" });
    let text = json!({ "Rdata": "v=\"x] y\\z\" 10.9.9.9", "Type": "TXT", "Class": "IN" });
    let hexadecimal = json!({ "Rdata": "cafe.dead.beef.", "Type": "CNAME", "Class": "IN" });
    let sts = "sts.eu-west-1.amazonaws.com.";
    let mut absent = ask(
        "nothing.eu-west-1.amazonaws.com.",
        6,
        [2.0, 150.0],
        &json!([]),
    );
    absent["rcode"] = "NXDOMAIN".into();
    vpc.asks_line(ask(
        "STS.eu-west-1.amazonaws.com.",
        31,
        [1.0, 160.0],
        &json!([hexadecimal, "54.0.0.1", "54.0.0.2"]),
    ))
    .asks_line(ask(sts, 17, [3.0, 155.0], &json!(["54.0.0.9"])))
    .asks_line(ask(sts, 5, [168.5, 170.0], &json!(["54.0.0.77"])))
    .asks_line(ask(sts, 5, [-0.4, -0.1], &json!(["54.0.0.78"])))
    .asks_line(ask(
        "b.s3.eu-west-1.amazonaws.com.",
        9,
        [1.5, 140.0],
        &json!([alias.clone(), "52.218.36.12"]),
    ))
    .asks_line(ask(
        "c.s3.eu-west-1.amazonaws.com.",
        4,
        [1.7, 139.0],
        &json!([alias]),
    ))
    .asks_line(ask(
        "d.s3.eu-west-1.amazonaws.com.",
        3,
        [1.9, 138.0],
        &json!([text]),
    ))
    .asks_line(ask(
        "s3.dualstack.eu-west-1.amazonaws.com.",
        7,
        [2.1, 137.0],
        &json!(["2a05:d050:8020:fea::1"]),
    ))
    .asks_line(ask(
        "kms.eu-west-1.amazonaws.com.",
        8,
        [2.3, 136.0],
        &json!([]),
    ))
    .asks_line(ask("example.org.", 40, [1.0, 160.0], &json!(["192.0.2.1"])))
    .asks_line(absent)
}

/// The seed, with everything in log groups; one VPC asks for so many names.
fn document(names: usize) -> Value {
    let line = |external: &str, up: u64, down: u64, action: &str| {
        json!({
            "client": "10.0.0.5", "interface": "eni-0one", "subnet": "a", "external": external, "up": up,
            "down": down, "by": "igw", "count": 7, "action": action, "tag": "AMAZON",
        })
    };
    let one = asking(Vpc::new("one").logged())
        .with("cidrs", json!(["10.0.0.0/16", "198.51.100.0/24"]))
        .subnet("a")
        .with("internet_gateway", true)
        .route_table("public", &["a"], &[("0.0.0.0/0", "igw")])
        .flow_log("one", json!({ "format": RECOMMENDED }))
        .traffic(line("54.0.0.9", 123_457, 7_654_321, "ACCEPT"))
        .traffic(line("52.218.36.12", 999_999, 17, "ACCEPT"))
        .traffic(line("54.0.0.9", 5000, 0, "REJECT"))
        .traffic(line("198.51.100.9", 4000, 300, "ACCEPT"));
    let v2 = |from: &str, to: &str, bytes: u32, end: &str| {
        format!("2 111111111111 eni-0two {from} {to} 40000 443 6 1 {bytes} {{start}} {{end}} {end}")
    };
    let two = asking(Vpc::new("two").logged_by("hub", "shared")).flow_log(
        "two",
        json!({ "records": [
            { "message": v2("10.0.0.5", "54.0.0.9", 500, "ACCEPT OK"), "count": 9, "hours_ago": [1, 160] },
            { "message": v2("54.0.0.9", "10.0.0.5", 70, "ACCEPT OK"), "count": 5, "hours_ago": [1, 160] },
            { "message": v2("10.0.0.5", "54.0.0.9", 60_000, "ACCEPT OK"), "count": 3, "hours_ago": [168.5, 170] },
            { "message": v2("10.0.0.5", "54.0.0.9", 4, "REJECT OK"), "count": 2, "hours_ago": [1, 160] },
            { "message": v2("10.0.0.5", "10.0.0.6", 40, "ACCEPT OK"), "count": 3, "hours_ago": [1, 160] },
            { "message": "2 111111111111 eni-0two - - - - - - - {start} {end} - NODATA", "count": 2 },
            { "message": "2 111111111111 eni-0two - - - - - - - {start} {end} - SKIPDATA", "count": 2 },
        ] }),
    );
    let v11 = "${interface-id} ${vpc-id} ${srcaddr} ${dstaddr} ${bytes} ${start} ${end} ${action} ${log-status} \
               ${flow-direction} ${next-hop-interface-type}";
    let three = asking(Vpc::new("three").logged())
        .subnet("a")
        .flow_log("three", json!({ "format": v11 }))
        .traffic(line("54.0.0.9", 777, 888, "ACCEPT"));
    let names = (0..names).map(|at| {
        let answer = format!("52.218.{}.{}", at / 250, at % 250);
        json!({ "host": format!("b{at}.s3.eu-west-1.amazonaws.com."), "count": 1, "answers": [answer] })
    });
    let four = Vpc::new("many").logged().flow_log(
        "many",
        json!({ "records": [
            { "message": v2("10.0.0.7", "54.0.0.1", 900, "ACCEPT OK"), "count": 40, "hours_ago": [0.1, 160] },
            { "message": v2("54.0.0.1", "10.0.0.7", 30, "ACCEPT OK"), "count": 6, "hours_ago": [0.1, 0.6] },
        ] }),
    );
    let many = names.fold(four, Vpc::asks_line);
    Organization::new()
        .account(Account::new("hub").shares_query_log("shared", &["apps"]))
        .account(Account::new("apps").vpc(one).vpc(two).vpc(three).vpc(many))
        .document()
}

/// Half of the records come so much later than in the next object: up to what `objects.late_minutes` is.
const LATE_MINUTES: u32 = 50;
/// Objects of a time, among which records are spread at random.
const CUT: u32 = 3;

/// The same seed, delivered elsewhere: query logs to one bucket, all flow logs to one prefix of another, each
/// in another layout, in objects that are cut at random and partly late.
fn stored(mut document: Value, stored: Stored) -> Value {
    if stored == Stored::LogGroups {
        return document;
    }
    let parquet = stored == Stored::Parquet;
    for account in document["accounts"].as_array_mut().unwrap() {
        let Some(region) = account["regions"].get_mut(HOME) else {
            continue;
        };
        for config in region["query_log_configs"].as_array_mut().unwrap() {
            config["destination"] = "s3:queries/dns".into();
        }
        for (at, vpc) in region["vpcs"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .enumerate()
        {
            let logs = vpc.get_mut("flow_logs").and_then(Value::as_array_mut);
            for log in logs.into_iter().flatten() {
                let (is_hive, is_hourly) = (at == 0 || at == 3, at == 0 || at == 2);
                log["destination"] = "s3:flows/network".into();
                log["layout"] = json!({
                    "hive": is_hive, "hourly": is_hourly, "parquet": parquet,
                    "late_minutes": LATE_MINUTES, "cut": CUT,
                });
            }
            let lines = vpc.get_mut("dns").and_then(Value::as_array_mut);
            for line in lines.into_iter().flatten() {
                line["late_minutes"] = LATE_MINUTES.into();
                line["cut"] = CUT.into();
            }
        }
    }
    document
}

/// The reports that come from the logs.
fn facts(home: &Home, arguments: &[&str]) -> Vec<(&'static str, String)> {
    home.scan(arguments).exits_with(0);
    let read = |name: &str| fs::read_to_string(home.path().join("report").join(name)).unwrap();
    FILES.iter().map(|name| (*name, read(name))).collect()
}

fn create_tables(aws: &Aws, seeded: &Seeded, home: &Home) {
    let script = home.run(&["athena", "ddl"]).exits_with(0).stdout;
    let statements = script
        .split(";\n")
        .filter_map(|it| Some(&it[it.find("CREATE EXTERNAL")?..]));
    for statement in statements {
        for account in ["hub", "apps"] {
            aws.create_athena_table(seeded.account(account), HOME, statement);
        }
    }
}

/// Scans a seed in log groups and elsewhere by every engine that reads it there, and compares.
fn hold_the_same_facts(document: &Value, elsewhere: Stored) -> Vec<(&'static str, String)> {
    let in_groups = {
        let aws = Aws::with_settings(&json!({}));
        let seeded = aws.seed_document(stored(document.clone(), Stored::LogGroups));
        facts(&Home::of(&aws, &seeded), &[])
    };
    let aws = Aws::with_settings(&json!({}));
    let seeded = aws.seed_document(stored(document.clone(), elsewhere));
    let home = Home::of(&aws, &seeded);
    let embedded = facts(&home, &["--engine", "embedded"]);
    create_tables(&aws, &seeded, &home);
    fs::write(
        home.path().join("scout.toml"),
        "[athena]\nworkgroup = \"primary\"\n",
    )
    .unwrap();
    let by_athena = facts(&home, &["--engine", "athena", "--config", "scout.toml"]);
    for (engine, found) in [("embedded", embedded), ("athena", by_athena)] {
        for ((name, found), (_, expected)) in found.iter().zip(&in_groups) {
            let different = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert_eq!(different, None, "{engine}: {name}");
            assert!(found == expected, "{engine}: {name}");
        }
    }
    in_groups
}

#[test]
fn log_groups_and_text_objects_hold_the_same_facts_by_every_engine() {
    let facts = hold_the_same_facts(&document(NAMES), Stored::Text);
    let lines = |name: &str| {
        let (_, text) = facts.iter().find(|(file, _)| *file == name).unwrap();
        text.lines().count()
    };
    assert!(lines("hosts.csv") > NAMES);
    assert!(lines("flow_usage.csv") > 3);
}

#[cfg(feature = "parquet")]
#[test]
fn log_groups_and_parquet_hold_the_same_facts_by_every_engine() {
    hold_the_same_facts(&document(1), Stored::Parquet);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_program_without_parquet_names_the_flow_logs_that_it_did_not_read() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = aws.seed_document(stored(document(1), Stored::Parquet));
    let home = Home::of(&aws, &seeded);
    home.scan(&["--engine", "embedded"]).exits_with(3);
    let coverage = fs::read(home.path().join("report/coverage.csv")).unwrap();
    let coverage = crate::support::table::Table::read("coverage", &coverage);
    let rows = coverage.rows_with(&[
        ("step", "flow_usage"),
        ("reason", "destination_unsupported"),
    ]);
    assert!(!rows.is_empty(), "{coverage:?}");
    for row in rows {
        assert!(row["message"].contains("Parquet"), "{row:?}");
    }
}
