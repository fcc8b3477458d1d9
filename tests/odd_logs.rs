//! Log groups that hold less than the window, or more than query log records: what is there is
//! counted exactly, and what is odd is told.

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
fn a_log_group_that_does_not_reach_back_over_the_window_says_so() {
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
        .push(json!({ "name": "s3", "destination": "s3:bucket" }));
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
    for told in [
        "log group `dns/short` keeps events for 3 days: nothing before 2",
        "log group `dns/young` is younger than the window: nothing before 2",
    ] {
        assert!(cell["message"].contains(told), "{told}: {cell:?}");
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
fn a_vpc_that_logs_twice_into_one_log_group_is_told_and_one_with_two_log_groups_counts_once() {
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
    let told = format!(
        "2 query log associations of {} deliver",
        seeded.vpc("twice")
    );
    assert!(cell["message"].contains(&told), "{cell:?}");
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
    let told = "3 events of log group `dns/logged` name an AWS host but no VPC";
    assert!(cell["message"].contains(told), "{cell:?}");
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
