//! What is unknown is shown as unknown in every format, and never as zero.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, Organization, Seeded},
    table::Table,
    vpc::Vpc,
    workbook::Workbook,
};

/// Labels of the summary on stdout, and the totals of `report.json` behind them.
const FIGURES: [(&str, &str); 4] = [
    ("DNS queries", "dns_queries"),
    ("NAT gateways", "nat_monthly_usd"),
    ("Endpoints", "endpoints_monthly_usd"),
    ("Saving, measured", "monthly_saving_usd"),
];

/// A run, and what is unknown in it.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    denied: bool,
    exit: i32,
    /// Totals that are unknown; the others are not.
    unknown: &'static [&'static str],
    /// Texts of the summary, the ticket and the page's data.
    shown: [&'static [&'static str]; 2],
}

const CASES: [Case; 3] = [
    Case {
        name: "without usage",
        arguments: &["--no-usage"],
        denied: false,
        exit: 0,
        unknown: &["dns_queries", "monthly_saving_usd"],
        shown: [
            &["no query log was read"],
            &[
                "| DNS queries | unknown |",
                "| Saving, measured | unknown |",
            ],
        ],
    },
    Case {
        name: "a window of 23 hours",
        arguments: &["--since", "23h"],
        denied: false,
        exit: 0,
        unknown: &["nat_monthly_usd", "monthly_saving_usd"],
        shown: [
            &["less than 24 hours of 1, which make no month"],
            &[
                "| Saving, measured | unknown |",
                "of unknown cost (less than 24 hours make no month)",
            ],
        ],
    },
    Case {
        name: "all roles denied",
        arguments: &[],
        denied: true,
        exit: 3,
        unknown: &[
            "dns_queries",
            "nat_monthly_usd",
            "endpoints_monthly_usd",
            "monthly_saving_usd",
        ],
        shown: [
            &["none could be listed"],
            &[
                "| VPCs | unknown |",
                "| NAT gateways now | unknown | none could be listed |",
                "| Endpoints now | unknown | none could be listed |",
                "Unknown: no VPC could be listed.",
            ],
        ],
    },
];

fn seeded() -> (&'static Aws, Seeded) {
    let app = Account::new("app").vpc(Vpc::with_everything("app"));
    let aws = Aws::shared();
    (aws, aws.seed(&Organization::new().account(app)))
}

/// The figure beside a label of the summary.
fn figure<'t>(summary: &'t str, label: &str) -> &'t str {
    let label = format!("  {label} ");
    let line = summary.lines().find(|it| it.starts_with(&label));
    let line = line.unwrap_or_else(|| panic!("no {label} in\n{summary}"));
    line.get(label.len()..)
        .unwrap()
        .split("  ")
        .find(|it| !it.trim().is_empty())
        .unwrap()
        .trim()
}

/// The document that the page holds.
fn page_head(page: &str) -> Value {
    let start = page
        .find(r#"id="data-head""#)
        .expect("the page has its data");
    let start = start + page.get(start..).unwrap().find('>').unwrap() + 1;
    let end = start + page.get(start..).unwrap().find("</script>").unwrap();
    serde_json::from_str(page.get(start..end).unwrap()).expect("JSON")
}

fn assert_unknown(home: &Home, case: &Case, summary: &str) {
    let read = |name: &str| std::fs::read(home.path().join("report").join(name)).unwrap();
    let text = |name: &str| String::from_utf8(read(name)).unwrap();
    let document: Value = serde_json::from_slice(&read("report.json")).unwrap();
    let workbook = Workbook::read(&home.path().join("report/report.xlsx"));
    let page = page_head(&text("report.html"));
    for (label, total) in FIGURES {
        let unknown = case.unknown.contains(&total);
        let what = format!("{}: {label}", case.name);
        assert_eq!(
            figure(summary, label) == "unknown",
            unknown,
            "{what}\n{summary}"
        );
        assert_eq!(
            document["totals"][total].is_null(),
            unknown,
            "{what} in report.json"
        );
        assert_eq!(
            page["totals"][total].is_null(),
            unknown,
            "{what} in report.html"
        );
    }
    for (label, total) in [
        ("NAT gateways now", "nat_monthly_usd"),
        ("Endpoints now", "endpoints_monthly_usd"),
    ] {
        let cell = workbook.summary(label);
        let unknown = case.unknown.contains(&total);
        assert_eq!(
            !cell.is_number(),
            unknown,
            "{}: {label} in the workbook: {cell}",
            case.name
        );
    }
    let saving = workbook.summary("Saving, measured");
    assert!(!saving.is_number(), "{}: {saving}", case.name);
    let [in_summary, in_ticket] = case.shown;
    for expected in in_summary {
        assert!(
            summary.contains(expected),
            "{}: {expected} in\n{summary}",
            case.name
        );
    }
    // A figure that is not known is no metric and no cell.
    let metrics = std::fs::read_to_string(home.path().join("metrics.txt")).unwrap();
    let vpcs = metrics.contains("\nvpce_scout_vpcs ");
    assert_eq!(vpcs, !case.denied, "{}:\n{metrics}", case.name);
    let accounts = Table::read("accounts", &read("accounts.csv"));
    for account in accounts.rows() {
        let unknown = case.denied || account["scanned"] == "false";
        assert_eq!(
            account["vpcs"].is_empty(),
            unknown,
            "{}: {account:?}",
            case.name
        );
    }
    let ticket = text("report.md");
    for expected in in_ticket {
        assert!(
            ticket.contains(expected),
            "{}: {expected} in\n{ticket}",
            case.name
        );
    }
}

#[test]
fn what_could_not_be_read_is_unknown_in_every_format_and_in_a_comparison() {
    let (aws, organization) = seeded();
    let home = Home::of(aws, &organization);
    for case in &CASES {
        if case.denied {
            for account in organization.account_ids() {
                aws.fault(
                    &json!({ "account": account, "service": "ec2", "fault": "access_denied" }),
                );
            }
        }
        let mut arguments = vec!["--formats", "csv,json,xlsx,html,markdown"];
        arguments.extend(["--metrics", "metrics.txt"]);
        arguments.extend(case.arguments);
        let done = if case.arguments.contains(&"--since") {
            home.run(&[&["scan", "--out", "report"], arguments.as_slice()].concat())
        } else {
            home.scan(&arguments)
        };
        let done = done.exits_with(case.exit);
        aws.clear_faults(&organization.account_ids());
        assert_unknown(&home, case, &done.stdout);
    }
    let runs = home.run(&["runs", "--format", "csv"]).exits_with(0).stdout;
    let ids: Vec<_> = runs
        .lines()
        .skip(1)
        .filter_map(|it| it.split(',').next())
        .collect();
    let (denied, before) = (ids.first().unwrap(), ids.last().unwrap());
    let comparison = home.run(&["diff", before, denied]).stdout;
    for label in ["vpcs", "nat gateways", "nat gateway cost", "endpoint cost"] {
        let line = comparison
            .lines()
            .find(|it| it.trim_start().starts_with(&format!("{label} ")));
        let line = line.unwrap_or_else(|| panic!("no {label} in\n{comparison}"));
        assert!(line.contains("-> unknown"), "{line}");
    }
}
