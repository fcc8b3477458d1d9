//! What CloudWatch answers of a metric besides its points: a status code, and messages. Through the SDK, page by page.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization},
    scout::Scan,
    vpc::Vpc,
};

/// What `BytesInFromSource` is answered with, and what the report has of it.
const ANSWERS: [(&[&str], Option<&str>); 5] = [
    (&["Complete"], Some("1000000")),
    // The other half of the points is on a further page.
    (&["PartialData", "Complete"], Some("1000000")),
    (&["InternalError", "Complete"], Some("1000000")),
    (&["PartialData"], None),
    (&["InternalError"], None),
];

#[test]
fn a_metric_is_known_once_an_answer_is_complete_and_costs_itself_alone() {
    let aws = Aws::shared();
    let vpc = Vpc::new("app")
        .subnet("a")
        .nat_gateway("nat", 1_000_000, 2_000_000)
        .route_table("private", &["a"], &[("0.0.0.0/0", "nat")]);
    let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
    let app = seeded.account("app");
    for (statuses, bytes) in ANSWERS {
        let messages: Value = json!([["ArithmeticError", "one of many metrics"]]);
        aws.set(
            app,
            &json!({
                "cloudwatch": {
                    "statuses": { "BytesInFromSource": statuses },
                    "messages": messages,
                },
            }),
        );
        let report = Scan::of(aws, &seeded).run().exits_with(0);
        let table = report.table("nat_gateways");
        let [row] = table.rows() else {
            panic!("{table:?}")
        };
        let unknown = bytes.is_none();
        assert_eq!(
            row["bytes_in_from_source"],
            bytes.unwrap_or_default(),
            "{statuses:?}"
        );
        assert_eq!(row["bytes_in_from_destination"], "2000000", "{statuses:?}");
        for column in [
            "gb_processed_month",
            "monthly_data_usd",
            "monthly_total_usd",
        ] {
            assert_eq!(
                row[column].is_empty(),
                unknown,
                "{statuses:?} {column}: {row:?}"
            );
        }
        let place = [
            ("account_id", app),
            ("region", HOME),
            ("step", "nat_metrics"),
        ];
        let coverage = report.table("coverage");
        let cell = coverage.row(&place);
        let remark = cell["message"].contains("MetricDataResult");
        assert_eq!(remark, unknown, "{statuses:?}: {cell:?}");
    }
}

/// Gateways with a byte more in the newest hour, and points three quarters into each hour; a window from
/// half an hour to half an hour must not count what lies behind it in the hour of its end.
#[test]
fn bytes_are_those_of_the_window_whichever_hours_cloudwatch_counts() {
    const HOURS: u64 = 24;
    const EACH_HOUR: u64 = 1_000;
    let aws = Aws::shared();
    let gateway = |name: &str, total: u64| {
        json!({
            "name": name, "subnet": "a", "metric_hours": HOURS + 2, "metric_minute": 45,
            "metrics": { "BytesInFromSource": total },
        })
    };
    let vpc = |name: &str, total: u64| {
        let vpc = Vpc::new(name).subnet("a");
        vpc.add("nat_gateways", gateway("nat", total))
    };
    let organization = Organization::new()
        .account(Account::new("busy").vpc(vpc("busy", EACH_HOUR * (HOURS + 1) + 1)))
        .account(Account::new("quiet").vpc(vpc("quiet", 0)));
    let seeded = aws.seed(&organization);
    let window = seeded.window().map(|it| it.parse::<Timestamp>().unwrap());
    let end = window[1] - SignedDuration::from_mins(30);
    let start = end - SignedDuration::from_hours(24);
    for (by_clock, calls_of_busy) in [(false, 1), (true, 4)] {
        let settings = json!({ "cloudwatch": { "periods_by_clock": by_clock } });
        for name in ["busy", "quiet"] {
            aws.set(seeded.account(name), &settings);
        }
        let before = ["busy", "quiet"].map(|name| calls(aws, seeded.account(name)));
        let report = Scan::as_caller(aws, seeded.caller())
            .args(&["--start", &start.to_string(), "--end", &end.to_string()])
            .run()
            .exits_with(0);
        let gateways = report.table("nat_gateways");
        for (name, bytes) in [("busy", EACH_HOUR * HOURS), ("quiet", 0)] {
            let row = gateways.row(&[("account_id", seeded.account(name))]);
            assert_eq!(
                row["bytes_in_from_source"],
                bytes.to_string(),
                "{name} {by_clock}"
            );
        }
        let made = calls(aws, seeded.account("busy")) - before[0];
        assert_eq!(made, calls_of_busy, "{by_clock}");
        assert!(calls(aws, seeded.account("quiet")) > before[1]);
    }
}

/// How often CloudWatch was asked for data of an account.
fn calls(aws: &Aws, account: &str) -> usize {
    let journal = aws.journal(&[account]);
    journal
        .iter()
        .filter(|it| it.operation == "GetMetricData")
        .count()
}
