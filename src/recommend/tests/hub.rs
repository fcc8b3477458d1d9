//! Hubs, and VPCs that are not alone.

use super::*;

#[test]
fn a_hub_that_works_is_proposed_to_those_that_by_pass_it_and_the_money_waits_for_bytes() {
    let scene =
        by_passed("us-east-1")
            .nat("b", 1000)
            .attached("b")
            .calls("b", "kms", Path::Public, None);
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.hub.as_ref().unwrap().vpc_id, "hub");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "0.00"]);
    // 100 * (0.045 - 0.01 - 0.02), and no hours.
    let scene = by_passed("us-east-1").nat("b", 1000).attached("b").calls(
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
fn a_hub_behind_a_transit_gateway_without_a_known_price_is_told_without_money() {
    let scene = by_passed("eu-west-1").nat("b", 1000).attached("b").calls(
        "b",
        "kms",
        Path::Public,
        Some(100),
    );
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.money.saving, None);
    assert!(
        row.caveats.contains(&Caveat::TransitGatewayPriceUnknown),
        "{row:?}"
    );
}

#[test]
fn a_vpc_in_the_way_of_the_hubs_addresses_cannot_use_it() {
    let mut scene =
        by_passed("us-east-1")
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
    let rows: Vec<String> = advice.opportunities.iter().map(told).collect();
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
    assert_eq!(saved, Decimal::new(3470, 2));
}

#[test]
fn hub_or_own_tells_from_when_each_way_pays_where_nothing_is_measured() {
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
