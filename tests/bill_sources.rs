//! The bill from a table of a data export by NAT gateway, and the bill of a scan that shards share.

use std::fs;

use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    table::Table,
    vpc::Vpc,
};

const GB: u64 = 1 << 30;

/// One account with two NAT gateways of 84 GB and 168 GB in 168 hours, and one with an empty VPC.
fn organization() -> Organization {
    let vpc = Vpc::new("app")
        .in_region(HOME)
        .subnet("a")
        .nat_gateway("one", 42 * GB, 42 * GB)
        .nat_gateway("two", 84 * GB, 84 * GB)
        .route_table("private", &["a"], &[("0.0.0.0/0", "nat:one")]);
    let other = Account::new("other").vpc(Vpc::new("empty").in_region(HOME).subnet("a"));
    Organization::new()
        .account(Account::new("app").vpc(vpc))
        .account(other)
}

fn table(home: &Home, directory: &str, name: &str) -> Table {
    let bytes = fs::read(home.path().join(format!("{directory}/{name}.csv"))).unwrap();
    Table::read(name, &bytes)
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// To less than a tenth of the smallest amount that a table shows.
fn assert_near(found: &str, expected: f64) {
    let found = number(found);
    assert!(
        (found - expected).abs() < 0.006,
        "{found} is not {expected}"
    );
}

/// A line item of a day.
fn item(
    day: Date,
    account: &str,
    kind: &str,
    usage_type: &str,
    gateway: &str,
    amounts: [f64; 3],
) -> Value {
    let region = HOME;
    let resource = format!("arn:aws:ec2:{region}:{account}:natgateway/{gateway}");
    json!({
        "line_item_usage_account_id": account, "line_item_line_item_type": kind,
        "line_item_usage_type": usage_type, "line_item_resource_id": resource,
        "line_item_usage_start_date": format!("{day} 00:00:00"),
        "line_item_usage_end_date": format!("{} 00:00:00", day + 1.day()),
        "line_item_usage_amount": amounts[0], "line_item_unblended_cost": amounts[1],
        "line_item_net_unblended_cost": amounts[2], "line_item_currency_code": "USD",
        "pricing_unit": if usage_type.ends_with("Hours") { "Hrs" } else { "GB" },
        "product_region_code": region, "bill_invoice_id": "1",
    })
}

/// A table of an export, with the columns that are needed and a partition by month; it holds the line items.
fn create_table(aws: &Aws, seeded: &Seeded, days: &[Date], items: &[Value]) {
    let payer = seeded.account("management");
    let bucket = format!("bills-{payer}");
    aws.bucket(payer, HOME, &bucket, &Value::Null);
    let mut months: Vec<String> = days
        .iter()
        .map(|it| it.strftime("%Y-%m").to_string())
        .collect();
    months.dedup();
    for month in &months {
        let of_month = items.iter().filter(|it| {
            let start = it["line_item_usage_start_date"].as_str().unwrap();
            start.starts_with(month.as_str())
        });
        let lines: Vec<String> = of_month.map(Value::to_string).collect();
        let key = format!("cur/data/BILLING_PERIOD={month}/cur-00001.json.gz");
        aws.object(&bucket, &key, json!({ "lines": lines }));
    }
    let columns: Vec<String> = item(days[0], payer, "", "", "", [0.0; 3])
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let data_type = match value {
                Value::Number(_) => "double",
                _ if name.ends_with("_date") => "timestamp",
                _ => "string",
            };
            format!("{name} {data_type}")
        })
        .collect();
    let ddl = format!(
        "CREATE EXTERNAL TABLE billing.cur2 ({}) PARTITIONED BY (billing_period string) \
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{bucket}/cur/data/' \
         TBLPROPERTIES ('projection.enabled'='true', 'projection.billing_period.type'='enum', \
         'projection.billing_period.values'='{}', \
         'storage.location.template'='s3://{bucket}/cur/data/BILLING_PERIOD=${{billing_period}}/')",
        columns.join(", "),
        months.join(",")
    );
    aws.create_athena_table(payer, HOME, &ddl);
}

/// Each hour and GB of two gateways, on every day but the second: the GB of the second gateway 25 % off, in the net
/// cost; and what is of a gateway that is gone, a credit, and what does not count.
fn line_items(days: &[Date], app: &str, one: &str, two: &str) -> Vec<Value> {
    let mut items = Vec::new();
    // Each hour at 0.048 and each GB at 0.048.
    for day in days.iter().filter(|it| **it != days[1]) {
        let all = [
            ("Usage", "EU-NatGateway-Hours", one, [24.0, 1.152, 1.152]),
            ("Usage", "EU-NatGateway-Bytes", one, [12.0, 0.576, 0.576]),
            ("Usage", "EU-NatGateway-Hours", two, [24.0, 1.152, 1.152]),
            ("Usage", "EU-NatGateway-Bytes", two, [24.0, 1.152, 0.864]),
            (
                "PrivateRateDiscount",
                "EU-NatGateway-Bytes",
                two,
                [24.0, -0.288, 0.0],
            ),
            ("Tax", "EU-NatGateway-Bytes", two, [0.0, 100.0, 100.0]),
            ("Usage", "EU-SomethingElse", two, [1.0, 100.0, 100.0]),
        ];
        items.extend(all.map(|(kind, usage_type, gateway, amounts)| {
            item(*day, app, kind, usage_type, gateway, amounts)
        }));
    }
    items.push(item(
        days[0],
        app,
        "Usage",
        "EU-NatGateway-Bytes",
        "nat-gone",
        [1.0, 0.048, 0.048],
    ));
    items.push(item(
        days[0],
        app,
        "Credit",
        "EU-NatGateway-Bytes",
        one,
        [0.0, -1.0, -1.0],
    ));
    items
}

const SETTINGS: &str =
    "[athena]\nworkgroup = \"primary\"\n[bill]\nathena_table = \"billing.cur2\"\n";

#[test]
fn a_table_of_an_export_bills_each_nat_gateway_and_cost_explorer_is_not_asked() {
    let aws = Aws::with_settings(&json!({ "athena.page_rows": 3 }));
    let seeded = aws.seed_document(organization().document());
    let home = Home::of(&aws, &seeded);
    let days = seeded.whole_days();
    let settings = home.path().join("scout.toml");
    fs::write(&settings, SETTINGS).unwrap();
    let by_table = [
        "--no-usage",
        "--bill",
        "--config",
        settings.to_str().unwrap(),
    ];
    // Without the table: a gap that names it.
    home.scan(&by_table).exits_with(3);
    let coverage = table(&home, "report", "coverage");
    let cell = coverage.row(&[("step", "bill")]);
    assert_eq!(
        [&cell["outcome"], &cell["reason"]],
        ["failed", "table_mismatch"]
    );
    assert!(cell["message"].contains("`billing.cur2`"), "{cell:?}");

    let app = seeded.account("app");
    let gateways = table(&home, "report", "nat_gateways");
    let id = |name: &str| gateways.row(&[("name", name)])["nat_gateway_id"].clone();
    let (one, two) = (id("one"), id("two"));
    let items = line_items(&days, app, &one, &two);
    create_table(&aws, &seeded, &days, &items);

    let scanned = home.scan(&by_table).exits_with(0);
    assert!(
        scanned
            .stderr
            .contains("reading the bill from the table billing.cur2"),
        "{}",
        scanned.stderr
    );
    assert!(scanned.stdout.contains("Bill read"), "{}", scanned.stdout);
    let bill = table(&home, "report", "bill");
    #[expect(clippy::cast_precision_loss, reason = "a week")]
    let read = (days.len() - 1) as f64;
    let row = |item: &str, gateway: &str| {
        bill.row(&[
            ("account_id", app),
            ("item", item),
            ("nat_gateway_id", gateway),
        ])
    };
    for (gateway, gb) in [(&one, 12.0), (&two, 24.0)] {
        let (hours, bytes) = (
            row("nat_gateway_hour", gateway),
            row("nat_gateway_gb", gateway),
        );
        assert_near(&hours["billed_usd"], 1.152 * read);
        assert_eq!(hours["difference_percent"], "0.0");
        assert_near(&bytes["usage"], gb * read);
        assert_near(&bytes["computed_usage"], gb * read);
        assert_near(&bytes["computed_usd"], gb * 0.048 * read);
        assert_eq!([&bytes["currency"], &bytes["source"]], ["USD", "athena"]);
    }
    let discounted = row("nat_gateway_gb", &two);
    assert_near(&discounted["billed_usd"], 0.864 * read);
    assert_eq!(
        [
            &discounted["difference_percent"],
            &discounted["discount_percent"]
        ],
        ["-25.0", "25.0"]
    );
    let gone = row("nat_gateway_gb", "nat-gone");
    assert!(gone["remark"].contains("may have been deleted"), "{gone:?}");
    assert_eq!(bill.row(&[("item", "credit")])["billed_usd"], "-1.0");
    let coverage = table(&home, "report", "coverage");
    let cell = coverage.row(&[("step", "bill")]);
    for words in [
        format!("no data of {}", days[1]),
        "net of discounts".to_owned(),
        "Athena bills".to_owned(),
    ] {
        assert!(cell["message"].contains(&words), "{words}: {cell:?}");
    }
    assert_eq!(aws.athena_executions(), 1);
    let calls = aws.journal(&seeded.account_ids());
    assert_eq!(calls.iter().filter(|it| it.service == "ce").count(), 0);
    let text = fs::read(home.path().join("report/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(report["totals"]["bill_athena_bytes"], 10 * (1 << 20));
    assert_eq!(report["totals"]["bill_requests"], 0);
    assert!(report["totals"]["bill_usd"].as_f64().unwrap() > 0.0);
}

/// 24 hours and 36 GB a day of both gateways and 24 hours of an endpoint, 10 % off the GB and the endpoint.
fn plant(aws: &Aws, seeded: &Seeded, days: &[Date]) {
    let charge = |day: &Date, kind: &str, usage_type: &str, usage: &str, cost: &str| {
        json!({ "day": day.to_string(), "account": seeded.account("app"), "record_type": kind,
            "usage_type": usage_type, "usage": usage, "unit": "GB", "cost": cost })
    };
    let charges = days.iter().flat_map(|day| {
        [
            charge(day, "Usage", "EU-NatGateway-Hours", "48", "2.304"),
            charge(day, "Usage", "EU-NatGateway-Bytes", "36", "1.728"),
            charge(
                day,
                "Distributor Discount",
                "EU-NatGateway-Bytes",
                "36",
                "-0.1728",
            ),
            charge(day, "Usage", "EU-VpcEndpoint-Hours", "24", "0.264"),
            charge(
                day,
                "Distributor Discount",
                "EU-VpcEndpoint-Hours",
                "24",
                "-0.0264",
            ),
        ]
    });
    let settings = json!({ "bill.charges": charges.collect::<Vec<_>>() });
    aws.set(seeded.account("management"), &settings);
}

#[test]
fn of_shards_one_reads_the_bill_and_the_merged_run_has_it_once() {
    let (aws, seeded, whole) = Home::seeded(&organization());
    plant(aws, &seeded, &seeded.whole_days());
    let [start, end] = seeded.window();
    let window = ["--start", start.as_str(), "--end", end.as_str()];
    let scan = ["scan", "--no-usage", "--bill", "--no-price-refresh"];
    let all = [&scan[..], &window[..]].concat();
    whole
        .run(&[&all[..], &["--out", "report"]].concat())
        .exits_with(0);
    let requests = || {
        let calls = aws.journal(&seeded.account_ids());
        calls.iter().filter(|call| call.service == "ce").count()
    };
    let once = requests();
    assert_eq!(once, 3);
    let shared = Home::of(aws, &seeded);
    for (shard, state) in [("1/3", "s1"), ("2/3", "s2"), ("3/3", "s3")] {
        let place = ["--shard", shard, "--state-dir", state, "--out", state];
        shared.run(&[&all[..], &place[..]].concat());
    }
    assert_eq!(requests(), 2 * once, "one shard reads it");
    shared.run(&["merge", "--state-dir", "merged", "s1", "s2", "s3"]);
    shared.run(&["report", "--state-dir", "merged", "--out", "report"]);
    let [merged, expected] = [&shared, &whole].map(|it| table(it, "report", "bill"));
    assert!(!expected.rows().is_empty());
    assert_eq!(merged.rows(), expected.rows());
    let gb = expected.row(&[("item", "nat_gateway_gb")]);
    assert_eq!(
        gb["discount_percent"], "10.0",
        "a discount of a name that AWS does not document"
    );
}

#[test]
fn billed_prices_are_those_of_the_reports_and_of_an_estimate() {
    let (aws, seeded, home) = Home::seeded(&organization());
    plant(aws, &seeded, &seeded.whole_days());
    home.scan(&["--no-usage", "--bill", "--use-billed-prices"])
        .exits_with(0);
    let gateways = table(&home, "report", "nat_gateways");
    for row in gateways.rows() {
        assert_eq!(
            [&row["gb_price_usd"], &row["hour_price_usd"]],
            ["0.0432", "0.048"]
        );
    }
    let hours = |flags: &[&str]| {
        let words = [&["estimate", "--services", "sts", "--format", "csv"], flags].concat();
        let priced = home.run(&words).exits_with(0);
        let table = Table::read("estimate", priced.stdout.as_bytes());
        number(&table.row(&[("account_id", "total")])["monthly_endpoint_hours_usd"])
    };
    let (billed, listed) = (hours(&["--use-billed-prices"]), hours(&[]));
    assert!(listed > 0.0);
    assert!((billed - 0.9 * listed).abs() < 0.02, "{billed} of {listed}");
}
