//! Hubs, and VPCs that are not alone.

use super::*;
use crate::model::{
    money::PriceItem,
    opportunity::{BilledQuantities, Money},
};

#[test]
fn a_hub_that_works_is_proposed_to_those_that_by_pass_it_and_the_money_waits_for_bytes() {
    let scene =
        bypassed("us-east-1")
            .nat("b", 1000)
            .attached("b")
            .calls("b", "kms", Path::Public, None);
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.hub.as_ref().unwrap().vpc_id, "hub");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "0.00"]);
    // 100 * (0.045 - 0.01 - 0.02), and no hours.
    let scene = bypassed("us-east-1").nat("b", 1000).attached("b").calls(
        "b",
        "kms",
        Path::Public,
        Some(100),
    );
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_money(&row, Basis::Measured, ["3.00", "4.50", "1.50", "-", "-"]);
}

#[test]
fn a_hub_behind_a_transit_gateway_without_a_known_price_is_reported_without_money() {
    let mut scene = bypassed("eu-west-1").nat("b", 1000).attached("b").calls(
        "b",
        "kms",
        Path::Public,
        Some(100),
    );
    let prices = scene.prices.all().filter(|it| it.item != PriceItem::TgwGb);
    scene.prices = PriceBook::of(prices.cloned().collect()).unwrap();
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.money.saving, None);
    assert!(
        row.caveats.contains(Caveat::TransitGatewayPriceUnknown),
        "{row:?}"
    );
}

#[test]
fn a_vpc_in_the_way_of_the_hubs_addresses_cannot_use_it() {
    let mut scene =
        bypassed("us-east-1")
            .nat("b", 1000)
            .attached("b")
            .calls("b", "kms", Path::Public, None);
    scene.facts.vpcs[2].cidrs = vec!["10.0.0.0/8".parse().unwrap()];
    assert_eq!(scene.row("b", "kms").action, Action::None);
}

#[test]
fn where_egress_is_central_the_transit_gateway_is_on_both_sides() {
    for (region, saving) in [("us-east-1", "3.50"), ("eu-west-1", "3.80")] {
        let scene = Scene::in_region(region)
            .vpc("hub", C, 2)
            .nat("hub", 1000)
            .attached("hub")
            .endpoint("hub", "kms", "Interface", &[])
            .vpc("a", A, 2)
            .attached("a")
            .calls("a", "kms", Path::CentralEndpoint, None)
            .answered_by("hub")
            .vpc("b", B, 2)
            .attached("b")
            .calls("b", "kms", Path::Public, Some(100));
        let row = scene.row("b", "kms");
        // 100 * (NAT GB - endpoint GB), whether or not the transit gateway's price is known.
        assert_eq!(
            (row.action, money(&row)[2].as_str()),
            (Action::UseHub, saving),
            "{row:?}"
        );
    }
}

#[test]
fn a_new_hub_is_proposed_where_it_is_cheaper_and_its_rows_add_up_to_what_the_plan_saves() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("egress", "10.100.0.0/16", 1)
        .nat("egress", 90_000)
        .attached("egress");
    let blocks = [A, B, C, "10.4.0.0/16"];
    for (vpc, block) in ["a", "b", "c", "d"].into_iter().zip(blocks) {
        scene = scene
            .vpc(vpc, block, 2)
            .attached(vpc)
            .calls(vpc, "kms", Path::Public, Some(300));
    }
    let advice = scene.advice();
    let rows: Vec<String> = advice.opportunities.iter().map(action_line).collect();
    let users = [
        "use_hub kms a",
        "use_hub kms b",
        "use_hub kms c",
        "use_hub kms d",
    ];
    assert!(
        users.iter().all(|it| rows.contains(&(*it).to_owned())),
        "{rows:?}"
    );
    assert!(rows.contains(&"create kms egress".to_owned()), "{rows:?}");
    let saved: Decimal = advice
        .opportunities
        .iter()
        .filter_map(|row| row.money.saving)
        .sum();
    assert_eq!(advice.hub_or_own.len(), 1);
    let table = &advice.hub_or_own[0];
    assert_eq!(table.plan, Some([0, 0, 4]));
    // 1200 * 0.065 today; 1200 * 0.03 and one zone of a new endpoint then.
    assert_eq!(
        (table.now, table.best),
        (Some(Decimal::new(7800, 2)), Some(Decimal::new(4330, 2)))
    );
    let [now, best] = table.billed.unwrap();
    let gb = |it: BilledQuantities| [it.nat_gb, it.transit_gateway_gb, it.endpoint_gb];
    assert_eq!(gb(now), [1200, 1200, 0].map(Decimal::from));
    assert_eq!(gb(best), [0, 1200, 1200].map(Decimal::from));
    assert_eq!((now.endpoint_zones, best.endpoint_zones), (0, 1));
    assert_eq!(saved, Decimal::new(3470, 2));
}

#[test]
fn hub_or_own_shows_from_when_each_way_pays_where_nothing_is_measured() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 1)
        .attached("a")
        .calls("a", "kms", Path::Public, None);
    let [table] = <[_; 1]>::try_from(scene.advice().hub_or_own).unwrap();
    let gb = |it: Decimal| it.round_dp(2).to_string();
    assert_eq!(
        table
            .own_pays_from
            .iter()
            .copied()
            .map(gb)
            .collect::<Vec<_>>(),
        ["208.57", "417.14", "625.71"]
    );
    assert_eq!((table.now, table.best, table.plan), (None, None, None));
    // Nobody measured is a candidate.
    assert_eq!(table.hub, None);
}

/// Services that a hub has endpoints of, and `b` calls past it: 400 GB a month each, in three zones.
fn unattached(services: &[&str]) -> Scene {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("hub", C, 2)
        .attached("hub")
        .vpc("a", A, 2)
        .attached("a")
        .vpc("b", B, 3)
        .nat("b", 90_000);
    for service in services {
        scene = scene
            .endpoint("hub", service, "Interface", &[])
            .calls("a", service, Path::CentralEndpoint, None)
            .answered_by("hub")
            .calls("b", service, Path::Public, Some(400));
    }
    scene
}

#[test]
fn a_new_attachment_is_paid_once_by_all_services_behind_it_and_only_if_they_earn_it() {
    // By the NAT gateway 18.00 each, by the hub 12.00, by endpoints of its own 25.90; the attachment
    // is 36.50, which six services do not earn.
    let six = ["ec2", "kms", "logs", "sns", "sqs", "ssm"];
    let rows = unattached(&six).advice().opportunities;
    assert!(
        rows.iter().all(|row| row.money.saving.is_none()),
        "{rows:?}"
    );

    let seven = [&six[..], &["sts"]].concat();
    let advice = unattached(&seven).advice();
    let rows = advice.opportunities.iter();
    let rows: Vec<_> = rows.filter(|row| row.money.saving.is_some()).collect();
    assert_eq!(rows.len(), 7, "{rows:?}");
    let sum = |figure: fn(&Money) -> Option<Decimal>| -> Decimal {
        rows.iter().filter_map(|row| figure(&row.money)).sum()
    };
    assert_eq!(sum(|it| it.endpoint), Decimal::new(7 * 1200 + 3650, 2));
    assert_eq!(sum(|it| it.saving), Decimal::new(7 * 600 - 3650, 2));
    for row in &rows {
        assert_eq!(row.action, Action::UseHub);
        assert!(row.caveats.contains(Caveat::NewAttachment), "{row:?}");
        assert!(row.money.saving > Some(Decimal::ZERO), "{row:?}");
    }
    let table = advice.hub_or_own.iter();
    let best: Decimal = table.filter_map(|it| it.best).sum();
    assert_eq!(best, Decimal::new(7 * 1200 + 3650, 2));
}

#[test]
fn new_endpoints_begin_in_the_tier_that_the_others_have_reached_and_share_what_they_reach() {
    let scene = |measured: u64, gb: u64| {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 9_000_000)
            .endpoint("a", "sqs", "Interface", &[])
            .calls("a", "kms", Path::Public, Some(gb))
            .calls("a", "sts", Path::Public, Some(gb));
        let endpoints = &mut scene.endpoint_gb;
        endpoints.insert("vpce-a-sqs".into(), Decimal::from(measured));
        scene
    };
    let cost = |scene: &Scene, service: &str| money(&scene.row("a", service))[0].clone();
    // 7.30 for the hours; the first tier, 0.010, has 1,048,576 GB, the next costs 0.006.
    assert_eq!(cost(&scene(0, 10_000), "kms"), "107.30");
    assert_eq!(cost(&scene(1_048_576, 10_000), "kms"), "67.30");
    // Both together leave the first tier: 10485.76 + 151,424 x 0.006 are shared by halves.
    let together = scene(0, 600_000);
    for service in ["kms", "sts"] {
        assert_eq!(cost(&together, service), "5704.45", "{service}");
    }
}

/// What quantities cost in us-east-1, below the second tier.
fn priced(it: BilledQuantities) -> Decimal {
    let month = Decimal::from(730);
    it.nat_gb * Decimal::new(45, 3)
        + it.transit_gateway_gb * Decimal::new(20, 3)
        + it.endpoint_gb * Decimal::new(10, 3)
        + Decimal::from(it.endpoint_zones) * month * Decimal::new(10, 3)
        + it.attachments * month * Decimal::new(50, 3)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever is shared out, a row claims no loss, and the rows claim what the plans save.
    #[test]
    fn rows_add_up_to_what_the_plans_save_whoever_is_attached(
        vpcs in proptest::collection::vec(
            (proptest::bool::ANY, 1..4_usize, proptest::collection::vec(0..3_000_u64, 5)), 1..5,
        ),
        hub_has: [bool; 5],
    ) {
        let services = ["ec2", "kms", "logs", "sns", "sqs"];
        let mut scene = Scene::in_region("us-east-1").vpc("hub", "10.200.0.0/16", 2).attached("hub");
        scene = scene.vpc("other", "10.201.0.0/16", 1).attached("other");
        for (service, _) in services.iter().zip(hub_has).filter(|(_, has)| *has) {
            scene = scene
                .endpoint("hub", service, "Interface", &[])
                .calls("other", service, Path::CentralEndpoint, None)
                .answered_by("hub");
        }
        for (at, (attached, zones, gbs)) in vpcs.iter().enumerate() {
            let vpc = format!("vpc-{at}");
            scene = scene.vpc(&vpc, &format!("10.{at}.0.0/16"), *zones).nat(&vpc, 90_000);
            if *attached {
                scene = scene.attached(&vpc);
            }
            for (service, gb) in services.iter().zip(gbs) {
                scene = scene.calls(&vpc, service, Path::Public, Some(*gb));
            }
        }
        let advice = scene.advice();
        let cent = Decimal::new(1, 2);
        for it in &advice.hub_or_own {
            let Some([now, best]) = it.billed else { continue };
            proptest::prop_assert!((priced(now) - it.now.unwrap()).abs() < cent, "{it:?}");
            proptest::prop_assert!((priced(best) - it.best.unwrap()).abs() < cent, "{it:?}");
        }
        let rows: Vec<Decimal> =
            advice.opportunities.iter().filter_map(|row| row.money.saving).collect();
        for saving in &rows {
            proptest::prop_assert!(*saving >= -cent, "{saving}");
        }
        let saved: Decimal = rows.iter().sum();
        let plans = advice.hub_or_own.iter().filter_map(|it| Some(it.now? - it.best?));
        let planned: Decimal = plans.sum();
        let rounding = cent * Decimal::from(rows.len() + 1);
        proptest::prop_assert!((saved - planned).abs() <= rounding, "{saved} {planned}");
    }
}
