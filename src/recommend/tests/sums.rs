//! What is claimed once, for which VPC, and in which order.

use super::*;
use crate::model::id::VpcId;

#[test]
fn for_a_vpc_and_a_service_there_is_one_saving_at_most() {
    let scene = bypassed("us-east-1")
        .nat("b", 9000)
        .attached("b")
        .calls("b", "kms", Path::Public, Some(3000))
        .calls("b", "sqs", Path::Public, Some(3000))
        .calls("b", "s3", Path::Public, Some(3000))
        .calls("hub", "kms", Path::LocalEndpoint, Some(10));
    let mut savings: BTreeMap<(VpcId, Option<String>), usize> = BTreeMap::new();
    for row in scene.advice().opportunities {
        if row.money.saving.is_some() {
            *savings.entry((row.vpc_id, row.service)).or_default() += 1;
        }
    }
    assert_eq!(savings.len(), 3, "{savings:?}");
    assert!(savings.values().all(|count| *count == 1), "{savings:?}");
}

#[test]
fn advice_for_a_shared_vpc_goes_to_its_owner_and_states_it_if_the_owner_was_not_seen() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000))
        .calls("a", "s3", Path::Public, Some(1000));
    scene.facts.vpcs[0].owner_account_id = "999999999999".parse().unwrap();
    let row = scene.row("a", "kms");
    assert_eq!(row.account_id.as_str(), "999999999999");
    assert!(row.caveats.contains(Caveat::SharedVpc));
    // Whether the owner has a gateway endpoint cannot be seen.
    assert_eq!(scene.rows(), ["create kms a"]);
}

#[test]
fn nat_gateways_go_only_if_every_byte_could_go_by_endpoints_and_their_gb_are_counted_once() {
    let scene = |unmatched| {
        Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 1100)
            .logged("a", 1100, unmatched)
            .calls("a", "s3", Path::Public, Some(1000))
            .calls("a", "kms", Path::Public, Some(100))
    };
    let rows = scene(0).advice().opportunities;
    let rows: Vec<&Opportunity> = rows.iter().filter(|row| row.service.is_none()).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = rows[0];
    assert_eq!(row.action, Action::Remove);
    // Hours 32.85; kms does not pay alone: 4.50 at the NAT gateway, 8.30 by an endpoint. S3 is in its row.
    assert_money(row, Basis::Measured, ["8.30", "37.35", "29.05", "-", "-"]);
    let unknown = scene(1).advice().opportunities;
    assert!(
        unknown.iter().all(|row| row.service.is_some()),
        "{unknown:?}"
    );
    let another_region = scene(0).calls_in("a", "kms", Some("eu-west-1"), Path::Public, Some(1));
    let rows = another_region.advice().opportunities;
    assert!(rows.iter().all(|row| row.service.is_some()), "{rows:?}");
}

#[test]
fn an_idle_nat_gateway_is_removable_and_its_hours_are_a_ceiling_until_flow_logs_show_the_same() {
    let idle = || Scene::in_region("us-east-1").vpc("a", A, 1).nat("a", 0);
    let rows = idle().advice().opportunities;
    assert_money(&rows[0], Basis::Unknown, ["-", "-", "-", "32.85", "-"]);
    let rows = idle().logged("a", 0, 0).advice().opportunities;
    assert_money(&rows[0], Basis::Measured, ["-", "-", "32.85", "-", "-"]);
}

#[test]
fn the_best_comes_first_and_what_is_not_worth_it_last() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 100)
        .vpc("b", B, 1)
        .nat("b", 9000)
        .calls("a", "sqs", Path::Public, None)
        .calls("a", "kms", Path::Public, Some(500))
        .calls("a", "s3", Path::Public, None)
        .calls("b", "kms", Path::Public, Some(5000))
        .calls("b", "athena", Path::Public, None)
        .endpoint("b", "sqs", "Interface", &[Finding::Idle]);
    assert_eq!(
        scene.rows(),
        [
            "create kms b",
            "create kms a",
            "create s3 a",
            "remove sqs b",
            "none athena b",
            "none sqs a"
        ]
    );
}

#[test]
fn behind_a_transit_gateway_whose_routes_diverge_no_ceiling_is_known() {
    let scene = |routes: &[(&str, &str)]| {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("hub", A, 1)
            .nat("hub", 1000)
            .attached("hub")
            .vpc("spoke", B, 1)
            .attached("spoke")
            .vpc("other", C, 1)
            .attached("other")
            .calls("spoke", "sqs", Path::Public, None);
        for attachment in scene.facts.transit_gateway_attachments.values_mut() {
            attachment.route_table_id = Some("tgw-rtb-1".into());
        }
        let route = |(to, vpc): &(&str, &str)| TransitGatewayRoute {
            destination: to.parse().unwrap(),
            attachment_ids: vec![format!("attach-{vpc}").into()],
            blackhole: false,
            is_static: true,
        };
        let table = TransitGatewayRouteTable {
            route_table_id: "tgw-rtb-1".into(),
            attachment_ids: Vec::new(),
            routes: Some(routes.iter().map(route).collect()),
        };
        let tables = &mut scene.facts.transit_gateway_route_tables;
        tables.insert(table.route_table_id.clone(), table);
        scene
    };
    let one = scene(&[("0.0.0.0/0", "hub")]).row("spoke", "sqs");
    assert_eq!(one.money.ceiling, Some(Decimal::new(4500, 2)));
    assert_eq!(one.ceiling_group.as_deref(), Some("nat-hub"));
    let two = scene(&[("0.0.0.0/0", "hub"), ("52.0.0.0/8", "other")]).row("spoke", "sqs");
    assert_eq!((two.money.ceiling, two.money.saving), (None, None));
}
