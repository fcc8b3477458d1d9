//! Log groups that hold less than the window, or more than query log records: what is there is
//! counted exactly, and what is odd is shown.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, Scan},
    table::Row,
    vpc::Vpc,
};

const STS: &str = "sts.eu-west-1.amazonaws.com.";

/// The cell `dns_usage` of the account `app`.
fn cell(report: &Report, seeded: &Seeded) -> Row {
    let place = [
        ("account_id", seeded.account("app")),
        ("region", HOME),
        ("step", "dns_usage"),
    ];
    report.table("coverage").row(&place).clone()
}

fn queries(report: &Report, seeded: &Seeded, vpc: &str) -> String {
    report.table("vpcs").row(&[("vpc_id", seeded.vpc(vpc))])["dns_queries"].clone()
}

#[test]
fn a_log_group_that_does_not_reach_back_over_the_window_states_it() {
    let aws = Aws::shared();
    let app = Account::new("app")
        .vpc(Vpc::new("short").logged().asks_line(
            json!({ "host": STS, "count": 5, "hours_ago": [1, 60], "answers": ["203.0.113.7"] }),
        ))
        .vpc(Vpc::new("young").logged().asks_line(
            json!({ "host": STS, "count": 6, "hours_ago": [1, 20], "answers": ["203.0.113.7"] }),
        ))
        .vpc(Vpc::new("old").logged().asks(STS, 7))
        .vpc(Vpc::new("elsewhere").with("query_logging", json!([{ "config": "s3" }])));
    let mut document: Value = Organization::new().account(app).document();
    let region = &mut document["accounts"][1]["regions"][HOME];
    region["query_log_configs"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "s3", "destination": "firehose:stream" }));
    for group in region["log_groups"].as_array_mut().unwrap() {
        match group["name"].as_str() {
            Some("dns/short") => group["retention_days"] = 3.into(),
            Some("dns/young") => group["created_hours_ago"] = 24.into(),
            _ => {}
        }
    }
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run().exits_with(3);
    let cell = cell(&report, &seeded);
    assert_eq!(cell["reason"], "destination_unsupported");
    for remark in [
        "log group `dns/short` keeps events for 3 days: nothing before 2",
        "log group `dns/young` is younger than the window: nothing before 2",
    ] {
        assert!(cell["message"].contains(remark), "{remark}: {cell:?}");
    }
    assert!(!cell["message"].contains("dns/old"), "{cell:?}");
    for (vpc, expected) in [("short", "5"), ("young", "6"), ("old", "7")] {
        assert_eq!(queries(&report, &seeded, vpc), expected, "{vpc}");
    }
}

#[test]
fn an_alias_that_could_be_digits_of_an_address_is_a_name() {
    let aws = Aws::shared();
    let answer = |kind: &str, data: &str| json!({ "Rdata": data, "Type": kind, "Class": "IN" });
    let alias = |address: (&str, &str)| {
        [
            answer("CNAME", "cafe.dead.beef."),
            answer(address.0, address.1),
        ]
    };
    let v4 = json!({ "host": STS, "count": 5, "answers": alias(("A", "203.0.113.7")) });
    let v6 = json!({ "host": STS, "count": 6, "answers": alias(("AAAA", "2001:db8::a")) });
    let app = Account::new("app").vpc(Vpc::new("app").logged().asks_line(v4).asks_line(v6));
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let services = report.table("vpc_services");
    let sts = services.row(&[("service", "sts")]);
    assert_eq!(
        (sts["query_count"].as_str(), sts["public_queries"].as_str()),
        ("11", "11")
    );
}

#[test]
fn a_vpc_that_logs_twice_into_one_log_group_is_reported_and_one_with_two_log_groups_counts_once() {
    let aws = Aws::shared();
    let twice = json!([{ "config": "dns/twice" }, { "config": "again" }]);
    let app = Account::new("app")
        .vpc(
            Vpc::new("twice")
                .logged()
                .asks(STS, 5)
                .with("query_logging", twice),
        )
        .vpc(
            Vpc::new("two groups")
                .logged()
                .logged_by("logs", "central")
                .asks(STS, 6),
        );
    let organization = Organization::new()
        .account(app)
        .account(Account::new("logs").shares_query_log("central", &["app"]));
    let mut document = organization.document();
    let configs = &mut document["accounts"][1]["regions"][HOME]["query_log_configs"];
    let again = json!({ "name": "again", "destination": "log_group:dns/twice" });
    configs.as_array_mut().unwrap().push(again);
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let cell = cell(&report, &seeded);
    let remark = format!(
        "2 query log associations of {} deliver",
        seeded.vpc("twice")
    );
    assert!(cell["message"].contains(&remark), "{cell:?}");
    let other = seeded.vpc("two groups");
    assert!(!cell["message"].contains(other), "{cell:?}");
    assert_eq!(queries(&report, &seeded, "two groups"), "6");
}

#[test]
fn other_programs_events_in_a_log_group_cost_no_record() {
    let aws = Aws::shared();
    let events = json!([
        "no JSON at all",
        "{",
        { "message": format!(r#"{{"query_name":"{STS}","client":"10.0.0.1"}}"#), "count": 3 },
    ]);
    let app = Account::new("app").vpc(
        Vpc::new("logged")
            .logged()
            .asks(STS, 12)
            .asks("two words.s3.eu-west-1.amazonaws.com.", 2)
            .with("raw_log_events", events),
    );
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let cell = cell(&report, &seeded);
    let remark = "3 events of log group `dns/logged` name an AWS host but no VPC";
    assert!(cell["message"].contains(remark), "{cell:?}");
    assert_eq!(queries(&report, &seeded, "logged"), "14");
    let services = report.table("vpc_services");
    assert_eq!(services.row(&[("service", "sts")])["query_count"], "12");
    // In an AWS zone, although no host can have that name.
    let hosts = report.table("hosts");
    let odd = hosts.row(&[("host", "two words.s3.eu-west-1.amazonaws.com")]);
    assert_eq!(
        (odd["kind"].as_str(), odd["query_count"].as_str()),
        ("other_aws", "2")
    );
}

#[test]
fn a_log_group_in_which_no_record_names_a_vpc_is_not_taken_for_an_empty_one() {
    let aws = Aws::shared();
    let event = json!({ "message": format!(r#"{{"query_name":"{STS}"}}"#), "count": 3 });
    let app = Account::new("app").vpc(
        Vpc::new("logged")
            .logged()
            .with("raw_log_events", json!([event])),
    );
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(3);
    assert_eq!(cell(&report, &seeded)["reason"], "invalid_response");
    assert_eq!(queries(&report, &seeded, "logged"), "");
}

/// Changes the log groups and the associations of the home region of `app`.
fn edited(organization: &Organization, edit: impl Fn(&mut Value)) -> Value {
    let mut document = organization.document();
    edit(&mut document["accounts"][1]["regions"][HOME]);
    document
}

fn each_group(region: &mut Value, edit: impl Fn(&mut Value)) {
    let groups = region["log_groups"].as_array_mut().unwrap();
    groups.iter_mut().for_each(edit);
}

#[test]
fn fields_that_insights_does_not_discover_are_read_from_the_message() {
    let aws = Aws::shared();
    let vpc = Vpc::new("app")
        .logged()
        .asks(STS, 12)
        .asks_in_vain("kms.eu-west-1.amazonaws.com.", 3)
        .asks("www.example.com.", 4);
    for (member, value) in [
        ("class", json!("INFREQUENT_ACCESS")),
        ("transformer", json!("ocsf")),
        ("masks", json!([r"[0-9]+(?:\.[0-9]+){3}"])),
    ] {
        let organization = Organization::new().account(Account::new("app").vpc(vpc.clone()));
        let document = edited(&organization, |region| {
            each_group(region, |group| group[member] = value.clone());
        });
        let seeded = aws.seed_document(document);
        let report = Scan::of(aws, &seeded).run().exits_with(0);
        assert_eq!(queries(&report, &seeded, "app"), "19", "{member}");
        let hosts = report.table("hosts");
        let sts = hosts.row(&[("host", STS.trim_end_matches('.'))]);
        assert_eq!(sts["query_count"], "12", "{member}");
        let answers = if member == "masks" { "" } else { "203.0.113.7" };
        assert_eq!(sts["answers"], answers, "{member}");
        let kms = hosts.row(&[("host", "kms.eu-west-1.amazonaws.com")]);
        assert_eq!(kms["nxdomain_queries"], "3", "{member}");
    }
}

#[test]
fn events_whose_vpcs_are_masked_fail_the_cell_and_are_no_zero() {
    let aws = Aws::shared();
    let app = Account::new("app").vpc(Vpc::new("app").logged().asks(STS, 12));
    let organization = Organization::new().account(app);
    let document = edited(&organization, |region| {
        each_group(region, |group| group["masks"] = json!(["vpc-[0-9a-z]+"]));
    });
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run().exits_with(3);
    let cell = cell(&report, &seeded);
    assert_eq!(cell["reason"], "invalid_response");
    let expected = "none of the 12 events of log group `dns/app` names a VPC";
    assert!(cell["message"].contains(expected), "{cell:?}");
    assert_eq!(queries(&report, &seeded, "app"), "");
}

#[test]
fn the_hours_that_a_log_covers_are_those_of_its_events_within_what_it_can_hold() {
    let aws = Aws::shared();
    let ask = |hours: [f64; 2]| json!({ "host": STS, "count": 40, "hours_ago": hours });
    let vpc = |name: &str, hours| Vpc::new(name).logged().asks_line(ask(hours));
    let app = Account::new("app")
        .vpc(vpc("whole", [0.1, 167.0]))
        .vpc(vpc("new group", [0.1, 0.9]))
        .vpc(vpc("new association", [0.1, 23.0]))
        // Events up to what the log group keeps, which is counted from the scan and not from its window.
        .vpc(vpc("short", [0.1, 71.5]))
        .vpc(vpc("begun", [0.1, 48.0]))
        .vpc(vpc("ended", [120.0, 167.0]))
        .vpc(Vpc::new("empty").logged());
    let document = edited(&Organization::new().account(app), |region| {
        each_group(region, |group| match group["name"].as_str() {
            Some("dns/new group") => group["created_hours_ago"] = 1.into(),
            Some("dns/short") => group["retention_days"] = 3.into(),
            _ => {}
        });
        for vpc in region["vpcs"].as_array_mut().unwrap() {
            if vpc["name"] == "new association" {
                vpc["query_logging"][0]["created_hours_ago"] = 24.into();
            }
        }
    });
    let seeded = aws.seed_document(document);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let table = report.table("vpcs");
    for (vpc, expected) in [
        ("whole", 168.0),
        ("new group", 1.0),
        ("new association", 24.0),
        ("short", 72.0),
        ("begun", 47.0),
        ("ended", 47.0),
        ("empty", 0.0),
    ] {
        let row = table.row(&[("vpc_id", seeded.vpc(vpc))]);
        assert_eq!(row["window_hours"], "168.0", "{row:?}");
        let logged: f64 = row["logged_hours"].parse().unwrap();
        assert!((logged - expected).abs() < 1.5, "{vpc}: {logged}");
        assert_eq!(logged >= 168.0, vpc == "whole", "{vpc}: {logged}");
    }
    let message = cell(&report, &seeded)["message"].clone();
    assert!(message.contains("of 168.0 hours"), "{message}");
    assert!(!message.contains(seeded.vpc("whole")), "{message}");
}

#[test]
fn queries_that_failed_and_names_that_only_aliases_lead_to_are_counted_apart() {
    let aws = Aws::shared();
    let bucket = "bucket.s3.eu-west-1.amazonaws.com";
    let alias = "s3-r-w.eu-west-1.amazonaws.com";
    let app = Account::new("app").vpc(
        Vpc::new("app")
            .subnet("a")
            .nat_gateway("nat", 1_000_000_000, 1_000_000_000)
            .logged()
            .asks_line(json!({
                "host": format!("{bucket}."), "count": 9, "answers": ["52.95.128.7"], "chases": [format!("{alias}.")],
            }))
            .asks_line(json!({ "host": STS, "count": 5000, "rcode": "SERVFAIL" }))
            .asks_line(json!({ "host": STS, "count": 7, "rcode": "NXDOMAIN" })),
    );
    let seeded = aws.seed(&Organization::new().account(app));
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let hosts = report.table("hosts");
    let columns = [
        "query_count",
        "nxdomain_queries",
        "failed_queries",
        "alias_queries",
    ];
    for (host, expected) in [
        (bucket, ["9", "0", "0", "0"]),
        (alias, ["0", "0", "0", "9"]),
        (STS.trim_end_matches('.'), ["0", "7", "5000", "0"]),
    ] {
        let row = hosts.row(&[("host", host)]);
        assert_eq!(columns.map(|it| row[it].as_str()), expected, "{host}");
    }
    // Everywhere else the bucket's name counts alone.
    let vpc = [("vpc_id", seeded.vpc("app"))];
    for (table, key) in [
        ("vpc_services", &vpc[..]),
        ("opportunities", &vpc[..]),
        ("services", &[]),
    ] {
        let found = report.table(table);
        let s3 = [key, &[("service", "s3")]].concat();
        assert_eq!(found.row(&s3)["query_count"], "9", "{table}");
        if table != "opportunities" {
            assert_eq!(found.rows().len(), 1, "{table}");
        }
    }
    assert_eq!(report.table("vpcs").row(&vpc)["aws_queries"], "9");
    let totals = &report.json()["totals"];
    assert_eq!(totals["aws_queries"], 9, "{totals}");
    assert!(
        report.stdout.contains("9 to AWS services"),
        "{}",
        report.stdout
    );
    let hosts: Value = serde_json::from_slice(&report.file("vpc_hosts.json")).unwrap();
    let hosts = hosts.as_object().unwrap().values().next().unwrap();
    assert_eq!(hosts[format!("{bucket}.")]["queryCount"], 9);
    assert_eq!(hosts[format!("{alias}.")]["queryCount"], 0);
    // Resolver wrote all of these records.
    assert_eq!(queries(&report, &seeded, "app"), "5025");
}

#[test]
fn log_groups_of_infrequent_access_are_asked_by_five_queries_at_once() {
    let settings = json!({ "insights.running_polls": 2, "insights.infrequent_concurrency": 5 });
    let aws = Aws::with_settings(&settings);
    let account = (0..9).fold(Account::new("app"), |account, number| {
        account.vpc(Vpc::new(&format!("vpc {number}")).logged().asks(STS, 3))
    });
    let document = edited(&Organization::new().account(account), |region| {
        each_group(region, |group| group["class"] = "INFREQUENT_ACCESS".into());
    });
    let seeded = aws.seed_document(document);
    let report = Scan::of(&aws, &seeded).run().exits_with(0);
    for number in 0..9 {
        assert_eq!(queries(&report, &seeded, &format!("vpc {number}")), "3");
    }
    let calls = aws.journal(&[seeded.account("app")]);
    let started = calls.iter().filter(|it| it.operation == "StartQuery");
    // One question to each, and none that was refused for want of a slot.
    assert_eq!(started.count(), 9);
}
