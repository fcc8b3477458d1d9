//! Logs in S3, counted by Amazon Athena: the same rows as of the embedded engine, and no query twice.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    vpc::Vpc,
};

/// The tables whose rows come from the logs.
const TABLES: [&str; 4] = ["hosts", "vpc_services", "services", "flow_usage"];

/// Two VPCs whose queries and one whose flows are delivered to buckets.
pub(crate) fn document() -> Value {
    let sts = "STS.eu-west-1.amazonaws.com.";
    let ask = |host: &str, count: u32, answers: Value| json!({ "host": host, "count": count, "hours_ago": [1, 160], "answers": answers });
    let name = json!({ "Rdata": "cafe.dead.beef.", "Type": "CNAME", "Class": "IN" });
    let record = |from: &str, to: &str, bytes: u32| {
        format!(
            "2 111111111111 eni-1 {from} {to} 40000 443 6 1 {bytes} {{start}} {{end}} ACCEPT OK"
        )
    };
    let flow_log = json!({
        "destination": "s3:flows/network",
        "records": [
            { "message": record("10.0.0.5", "52.94.1.1", 500), "count": 9, "hours_ago": [1, 160] },
            { "message": record("52.94.1.1", "10.0.0.5", 70), "count": 5, "hours_ago": [1, 160] },
            { "message": record("10.0.0.5", "10.0.0.6", 40), "count": 3, "hours_ago": [1, 160] },
            { "message": "2 111111111111 eni-1 - - - - - - - {start} {end} - NODATA", "count": 2, "hours_ago": [1, 160] },
        ],
    });
    let logged = |name: &str| Vpc::new(name).with("query_logging", json!([{ "config": "s3" }]));
    let one = logged("one")
        .with("flow_logs", json!([flow_log]))
        .asks_line(ask(sts, 30, json!([name, "54.0.0.1", "54.0.0.2"])))
        .asks_line(ask("sts.eu-west-1.amazonaws.com.", 7, json!(["54.0.0.9"])))
        .asks_line(ask("example.org.", 40, json!(["192.0.2.1"])));
    let two = logged("two").asks_line(ask("kms.eu-west-1.amazonaws.com.", 4, json!(["54.0.0.3"])));
    let app = Account::new("app").vpc(one).vpc(two);
    let mut document = Organization::new().account(app).document();
    let region = &mut document["accounts"][1]["regions"][HOME];
    region["query_log_configs"] = json!([{ "name": "s3", "destination": "s3:queries/dns" }]);
    document
}

fn tables(home: &Home) -> Vec<(&'static str, String)> {
    let read = |name: &str| fs::read_to_string(home.path().join(format!("report/{name}.csv")));
    TABLES
        .iter()
        .map(|name| (*name, read(name).unwrap()))
        .collect()
}

/// Creates the tables that `athena ddl` prints for the last run, and returns how many.
pub(crate) fn create_tables(aws: &Aws, seeded: &Seeded, home: &Home) -> usize {
    let script = home.run(&["athena", "ddl"]).exits_with(0).stdout;
    let statements = script
        .split(";\n")
        .filter_map(|it| Some(&it[it.find("CREATE EXTERNAL")?..]));
    let created = statements.map(|it| aws.create_athena_table(seeded.account("app"), HOME, it));
    created.count()
}

#[test]
fn athena_reports_the_rows_of_the_embedded_engine_from_the_tables_that_ddl_prints() {
    let aws = Aws::with_settings(&json!({ "athena.page_rows": 3 }));
    let seeded = aws.seed_document(document());
    let home = Home::of(&aws, &seeded);
    let embedded = home.scan(&["--engine", "embedded", "--max-scan-gb", "100"]);
    for (text, cost) in [
        (&embedded.stderr, "objects in S3, which are fetched ("),
        (&embedded.stdout, "from S3 by "),
    ] {
        assert!(text.contains(cost), "{cost}: {text}");
    }
    let expected = tables(&home);
    assert!(
        expected[0].1.contains("sts.eu-west-1.amazonaws.com"),
        "{expected:?}"
    );
    assert!(expected[3].1.lines().count() > 1, "{expected:?}");

    let settings = home.path().join("scout.toml");
    fs::write(&settings, "[athena]\nworkgroup = \"primary\"\n").unwrap();
    let athena = ["--engine", "athena", "--config", settings.to_str().unwrap()];
    let missing = home.scan(&athena).exits_with(3);
    let coverage = fs::read_to_string(home.path().join("report/coverage.csv")).unwrap();
    assert!(
        coverage.contains("table_mismatch"),
        "{coverage}\n{}",
        missing.stderr
    );

    assert_eq!(create_tables(&aws, &seeded, &home), 2);

    // The first start is carried out and not answered: it is not paid twice.
    aws.fault(&json!({ "operation": "StartQueryExecution", "fault": "drop_after", "times": 1 }));
    let read = home.scan(&athena);
    assert_eq!(
        read.code, embedded.code,
        "{}\n{}",
        read.stderr, embedded.stderr
    );
    assert_eq!(tables(&home), expected);
    // Athena bills 10 MB a query at least.
    assert!(
        read.stdout.contains("0.020 GB by Athena"),
        "{}",
        read.stdout
    );
    // One statement for the queries of both VPCs, one for the clients of the flow log.
    assert_eq!(aws.athena_executions(), 2);
}
