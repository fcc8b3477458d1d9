//! Small worlds: a hub with a NAT gateway, a spoke behind a transit gateway, perhaps a twin of it
//! with the same address block.

mod cases;
mod central;
mod partners;
mod private_gateways;
mod properties;

use crate::model::tests::sample::{self, target};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use proptest::prelude::*;

use super::*;
use crate::{
    classify::{path::EndpointAddresses, service},
    model::{
        bytes::{Attribution, FlowRoute, Shares},
        classified::VpcService,
        coverage::{Cell, Step},
        facts::{Facts, Finished, Found},
        flow::{CLIENTS, FlowGroup, FlowKind, FlowRow, FlowSource, PrefixList},
        id::SubnetId,
        index::ByVpc,
        inventory::{
            Endpoint, NatGateway, NatGatewayAddress, NatMetrics, Route, RouteTable, RouteTarget,
            Subnet, Vpc,
        },
        network::{
            NetworkInterface, TransitGatewayAttachment, TransitGatewayRoute,
            TransitGatewayRouteTable,
        },
        usage::{HostQueries, VpcDns},
    },
};

/// The services that VPCs call, with their bytes.
fn services(found: &mut Attribution, classifier: &UsageClassifier<'_>) -> Vec<VpcService> {
    let mut services = Vec::new();
    let take = |used: VpcUsage<'_>| {
        services.extend(used.services.into_iter().map(|it| it.service));
        Ok::<_, Infallible>(())
    };
    each_vpc(found, classifier, take).unwrap();
    services
}

fn vpc(id: &str, block: &str) -> Vpc {
    Vpc {
        cidrs: vec![block.parse().unwrap()],
        ..sample::vpc(&target(), id)
    }
}

/// A VPC with one subnet, whose default route leads somewhere.
fn add_vpc(facts: &mut Facts, id: &str, block: &str, route: RouteTarget) {
    facts.vpcs.push(vpc(id, block));
    let subnet = SubnetId::from(format!("subnet-{id}"));
    facts.subnets.insert(
        subnet.clone(),
        Subnet {
            subnet_id: subnet.clone(),
            vpc_id: id.into(),
            availability_zone: "eu-west-1a".into(),
            availability_zone_id: None,
            cidrs: vec![block.parse().unwrap()],
            available_addresses: None,
        },
    );
    facts.route_tables.insert(
        format!("rtb-{id}").into(),
        RouteTable {
            route_table_id: format!("rtb-{id}").into(),
            vpc_id: id.into(),
            main: true,
            subnet_ids: Vec::new(),
            routes: vec![Route {
                destination: "0.0.0.0/0".into(),
                target: route,
                blackhole: false,
                has_state: false,
            }],
        },
    );
    facts.transit_gateway_attachments.insert(
        format!("attach-{id}").into(),
        TransitGatewayAttachment {
            target: target(),
            attachment_id: format!("attach-{id}").into(),
            transit_gateway_id: "tgw-1".into(),
            transit_gateway_owner_id: Some(target().account_id),
            resource_owner_id: None,
            resource_type: "vpc".into(),
            resource_id: Some(id.into()),
            available: true,
            route_table_id: None,
        },
    );
}

fn small_organization(twin: bool) -> Facts {
    let mut facts = Facts::default();
    // The owner of the transit gateway lists all that is attached to it.
    facts.outcomes.add(&Cell::complete(
        Some(target().account_id),
        Some(target().region),
        Step::TransitGateways,
    ));
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
            subnet_id: Some("subnet-hub".into()),
            ..sample::nat_gateway(&target(), "hub", "nat-1")
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
    let mut queries = HostQueries {
        queries: 1,
        ..HostQueries::default()
    };
    queries.answers.add(address.parse().unwrap(), 1);
    let dns = VpcDns {
        vpc_id: vpc.into(),
        hosts: [(host.to_owned(), queries)].into(),
        ..VpcDns::default()
    };
    facts.dns.entry(vpc.into()).or_default().absorb(dns);
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
        quiet: [if client { "hub" } else { "eni-nat" }.to_owned()].into(),
        part: BTreeSet::new(),
    }
}

fn row(client: &str, external: &str, up: bool) -> FlowRow {
    let group = FlowGroup {
        interface: Some("eni-nat".into()),
        client: Some(client.parse().unwrap()),
        up,
        ..FlowGroup::default()
    };
    FlowRow::new(Some(external.parse().unwrap()), group)
}

fn found(facts: &Facts) -> Attribution {
    let index = ByVpc::new(facts);
    let rules = service::rules(facts).unwrap();
    let addresses = EndpointAddresses::new(facts, &rules);
    let partners = crate::classify::host::partner::PartnerRules::built_in().unwrap();
    let classifier = UsageClassifier::new(facts, &rules, partners, &addresses, &index);
    let central = super::super::central_egress::of_all(facts, &index);
    attribute(&classifier, &central, &facts.flows)
}

/// What names `address`, by shares of 100 bytes.
fn shares_of(facts: &Facts, address: &str, tag: Option<&str>) -> Shares {
    let mut facts = facts.clone();
    let row = row("10.0.1.0/24", address, true);
    let row = row.with(|it| it.aws_service = tag.map(str::to_owned));
    facts.flows = vec![source(FlowKind::NatPackets, [(row, 100)].into())];
    found(&facts).nat_gateways["nat-1"]
}
