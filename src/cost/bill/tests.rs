//! A bill that was worked out by hand.

use super::*;
use crate::model::bill::BillSource;

fn charge(account: u64, kind: ChargeKind, usage_type: &str, usage: i64, cents: i64) -> Charge {
    Charge {
        account_id: format!("{account:012}").parse().unwrap(),
        kind,
        usage_type: Some(usage_type.to_owned()),
        usage: Some(Decimal::from(usage)),
        usage_unit: Some("GB".to_owned()),
        amount: Decimal::new(cents, 2),
        currency: USD.to_owned(),
        nat_gateway_id: None,
        region: None,
    }
}

fn bill(charges: Vec<Charge>) -> Bill {
    Bill {
        first_day: "2026-11-01".parse().unwrap(),
        last_day: "2026-11-10".parse().unwrap(),
        missing_days: Vec::new(),
        estimated_days: Vec::new(),
        requests: 3,
        source: BillSource::CostExplorer,
        athena: None,
        charges,
    }
}

#[test]
fn the_discount_of_an_item_is_what_all_accounts_pay_less_than_the_list_price() {
    let (types, list) = (
        UsageTypes::built_in().unwrap(),
        PriceBook::built_in().unwrap(),
    );
    let bill = bill(vec![
        // 100 GB at 0.048 are 4.80; 4.80 less 0.48 were paid.
        charge(1, ChargeKind::Usage, "EU-NatGateway-Bytes", 100, 480),
        charge(1, ChargeKind::Discount, "EU-NatGateway-Bytes", 100, -48),
        // 100 GB at 0.045 are 4.50, and 4.05 were paid.
        charge(2, ChargeKind::Usage, "NatGateway-Bytes", 100, 405),
        // Paid in full, and above the list price.
        charge(1, ChargeKind::Usage, "EU-NatGateway-Hours", 100, 480),
        charge(1, ChargeKind::Usage, "EU-VpcEndpoint-Hours", 100, 500),
        charge(1, ChargeKind::Usage, "EU-Something-Else", 100, 500),
    ]);
    let found = discounts(&bill, &types, &list);
    assert_eq!(
        found,
        BTreeMap::from([(PriceItem::NatGatewayGb, Decimal::from(10))])
    );
    let billed = billed(&bill, &types, &list);
    assert_eq!(billed.len(), 4);
    let account = &bill.charges[0].account_id;
    let key = key(
        account,
        &"eu-west-1".parse().unwrap(),
        PriceItem::NatGatewayGb,
    );
    let row = &billed[&key];
    assert_eq!(
        (row.usd(), row.list_usd),
        (Some(Decimal::new(432, 2)), Some(Decimal::new(480, 2)))
    );
    assert_eq!(row.usage, Some(Decimal::from(100)));
}

#[test]
fn tiers_count_the_usage_of_all_accounts_in_a_month() {
    let (types, list) = (
        UsageTypes::built_in().unwrap(),
        PriceBook::built_in().unwrap(),
    );
    let bytes = "EU-VpcEndpoint-Bytes";
    // 10 days are 240 of 730 hours: 1,034,082.19 GB are 3,145,333.33 a month, of which 1,048,576 cost 0.010 and
    // the others 0.006: 23,066.30 a month, 7,583.44 in the days, a quarter and three quarters of it.
    let quarter = 258_521;
    let bill = bill(vec![
        charge(1, ChargeKind::Usage, bytes, quarter, 0),
        charge(2, ChargeKind::Usage, bytes, 3 * quarter, 0),
    ]);
    let billed = billed(&bill, &types, &list);
    let list: Vec<Decimal> = billed.values().map(|it| it.list_usd.unwrap()).collect();
    let month = Decimal::from(240) / Decimal::from(730);
    let all = Decimal::from(4 * quarter) / month;
    let first = Decimal::from(1_048_576);
    let expected = (first * Decimal::new(10, 3) + (all - first) * Decimal::new(6, 3)) * month;
    assert_eq!((list[0] + list[1]).round_dp(4), expected.round_dp(4));
    assert_eq!(
        (list[0] * Decimal::from(3)).round_dp(4),
        list[1].round_dp(4)
    );
}

#[test]
fn another_currency_is_never_added_to_us_dollars() {
    let (types, list) = (
        UsageTypes::built_in().unwrap(),
        PriceBook::built_in().unwrap(),
    );
    let mut foreign = charge(1, ChargeKind::Usage, "EU-NatGateway-Bytes", 100, 480);
    foreign.currency = "CNY".to_owned();
    let mut china = foreign.clone();
    china.usage_type = Some("CNX9-NatGateway-Bytes".to_owned());
    china.region = Some("cn-north-1".parse().unwrap());
    let bill = bill(vec![
        china,
        charge(1, ChargeKind::Usage, "EU-NatGateway-Bytes", 1, 5),
        foreign,
    ]);
    let billed = billed(&bill, &types, &list);
    let rows: Vec<_> = billed.values().collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let (china, mixed) = (rows[0], rows[1]);
    // A Region of unknown prefix, as the source names it, in its own currency.
    assert_eq!(
        (china.amount, china.currency.as_str()),
        (Some(Decimal::new(480, 2)), "CNY")
    );
    assert_eq!(
        (china.usd(), china.list_usd, mixed.amount),
        (None, None, None)
    );
    assert!(discounts(&bill, &types, &list).is_empty());
}

#[test]
fn gateways_are_added_up_where_the_source_does_not_distinguish_them() {
    let account: AccountId = "111111111111".parse().unwrap();
    let region: Region = "eu-west-1".parse().unwrap();
    let of = |id: &str| BillKey {
        nat_gateway_id: Some(id.into()),
        ..key(&account, &region, PriceItem::NatGatewayGb)
    };
    let gb = |quantity: Option<i64>| Computed {
        quantity: quantity.map(Decimal::from),
        usd: Some(Decimal::ONE),
    };
    let together =
        without_gateways([(of("nat-1"), gb(Some(3))), (of("nat-2"), gb(Some(4)))].into());
    let sum = Computed {
        quantity: Some(Decimal::from(7)),
        usd: Some(Decimal::TWO),
    };
    assert_eq!(
        together,
        BTreeMap::from([(key(&account, &region, PriceItem::NatGatewayGb), sum)])
    );
    let unknown = without_gateways([(of("nat-1"), gb(None)), (of("nat-2"), gb(Some(4)))].into());
    assert_eq!(unknown.values().next().unwrap().quantity, None);
}
