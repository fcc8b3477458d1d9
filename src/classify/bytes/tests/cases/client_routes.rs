//! The route of a client's bytes, by the routes of its subnet and the interfaces on it.

use super::*;

/// A row of a client's own interface.
fn client_row(client: &str, external: &str) -> FlowRow {
    row(client, external, true).with(|it| it.interface = None)
}

fn client_source(vpc: &str, rows: BTreeMap<FlowRow, u64>) -> FlowSource {
    FlowSource {
        vpcs: vec![vpc.into()],
        quiet: [vpc.to_owned()].into(),
        ..source(FlowKind::Client, rows)
    }
}

fn routes(found: &Attribution) -> BTreeMap<FlowRoute, u64> {
    let places = found.places.iter();
    places
        .map(|(place, shares)| (place.route, shares.bytes))
        .collect()
}

#[test]
fn bytes_to_a_peer_are_no_bytes_of_the_nat_gateway() {
    let mut facts = small_organization(false);
    let table = facts.route_tables.get_mut("rtb-hub").unwrap();
    table.routes.push(Route {
        destination: "203.0.113.0/24".into(),
        target: RouteTarget::Other("pcx-1".into()),
        blackhole: false,
        has_state: false,
    });
    let rows = [
        (client_row("10.0.1.0/24", "203.0.113.5"), 100),
        (client_row("10.0.1.0/24", "54.0.0.1"), 7),
    ];
    facts.flows = vec![client_source("hub", rows.into())];
    let routes = routes(&found(&facts));
    assert_eq!(
        routes,
        [(FlowRoute::NatGateway, 7), (FlowRoute::Other, 100)].into()
    );
}

#[test]
fn clients_of_small_subnets_go_by_the_routes_of_their_own() {
    let mut facts = small_organization(false);
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
        table.subnet_ids = vec![format!("subnet-{id}").into()];
    }
    let rows = [
        (client_row("10.0.1.5/32", "54.0.0.1"), 10),
        (client_row("10.0.1.20/32", "54.0.0.1"), 4),
    ];
    facts.flows = vec![client_source("hub", rows.into())];
    let expected = [(FlowRoute::NatGateway, 10), (FlowRoute::InternetGateway, 4)];
    assert_eq!(routes(&found(&facts)), expected.into());
}

#[test]
fn bytes_to_an_endpoint_of_another_vpc_are_no_bytes_of_the_central_nat_gateway() {
    let mut facts = small_organization(false);
    let host = "sts.eu-west-1.amazonaws.com";
    answered(&mut facts, "spoke", host, "10.200.0.9");
    let rows = [(client_row("10.1.1.0/24", "10.200.0.9"), 50)];
    let nat = [(row("10.1.1.0/24", "54.0.0.1", true), 3)];
    facts.flows = vec![
        source(FlowKind::NatPackets, nat.into()),
        client_source("spoke", rows.into()),
    ];
    let found = found(&facts);
    assert_eq!(routes(&found)[&FlowRoute::InterfaceEndpoint], 50);
    let place = (
        "spoke".into(),
        "sts".to_owned(),
        Some("eu-west-1".to_owned()),
    );
    let flow = found.services[&place];
    assert_eq!((flow.to_service, flow.nat), (50, 0));
}

#[test]
fn the_interface_of_a_nat_gateway_is_found_by_its_addresses_whatever_its_description() {
    use crate::model::inventory::NatGatewayAddress;
    let mut facts = small_organization(false);
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

/// A spoke with all clients recorded, which called STS with 50 bytes by its transit gateway.
fn spoke_that_calls_sts() -> Facts {
    let mut facts = small_organization(false);
    answered(
        &mut facts,
        "spoke",
        "sts.eu-west-1.amazonaws.com",
        "54.0.0.1",
    );
    let rows = [(client_row("10.1.1.0/24", "54.0.0.1"), 50)];
    facts.flows = vec![client_source("spoke", rows.into())];
    facts
}

/// The bytes through NAT gateways, and whether some may be missing.
fn nat_of_sts(facts: &Facts) -> (Option<u64>, bool) {
    let index = ByVpc::new(facts);
    let rules = service::rules(facts).unwrap();
    let addresses = EndpointAddresses::new(facts, &rules);
    let partners = crate::classify::host::partner::PartnerRules::built_in().unwrap();
    let classifier = UsageClassifier::new(facts, &rules, partners, &addresses, &index);
    let services = services(&mut found(facts), &classifier);
    let sts = services
        .iter()
        .find(|it| &*it.names.service == "sts")
        .unwrap();
    (sts.bytes.nat, sts.bytes.part)
}

#[test]
fn bytes_behind_a_transit_gateway_whose_hub_is_not_known_are_no_zero_through_nat() {
    let facts = spoke_that_calls_sts();
    assert_eq!(nat_of_sts(&facts), (Some(50), false), "the hub is known");
    let mut unscanned = facts.clone();
    unscanned.vpcs.retain(|it| it.vpc_id != "hub");
    unscanned.nat_gateways.clear();
    assert_eq!(nat_of_sts(&unscanned), (None, true), "it was not scanned");
    let routes = routes(&found(&unscanned));
    assert_eq!(routes, [(FlowRoute::Unknown, 50)].into());
    let mut unlisted = facts;
    unlisted.outcomes = Facts::default().outcomes;
    assert_eq!(
        nat_of_sts(&unlisted),
        (None, true),
        "no routes, and no list"
    );
}

#[test]
fn bytes_go_by_the_routes_of_the_transit_gateway_to_their_address() {
    let mut facts = spoke_that_calls_sts();
    let route = |to: &str, attachment: &str| TransitGatewayRoute {
        destination: to.parse().unwrap(),
        attachment_ids: vec![attachment.into()],
        blackhole: false,
        is_static: true,
    };
    let spoke = facts
        .transit_gateway_attachments
        .get_mut("attach-spoke")
        .unwrap();
    spoke.route_table_id = Some("tgw-rtb-1".into());
    let vpn = TransitGatewayAttachment {
        attachment_id: "attach-vpn".into(),
        resource_type: "vpn".into(),
        resource_id: Some("vpn-1".into()),
        route_table_id: None,
        ..spoke.clone()
    };
    let attachments = &mut facts.transit_gateway_attachments;
    attachments.insert("attach-vpn".into(), vpn);
    for (more, expected) in [
        (None, FlowRoute::NatGateway),
        (Some(route("54.0.0.0/24", "attach-vpn")), FlowRoute::Other),
        (
            Some(route("54.0.0.0/24", "attach-unseen")),
            FlowRoute::Unknown,
        ),
        (
            Some(route("54.0.1.0/24", "attach-vpn")),
            FlowRoute::NatGateway,
        ),
    ] {
        let table = TransitGatewayRouteTable {
            route_table_id: "tgw-rtb-1".into(),
            attachment_ids: Vec::new(),
            routes: Some(
                [route("0.0.0.0/0", "attach-hub")]
                    .into_iter()
                    .chain(more.clone())
                    .collect(),
            ),
        };
        let tables = &mut facts.transit_gateway_route_tables;
        tables.insert("tgw-rtb-1".into(), table);
        let routes = routes(&found(&facts));
        assert_eq!(routes, [(expected, 50)].into(), "{more:?}");
    }
}

#[test]
fn what_a_nat_gateway_shows_is_not_counted_again_for_an_endpoint_that_came_later() {
    let mut facts = small_organization(false);
    answered(
        &mut facts,
        "hub",
        "b.s3.eu-west-1.amazonaws.com",
        "54.0.0.1",
    );
    let nat = [(row("10.0.1.0/24", "54.0.0.1", true), 100)];
    let client = [
        // 40 by the endpoint, after 100 by the gateway.
        (client_row("10.0.1.0/24", "54.0.0.1"), 140),
        // Of another client: the gateway shows none of it.
        (client_row("10.0.2.0/24", "54.0.0.1"), 7),
        // A record that names its route is believed.
        (
            client_row("10.0.1.0/24", "54.0.0.1").with(|it| it.traffic_path = Some(7)),
            1,
        ),
    ];
    facts.flows = vec![
        source(FlowKind::NatPackets, nat.into()),
        client_source("hub", client.into()),
    ];
    facts.endpoints.insert("vpce-1".into(), endpoint());
    let found = found(&facts);
    assert_eq!(
        routes(&found),
        [
            (FlowRoute::NatGateway, 100),
            (FlowRoute::GatewayEndpoint, 48)
        ]
        .into()
    );
}
