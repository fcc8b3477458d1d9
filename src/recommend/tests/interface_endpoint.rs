//! Interface endpoints of a VPC's own.

use super::*;
use crate::model::usage::HostQueries;

#[test]
fn an_interface_endpoint_without_measured_bytes_is_no_saving_but_a_ceiling_and_a_break_even() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 1000)
        .calls("a", "kms", Path::Public, None);
    let row = scene.row("a", "kms");
    assert_eq!(row.action, Action::None);
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "625.71"]);
    let bounds = "209 GB a month in 1 zone, 417 in 2, 626 in 3";
    assert!(row.reason.contains(bounds), "{}", row.reason);
}

#[test]
fn a_measured_interface_endpoint_is_proposed_above_the_break_even_and_not_below() {
    let with = |gb| {
        let scene = Scene::in_region("us-east-1").vpc("a", A, 2).nat("a", 9000);
        scene
            .calls("a", "kms", Path::Public, Some(gb))
            .row("a", "kms")
    };
    // 2 * 730 * 0.01 + 1000 * 0.01 against 1000 * 0.045
    let row = with(1000);
    assert_eq!(row.action, Action::Create);
    assert_money(
        &row,
        Basis::Measured,
        ["24.60", "45.00", "20.40", "-", "417.14"],
    );
    let row = with(400);
    assert_eq!(row.action, Action::None);
    assert_money(
        &row,
        Basis::Measured,
        ["18.60", "18.00", "-", "-", "417.14"],
    );
    assert!(row.reason.starts_with("It does not pay"), "{}", row.reason);
}

#[test]
fn bytes_that_pass_an_internet_gateway_cost_at_the_endpoint_and_save_nothing() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000));
    let bytes = &mut scene.services[0].bytes;
    bytes.from_service = bytes.to_service;
    // 7.30 + 2000 * 0.01 against 1000 * 0.045
    assert_money(
        &scene.row("a", "kms"),
        Basis::Measured,
        ["27.30", "45.00", "17.70", "-", "208.57"],
    );
}

#[test]
fn zones_that_do_not_offer_the_service_are_not_paid_for() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000));
    let offers = scene.facts.endpoint_services.values_mut().flatten();
    for offer in offers.filter(|it| it.service_name.ends_with("kms")) {
        offer.availability_zone_ids.truncate(1);
    }
    let row = scene.row("a", "kms");
    assert_eq!(money(&row)[0], "17.30");
    assert!(row.caveats.contains(Caveat::ZonesNotOffered));
    assert!(row.reason.contains("zone-2, zone-3"), "{}", row.reason);
}

#[test]
fn an_unknown_price_leaves_the_money_blank_and_is_reported() {
    let scene = Scene::in_region("cn-north-1")
        .vpc("a", A, 2)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000))
        .calls("a", "s3", Path::Public, Some(1000));
    for service in ["kms", "s3"] {
        let row = scene.row("a", service);
        assert_eq!(money(&row)[1..4], ["-", "-", "-"], "{row:?}");
        assert!(row.caveats.contains(Caveat::PriceUnknown), "{row:?}");
    }
}

#[test]
fn without_a_nat_gateway_an_interface_endpoint_would_save_nothing() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .calls("a", "kms", Path::Public, None);
    let row = scene.row("a", "kms");
    assert_eq!(row.action, Action::None);
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "0.00", "-"]);
}

/// A VPC whose clients go out by a private NAT gateway in a subnet of its own, which leads elsewhere.
fn behind_private(elsewhere: RouteTarget, gb: Option<u64>) -> Scene {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("hub", B, 1)
        .nat("hub", 2000)
        .attached("hub")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .attached("a")
        .calls("a", "kms", Path::Public, gb);
    let gateway = scene.facts.nat_gateways.get_mut("nat-a").unwrap();
    gateway.connectivity_type = "private".into();
    let table = RouteTable {
        route_table_id: "a-private".into(),
        vpc_id: "a".into(),
        main: false,
        subnet_ids: vec!["a-1".into()],
        routes: vec![Route {
            destination: "0.0.0.0/0".into(),
            target: elsewhere,
            blackhole: false,
            has_state: false,
        }],
    };
    let id = table.route_table_id.clone();
    scene.facts.route_tables.insert(id, table);
    scene
}

#[test]
fn a_private_nat_gateway_on_the_default_route_is_one_on_the_way() {
    let onprem = || RouteTarget::Other("vgw-1".into());
    // 1000 GB at 0.045 pass it.
    let row = behind_private(onprem(), None).row("a", "kms");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "417.14"]);
    assert_eq!(row.ceiling_group.as_deref(), Some("nat-a"));
    assert!(!row.reason.contains("no NAT gateway"), "{}", row.reason);
    // Not where it leads to some networks alone.
    let mut some = behind_private(onprem(), None);
    let main = some.facts.route_tables.get_mut("a-main").unwrap();
    main.routes[0].destination = "10.0.0.0/8".into();
    let row = some.row("a", "kms");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "0.00", "-"]);
}

#[test]
fn what_passes_a_private_nat_gateway_and_that_of_a_hub_pays_both_and_the_transit_gateway() {
    let hub = || RouteTarget::TransitGateway("tgw-1".into());
    // 0.045 + 0.02 + 0.045 a GB, against 14.60 for the hours and 0.01 a GB.
    let row = behind_private(hub(), Some(1000)).row("a", "kms");
    assert_money(
        &row,
        Basis::Measured,
        ["24.60", "110.00", "85.40", "-", "146.00"],
    );
    // Clients with a way past it do not pay it.
    let mut past = behind_private(hub(), Some(1000));
    past.default_route("a", hub());
    assert_eq!(money(&past.row("a", "kms"))[1], "65.00");
}

#[test]
fn calls_to_other_regions_and_by_global_names_are_out_of_reach() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls_in("a", "kms", Some("eu-west-1"), Path::Public, Some(5000))
        .calls_in("a", "sqs", None, Path::Public, Some(5000))
        .calls("a", "athena", Path::Public, Some(1000))
        .calls_in("a", "athena", Some("eu-west-1"), Path::Public, Some(5000));
    for (service, caveat) in [
        ("kms", Caveat::CrossRegionNames),
        ("sqs", Caveat::GlobalNames),
    ] {
        let row = scene.row("a", service);
        assert_eq!((row.action, row.money.saving), (Action::None, None));
        assert!(row.caveats.contains(caveat), "{row:?}");
    }
    let row = scene.row("a", "athena");
    assert!(row.caveats.contains(Caveat::CrossRegionNames));
    assert_eq!(row.money.gb_month, Some(Decimal::from(1000)));
}

#[test]
fn bytes_of_a_part_of_the_window_make_no_money_and_no_verdict() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(10))
        .calls("a", "s3", Path::Public, Some(1000));
    for call in &mut scene.services {
        call.bytes.part = true;
    }
    // The ceiling stands once, in the better row.
    for (service, has_ceiling) in [("s3", true), ("kms", false)] {
        let row = scene.row("a", service);
        assert_eq!((row.basis, row.money.gb_month), (Basis::Unknown, None));
        assert_eq!(row.money.saving, None);
        assert_eq!(row.money.ceiling.is_some(), has_ceiling, "{row:?}");
        assert_eq!(row.ceiling_group.as_deref(), Some("nat-a"));
        assert!(row.caveats.contains(Caveat::PartOfWindow), "{row:?}");
    }
}

/// What is answered publicly is no private API, and an endpoint carries these alone.
#[test]
fn public_apis_are_no_reason_for_an_endpoint_or_for_its_private_dns() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "execute-api", Path::Public, Some(5000));
    let advised = scene.advice();
    let rows = advised.opportunities.iter();
    let actions: Vec<_> = rows.map(|row| row.action).collect();
    assert_eq!(actions, [Action::None], "{:?}", scene.rows());
    let row = scene.row("a", "execute-api");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "-", "-"]);
    assert!(row.reason.contains("public ones"), "{}", row.reason);
}

#[test]
fn names_that_private_dns_does_not_answer_are_no_reason_for_an_endpoint_unless_others_are_called() {
    const LEGACY: &str = "us-east-1.queue.amazonaws.com";
    let scene = |hosts: &[&str]| {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 9000)
            .calls("a", "sqs", Path::Public, Some(5000));
        let mut dns = VpcDns {
            vpc_id: "a".into(),
            queries: Some(hosts.len() as u64),
            coverage: None,
            hosts: BTreeMap::new(),
        };
        for host in hosts {
            let queries = HostQueries {
                queries: 1,
                ..HostQueries::default()
            };
            dns.hosts.insert((*host).into(), queries);
        }
        scene.facts.dns.insert("a".into(), dns.into());
        scene
    };
    let row = scene(&[LEGACY]).row("a", "sqs");
    assert_eq!(row.action, Action::None, "{row:?}");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "-", "-"]);
    assert!(row.reason.contains("names alone"), "{}", row.reason);
    assert!(row.caveats.contains(Caveat::OtherNames), "{row:?}");
    let row = scene(&[LEGACY, "sqs.us-east-1.amazonaws.com"]).row("a", "sqs");
    assert_eq!(row.action, Action::Create);
    assert!(row.caveats.contains(Caveat::OtherNames), "{row:?}");
}

#[test]
fn an_endpoint_that_is_not_available_yet_gets_no_second_one() {
    let scene = |service: &str, kind: &str, state: &str| {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 9000)
            .calls("a", service, Path::Public, Some(5000))
            .endpoint("a", service, kind, &[]);
        for endpoint in scene.facts.endpoints.values_mut() {
            endpoint.state = state.into();
        }
        scene
    };
    for state in ["pending", "pendingacceptance"] {
        let row = scene("kms", "Interface", state).row("a", "kms");
        assert_eq!((row.action, row.money.saving), (Action::None, None));
        let expected = format!("vpce-a-kms for it is there in the state {state}");
        assert!(row.reason.contains(&expected), "{}", row.reason);
        let rows = scene("s3", "Gateway", state).rows();
        assert!(rows.is_empty(), "{rows:?}");
    }
    // What was refused or failed never answers.
    for state in ["rejected", "expired", "failed", "deleting"] {
        let row = scene("kms", "Interface", state).row("a", "kms");
        assert_eq!(row.action, Action::Create, "{state}");
    }
}
