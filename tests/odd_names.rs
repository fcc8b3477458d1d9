//! Names that spreadsheets would run as formulas, or that break careless CSV, come through safe in
//! CSV and whole in JSON.

use serde_json::Value;

use crate::support::{
    admin::Aws,
    organization::{Account, Organization},
    scout::Scan,
    vpc::Vpc,
};

/// A name, and its cell in CSV once read.
const NAMES: [(&str, &str); 9] = [
    (
        r#"=HYPERLINK("http://x","y")"#,
        r#"'=HYPERLINK("http://x","y")"#,
    ),
    (r#"quote " and , comma"#, r#"quote " and , comma"#),
    ("-2+3", "'-2+3"),
    ("+1", "'+1"),
    ("@x", "'@x"),
    ("\ttab", "'\ttab"),
    ("数据", "数据"),
    ("line\nbreak", "line\nbreak"),
    ("<b>&amp;</b>", "<b>&amp;</b>"),
];

#[track_caller]
fn find<'r>(table: &'r Value, key: &str, value: &str) -> &'r Value {
    let rows = table.as_array().expect("a table is a list");
    rows.iter()
        .find(|row| row[key] == value)
        .unwrap_or_else(|| panic!("no {key} {value} in {rows:#?}"))
}

#[test]
fn odd_names_are_safe_in_csv_and_whole_in_json() {
    let aws = Aws::shared();
    let mut organization = Organization::new();
    for (number, (name, _)) in NAMES.iter().enumerate() {
        // The seed finds a VPC by its name and shows its tag.
        let vpc = Vpc::with_everything(&format!("vpc {number}"));
        let vpc = vpc.with("tags", serde_json::json!({ "Name": name }));
        organization =
            organization.account(Account::new(name).with("ou", format!("/{name}")).vpc(vpc));
    }
    let seeded = aws.seed(&organization);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let (accounts, vpcs, services) = (
        report.table("accounts"),
        report.table("vpcs"),
        report.table("vpc_services"),
    );
    let json = report.json();
    for (number, (name, cell)) in NAMES.iter().enumerate() {
        let (account, vpc) = (seeded.account(name), seeded.vpc(&format!("vpc {number}")));
        assert_eq!(
            accounts.row(&[("account_id", account)])["account_name"],
            *cell
        );
        let row = vpcs.row(&[("vpc_id", vpc)]);
        assert_eq!(
            (row["vpc_name"].as_str(), row["account_name"].as_str()),
            (*cell, *cell)
        );
        let rows = services.rows_with(&[("vpc_id", vpc)]);
        assert_eq!(rows.len(), 2, "sts and s3");
        assert!(
            rows.iter()
                .all(|row| row["vpc_name"] == *cell && row["account_name"] == *cell)
        );

        assert_eq!(
            find(&json["accounts"], "account_id", account)["account_name"],
            *name
        );
        assert_eq!(find(&json["vpcs"], "vpc_id", vpc)["vpc_name"], *name);
        assert_eq!(
            find(&json["vpc_services"], "vpc_id", vpc)["vpc_name"],
            *name
        );
    }
}

#[test]
fn odd_hosts_are_safe_in_csv_and_whole_in_json() {
    let aws = Aws::shared();
    let hosts = [
        (
            "=1+1.s3.eu-west-1.amazonaws.com",
            "'=1+1.s3.eu-west-1.amazonaws.com",
        ),
        (
            "-x.s3.eu-west-1.amazonaws.com",
            "'-x.s3.eu-west-1.amazonaws.com",
        ),
        (
            r#"a"b,c.s3.eu-west-1.amazonaws.com"#,
            r#"a"b,c.s3.eu-west-1.amazonaws.com"#,
        ),
        ("_x.eu-west-1.amazonaws.com", "_x.eu-west-1.amazonaws.com"),
    ];
    let vpc = hosts
        .iter()
        .fold(Vpc::new("odd").logged(), |vpc, (host, _)| vpc.asks(host, 3));
    let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let (table, json) = (report.table("hosts"), report.json());
    for (host, cell) in hosts {
        assert_eq!(table.row(&[("host", cell)])["query_count"], "3");
        assert_eq!(find(&json["hosts"], "host", host)["query_count"], 3);
    }
}
