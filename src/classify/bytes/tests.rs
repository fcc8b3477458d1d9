//! Small worlds: a hub with a NAT gateway, a spoke behind a transit gateway, perhaps a twin of it
//! with the same address block.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    classify::{path::Ways as Paths, service},
    model::{
        bytes::{FlowWay, Shares},
        coverage::{Cell, Step},
        facts::{Finished, Found},
        flow::PrefixList,
        index::ByVpc,
        inventory::{Endpoint, Route, RouteTable, RouteTarget, Subnet, Vpc},
        network::{NetworkInterface, TransitGatewayAttachment},
        target::Target,
        usage::{HostQueries, VpcDns},
    },
};

fn target() -> Target {
    Target {
        account_id: "123456789012".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

fn vpc(id: &str, block: &str) -> Vpc {
    Vpc {
        target: target(),
        vpc_id: id.into(),
        name: None,
        owner_account_id: target().account_id,
        is_default: false,
        cidrs: vec![block.parse().unwrap()],
        dns_support: None,
        dns_hostnames: None,
    }
}

/// A VPC with one subnet, whose default route leads somewhere.
fn add_vpc(facts: &mut Facts, id: &str, block: &str, route: RouteTarget) {
    facts.vpcs.push(vpc(id, block));
    let subnet = format!("subnet-{id}");
    facts.subnets.insert(
        subnet.clone(),
        Subnet {
            subnet_id: subnet.clone(),
            vpc_id: id.into(),
            availability_zone: "eu-west-1a".into(),
            availability_zone_id: None,
            cidrs: vec![block.parse().unwrap()],
        },
    );
    facts.route_tables.insert(
        format!("rtb-{id}"),
        RouteTable {
            route_table_id: format!("rtb-{id}"),
            vpc_id: id.into(),
            main: true,
            subnet_ids: Vec::new(),
            routes: vec![Route {
                destination: "0.0.0.0/0".into(),
                target: route,
                blackhole: false,
            }],
        },
    );
    facts.transit_gateway_attachments.insert(
        format!("attach-{id}"),
        TransitGatewayAttachment {
            target: target(),
            attachment_id: format!("attach-{id}"),
            transit_gateway_id: "tgw-1".into(),
            transit_gateway_owner_id: None,
            resource_type: "vpc".into(),
            resource_id: Some(id.into()),
            available: true,
            route_table_id: None,
        },
    );
}

fn world(twin: bool) -> Facts {
    let mut facts = Facts::default();
    add_vpc(
        &mut facts,
        "hub",
        "10.0.0.0/16",
        RouteTarget::NatGateway("nat-1".into()),
    );
    let away = || RouteTarget::TransitGateway("tgw-1".into());
    add_vpc(&mut facts, "spoke", "10.1.0.0/16", away());
    if twin {
        add_vpc(&mut facts, "twin", "10.1.0.0/16", away());
    }
    facts.nat_gateways.insert(
        "nat-1".into(),
        NatGateway {
            target: target(),
            vpc_id: "hub".into(),
            nat_gateway_id: "nat-1".into(),
            name: None,
            state: "available".into(),
            connectivity_type: "public".into(),
            availability_mode: "zonal".into(),
            subnet_id: Some("subnet-hub".into()),
            availability_zones: Vec::new(),
            created_at: None,
            deleted_at: None,
            public_ipv4_addresses: None,
        },
    );
    facts.network_interfaces.insert(
        "eni-nat".into(),
        NetworkInterface {
            target: target(),
            network_interface_id: "eni-nat".into(),
            vpc_id: "hub".into(),
            subnet_id: Some("subnet-hub".into()),
            interface_type: "nat_gateway".into(),
            addresses: vec!["10.0.0.220".parse().unwrap()],
            description: Some("Interface for NAT Gateway nat-1".into()),
        },
    );
    facts
}

/// `host` of a VPC was answered with an address.
fn answered(facts: &mut Facts, vpc: &str, host: &str, address: &str) {
    let dns = facts.dns.entry(vpc.into()).or_insert_with(|| VpcDns {
        vpc_id: vpc.into(),
        ..VpcDns::default()
    });
    let mut queries = HostQueries {
        queries: 1,
        ..HostQueries::default()
    };
    queries.answers.add(address.parse().unwrap(), 1);
    dns.hosts.entry(host.into()).or_default().absorb(queries);
}

fn source(kind: FlowKind, rows: BTreeMap<FlowRow, u64>) -> FlowSource {
    let client = kind == FlowKind::Client;
    FlowSource {
        kind,
        interfaces: if client {
            Vec::new()
        } else {
            vec!["eni-nat".into()]
        },
        vpcs: if client {
            vec!["hub".into()]
        } else {
            Vec::new()
        },
        subnets: Vec::new(),
        others: Vec::new(),
        rows,
        skipped: BTreeMap::new(),
    }
}

fn row(client: &str, external: &str, up: bool) -> FlowRow {
    FlowRow {
        interface: Some("eni-nat".into()),
        client: Some(client.parse().unwrap()),
        external: Some(external.parse().unwrap()),
        up,
        ..FlowRow::default()
    }
}

fn found(facts: &Facts) -> Attribution {
    let index = ByVpc::new(facts);
    let rules = service::rules(facts).unwrap();
    let ways = Paths::new(facts, &rules);
    let judge = Judge::new(facts, &rules, &ways, &index);
    let central = super::super::central_egress::of_all(facts, &index);
    attribute(&judge, &central)
}

/// What names `address`, by shares of 100 bytes.
fn shares_of(facts: &Facts, address: &str, tag: Option<&str>) -> Shares {
    let mut facts = facts.clone();
    let mut row = row("10.0.1.0/24", address, true);
    row.aws_service = tag.map(str::to_owned);
    facts.flows = vec![source(FlowKind::NatPackets, [(row, 100)].into())];
    found(&facts).nat_gateways["nat-1"]
}

#[test]
fn answers_name_first_and_tags_and_prefix_lists_where_they_are_silent_or_two() {
    let mut facts = world(false);
    for (host, address) in [
        ("sts.eu-west-1.amazonaws.com", "54.0.0.1"),
        ("sts.amazonaws.com", "54.0.0.1"),
        ("kms.eu-west-1.amazonaws.com", "54.0.0.2"),
        ("logs.eu-west-1.amazonaws.com", "54.0.0.2"),
        ("b.s3.eu-west-1.amazonaws.com", "54.0.0.3"),
        ("sqs.eu-west-1.amazonaws.com", "54.0.0.3"),
        ("lb-1.eu-west-1.elb.amazonaws.com", "54.0.0.4"),
        ("sns.eu-west-1.amazonaws.com", "54.0.0.5"),
        ("lb-1.eu-west-1.elb.amazonaws.com", "54.0.0.5"),
    ] {
        answered(&mut facts, "hub", host, address);
    }
    let list = PrefixList {
        name: "com.amazonaws.eu-west-1.dynamodb".into(),
        cidrs: vec!["52.94.0.0/22".parse().unwrap()],
    };
    facts.prefix_lists.insert(target().region, vec![list]);
    let all = |part: fn(&Shares) -> u64, address: &str, tag: Option<&str>| {
        let shares = shares_of(&facts, address, tag);
        assert_eq!(part(&shares), 100, "{address} {tag:?}: {shares:?}");
    };
    all(|it| it.dns, "54.0.0.1", None);
    all(|it| it.dns, "54.0.0.1", Some("AMAZON"));
    all(|it| it.ambiguous, "54.0.0.1", Some("S3"));
    all(|it| it.ambiguous, "54.0.0.2", Some("AMAZON"));
    all(|it| it.service_tag, "54.0.0.3", Some("S3"));
    all(|it| it.ambiguous, "54.0.0.3", None);
    all(|it| it.unmatched, "54.0.0.4", Some("EC2"));
    all(|it| it.ambiguous, "54.0.0.5", None);
    all(|it| it.service_tag, "54.0.0.9", Some("S3"));
    all(|it| it.prefix_list, "52.94.1.1", None);
    all(|it| it.unmatched, "54.0.0.9", Some("AMAZON"));
}

#[test]
fn a_client_behind_a_transit_gateway_is_found_unless_two_vpcs_have_its_address() {
    for (twin, expected) in [(false, Some("spoke")), (true, None)] {
        let mut facts = world(twin);
        for vpc in ["spoke", "twin"] {
            answered(&mut facts, vpc, "sts.eu-west-1.amazonaws.com", "54.0.0.1");
        }
        let rows = [(row("10.1.7.0/24", "54.0.0.1", true), 5)];
        facts.flows = vec![source(FlowKind::NatPackets, rows.into())];
        let found = found(&facts);
        let places: Vec<_> = found.places.keys().map(|it| it.vpc_id.as_deref()).collect();
        assert_eq!(places, [expected]);
        // The service is known all the same: both would mean the same one.
        assert_eq!(found.nat_gateways["nat-1"].dns, 5);
        assert_eq!(found.services.len(), usize::from(!twin));
        assert_eq!(found.ambiguous.len(), if twin { 2 } else { 0 });
    }
}

#[test]
fn without_packet_addresses_only_the_outer_side_of_a_gateway_counts() {
    let mut facts = world(false);
    facts.vpcs.retain(|vpc| vpc.vpc_id == "hub");
    answered(&mut facts, "hub", "sts.eu-west-1.amazonaws.com", "54.0.0.1");
    let bare = |external: &str, up| FlowRow {
        client: None,
        ..row("10.0.0.0/24", external, up)
    };
    let rows = [
        (bare("54.0.0.1", true), 7),
        (bare("54.0.0.1", false), 70),
        (bare("10.0.1.9", true), 70),
        (bare("10.0.1.9", false), 7),
    ];
    facts.flows = vec![source(FlowKind::NatOutside, rows.into())];
    let found = found(&facts);
    assert_eq!(found.nat_gateways["nat-1"].dns, 77);
    let flow = found.services.values().next().unwrap();
    assert_eq!((flow.to_service, flow.from_service, flow.nat), (7, 70, 77));
}

#[test]
fn a_gateway_endpoint_takes_what_its_routes_cover_and_the_rest_goes_by_the_default_route() {
    let mut facts = world(false);
    let endpoint = Endpoint {
        target: target(),
        vpc_id: "hub".into(),
        endpoint_id: "vpce-1".into(),
        service_name: "com.amazonaws.eu-west-1.s3".into(),
        endpoint_type: "Gateway".into(),
        state: "available".into(),
        private_dns_enabled: None,
        subnet_ids: Vec::new(),
        route_table_ids: vec!["rtb-hub".into()],
        security_group_ids: Vec::new(),
        network_interface_ids: Vec::new(),
        private_dns_only_for_inbound: false,
        policy: None,
    };
    facts.endpoints.insert("vpce-1".into(), endpoint);
    for (host, address) in [
        ("b.s3.eu-west-1.amazonaws.com", "54.0.0.1"),
        ("b.s3.us-east-1.amazonaws.com", "54.0.0.2"),
    ] {
        answered(&mut facts, "hub", host, address);
    }
    let rows = [("54.0.0.1", 1), ("54.0.0.2", 10), ("54.0.0.3", 100)];
    let rows = rows.map(|(address, bytes)| {
        let row = FlowRow {
            interface: None,
            ..row("10.0.1.0/24", address, true)
        };
        (row, bytes)
    });
    facts.flows = vec![source(FlowKind::Client, rows.into())];
    let found = found(&facts);
    let ways: Vec<_> = found
        .places
        .iter()
        .map(|(it, shares)| (it.way, shares.bytes))
        .collect();
    assert_eq!(
        ways,
        [(FlowWay::NatGateway, 110), (FlowWay::GatewayEndpoint, 1)]
    );
    assert_eq!(found.nat_gateways["nat-1"].bytes, 110);
    assert!(found.every_way.contains("hub") && found.nat_known.contains("hub"));
}

/// A row at random: a client in one of the VPCs or in none, one of few addresses, some tags.
fn any_row() -> impl Strategy<Value = (FlowRow, u64)> {
    let client = prop::sample::select(vec!["10.0.1.0/24", "10.1.2.0/24", "10.9.9.0/24"]);
    let tag = prop::sample::select(vec![None, Some("S3"), Some("AMAZON"), Some("DYNAMODB")]);
    let path = prop::sample::select(vec![None, Some(1), Some(2), Some(7), Some(8)]);
    (client, 0..8_u8, any::<bool>(), tag, path, 0..1_u64 << 40).prop_map(
        |(client, last, up, tag, path, bytes)| {
            let mut row = row(client, &format!("54.0.0.{last}"), up);
            row.aws_service = tag.map(str::to_owned);
            row.traffic_path = path.filter(|_| up);
            (row, bytes)
        },
    )
}

fn any_answers() -> impl Strategy<Value = Vec<(&'static str, &'static str, u8)>> {
    let vpc = prop::sample::select(vec!["hub", "spoke", "twin"]);
    let host = prop::sample::select(vec![
        "sts.eu-west-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sqs.eu-west-1.amazonaws.com",
        "b.s3.eu-west-1.amazonaws.com",
        "b.s3.amazonaws.com",
        "lb-1.eu-west-1.elb.amazonaws.com",
    ]);
    prop::collection::vec((vpc, host, 0..8_u8), 0..12)
}

proptest! {
    /// Attributed, ambiguous and unmatched bytes are all bytes, and no byte is in two places.
    #[test]
    fn every_byte_is_in_the_sums_once(
        twin: bool,
        answers in any_answers(),
        at_gateway in prop::collection::btree_map(any_row().prop_map(|it| it.0), 0..1_u64 << 40, 0..30),
        at_clients in prop::collection::vec(any_row(), 0..30),
        gateway_is_read: bool,
        clients_are_read: bool,
    ) {
        let mut facts = world(twin);
        let cell = Cell::complete(Some(target().account_id), Some(target().region), Step::Endpoints);
        facts.absorb(Finished { cell, found: Found::Nothing });
        for (vpc, host, last) in answers {
            answered(&mut facts, vpc, host, &format!("54.0.0.{last}"));
        }
        let total: u64 = at_gateway.values().sum();
        if gateway_is_read {
            facts.flows.push(source(FlowKind::NatPackets, at_gateway));
        }
        let mut of_clients = BTreeMap::new();
        for (row, bytes) in at_clients {
            let row = FlowRow { interface: None, client: Some("10.0.1.0/24".parse().unwrap()), ..row };
            *of_clients.entry(row).or_insert(0) += bytes;
        }
        let all_of_clients: u64 = of_clients.values().sum();
        if clients_are_read {
            facts.flows.push(source(FlowKind::Client, of_clients));
        }
        let found = found(&facts);
        for (place, shares) in &found.places {
            let parts = shares.attributed() + shares.ambiguous + shares.unmatched;
            prop_assert_eq!(parts, shares.bytes, "{:?}", place);
        }
        let by_way = |nat: bool| -> u64 {
            let fits = found.places.iter().filter(|(it, _)| (it.way == FlowWay::NatGateway) == nat);
            fits.map(|(_, shares)| shares.bytes).sum()
        };
        let gateway = found.nat_gateways.get("nat-1").copied().unwrap_or_default();
        prop_assert_eq!(gateway.attributed() + gateway.ambiguous + gateway.unmatched, gateway.bytes);
        prop_assert_eq!(gateway.bytes, by_way(true));
        match (gateway_is_read, clients_are_read) {
            // Its own records tell it; those of clients add nothing to it.
            (true, _) => prop_assert_eq!(gateway.bytes, total),
            (false, true) => prop_assert_eq!(by_way(true) + by_way(false), all_of_clients),
            (false, false) => prop_assert!(found.places.is_empty()),
        }
        let (mut in_services, mut through_nat) = (0, 0);
        let attributed: u64 = found.places.values().map(Shares::attributed).sum();
        for flow in found.services.values() {
            in_services += flow.to_service + flow.from_service;
            through_nat += flow.nat;
        }
        prop_assert!(in_services <= attributed && through_nat <= gateway.attributed());
    }
}
