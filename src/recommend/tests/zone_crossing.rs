//! Subnets that go out by a NAT gateway in another zone.

use super::*;

/// A VPC in two zones whose subnet of the second goes out by the NAT gateway of the first.
fn crossing(region: &str, gb: Option<u64>) -> Scene {
    let mut scene = Scene::in_region(region).vpc("a", A, 2).nat("a", 5000);
    let crossing = ZoneCrossing {
        subnet_ids: vec!["a-2".into()],
        bytes_of: gb.map(|gb| [("a-2".into(), gb * BYTES_PER_GB)].into()),
    };
    scene.crossings.insert("nat-a".into(), crossing);
    scene
}

fn row(scene: &Scene) -> Opportunity {
    let mut rows = scene.advice().opportunities;
    rows.retain(|it| it.action == Action::AddAvailabilityZones);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows.remove(0)
}

#[test]
fn a_nat_gateway_of_their_own_zone_pays_where_the_bytes_between_zones_cost_more_than_its_hours() {
    // 730 hours at 0.045, against 0.01 in each of two zones.
    let pays = row(&crossing("us-east-1", Some(2000)));
    assert_money(
        &pays,
        Basis::Measured,
        ["32.85", "40.00", "7.15", "-", "1642.50"],
    );
    assert_eq!(pays.service, None);
    let less = row(&crossing("us-east-1", Some(1000)));
    assert_money(
        &less,
        Basis::Measured,
        ["32.85", "20.00", "-", "-", "1642.50"],
    );
    let unmeasured = row(&crossing("us-east-1", None));
    assert_money(
        &unmeasured,
        Basis::Unknown,
        ["32.85", "-", "-", "-", "1642.50"],
    );
    assert!(
        unmeasured.reason.contains("not measured"),
        "{}",
        unmeasured.reason
    );
}

#[test]
fn a_route_to_a_nat_gateway_that_is_in_their_zone_costs_nothing() {
    let mut scene = crossing("us-east-1", Some(100));
    let second = NatGateway {
        nat_gateway_id: "nat-second".into(),
        subnet_id: Some("a-2".into()),
        ..scene.facts.nat_gateways["nat-a"].clone()
    };
    scene.facts.nat_gateways.insert("nat-second".into(), second);
    let row = row(&scene);
    assert_money(&row, Basis::Measured, ["0.00", "2.00", "2.00", "-", "0.00"]);
    assert!(
        row.reason.contains("nat-second is in zone-2"),
        "{}",
        row.reason
    );
}

#[test]
fn a_regional_nat_gateway_is_in_all_of_its_zones() {
    let mut scene = crossing("us-east-1", Some(2000));
    let regional = NatGateway {
        nat_gateway_id: "nat-regional".into(),
        availability_mode: "regional".into(),
        subnet_id: None,
        availability_zones: vec!["zone-1".into(), "zone-2".into()],
        ..scene.facts.nat_gateways["nat-a"].clone()
    };
    let id = regional.nat_gateway_id.clone();
    scene.facts.nat_gateways.insert(id, regional);
    let row = row(&scene);
    assert_money(
        &row,
        Basis::Measured,
        ["0.00", "40.00", "40.00", "-", "0.00"],
    );
    assert!(
        row.reason.contains("nat-regional is in zone-2"),
        "{}",
        row.reason
    );
}

/// Beside it, an idle NAT gateway in the zone of the subnet, of which the flow logs show the same.
fn idle_beside(gb: Option<u64>) -> Scene {
    let mut scene = crossing("us-east-1", gb);
    let idle = NatGateway {
        nat_gateway_id: "nat-idle".into(),
        subnet_id: Some("a-2".into()),
        ..scene.facts.nat_gateways["nat-a"].clone()
    };
    let metrics = NatMetrics {
        nat_gateway_id: "nat-idle".into(),
        bytes_in_from_source: Some(0),
        bytes_in_from_destination: Some(0),
        active_connections: Some(0),
        metrics_requested: None,
    };
    scene.facts.nat_gateways.insert("nat-idle".into(), idle);
    scene.facts.nat_metrics.insert("nat-idle".into(), metrics);
    scene
        .traffic
        .insert("nat-idle".into(), NatTraffic::default());
    scene
}

#[test]
fn an_idle_nat_gateway_is_routed_to_or_removed_whichever_saves_more() {
    // 730 hours at 0.045 are 32.85; 0.02 a GB between zones.
    for (gb, action, saving) in [
        (Some(2000), Action::AddAvailabilityZones, "40.00"),
        (Some(1000), Action::Remove, "32.85"),
        (None, Action::Remove, "32.85"),
    ] {
        let mut rows = idle_beside(gb).advice().opportunities;
        rows.retain(|it| it.service.is_none());
        let found: Vec<_> = rows.iter().map(|it| (it.action, it.money.saving)).collect();
        let saving = saving.parse().ok();
        assert_eq!(found, [(action, saving)], "{gb:?}: {rows:#?}");
    }
}

#[test]
fn no_nat_gateway_is_added_beside_one_that_is_to_be_removed() {
    let mut scene = crossing("us-east-1", Some(0));
    let metrics = scene.facts.nat_metrics.get_mut("nat-a").unwrap();
    metrics.bytes_in_from_source = Some(0);
    metrics.active_connections = Some(0);
    let mut rows = scene.advice().opportunities;
    rows.retain(|it| it.service.is_none());
    let actions: Vec<_> = rows.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::Remove], "{rows:#?}");
}

#[test]
fn without_a_price_there_is_no_money_and_a_caveat() {
    let row = row(&crossing("cn-north-1", Some(100)));
    assert_money(&row, Basis::Measured, ["-", "-", "-", "-", "-"]);
    assert!(row.caveats.contains(Caveat::PriceUnknown), "{row:?}");
}
