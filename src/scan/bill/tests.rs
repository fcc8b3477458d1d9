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

fn wanted() -> Wanted {
    let regions = BTreeSet::from(["eu-west-1".parse().unwrap()]);
    let window = window("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z");
    Wanted::of("aws", &regions, window).unwrap()
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
        &[("Credit", "0", "-1"), ("Refund", "0", "-2")],
    )];
    let bill = wanted.bill(&usage, &discounts, &credits);
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
    let text = wanted.describe(&bill, &BTreeSet::from(["cn-north-1".parse().unwrap()]));
    assert_eq!(
        text,
        "2026-11-20 to 2026-11-23; no data of 2026-11-21, 2026-11-22; not final: 2026-11-23; \
         not asked for cn-north-1, of unknown billing prefix"
    );
}

#[test]
fn another_partition_and_a_window_without_a_whole_day_have_no_bill_and_a_reason() {
    let regions = BTreeSet::from(["eu-west-1".parse().unwrap()]);
    let whole = window("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z");
    assert!(Wanted::of("aws-cn", &regions, whole).is_err());
    let short = window("2026-11-20T10:00:00Z", "2026-11-21T09:00:00Z");
    let why = Wanted::of("aws", &regions, short).err().unwrap();
    assert!(why.contains("no whole day"), "{why}");
}
