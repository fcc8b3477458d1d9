//! Money and removals that would be claimed without evidence.

use jiff::SignedDuration;

use super::*;
use crate::model::internet::VpcBlockPublicAccess;

/// A spoke whose calls pass the NAT gateway of a hub.
fn central(gb: Option<u64>) -> Scene {
    Scene::in_region("us-east-1")
        .vpc("hub", A, 1)
        .nat("hub", 1000)
        .attached("hub")
        .vpc("spoke", B, 1)
        .attached("spoke")
        .calls("spoke", "sqs", Path::Public, gb)
        .calls("hub", "sns", Path::Public, gb)
}

pub(super) fn block(scene: &mut Scene, mode: &str) {
    let target = scene.target();
    let setting = VpcBlockPublicAccess {
        target: target.clone(),
        mode: mode.into(),
        exclusions: Vec::new(),
    };
    let settings = &mut scene.facts.vpc_block_public_access;
    settings.insert(target, setting);
}

#[test]
fn where_block_public_access_closes_the_hub_nothing_is_saved_at_its_nat_gateway() {
    let open = central(Some(600)).row("spoke", "sqs");
    assert_eq!(open.action, Action::Create);
    assert!(open.money.saving.is_some(), "{open:?}");
    for (mode, closed) in [("block-ingress", false), ("block-bidirectional", true)] {
        for gb in [None, Some(600)] {
            let mut scene = central(gb);
            block(&mut scene, mode);
            for (vpc, service) in [("spoke", "sqs"), ("hub", "sns")] {
                let row = scene.row(vpc, service);
                let ceiling = row.money.ceiling.unwrap_or_default();
                let claims = row.money.saving.is_some() || !ceiling.is_zero();
                // Of one set of NAT gateways only the first row has a ceiling.
                let first = vpc == "hub" || gb.is_some();
                assert_eq!(claims, !closed && first, "{mode} {vpc} {row:?}");
            }
        }
    }
}

/// A spoke whose transit gateway drops what it sends out.
fn dropped(gb: Option<u64>) -> Scene {
    let mut scene = central(gb);
    for attachment in scene.facts.transit_gateway_attachments.values_mut() {
        attachment.route_table_id = Some("tgw-rtb-1".into());
    }
    let table = TransitGatewayRouteTable {
        route_table_id: "tgw-rtb-1".into(),
        attachment_ids: Vec::new(),
        routes: Some(vec![TransitGatewayRoute {
            destination: "0.0.0.0/0".parse().unwrap(),
            attachment_ids: Vec::new(),
            blackhole: true,
            is_static: true,
        }]),
    };
    let tables = &mut scene.facts.transit_gateway_route_tables;
    tables.insert(table.route_table_id.clone(), table);
    scene
}

#[test]
fn behind_a_transit_gateway_that_drops_there_is_no_nat_money() {
    let money = dropped(Some(600)).row("spoke", "sqs").money;
    assert_eq!(money.saving, None);
    assert!(money.ceiling.unwrap_or_default().is_zero(), "{money:?}");
    // That nothing passes there is known, and no gap.
    let money = dropped(None).row("spoke", "sqs").money;
    assert_eq!(money.ceiling, Some(Decimal::ZERO));
}

#[test]
fn of_equal_ceilings_what_is_known_to_be_called_comes_first() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 1000)
        .vpc("b", B, 1)
        .nat("b", 1000)
        .calls("b", "s3", Path::Public, None);
    scene.facts.dns.remove("a");
    let rows = ["create s3 b", "create dynamodb a", "create s3 a"];
    assert_eq!(scene.rows(), rows);
    let keys = scene.advice().sort_keys;
    assert!(keys.is_sorted(), "{keys:?}");
}

#[test]
fn bytes_that_pass_an_endpoint_already_are_not_counted_again_for_private_dns() {
    let scene = |passing: Option<u64>| {
        let off = [Finding::BypassedPrivateDnsOff];
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 9000)
            .endpoint("a", "kms", "Interface", &off)
            .calls("a", "kms", Path::Mixed, Some(100));
        scene.services[0].bytes.to_service = Some(130 * BYTES_PER_GB);
        let passing = passing.map(|gb| ("vpce-a-kms".into(), Decimal::from(gb)));
        scene.endpoint_gb.extend(passing);
        scene
    };
    let row = scene(Some(30)).row("a", "kms");
    assert_eq!(row.action, Action::EnablePrivateDns);
    assert_money(&row, Basis::Measured, ["1.00", "4.50", "3.50", "-", "0.00"]);
    // More than what is left beside the NAT gateways is somebody else's.
    let row = scene(Some(7000)).row("a", "kms");
    assert_money(&row, Basis::Measured, ["1.00", "4.50", "3.50", "-", "0.00"]);
    let row = scene(None).row("a", "kms");
    assert_money(&row, Basis::Measured, ["1.30", "4.50", "3.20", "-", "0.00"]);
}

#[test]
fn an_endpoint_is_given_up_for_a_hub_only_if_its_own_bytes_are_measured() {
    let scene = |metered: Option<u64>, logged: Option<u64>| {
        let mut scene = with_own_beside_hub(logged);
        let metered = metered.map(|gb| ("vpce-own-kms".into(), Decimal::from(gb)));
        scene.endpoint_gb.extend(metered);
        let rows = scene.advice().opportunities.into_iter();
        let mut rows = rows.filter(|it| it.vpc_id == "own" && it.action == Action::UseHub);
        rows.next().and_then(|it| it.money.saving)
    };
    // The log of the NAT gateway shows that nothing passed there, and nothing of the endpoint.
    assert_eq!(scene(None, None), None);
    // 7.30 + 10 * 0.01 against 10 * (0.01 + 0.02)
    assert_eq!(scene(None, Some(10)), Some(Decimal::new(710, 2)));
    assert_eq!(scene(Some(10), None), Some(Decimal::new(710, 2)));
    assert_eq!(scene(Some(10_000), None), None);
    assert_eq!(scene(Some(10_000), Some(10)), None);
}

#[test]
fn a_nat_gateway_stays_whose_flow_log_left_flows_out() {
    let scene = |gb: u64, skipped: u64| {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", gb)
            .logged("a", gb, 0)
            .calls("a", "s3", Path::Public, Some(gb));
        scene.traffic.get_mut("nat-a").unwrap().skipped_records = skipped;
        let rows = scene.advice().opportunities.into_iter();
        let mut removed = rows.filter(|it| it.action == Action::Remove);
        removed.next().map(|it| it.basis)
    };
    assert_eq!(scene(1000, 0), Some(Basis::Measured));
    assert_eq!(scene(1000, 1), None);
    // Of an unused one the metrics count every byte: only the second proof is missing.
    assert_eq!(scene(0, 0), Some(Basis::Measured));
    assert_eq!(scene(0, 1), Some(Basis::Unknown));
}

#[test]
fn a_window_of_less_than_a_day_makes_no_rate_and_no_saving() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 1000)
        .logged("a", 1000, 0)
        .calls("a", "kms", Path::Public, Some(500))
        .calls("a", "s3", Path::Public, Some(500));
    for (hours, measured) in [(24, true), (23, false)] {
        scene.window.start = scene.window.end - SignedDuration::from_hours(hours);
        for row in scene.advice().opportunities {
            assert_eq!(row.money.saving.is_some(), measured, "{hours} {row:?}");
            assert_eq!(row.money.gb_month.is_some(), measured, "{hours} {row:?}");
        }
    }
}
