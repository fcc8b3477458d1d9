//! A VPC with a NAT gateway in zone 1 and subnets in zones 1 and 2 that go out by it.

use super::*;
use crate::model::tests::sample;
use crate::model::{
    bytes::Shares,
    flow::{FlowGroup, FlowRow, FlowSource},
    inventory::{Route, RouteTable},
};

fn facts() -> Facts {
    let mut facts = Facts::default();
    for (id, zone, block) in [
        ("near", "zone-1", "10.0.1.0/24"),
        ("far", "zone-2", "10.0.2.0/24"),
        ("public", "zone-1", "10.0.0.0/24"),
    ] {
        let subnet = Subnet {
            subnet_id: id.into(),
            vpc_id: "vpc-1".into(),
            availability_zone: zone.into(),
            availability_zone_id: None,
            cidrs: vec![block.parse().unwrap()],
            available_addresses: None,
        };
        facts.subnets.insert(id.into(), subnet);
    }
    let table = RouteTable {
        route_table_id: "rtb-1".into(),
        vpc_id: "vpc-1".into(),
        main: true,
        subnet_ids: Vec::new(),
        routes: vec![Route {
            destination: "0.0.0.0/0".into(),
            target: RouteTarget::NatGateway("nat-1".into()),
            blackhole: false,
            has_state: false,
        }],
    };
    facts.route_tables.insert("rtb-1".into(), table);
    let gateway = NatGateway {
        subnet_id: Some("public".into()),
        ..sample::nat_gateway(&sample::target(), "vpc-1", "nat-1")
    };
    facts.nat_gateways.insert("nat-1".into(), gateway);
    facts
}

/// Bytes of clients through the gateway, by their blocks.
fn measured(facts: &mut Facts, clients: &[(&str, u64)]) -> Attribution {
    let rows = clients.iter().map(|(client, bytes)| {
        let group = FlowGroup {
            interface: Some("nat-1".into()),
            client: Some(client.parse().unwrap()),
            up: true,
            ..FlowGroup::default()
        };
        let external = "52.94.1.1".parse().unwrap();
        (FlowRow::new(Some(external), group), *bytes)
    });
    facts.flows = vec![FlowSource {
        kind: FlowKind::NatPackets,
        interfaces: vec!["nat-1".into()],
        vpcs: Vec::new(),
        subnets: Vec::new(),
        others: Vec::new(),
        rows: rows.collect(),
        skipped: BTreeMap::new(),
        quiet: BTreeSet::new(),
        part: BTreeSet::new(),
    }];
    let shares = Shares {
        bytes: clients.iter().map(|(_, bytes)| bytes).sum(),
        ..Shares::default()
    };
    Attribution {
        nat_gateways: [("nat-1".into(), shares)].into(),
        ..Attribution::default()
    }
}

fn crossing(facts: &Facts, found: &Attribution) -> Option<ZoneCrossing> {
    of_all(facts, &ByVpc::new(facts), found, &facts.flows).remove("nat-1")
}

#[test]
fn only_subnets_of_other_zones_cross_and_only_their_bytes_count() {
    let mut facts = facts();
    let unmeasured = crossing(&facts, &Attribution::default()).unwrap();
    assert_eq!(unmeasured.subnet_ids, ["far"]);
    assert_eq!(unmeasured.bytes(), None);
    let found = measured(&mut facts, &[("10.0.1.0/24", 700), ("10.0.2.0/24", 300)]);
    assert_eq!(crossing(&facts, &found).unwrap().bytes(), Some(300));
}

#[test]
fn bytes_are_unknown_if_a_client_is_in_no_subnet_or_bytes_are_missing() {
    let mut facts = facts();
    for clients in [
        // Behind a transit gateway, or in two subnets.
        vec![("10.0.2.0/24", 300), ("10.9.0.0/24", 1)],
        vec![("10.0.0.0/16", 300)],
    ] {
        let found = measured(&mut facts, &clients);
        assert_eq!(
            crossing(&facts, &found).unwrap().bytes(),
            None,
            "{clients:?}"
        );
    }
    let mut found = measured(&mut facts, &[("10.0.2.0/24", 300)]);
    found.nat_gateways.get_mut("nat-1").unwrap().bytes = 301;
    assert_eq!(crossing(&facts, &found).unwrap().bytes(), None);
    let mut found = measured(&mut facts, &[("10.0.2.0/24", 300)]);
    found.part.insert("vpc-1".into());
    assert_eq!(crossing(&facts, &found).unwrap().bytes(), None);
}

#[test]
fn bytes_are_unknown_if_the_metrics_of_the_gateway_show_more_of_them() {
    let mut facts = facts();
    let found = measured(&mut facts, &[("10.0.1.0/24", 5000), ("10.0.2.0/24", 4500)]);
    for (metered, expected) in [
        (Some(9500), Some(4500)),
        (Some(10_000), Some(4500)),
        (Some(10_100), None),
        (Some(280_000), None),
        // Headers that one of them counts and the other does not.
        (Some(9000), Some(4500)),
        (None, Some(4500)),
    ] {
        let metrics = NatMetrics {
            nat_gateway_id: "nat-1".into(),
            bytes_in_from_source: metered.map(|_| 1000),
            bytes_in_from_destination: metered.map(|it| it - 1000),
            active_connections: Some(3),
            metrics_requested: None,
        };
        facts.nat_metrics.insert("nat-1".into(), metrics);
        let bytes = crossing(&facts, &found).unwrap().bytes();
        assert_eq!(bytes, expected, "{metered:?}");
    }
}

#[test]
fn a_regional_gateway_and_a_subnet_with_a_route_of_its_own_cross_nothing() {
    let mut regional = facts();
    let gateway = regional.nat_gateways.get_mut("nat-1").unwrap();
    gateway.availability_mode = "regional".into();
    assert_eq!(crossing(&regional, &Attribution::default()), None);
    let mut own = facts();
    let table = RouteTable {
        route_table_id: "rtb-2".into(),
        vpc_id: "vpc-1".into(),
        main: false,
        subnet_ids: vec!["far".into()],
        routes: Vec::new(),
    };
    own.route_tables.insert("rtb-2".into(), table);
    assert_eq!(crossing(&own, &Attribution::default()), None);
}
