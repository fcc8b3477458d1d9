//! What CloudWatch answers of a metric besides its points: a status code, and messages. Through the SDK, page by page.

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
