//! Single rules, on a small organization.

mod client_routes;

use super::*;
use crate::model::tests::sample;

#[test]
fn answers_name_first_and_tags_and_prefix_lists_where_they_are_silent_or_two() {
    let mut facts = small_organization(false);
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
    // A tag names the service; without the list of S3 nothing shows whether it is this region's.
    all(|it| it.ambiguous, "54.0.0.9", Some("S3"));
    all(|it| it.service_tag, "54.0.0.9", Some("DYNAMODB"));
    all(|it| it.prefix_list, "52.94.1.1", None);
    all(|it| it.unmatched, "54.0.0.9", Some("AMAZON"));
}

#[test]
fn a_client_behind_a_transit_gateway_is_found_unless_two_vpcs_have_its_address() {
    for (twin, expected) in [(false, Some("spoke")), (true, None)] {
        let mut facts = small_organization(twin);
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
        let pairs: usize = found.ambiguous.values().map(BTreeSet::len).sum();
        assert_eq!(pairs, if twin { 2 } else { 0 });
    }
}

#[test]
fn without_packet_addresses_only_the_outer_side_of_a_gateway_counts() {
    let mut facts = small_organization(false);
    facts.vpcs.retain(|vpc| vpc.vpc_id == "hub");
    answered(&mut facts, "hub", "sts.eu-west-1.amazonaws.com", "54.0.0.1");
    let bare = |external: &str, up| row("10.0.0.0/24", external, up).with(|it| it.client = None);
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

fn endpoint() -> Endpoint {
    Endpoint {
        endpoint_type: "Gateway".into(),
        route_table_ids: vec!["rtb-hub".into()],
        ..sample::endpoint(&target(), "hub", "vpce-1", "com.amazonaws.eu-west-1.s3")
    }
}

#[test]
fn a_gateway_endpoint_takes_what_its_routes_cover_and_the_rest_goes_by_the_default_route() {
    let mut facts = small_organization(false);
    let endpoint = endpoint();
    facts.endpoints.insert("vpce-1".into(), endpoint);
    for (host, address) in [
        ("b.s3.eu-west-1.amazonaws.com", "54.0.0.1"),
        ("b.s3.us-east-1.amazonaws.com", "54.0.0.2"),
    ] {
        answered(&mut facts, "hub", host, address);
    }
    let rows = [("54.0.0.1", 1), ("54.0.0.2", 10), ("54.0.0.3", 100)];
    let rows = rows.map(|(address, bytes)| {
        let row = row("10.0.1.0/24", address, true).with(|it| it.interface = None);
        (row, bytes)
    });
    facts.flows = vec![source(FlowKind::Client, rows.into())];
    let found = found(&facts);
    let routes: Vec<_> = found
        .places
        .iter()
        .map(|(it, shares)| (it.route, shares.bytes))
        .collect();
    assert_eq!(
        routes,
        [
            (FlowRoute::NatGateway, 110),
            (FlowRoute::GatewayEndpoint, 1)
        ]
    );
    assert_eq!(found.nat_gateways["nat-1"].bytes, 110);
    assert!(found.all_routes_known.contains("hub") && found.nat_known.contains("hub"));
}

/// A flow log of the gateway, and one of the VPC's clients, in which nothing is found.
fn unreadable() -> Facts {
    let mut facts = small_organization(false);
    let nothing = |kind| FlowSource {
        quiet: BTreeSet::new(),
        ..source(kind, BTreeMap::new())
    };
    facts.flows = vec![nothing(FlowKind::NatPackets), nothing(FlowKind::Client)];
    facts
}

fn metered(facts: &mut Facts, bytes: Option<u64>) {
    let metrics = NatMetrics {
        nat_gateway_id: "nat-1".into(),
        bytes_in_from_source: bytes,
        bytes_in_from_destination: Some(0),
        active_connections: None,
        metrics_requested: None,
    };
    facts.nat_metrics.insert("nat-1".into(), metrics);
}

#[test]
fn a_flow_log_without_a_record_shows_no_zero_of_gateway_or_vpc() {
    let found = found(&unreadable());
    assert!(found.nat_gateways.is_empty(), "{found:?}");
    assert!(found.all_routes_known.is_empty() && found.nat_known.is_empty());
}

#[test]
fn metrics_without_a_byte_show_that_nothing_passed_a_gateway() {
    for (counted, known) in [(Some(0), true), (Some(1), false), (None, false)] {
        let mut facts = unreadable();
        metered(&mut facts, counted);
        let found = found(&facts);
        assert_eq!(
            found.nat_gateways.contains_key("nat-1"),
            known,
            "{counted:?}"
        );
        assert_eq!(found.nat_known.contains("hub"), known, "{counted:?}");
        assert!(found.all_routes_known.is_empty());
    }
}

#[test]
fn records_without_data_show_that_nothing_passed_unless_metrics_counted_bytes() {
    for (counted, known) in [(None, true), (Some(0), true), (Some(1), false)] {
        let mut facts = unreadable();
        for (flow, seen) in facts.flows.iter_mut().zip(["eni-nat", "hub"]) {
            flow.quiet.insert(seen.to_owned());
        }
        metered(&mut facts, counted);
        let found = found(&facts);
        assert_eq!(
            found.nat_gateways.contains_key("nat-1"),
            known,
            "{counted:?}"
        );
        assert_eq!(found.all_routes_known.contains("hub"), known, "{counted:?}");
    }
}

#[test]
fn flows_that_were_not_captured_are_not_taken_for_none() {
    let mut facts = unreadable();
    facts.flows[0].skipped.insert("eni-nat".into(), 4);
    assert!(found(&facts).nat_gateways.is_empty());
}

#[test]
fn records_of_clients_stand_in_for_a_gateway_whose_own_flow_log_is_silent() {
    let mut facts = unreadable();
    answered(&mut facts, "hub", "sts.eu-west-1.amazonaws.com", "54.0.0.1");
    let row = row("10.0.1.0/24", "54.0.0.1", true).with(|it| it.interface = None);
    facts.flows[1].rows.insert(row, 9);
    metered(&mut facts, Some(9));
    let found = found(&facts);
    let flow = found.services.values().next().unwrap();
    assert_eq!((flow.to_service, flow.nat), (9, 9));
    // What the gateway's own interface would show is unknown all the same, and so is what else passed.
    assert!(found.nat_gateways.is_empty() && found.nat_known.is_empty());
}

#[test]
fn an_endpoint_is_only_without_a_byte_if_each_of_its_interfaces_has_a_record() {
    for (seen, known) in [(&["eni-a"][..], None), (&["eni-a", "eni-b"], Some(0))] {
        let mut facts = small_organization(false);
        let endpoint = Endpoint {
            endpoint_type: "Interface".into(),
            network_interface_ids: vec!["eni-a".into(), "eni-b".into()],
            ..endpoint()
        };
        facts.endpoints.insert("vpce-1".into(), endpoint);
        facts.flows = vec![FlowSource {
            interfaces: vec!["eni-a".into(), "eni-b".into()],
            quiet: seen.iter().map(ToString::to_string).collect(),
            ..source(FlowKind::Endpoint, BTreeMap::new())
        }];
        assert_eq!(found(&facts).endpoints.get("vpce-1").copied(), known);
    }
}

#[test]
fn clients_that_a_record_does_not_show_show_a_vpc_only_where_it_is_the_one() {
    for (others, known) in [(&[][..], true), (&["spoke"], false)] {
        let mut facts = unreadable();
        let clients = &mut facts.flows[1];
        clients.quiet.insert(CLIENTS.to_owned());
        clients.others = others.iter().map(|it| (*it).into()).collect();
        metered(&mut facts, Some(0));
        assert_eq!(
            found(&facts).all_routes_known.contains("hub"),
            known,
            "{others:?}"
        );
    }
}

#[test]
fn a_flow_log_of_a_part_of_the_window_shows_its_bytes_and_no_zero() {
    for (seen, quiet) in [(true, false), (false, true)] {
        let mut facts = unreadable();
        answered(&mut facts, "hub", "sts.eu-west-1.amazonaws.com", "54.0.0.1");
        let gateway = &mut facts.flows[0];
        gateway.part.insert("eni-nat".into());
        if seen {
            let row = row("10.0.1.0/24", "54.0.0.1", true);
            gateway.rows.insert(row, 7);
        }
        if quiet {
            gateway.quiet.insert("eni-nat".into());
        }
        let found = found(&facts);
        let bytes = found.nat_gateways.get("nat-1").map(|it| it.bytes);
        assert_eq!(bytes, seen.then_some(7));
        assert!(found.nat_known.is_empty(), "{found:?}");
        // The spoke goes out by the same gateway.
        assert_eq!(found.part, ["hub", "spoke"].map(Into::into).into());
    }
}

#[test]
fn a_young_flow_log_of_clients_matters_only_where_no_gateway_shows_their_bytes() {
    for gateway_is_logged in [true, false] {
        let mut facts = unreadable();
        let clients = &mut facts.flows[1];
        clients.quiet.insert("hub".into());
        clients.part.insert("hub".into());
        if gateway_is_logged {
            facts.flows[0].quiet.insert("eni-nat".into());
        } else {
            facts.flows.remove(0);
        }
        let found = found(&facts);
        assert!(found.all_routes_known.is_empty(), "{found:?}");
        assert_eq!(found.nat_known.contains("hub"), gateway_is_logged);
        assert_eq!(found.part.contains("hub"), !gateway_is_logged);
    }
}

#[test]
fn a_tag_without_a_listed_address_is_of_another_region_and_joins_no_row() {
    let mut facts = small_organization(false);
    answered(
        &mut facts,
        "hub",
        "dynamodb.eu-west-1.amazonaws.com",
        "52.94.0.9",
    );
    let list = PrefixList {
        name: "com.amazonaws.eu-west-1.dynamodb".into(),
        cidrs: vec!["52.94.0.0/22".parse().unwrap()],
    };
    facts.prefix_lists.insert(target().region, vec![list]);
    let far = row("10.0.1.0/24", "52.119.0.1", true);
    let far = far.with(|it| it.aws_service = Some("DYNAMODB".into()));
    facts.flows = vec![source(FlowKind::NatPackets, [(far, 100)].into())];
    let index = ByVpc::new(&facts);
    let rules = service::rules(&facts).unwrap();
    let addresses = EndpointAddresses::new(&facts, &rules);
    let partners = crate::classify::host::partner::PartnerRules::built_in().unwrap();
    let classifier = UsageClassifier::new(&facts, &rules, partners, &addresses, &index);
    let mut attribution = attribute(&classifier, &BTreeMap::new(), &facts.flows);
    let services = services(&mut attribution, &classifier);
    let rows: Vec<_> = services
        .iter()
        .map(|it| (it.names.service_region.as_deref(), it.bytes.nat))
        .collect();
    assert!(rows.contains(&(Some("other"), Some(100))), "{rows:?}");
    let here = rows.iter().find(|(region, _)| *region == Some("eu-west-1"));
    assert_ne!(here.unwrap().1, Some(100), "{rows:?}");
}
