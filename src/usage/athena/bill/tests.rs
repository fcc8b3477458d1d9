//! The columns of an export, the statement and its rows.

use aws_sdk_athena::types::Column;

use super::*;

/// A CUR 2.0 table with these columns besides those that are needed.
fn table(more: &[&str], keys: &[&str], start: &str) -> TableMetadata {
    let column = |name: &str, data_type: &str| {
        let column = Column::builder().name(name).r#type(data_type);
        column.build().unwrap()
    };
    let needed = REQUIRED.iter().map(|(name, expected)| {
        let data_type = expected.map_or("string", |_| start);
        column(name, data_type)
    });
    let more = more.iter().map(|it| column(it, "string"));
    let keys = keys.iter().map(|it| column(it, "string"));
    let table = TableMetadata::builder().name("cur2");
    let table = table.set_columns(Some(needed.chain(more).collect()));
    let table = table.set_partition_keys(Some(keys.collect()));
    table.build().unwrap()
}

const ALL: [&str; 5] = [RESOURCE, NET, REGION, UNIT, INVOICE];

#[test]
fn a_table_without_the_columns_of_an_export_is_refused_by_their_names() {
    let all = columns(Some(&table(&ALL, &["billing_period"], "timestamp(3)"))).unwrap();
    assert!(all.resource && all.net && all.region && all.unit && all.invoice && all.period);
    let least = columns(Some(&table(&[], &[], "timestamp"))).unwrap();
    assert_eq!(least, BillColumns::default());
    let why = columns(Some(&table(&[], &[], "string"))).unwrap_err();
    assert!(
        why.contains("line_item_usage_start_date as string"),
        "{why}"
    );
    let why = columns(None).unwrap_err();
    assert!(
        why.contains("has no column line_item_usage_account_id, "),
        "{why}"
    );
}

#[test]
fn the_statement_names_the_periods_and_asks_other_regions_by_their_name() {
    let day = |text: &str| text.parse().unwrap();
    let china = ["cn-north-1".parse().unwrap()];
    let question = BillQuestion {
        first: day("2026-10-30"),
        end: day("2026-11-02"),
        usage_types: &["EU-NatGateway-Bytes".to_owned()],
        other_regions: &china,
        suffixes: &["NatGateway-Bytes"],
    };
    let all = columns(Some(&table(&ALL, &["billing_period"], "timestamp"))).unwrap();
    let text = all.statement("\"b\".\"cur2\"", &question);
    for part in [
        "billing_period IN ('2026-10', '2026-11')",
        ">= TIMESTAMP '2026-10-30 00:00:00'",
        "< TIMESTAMP '2026-11-02 00:00:00'",
        "(line_item_usage_type IN ('EU-NatGateway-Bytes') OR (product_region_code IN ('cn-north-1') AND \
         (line_item_usage_type LIKE '%NatGateway-Bytes')))",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let least = columns(Some(&table(&[], &[], "timestamp"))).unwrap();
    let text = least.statement("\"b\".\"cur2\"", &question);
    for column in ALL.iter().chain(&["billing_period"]) {
        assert!(!text.contains(column), "{column}: {text}");
    }
}

fn row(values: &[(&str, &str)]) -> Row {
    let mut row: Row = [
        ("account_id", "111111111111"),
        ("line_type", "Usage"),
        ("usage_type", "EU-NatGateway-Bytes"),
        ("currency", "USD"),
        ("unit", "GB"),
        ("amount", "10.0000000000"),
        ("cost", "0.4800000000"),
        ("net_cost", "0.4320000000"),
        ("with_net", "0"),
        ("open_days", ""),
        ("hours", "1"),
        ("days", "2026-11-20 2026-11-21"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for (name, value) in values {
        row.insert((*name).to_owned(), (*value).to_owned());
    }
    row
}

fn amounts(answer: &BillAnswer) -> Vec<String> {
    let shown = answer.charges.iter().map(|it| {
        let gateway = it.nat_gateway_id.as_deref().unwrap_or("-");
        format!("{} {gateway} {}", it.kind.name(), it.amount.normalize())
    });
    shown.collect()
}

#[test]
fn discounts_are_taken_off_once_in_line_items_or_in_the_net_cost() {
    let arn = "arn:aws:ec2:eu-west-1:111111111111:natgateway/nat-1";
    let discount = row(&[
        ("line_type", "EdpDiscount"),
        ("resource_id", arn),
        ("cost", "-0.048"),
    ]);
    let rows = |with_net: &str, net: &str| {
        let usage = row(&[
            ("resource_id", arn),
            ("with_net", with_net),
            ("net_cost", net),
        ]);
        [usage, discount.clone()]
    };
    let all = columns(Some(&table(&ALL, &["billing_period"], "timestamp"))).unwrap();
    let net = all.read(&rows("2", "0.432")).unwrap();
    assert_eq!(amounts(&net), ["usage nat-1 0.432"]);
    assert_eq!(
        net.days.len(),
        2,
        "{:?}: days of a row are days with data",
        net.days
    );
    // A column that is empty, or holds zeros alone, is no net cost.
    for (with_net, net) in [("0", "0.48"), ("2", "0")] {
        let unblended = all.read(&rows(with_net, net)).unwrap();
        assert_eq!(
            amounts(&unblended),
            ["usage nat-1 0.48", "discount nat-1 -0.048"]
        );
        assert!(unblended.remarks[0].contains("unblended"));
    }
}

#[test]
fn credits_stand_apart_and_an_export_by_month_is_refused() {
    let least = columns(Some(&table(&[], &[], "timestamp"))).unwrap();
    let credit = |usage_type| {
        row(&[
            ("line_type", "Credit"),
            ("cost", "-1"),
            ("usage_type", usage_type),
        ])
    };
    let rows = [
        credit("a"),
        credit("b"),
        row(&[("open_days", "2026-11-21")]),
    ];
    let answer = least.read(&rows).unwrap();
    assert_eq!(amounts(&answer), ["usage - 0.48", "credit - -2"]);
    let open: Vec<String> = answer.open_days.iter().map(ToString::to_string).collect();
    assert_eq!(open, ["2026-11-21"]);
    assert!(
        answer
            .remarks
            .iter()
            .any(|it| it.contains("not distinguished"))
    );
    let why = least.read(&[row(&[("hours", "720")])]).unwrap_err();
    assert_eq!(why.reason, Reason::TableMismatch);
    assert!(least.read(&[row(&[("amount", "much")])]).is_err());
    assert!(least.read(&[row(&[("account_id", "x")])]).is_err());
}
