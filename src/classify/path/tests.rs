//! Answers to VPCs with endpoints of their own and elsewhere: what each address shows.

use super::*;
use crate::model::tests::sample::{self, target};
use crate::model::{
    coverage::{Cell, Step},
    flow::PrefixList,
    network::{NetworkInterface, TransitGatewayAttachment},
    outcomes::Outcomes,
};

#[test]
fn an_address_is_found_in_merged_blocks_where_it_is_in_one_of_them() {
    let blocks = [
        "198.18.4.0/24",
        "198.18.5.0/24",
        "198.18.4.128/25",
        "198.19.0.0/16",
        "2001:db8:1::/48",
        "2001:db8:2::/56",
        "11.0.0.0/8",
    ];
    let blocks: Vec<IpNet> = blocks.iter().map(|it| it.parse().unwrap()).collect();
    let mut merged = IpNet::aggregate(&blocks);
    merged.sort_unstable_by_key(IpNet::network);
    let mut found = 0;
    for address in [
        "10.255.255.255",
        "11.0.0.0",
        "11.255.255.255",
        "12.0.0.0",
        "198.18.3.255",
        "198.18.4.0",
        "198.18.5.255",
        "198.18.6.0",
        "198.19.255.255",
        "198.20.0.0",
        "2001:db8:1::1",
        "2001:db8:2:ff::",
        "2001:db8:2:100::",
        "2001:db8::",
        "::",
    ] {
        let address: IpAddr = address.parse().unwrap();
        let expected = blocks.iter().any(|it| it.contains(&address));
        assert_eq!(holds(&merged, address), expected, "{address}");
        found += usize::from(expected);
    }
    assert_eq!(found, 7);
}

/// A VPC, its block, and the service and address of an endpoint in it.
type VpcSample<'s> = (&'s str, &'s str, Option<(&'s str, &'s str)>);

/// An interface endpoint of a service in a VPC.
fn some_endpoint(id: &str, service: &str) -> Endpoint {
    Endpoint {
        private_dns_enabled: Some(false),
        ..sample::endpoint(
            &target(),
            id,
            &format!("vpce-{id}"),
            &format!("com.amazonaws.eu-west-1.{service}"),
        )
    }
}

/// VPCs with a block each, some of them with an endpoint for a service at an address.
fn facts(vpcs: &[VpcSample<'_>]) -> Facts {
    let mut facts = Facts::default();
    for (id, block, endpoint) in vpcs {
        facts.vpcs.push(Vpc {
            cidrs: vec![block.parse().unwrap()],
            ..sample::vpc(&target(), id)
        });
        let Some((service, address)) = endpoint else {
            continue;
        };
        let interface = NetworkInterface {
            target: target(),
            network_interface_id: format!("eni-{id}").into(),
            vpc_id: (*id).into(),
            subnet_id: None,
            interface_type: "vpc_endpoint".into(),
            addresses: vec![address.parse().unwrap()],
            description: Some(format!("VPC Endpoint Interface vpce-{id}")),
        };
        facts
            .network_interfaces
            .insert(format!("eni-{id}").into(), interface);
        let endpoint = some_endpoint(id, service);
        facts
            .endpoints
            .insert(format!("vpce-{id}").into(), endpoint);
    }
    facts
}

fn attach(facts: &mut Facts, vpc: &str) {
    let attachment = TransitGatewayAttachment {
        target: target(),
        attachment_id: format!("attach-{vpc}").into(),
        transit_gateway_id: "tgw-1".into(),
        transit_gateway_owner_id: None,
        resource_owner_id: None,
        resource_type: "vpc".into(),
        resource_id: Some(vpc.into()),
        available: true,
        route_table_id: None,
    };
    let id = attachment.attachment_id.clone();
    facts.transit_gateway_attachments.insert(id, attachment);
}

const S3: ServiceInRegion<'_> = ServiceInRegion {
    service: "s3",
    region: None,
};

#[test]
fn a_gateway_endpoint_takes_of_global_names_what_is_in_the_list_of_its_region() {
    let mut facts = facts(&[("own", "10.1.0.0/16", None)]);
    let gateway = |ip_address_type: &str| Endpoint {
        endpoint_type: "Gateway".into(),
        ip_address_type: Some(ip_address_type.into()),
        ..some_endpoint("own", "s3")
    };
    let path_by = |facts: &Facts, kind: &str, called, answers: &[&str]| {
        let rules = HostRules::built_in().unwrap();
        let answers: Vec<_> = answers.iter().map(|it| it.parse().unwrap()).collect();
        let addresses = EndpointAddresses::new(facts, rules);
        addresses.path(&facts.vpcs[0], called, &answers, &[&gateway(kind)])
    };
    let path =
        |facts: &Facts, called, answers: &[&str]| path_by(facts, "dualstack", called, answers);
    assert_eq!(
        path(&facts, S3, &["52.216.0.1"]),
        Path::GatewayEndpoint,
        "no list"
    );
    let list = PrefixList {
        name: "com.amazonaws.eu-west-1.s3".into(),
        cidrs: vec!["52.218.0.0/17".parse().unwrap()],
    };
    let region = target().region;
    facts.prefix_lists.insert(region, vec![list]);
    let regional = ServiceInRegion {
        region: Some("eu-west-1"),
        ..S3
    };
    for (called, answers, expected) in [
        (S3, &["52.218.0.1", "52.218.9.9"][..], Path::GatewayEndpoint),
        // What NAT64 translates is for the NAT gateway, whatever is listed.
        (S3, &["64:ff9b::34da:1"], Path::Public),
        (regional, &["64:ff9b::34da:1"], Path::Public),
        (regional, &["64:ff9b::34da:1", "52.218.0.1"], Path::Mixed),
        (S3, &["52.216.0.1"], Path::Public),
        (S3, &["52.218.0.1", "52.216.0.1"], Path::Mixed),
        (S3, &["10.1.0.9", "52.218.0.1"], Path::Mixed),
        // The list has no block of IPv6, so that nothing is known of these.
        (S3, &["2600:1fa0::1"], Path::GatewayEndpoint),
        (regional, &["52.216.0.1"], Path::GatewayEndpoint),
    ] {
        assert_eq!(
            path(&facts, called, answers),
            expected,
            "{called:?} {answers:?}"
        );
    }
    // The address type of the endpoint decides which family it takes.
    let (v4, v6) = (&["52.218.0.1"][..], &["2600:1fa0::1"][..]);
    let both = &["52.218.0.1", "2600:1fa0::1"][..];
    for (kind, answers, expected) in [
        ("ipv4", v4, Path::GatewayEndpoint),
        ("ipv4", v6, Path::Public),
        ("ipv4", both, Path::Mixed),
        ("ipv4", &["::ffff:52.218.0.1"], Path::GatewayEndpoint),
        ("dualstack", both, Path::GatewayEndpoint),
        ("ipv6", v6, Path::GatewayEndpoint),
        ("ipv6", v4, Path::Public),
    ] {
        let found = path_by(&facts, kind, regional, answers);
        assert_eq!(found, expected, "{kind} {answers:?}");
    }
}

const KMS: ServiceInRegion<'_> = ServiceInRegion {
    service: "kms",
    region: Some("eu-west-1"),
};

#[track_caller]
fn assert_origin(facts: &Facts, address: &str, expected: AnswerOrigin) {
    let rules = HostRules::built_in().unwrap();
    let origin = EndpointAddresses::new(facts, rules).origin(
        &facts.vpcs[0],
        Some(KMS),
        address.parse().unwrap(),
    );
    assert_eq!(origin, expected, "{address}");
}

#[test]
fn an_address_is_local_central_public_or_nowhere() {
    let facts = facts(&[
        ("own", "11.1.0.0/16", Some(("kms", "11.1.0.9"))),
        (
            "hub",
            "2600:1f18:aaaa::/56",
            Some(("kms", "2600:1f18:aaaa::9")),
        ),
        ("other", "12.1.0.0/16", Some(("sqs", "12.1.0.9"))),
    ]);
    for (address, expected) in [
        ("11.1.0.9", AnswerOrigin::Local),
        ("::ffff:11.1.0.9", AnswerOrigin::Local),
        ("10.0.0.1", AnswerOrigin::Central),
        ("100.64.0.1", AnswerOrigin::Central),
        ("fd00::1", AnswerOrigin::Central),
        ("2600:1f18:aaaa::9", AnswerOrigin::Central),
        ("2600:1f18:aaaa::8", AnswerOrigin::Central),
        ("64:ff9b::a00:1", AnswerOrigin::Central),
        // Another service's endpoint does not make a public block private.
        ("12.1.0.9", AnswerOrigin::Public),
        ("2600:1f18:bbbb::9", AnswerOrigin::Public),
        ("64:ff9b::cb00:7107", AnswerOrigin::Public),
        ("0.0.0.0", AnswerOrigin::Nowhere),
        ("127.0.0.1", AnswerOrigin::Nowhere),
    ] {
        assert_origin(&facts, address, expected);
    }
}

/// Both steps that show the addresses of the endpoints are complete.
fn complete(facts: &mut Facts) {
    for step in [Step::Endpoints, Step::NetworkInterfaces] {
        let (account, region) = (target().account_id, target().region);
        let cell = Cell::complete(Some(account), Some(region), step);
        facts.outcomes.add(&cell);
    }
}

#[test]
fn where_the_addresses_of_endpoints_are_known_no_other_address_of_the_vpc_is_one() {
    let mut facts = facts(&[("own", "11.1.0.0/16", Some(("kms", "11.1.0.9")))]);
    complete(&mut facts);
    let path = |facts: &Facts, answers: &[&str]| {
        let rules = HostRules::built_in().unwrap();
        let answers: Vec<_> = answers.iter().map(|it| it.parse().unwrap()).collect();
        EndpointAddresses::new(facts, rules).path(&facts.vpcs[0], KMS, &answers, &[])
    };
    for (answers, expected) in [
        (&["11.1.0.9"][..], Path::LocalEndpoint),
        (&["11.1.0.9", "11.1.0.200"], Path::LocalEndpoint),
        // A private zone, also in a block outside of the private ranges.
        (&["11.1.0.200"], Path::CentralEndpoint),
        (&["11.1.0.200", "52.94.1.1"], Path::Mixed),
    ] {
        assert_eq!(path(&facts, answers), expected, "{answers:?}");
    }
    let answer = &["11.1.0.200"];
    let known = facts.clone();
    facts.endpoints.clear();
    assert_eq!(path(&facts, answer), Path::CentralEndpoint, "no endpoint");
    // An endpoint of any service may have the address.
    for part in ["interfaces", "steps", "owner"] {
        let mut facts = known.clone();
        match part {
            "interfaces" => facts.network_interfaces.clear(),
            "steps" => facts.outcomes = Outcomes::default(),
            _ => facts.vpcs[0].owner_account_id = "999999999999".parse().unwrap(),
        }
        assert_eq!(path(&facts, answer), Path::LocalEndpoint, "{part} unknown");
    }
}

#[test]
fn of_two_hubs_at_one_address_the_connected_one_answers_and_else_none() {
    let mut facts = facts(&[
        ("spoke", "10.1.0.0/16", None),
        ("hub", "10.9.0.0/16", Some(("kms", "10.9.0.9"))),
        ("twin", "10.9.0.0/16", Some(("kms", "10.9.0.9"))),
        ("else", "10.9.0.0/16", Some(("sqs", "10.9.0.8"))),
    ]);
    let hub = |facts: &Facts, answers: &[&str]| {
        let rules = HostRules::built_in().unwrap();
        let answers: Vec<_> = answers.iter().map(|it| it.parse().unwrap()).collect();
        let addresses = EndpointAddresses::new(facts, rules);
        addresses
            .hub(&facts.vpcs[0], KMS, &answers)
            .map(|hub| hub.vpc_id)
    };
    assert_eq!(hub(&facts, &["10.9.0.9"]), None);
    assert_eq!(hub(&facts, &["10.9.0.8"]), None, "another service");
    attach(&mut facts, "spoke");
    attach(&mut facts, "twin");
    assert_eq!(hub(&facts, &["10.9.0.9"]).as_deref(), Some("twin"));
    attach(&mut facts, "hub");
    assert_eq!(hub(&facts, &["10.9.0.9"]), None, "both connected");
}
