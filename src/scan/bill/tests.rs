//! Days, and sums over them.

use super::*;
use crate::collect::bill::DayCharge;

fn window(start: &str, end: &str) -> Window {
    Window {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

#[test]
fn the_bill_is_read_for_the_whole_days_of_the_window() {
    for (start, end, expected) in [
        (
            "2026-11-20T00:00:00Z",
            "2026-11-27T00:00:00Z",
            Some("2026-11-20 2026-11-27"),
        ),
        (
            "2026-11-20T00:00:01Z",
            "2026-11-27T23:59:59Z",
            Some("2026-11-21 2026-11-27"),
        ),
        ("2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z", None),
        (
            "2026-11-20T10:00:00Z",
            "2026-11-22T00:00:00Z",
            Some("2026-11-21 2026-11-22"),
        ),
    ] {
        let found = days(window(start, end)).map(|(first, end)| format!("{first} {end}"));
        assert_eq!(found.as_deref(), expected, "{start} {end}");
    }
}

fn wanted() -> BillRequest {
    let regions = BTreeSet::from(["eu-west-1".parse().unwrap()]);
    let window = window("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z");
    BillRequest::of(&regions, window).unwrap()
}

fn day(date: &str, charges: &[(&str, &str, &str)]) -> Day {
    let charge = |(name, usage, cost): &(&str, &str, &str)| DayCharge {
        account_id: "111111111111".parse().unwrap(),
        name: (*name).to_owned(),
        usage: (usage.parse().unwrap(), "GB".to_owned()),
        cost: (cost.parse().unwrap(), "USD".to_owned()),
    };
    Day {
        date: date.parse().unwrap(),
        estimated: date.ends_with("23"),
        charges: charges.iter().map(charge).collect(),
    }
}

#[test]
fn days_are_added_up_and_those_without_data_are_named() {
    let wanted = wanted();
    let usage = [
        day("2026-11-20", &[("EU-NatGateway-Bytes", "10", "0.48")]),
        day("2026-11-21", &[]),
        day("2026-11-23", &[("EU-NatGateway-Bytes", "5", "0.24")]),
    ];
    let discounts = [day("2026-11-20", &[("EU-NatGateway-Bytes", "10", "-0.05")])];
    let credits = [day(
        "2026-11-20",
        &[
            ("Credit", "0", "-1"),
            ("Refund", "0", "-2"),
            ("Solution Provider Program Discount", "0", "-0.05"),
        ],
    )];
    let (bill, remarks) = wanted.bill(&usage, &discounts, &credits);
    assert_eq!(
        remarks,
        ["counted as discounts: Solution Provider Program Discount"]
    );
    let missing: Vec<String> = bill.missing_days.iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["2026-11-21", "2026-11-22"]);
    assert_eq!(bill.days(), 2);
    let charges: Vec<String> = bill
        .charges
        .iter()
        .map(|it| {
            format!(
                "{} {:?} {}",
                it.kind.name(),
                it.usage.map(|it| it.to_string()),
                it.amount
            )
        })
        .collect();
    assert_eq!(
        charges,
        [
            "usage Some(\"15\") 0.72",
            "discount None -0.05",
            "credit None -1",
            "refund None -2",
        ]
    );
    assert_eq!(
        BillRequest::describe(&bill),
        "2026-11-20 to 2026-11-23; no data of 2026-11-21, 2026-11-22; not final: 2026-11-23"
    );
}

#[test]
fn a_partition_has_its_own_cost_explorer_or_a_reason_why_it_is_not_asked() {
    let whole = window("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z");
    let asked = |partition: &str, region: &str| {
        let regions = BTreeSet::from([region.parse().unwrap()]);
        let wanted = BillRequest::of(&regions, whole).unwrap();
        let found = wanted.api_region(partition);
        found.map(|it| it.to_string())
    };
    assert_eq!(asked("aws", "eu-west-1").unwrap(), "us-east-1");
    for (partition, region, words) in [
        ("aws-us-gov", "us-gov-west-1", "partition aws alone"),
        ("aws-cn", "cn-north-1", "billing prefix of cn-north-1"),
        ("aws-eusc", "eusc-de-east-1", "prefix of eusc-de-east-1"),
    ] {
        let why = asked(partition, region).unwrap_err();
        assert!(why.contains(words), "{why}");
        assert!(why.contains("bill.athena_table"), "{why}");
    }
    assert!(asked("aws-iso", "us-iso-east-1").is_err());
}

#[test]
fn a_window_without_a_whole_day_has_no_bill_and_a_reason() {
    let regions = BTreeSet::from(["eu-west-1".parse().unwrap()]);
    let short = window("2026-11-20T10:00:00Z", "2026-11-21T09:00:00Z");
    let why = BillRequest::of(&regions, short).err().unwrap();
    assert!(why.contains("no whole day"), "{why}");
}
