//! What goes wrong with objects in S3, each fault in an account of its own: the right reason, and nothing
//! lost where a repeat helps.

use std::fs;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    table::Table,
    vpc::Vpc,
};

/// A fault, and the reason of its gap; none if the scan gets over it.
const FAULTS: [(&str, Option<&str>); 12] = [
    ("none", None),
    ("denied", Some("access_denied")),
    ("key", Some("access_denied")),
    ("missing", Some("bucket_missing")),
    ("foreign", Some("access_denied")),
    ("archived", Some("archived")),
    ("broken", Some("invalid_response")),
    ("gone", Some("invalid_response")),
    ("gone once", None),
    ("half", Some("invalid_response")),
    ("half once", None),
    ("slow", None),
];
/// Queries of each VPC.
const QUERIES: u32 = 5;
/// Text in gzip whose checksum is wrong, in base64.
const BROKEN: &str = "H4sIAM1hCWsC/6tWKixNLaqML8nMTS0uScwtULJSqlCq5aoeFR8VHxUfFR9k4gBUwfrKsAQAAA==";

fn organization() -> Organization {
    let faults = FAULTS.iter().map(|(fault, _)| *fault);
    let accounts = faults.chain(["together"]).map(|fault| {
        let vpc = Vpc::new(fault).with("query_logging", json!([{ "config": "s3" }]));
        let vpc = match fault {
            "missing" => vpc,
            _ => vpc.asks("sts.eu-west-1.amazonaws.com.", QUERIES.into()),
        };
        Account::new(fault).vpc(vpc)
    });
    let archive = Organization::new().account(Account::new("archive"));
    accounts.fold(archive, Organization::account)
}

fn bucket(fault: &str, account: &str) -> String {
    format!("{}-{account}", fault.replace(' ', "-"))
}

/// The organization, each account with a bucket that the archive account owns, but for one.
fn seed(aws: &Aws) -> Seeded {
    let mut document = organization().document();
    let accounts = document["accounts"].as_array_mut().unwrap();
    let id = |account: &Value| account["id"].as_str().unwrap().to_owned();
    let archive = id(&accounts[1]);
    for account in &mut accounts[2..] {
        let (name, id) = (account["name"].as_str().unwrap().to_owned(), id(account));
        let bucket = bucket(&name, &id);
        let destination = format!("arn:aws:s3:::{bucket}");
        account["regions"][HOME]["query_log_configs"] =
            json!([{ "name": "s3", "destination": destination }]);
        match name.as_str() {
            "missing" => {}
            "foreign" => aws.bucket(&id, HOME, &bucket, &Value::Null),
            _ => aws.bucket(&archive, HOME, &bucket, &Value::Null),
        }
    }
    aws.seed_document(document)
}

/// Another object of the VPC of a fault.
fn add(aws: &Aws, seeded: &Seeded, fault: &str, object: Value) {
    let (account, vpc) = (seeded.account(fault), seeded.vpc(fault));
    let [start, _] = seeded.window();
    let at = start.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(7);
    let at = at.to_zoned(TimeZone::UTC);
    let (folder, mark) = (at.strftime("%Y/%m/%d"), at.strftime("%Y%m%dT%H%MZ"));
    let key = format!(
        "AWSLogs/{account}/vpcdnsquerylogs/{vpc}/{folder}/{vpc}_vpcdnsquerylogs_{account}_{mark}_0000.log.gz"
    );
    aws.object(&bucket(fault, account), &key, object);
}

fn break_down(aws: &Aws, seeded: &Seeded) {
    let fault = |name: &str, operation: &str, mut fault: Value| {
        fault["account"] = seeded.account(name).into();
        fault["service"] = "s3".into();
        fault["operation"] = operation.into();
        aws.fault(&fault);
    };
    let error = |code: &str, message: &str, status: u16| json!({ "fault": "error", "code": code, "message": message, "status": status });
    let once = |mut fault: Value, times: u32| {
        fault["times"] = times.into();
        fault
    };
    fault(
        "denied",
        "ListObjectsV2",
        error("AccessDenied", "Access Denied", 403),
    );
    let key = "User: x is not authorized to perform: kms:Decrypt on the resource";
    fault("key", "GetObject", error("AccessDenied", key, 403));
    let gone = error("NoSuchKey", "The specified key does not exist.", 404);
    fault("gone", "GetObject", gone.clone());
    fault("gone once", "GetObject", once(gone, 1));
    fault("half", "GetObject", json!({ "fault": "cut" }));
    fault(
        "half once",
        "GetObject",
        json!({ "fault": "cut", "times": 1 }),
    );
    let slow = error("SlowDown", "Please reduce your request rate.", 503);
    fault("slow", "GetObject", once(slow, 3));
    add(
        aws,
        seeded,
        "archived",
        json!({ "lines": ["{}"], "class": "GLACIER" }),
    );
    add(aws, seeded, "broken", json!({ "body": BROKEN }));
}

#[test]
fn each_fault_of_objects_has_its_reason_and_what_a_repeat_mends_loses_nothing() {
    let aws = Aws::shared();
    let seeded = seed(aws);
    let home = Home::of(aws, &seeded);
    break_down(aws, &seeded);
    // Firehose puts no line between records.
    let record = json!({
        "version": "1.100000", "vpc_id": seeded.vpc("together"), "query_name": "sts.eu-west-1.amazonaws.com.",
        "query_timestamp": (seeded.window()[0].parse::<Timestamp>().unwrap() + SignedDuration::from_hours(7)).to_string(),
        "query_type": "A", "query_class": "IN", "rcode": "NOERROR", "answers": [], "srcaddr": "10.0.0.9",
    });
    add(
        aws,
        &seeded,
        "together",
        json!({ "lines": [format!("{record}{record} {record}")] }),
    );
    let archive = seeded.account("archive");
    let settings = format!("[objects]\nexpected_owner = \"{archive}\"\n");
    fs::write(home.path().join("scout.toml"), settings).unwrap();

    home.scan(&["--config", "scout.toml"]).exits_with(3);
    let table = |name: &str| {
        let text = fs::read(home.path().join(format!("report/{name}.csv"))).unwrap();
        Table::read(name, &text)
    };
    let (coverage, services) = (table("coverage"), table("vpc_services"));
    for (fault, reason) in FAULTS.into_iter().chain([("together", None)]) {
        let account = [("account_id", seeded.account(fault)), ("step", "dns_usage")];
        let row = coverage.row(&account);
        let outcome = if reason.is_some() {
            "failed"
        } else {
            "complete"
        };
        assert_eq!(row["outcome"], outcome, "{fault}: {row:?}");
        let of_vpc = [("vpc_id", seeded.vpc(fault)), ("service", "sts")];
        if let Some(reason) = reason {
            assert_eq!(row["reason"], reason, "{fault}: {row:?}");
            assert!(
                services.rows_with(&of_vpc).is_empty(),
                "{fault}: no part of what was read counts"
            );
        } else {
            let more = if fault == "together" { 3 } else { 0 };
            let queries = (QUERIES + more).to_string();
            assert_eq!(services.row(&of_vpc)["query_count"], queries, "{fault}");
        }
    }
    let key = coverage.row(&[("account_id", seeded.account("key")), ("step", "dns_usage")]);
    assert!(key["message"].contains("the key policy and the role have to allow kms:Decrypt"));
    let foreign = coverage.row(&[
        ("account_id", seeded.account("foreign")),
        ("step", "dns_usage"),
    ]);
    assert!(
        foreign["message"].contains("objects.expected_owner"),
        "{foreign:?}"
    );
}
