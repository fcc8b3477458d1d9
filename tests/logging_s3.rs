//! `logging enable --destination s3`: delivered into a bucket that is checked and never changed, read by a
//! scan, and off again without a trace.

use std::fs;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::{Home, ProgramOutput},
    organization::{Account, HOME, Organization, Seeded},
    table::Table,
    vpc::Vpc,
};

fn organization() -> Organization {
    let apps = Account::new("apps")
        .vpc(Vpc::new("one"))
        .vpc(Vpc::new("two"));
    Organization::new()
        .account(apps)
        .account(Account::new("archive"))
}

/// Names the account that reads the bucket.
fn settings(home: &Home, archive: &str) {
    let text = format!("[objects]\naccount = \"{archive}\"\n");
    fs::write(home.path().join("scout.toml"), text).unwrap();
}

fn rows(output: &ProgramOutput) -> Table {
    Table::read("logging", output.stdout.as_bytes())
}

/// The statements that a plan asks for.
fn statements(message: &str) -> Value {
    let (_, json) = message.split_once(": [").unwrap();
    serde_json::from_str(&format!("[{json}")).unwrap()
}

/// Folder and name of an object of a time: `2026/06/01/` and `20260601T0905Z`.
fn stamp(at: Timestamp) -> (String, String) {
    let at = at.to_zoned(TimeZone::UTC);
    let format = |pattern: &str| at.strftime(pattern).to_string();
    (format("%Y/%m/%d"), format("%Y%m%dT%H%MZ"))
}

/// How flow logs are turned on, and how their objects end: as Parquet where the program reads that.
const FLOW: &str = if cfg!(feature = "parquet") {
    "flow --parquet"
} else {
    "flow"
};
const ENDING: &str = if cfg!(feature = "parquet") {
    "log.parquet"
} else {
    "log.gz"
};

/// What AWS would deliver in an hour of the window: a query, and bytes out and in.
fn deliver(aws: &Aws, seeded: &Seeded, bucket: &str, flow_log: &str, format: &str) {
    let [start, _] = seeded.window();
    let at = start.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(5);
    let (folder, mark) = stamp(at + jiff::SignedDuration::from_mins(5));
    let (apps, vpc) = (seeded.account("apps"), seeded.vpc("one"));
    let record = json!({
        "version": "1.100000", "account_id": apps, "region": HOME, "vpc_id": vpc,
        "query_timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "query_name": "sts.eu-west-1.amazonaws.com.", "query_type": "A", "query_class": "IN",
        "rcode": "NOERROR", "answers": [{ "Rdata": "54.239.32.126", "Type": "A", "Class": "IN" }],
        "srcaddr": "10.0.0.7", "srcport": "4000", "transport": "UDP", "srcids": {},
    });
    let key = format!(
        "net/work/AWSLogs/{apps}/vpcdnsquerylogs/{vpc}/{folder}/{vpc}_vpcdnsquerylogs_{apps}_{mark}_1a2b3c4d.log.gz"
    );
    aws.object(bucket, &key, json!({ "lines": [record.to_string()] }));
    let fields: Vec<&str> = format
        .split(' ')
        .map(|it| it.trim_matches(&['$', '{', '}'][..]))
        .collect();
    let record = |from: &str, to: &str, bytes: &str, direction: &str| {
        let start = at.as_second().to_string();
        let value = |name: &&&str| match **name {
            "interface-id" => "eni-1".to_owned(),
            "vpc-id" => vpc.to_owned(),
            "srcaddr" | "pkt-srcaddr" => from.to_owned(),
            "dstaddr" | "pkt-dstaddr" => to.to_owned(),
            "bytes" => bytes.to_owned(),
            "start" | "end" => start.clone(),
            "action" => "ACCEPT".to_owned(),
            "log-status" => "OK".to_owned(),
            "flow-direction" => direction.to_owned(),
            _ => "-".to_owned(),
        };
        fields
            .iter()
            .map(|it| value(&it))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let lines = [
        fields.join(" "),
        record("10.0.0.7", "54.239.32.126", "700", "egress"),
        record("54.239.32.126", "10.0.0.7", "90", "ingress"),
    ];
    let key = format!(
        "net/work/AWSLogs/{apps}/vpcflowlogs/{HOME}/{folder}/{apps}_vpcflowlogs_{HOME}_{flow_log}_{mark}_1a2b3c4d.{ENDING}"
    );
    aws.object(bucket, &key, json!({ "lines": lines }));
}

#[test]
fn logs_go_to_a_bucket_once_its_policy_has_the_statements_that_the_plan_prints() {
    let (aws, seeded, home) = Home::seeded(&organization());
    let accounts = seeded.account_ids();
    let archive = seeded.account("archive");
    settings(&home, archive);
    let bucket = format!("logs-{archive}");
    let to = format!("--destination s3 --bucket {bucket} --prefix /net/work/ --config scout.toml");
    let csv = |what: &str| home.logging(&format!("enable {what} {to} --format csv"));
    let before = aws.listing(&accounts);

    let none = rows(&csv("dns").exits_with(3));
    none.row(&[("outcome", "cannot"), ("reason", "bucket_missing")]);
    let of_vpcs = none.rows_with(&[("name", "query logging"), ("outcome", "cannot")]);
    assert_eq!(of_vpcs.len(), 2, "{none:?}");

    aws.bucket(archive, HOME, &bucket, &Value::Null);
    let lacking = rows(&csv("dns --apply").exits_with(3));
    let name = format!("bucket {bucket}");
    let row = lacking.row(&[("name", &name), ("outcome", "cannot")]);
    let statements = statements(&row["message"]);
    assert_eq!(aws.changes(&seeded), [], "nothing is begun");

    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    aws.bucket(archive, HOME, &bucket, &policy);
    for what in ["dns", FLOW] {
        let output = home
            .logging(&format!("enable {what} {to} --apply"))
            .exits_with(0);
        assert!(
            output.stdout.contains("0 cannot be done"),
            "{}",
            output.stdout
        );
        let made = aws.changes(&seeded).len();
        let again = home
            .logging(&format!("enable {what} {to} --apply"))
            .exits_with(0);
        assert!(again.stdout.contains("0 to create"), "{}", again.stdout);
        assert_eq!(aws.changes(&seeded).len(), made);
    }
    assert!(aws.changes(&seeded).iter().all(|it| it.service != "s3"));

    let status = rows(&home.logging("status --format csv").exits_with(0));
    let destination = format!("arn:aws:s3:::{bucket}/net/work/");
    for (vpc, log) in [
        ("one", "dns"),
        ("one", "flow"),
        ("two", "dns"),
        ("two", "flow"),
    ] {
        let row = status.row(&[("vpc_id", seeded.vpc(vpc)), ("log", log)]);
        let shown =
            ["state", "destination_type", "destination", "message"].map(|it| row[it].as_str());
        assert_eq!(shown, ["logged", "s3", destination.as_str(), ""]);
        assert!(!row["expires_at"].is_empty());
    }

    let flow_log = status.row(&[("vpc_id", seeded.vpc("one")), ("log", "flow")])["log_id"].clone();
    let format = aws.listing(&accounts)[seeded.account("apps")]["regions"][HOME]["flow_logs"]
        [&flow_log]["format"]
        .clone();
    deliver(aws, &seeded, &bucket, &flow_log, format.as_str().unwrap());
    home.scan(&["--config", "scout.toml"]).exits_with(0);
    let read = |name: &str| {
        let text = fs::read(home.path().join(format!("report/{name}.csv"))).unwrap();
        Table::read(name, &text)
    };
    let services = read("vpc_services");
    let row = services.row(&[("vpc_id", seeded.vpc("one")), ("service", "sts")]);
    let counts =
        ["query_count", "bytes_to_service", "bytes_from_service"].map(|it| row[it].as_str());
    assert_eq!(counts, ["1", "700", "90"]);
    let vpcs = read("vpcs");
    let row = vpcs.row(&[("vpc_id", seeded.vpc("two"))]);
    assert_eq!(
        [row["flow_logs"].as_str(), row["query_logging"].as_str()],
        ["s3", "own"]
    );
    assert_eq!(
        [row["dns_queries"].as_str(), row["logged_hours"].as_str()],
        ["0", "0.0"],
        "nothing was delivered for it"
    );
    let (apps, step) = (seeded.account("apps"), "dns_usage");
    let coverage = read("coverage");
    let cell = coverage.row(&[("account_id", apps), ("region", HOME), ("step", step)]);
    let empty = format!("({}) has no object of the window", seeded.vpc("two"));
    assert!(cell["message"].contains(&empty), "{cell:?}");
    assert_eq!(
        cell["message"].matches("minutes late").count(),
        1,
        "{cell:?}"
    );

    home.logging("disable --apply").exits_with(0);
    assert_eq!(aws.listing(&accounts), before);
    let manifest = home.logging("manifest").exits_with(0).stdout;
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["items"], json!([]));
}

#[test]
fn a_policy_that_cannot_be_read_is_left_to_aws_whose_refusal_is_shown() {
    let (aws, seeded, home) = Home::seeded(&organization());
    let archive = seeded.account("archive");
    let bucket = format!("closed-{archive}");
    aws.bucket(archive, HOME, &bucket, &Value::Null);
    let to = format!("--destination s3 --bucket {bucket} --apply --format csv");
    let table = rows(&home.logging(&format!("enable flow {to}")).exits_with(3));
    let name = format!("bucket {bucket}");
    let note = table.row(&[("name", &name), ("outcome", "reused")]);
    assert!(note["message"].contains("could not be checked"), "{note:?}");
    assert!(statements(&note["message"]).is_array());
    let failed = table.rows_with(&[("action", "create_flow_logs"), ("outcome", "failed")]);
    assert_eq!(failed.len(), 2, "{table:?}");
    assert!(failed[0]["message"].contains("Please check LogDestination permission"));
    let table = rows(&home.logging(&format!("enable dns {to}")).exits_with(3));
    table.row(&[("action", "create_query_log_config"), ("outcome", "failed")]);
}

#[test]
fn flags_of_log_groups_and_of_buckets_do_not_go_together() {
    let home = Home::bare();
    for (words, expected) in [
        ("flow --destination s3", "--bucket"),
        ("dns --bucket logs-1", "--destination s3"),
        (
            "dns --destination s3 --bucket logs-1 --parquet",
            "--parquet",
        ),
        (
            "flow --destination s3 --bucket logs-1 --log-group /x",
            "--log-group",
        ),
        ("flow --destination s3 --bucket Logs", "--bucket"),
        (
            "flow --destination s3 --bucket logs-1 --prefix AWSLogs",
            "--prefix",
        ),
    ] {
        let output = home.logging(&format!("enable {words}")).exits_with(2);
        assert!(
            output.stderr.contains(expected),
            "{words}: {}",
            output.stderr
        );
    }
}
