//! The way of a client's bytes, by the routes of its subnet and the interfaces on it.

use super::*;

/// A row of a client's own interface.
fn client_row(client: &str, external: &str) -> FlowRow {
    FlowRow {
        interface: None,
        ..row(client, external, true)
    }
}

fn client_source(vpc: &str, rows: BTreeMap<FlowRow, u64>) -> FlowSource {
    FlowSource {
        vpcs: vec![vpc.to_owned()],
        quiet: [vpc.to_owned()].into(),
        ..source(FlowKind::Client, rows)
    }
}

fn ways(found: &Attribution) -> BTreeMap<FlowWay, u64> {
    let places = found.places.iter();
    places
        .map(|(place, shares)| (place.way, shares.bytes))
        .collect()
}

#[test]
fn bytes_to_a_peer_are_no_bytes_of_the_nat_gateway() {
    let mut facts = world(false);
    let table = facts.route_tables.get_mut("rtb-hub").unwrap();
    table.routes.push(Route {
        destination: "203.0.113.0/24".into(),
        target: RouteTarget::Other("pcx-1".into()),
        blackhole: false,
    });
    let rows = [
        (client_row("10.0.1.0/24", "203.0.113.5"), 100),
        (client_row("10.0.1.0/24", "54.0.0.1"), 7),
    ];
    facts.flows = vec![client_source("hub", rows.into())];
    let ways = ways(&found(&facts));
    assert_eq!(
        ways,
        [(FlowWay::NatGateway, 7), (FlowWay::Other, 100)].into()
    );
}

#[test]
fn clients_of_small_subnets_go_by_the_routes_of_their_own() {
    let mut facts = world(false);
    facts.vpcs[0].cidrs = vec!["10.0.1.0/24".parse().unwrap()];
    let subnets = [
        ("10.0.1.0/28", RouteTarget::NatGateway("nat-1".into())),
        ("10.0.1.16/28", RouteTarget::InternetGateway("igw-1".into())),
    ];
    facts.subnets.clear();
    for (at, (block, target)) in subnets.into_iter().enumerate() {
        let id = format!("small-{at}");
        add_vpc(&mut facts, &id, block, target);
        facts.vpcs.pop();
        let subnet = facts
            .subnets
            .get_mut(format!("subnet-{id}").as_str())
            .unwrap();
        subnet.vpc_id = "hub".into();
        let table = facts
            .route_tables
            .get_mut(format!("rtb-{id}").as_str())
            .unwrap();
        (table.vpc_id, table.main) = ("hub".into(), false);
        table.subnet_ids = vec![format_compact!("subnet-{id}")];
    }
    let rows = [
        (client_row("10.0.1.5/32", "54.0.0.1"), 10),
        (client_row("10.0.1.20/32", "54.0.0.1"), 4),
    ];
    facts.flows = vec![client_source("hub", rows.into())];
    let expected = [(FlowWay::NatGateway, 10), (FlowWay::InternetGateway, 4)];
    assert_eq!(ways(&found(&facts)), expected.into());
}

#[test]
fn bytes_to_an_endpoint_of_another_vpc_are_no_bytes_of_the_central_nat_gateway() {
    let mut facts = world(false);
    let host = "sts.eu-west-1.amazonaws.com";
    answered(&mut facts, "spoke", host, "10.200.0.9");
    let rows = [(client_row("10.1.1.0/24", "10.200.0.9"), 50)];
    let nat = [(row("10.1.1.0/24", "54.0.0.1", true), 3)];
    facts.flows = vec![
        source(FlowKind::NatPackets, nat.into()),
        client_source("spoke", rows.into()),
    ];
    let found = found(&facts);
    assert_eq!(ways(&found)[&FlowWay::InterfaceEndpoint], 50);
    let place = (
        "spoke".to_owned(),
        "sts".to_owned(),
        Some("eu-west-1".to_owned()),
    );
    let flow = found.services[&place];
    assert_eq!((flow.to_service, flow.nat), (50, 0));
}

#[test]
fn the_interface_of_a_nat_gateway_is_found_by_its_addresses_whatever_its_description() {
    use crate::model::inventory::NatGatewayAddress;
    let mut facts = world(false);
    let interface = facts.network_interfaces.get_mut("eni-nat").unwrap();
    interface.description = Some("gateway of the platform team, not nat-2".into());
    let rows = [(row("10.0.1.0/24", "54.0.0.1", true), 5)];
    facts.flows = vec![source(FlowKind::NatPackets, rows.into())];
    assert_eq!(found(&facts).nat_gateways.get("nat-1"), None);
    let gateway = facts.nat_gateways.get_mut("nat-1").unwrap();
    gateway.addresses = Some(vec![NatGatewayAddress {
        network_interface_id: Some("eni-nat".into()),
        private_ip: None,
        public_ip: None,
        availability_zone: None,
    }]);
    assert_eq!(found(&facts).nat_gateways["nat-1"].bytes, 5);
}
