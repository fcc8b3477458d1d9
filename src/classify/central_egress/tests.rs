//! Transit gateways with a spoke, a hub and another VPC: where the spoke goes out.

use super::*;
use crate::model::tests::sample;
use crate::model::{
    coverage::Cell,
    internet::{BlockPublicAccessExclusion, VpcBlockPublicAccess},
    inventory::{Route, RouteTable, Subnet},
    network::{TransitGatewayRoute, TransitGatewayRouteTable},
};

/// VPCs `spoke` (default route to `tgw-1`), `hub` and `other` (a NAT gateway each), all attached.
fn facts(table: Option<&str>) -> Facts {
    let mut facts = Facts::default();
    for (id, account) in [("spoke", "1"), ("hub", "2"), ("other", "3")] {
        let target = Target {
            account_id: account.repeat(12).parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        facts.vpcs.push(sample::vpc(&target, id));
        facts.transit_gateway_attachments.insert(
            format!("attach-{id}").into(),
            TransitGatewayAttachment {
                target: target.clone(),
                attachment_id: format!("attach-{id}").into(),
                transit_gateway_id: "tgw-1".into(),
                transit_gateway_owner_id: Some("222222222222".parse().unwrap()),
                resource_owner_id: None,
                resource_type: "vpc".into(),
                resource_id: Some(id.into()),
                available: true,
                route_table_id: table.map(Into::into),
            },
        );
        if id == "spoke" {
            continue;
        }
        facts.nat_gateways.insert(
            format!("nat-{id}").into(),
            sample::nat_gateway(&target, id, &format!("nat-{id}")),
        );
    }
    facts.subnets.insert(
        "subnet-1".into(),
        Subnet {
            subnet_id: "subnet-1".into(),
            vpc_id: "spoke".into(),
            availability_zone: "eu-west-1a".into(),
            availability_zone_id: None,
            cidrs: Vec::new(),
            available_addresses: None,
        },
    );
    facts.route_tables.insert(
        "rtb-1".into(),
        RouteTable {
            route_table_id: "rtb-1".into(),
            vpc_id: "spoke".into(),
            main: true,
            subnet_ids: Vec::new(),
            routes: vec![Route {
                destination: "0.0.0.0/0".into(),
                target: RouteTarget::TransitGateway("tgw-1".into()),
                blackhole: false,
                has_state: false,
            }],
        },
    );
    facts
}

fn hub_of_spoke(facts: &Facts) -> Option<CentralEgress> {
    of_all(facts, &ByVpc::new(facts)).remove("spoke")
}

#[test]
fn the_route_of_the_transit_gateway_decides_where_it_is_visible() {
    let mut facts = facts(Some("tgw-rtb-1"));
    let mut route = |to: &[&str]| {
        let route = TransitGatewayRouteTable {
            route_table_id: "tgw-rtb-1".into(),
            attachment_ids: to.iter().map(|it| (*it).into()).collect(),
            routes: None,
        };
        let routes = &mut facts.transit_gateway_route_tables;
        routes.insert("tgw-rtb-1".into(), route);
        hub_of_spoke(&facts)
    };
    let egress = route(&["attach-hub"]).unwrap();
    assert_eq!(egress.account_id.as_str(), "222222222222");
    assert_eq!(egress.nat_gateway_ids, ["nat-hub"]);
    assert_eq!(route(&[]), None, "the route drops");
    assert_eq!(route(&["attach-hub", "attach-other"]), None, "two networks");
    assert_eq!(route(&["attach-vpn"]), None, "not seen");
}

/// A route table in which each destination leads to the attachment of a VPC, or drops (none).
fn add_routes(facts: &mut Facts, table: &str, routes: &[(&str, Option<&str>)]) {
    let route = |(to, vpc): &(&str, Option<&str>)| TransitGatewayRoute {
        destination: to.parse().unwrap(),
        attachment_ids: vpc
            .iter()
            .map(|vpc| format!("attach-{vpc}").into())
            .collect(),
        blackhole: vpc.is_none(),
        is_static: true,
    };
    let found = TransitGatewayRouteTable {
        route_table_id: table.into(),
        attachment_ids: Vec::new(),
        routes: Some(routes.iter().map(route).collect()),
    };
    let tables = &mut facts.transit_gateway_route_tables;
    tables.insert(table.into(), found);
}

#[test]
fn each_address_goes_by_the_longest_prefix_of_the_table_of_its_attachment() {
    let mut facts = facts(Some("tgw-rtb-1"));
    let routes = [
        ("0.0.0.0/0", Some("hub")),
        ("52.218.0.0/17", Some("other")),
        ("54.0.0.0/8", None),
        ("3.0.0.0/8", Some("unseen")),
    ];
    add_routes(&mut facts, "tgw-rtb-1", &routes);
    // A table that other attachments follow decides nothing here.
    add_routes(&mut facts, "tgw-rtb-2", &[("0.0.0.0/0", Some("other"))]);
    let vpn = TransitGatewayAttachment {
        attachment_id: "attach-unseen".into(),
        resource_type: "vpn".into(),
        resource_id: Some("vpn-1".into()),
        ..facts.transit_gateway_attachments["attach-hub"].clone()
    };
    let index = ByVpc::new(&facts);
    let to = |facts: &Facts, address: Option<&str>| {
        let address = address.map(|it| it.parse().unwrap());
        let beyond = TransitNetwork::new(facts, &index).destination("spoke", address);
        format!("{beyond:?}")
    };
    for (address, expected) in [
        (None, r#"Vpc("hub")"#),
        (Some("99.1.1.1"), r#"Vpc("hub")"#),
        (Some("52.218.1.1"), r#"Vpc("other")"#),
        (Some("54.1.1.1"), "Dropped"),
        (Some("3.1.1.1"), "Unknown"),
    ] {
        assert_eq!(to(&facts, address), expected, "{address:?}");
    }
    assert!(hub_of_spoke(&facts).unwrap().diverges);
    let mut with_vpn = facts.clone();
    let attachments = &mut with_vpn.transit_gateway_attachments;
    attachments.insert("attach-unseen".into(), vpn);
    assert_eq!(to(&with_vpn, Some("3.1.1.1")), "OtherNetwork");
}

#[test]
fn a_transit_gateway_that_drops_leads_nowhere() {
    let mut facts = facts(Some("tgw-rtb-1"));
    for routes in [
        &[("0.0.0.0/0", None)][..],
        &[],
        &[("52.0.0.0/8", Some("hub"))],
    ] {
        add_routes(&mut facts, "tgw-rtb-1", routes);
        let index = ByVpc::new(&facts);
        let network = TransitNetwork::new(&facts, &index);
        assert_eq!(
            network.destination("spoke", None),
            TransitDestination::Dropped,
            "{routes:?}"
        );
        assert_eq!(hub_of_spoke(&facts), None);
    }
}

#[test]
fn an_inspection_vpc_is_followed_to_the_vpc_with_the_nat_gateways() {
    let mut facts = facts(Some("tgw-rtb-1"));
    facts.nat_gateways.remove("nat-hub");
    let attachments = &mut facts.transit_gateway_attachments;
    let inspection = attachments.get_mut("attach-hub").unwrap();
    inspection.route_table_id = Some("tgw-rtb-2".into());
    add_routes(&mut facts, "tgw-rtb-1", &[("0.0.0.0/0", Some("hub"))]);
    add_routes(&mut facts, "tgw-rtb-2", &[("0.0.0.0/0", Some("other"))]);
    // Its own routes lead nowhere: it is the end.
    assert_eq!(hub_of_spoke(&facts).unwrap().vpc_id, "hub");
    let subnet = facts.subnets["subnet-1"].clone();
    let table = facts.route_tables["rtb-1"].clone();
    facts.subnets.insert(
        "subnet-2".into(),
        Subnet {
            subnet_id: "subnet-2".into(),
            vpc_id: "hub".into(),
            ..subnet
        },
    );
    facts.route_tables.insert(
        "rtb-2".into(),
        RouteTable {
            route_table_id: "rtb-2".into(),
            vpc_id: "hub".into(),
            ..table
        },
    );
    let egress = hub_of_spoke(&facts).unwrap();
    assert_eq!(egress.vpc_id, "other");
    assert_eq!(egress.nat_gateway_ids, ["nat-other"]);
    // A loop is no egress.
    add_routes(&mut facts, "tgw-rtb-2", &[("0.0.0.0/0", Some("hub"))]);
    assert_eq!(hub_of_spoke(&facts), None);
}

#[test]
fn without_routes_the_only_attached_vpc_with_a_nat_gateway_is_it_if_all_are_known() {
    let mut facts = facts(None);
    let mut spare = facts.clone();
    spare.nat_gateways.remove("nat-other");
    assert_eq!(hub_of_spoke(&spare), None, "the owner was not scanned");
    let at = &facts.transit_gateway_attachments["attach-hub"].target;
    let cell = Cell::complete(
        Some(at.account_id.clone()),
        Some(at.region.clone()),
        Step::TransitGateways,
    );
    facts.outcomes.add(&cell);
    let mut partial = facts.clone();
    partial.nat_gateways.remove("nat-other");
    partial.vpcs.retain(|vpc| vpc.vpc_id != "other");
    assert_eq!(
        hub_of_spoke(&partial),
        None,
        "an attached VPC was not scanned"
    );
    assert_eq!(hub_of_spoke(&facts), None, "two have one");
    facts.nat_gateways.remove("nat-other");
    assert_eq!(hub_of_spoke(&facts).unwrap().vpc_id, "hub");
    let attachment = facts.transit_gateway_attachments.get_mut("attach-hub");
    attachment.unwrap().available = false;
    assert_eq!(hub_of_spoke(&facts), None, "no longer attached");
}

#[test]
fn block_public_access_of_a_hub_closes_the_way_of_its_spokes() {
    let mut facts = facts(Some("tgw-rtb-1"));
    add_routes(&mut facts, "tgw-rtb-1", &[("0.0.0.0/0", Some("hub"))]);
    let mut subnet = facts.subnets["subnet-1"].clone();
    (subnet.subnet_id, subnet.vpc_id) = ("subnet-2".into(), "hub".into());
    facts.subnets.insert("subnet-2".into(), subnet);
    let mut table = facts.route_tables["rtb-1"].clone();
    (table.route_table_id, table.vpc_id) = ("rtb-2".into(), "hub".into());
    table.routes[0].target = RouteTarget::NatGateway("nat-hub".into());
    facts.route_tables.insert("rtb-2".into(), table);
    let hub = facts.vpcs.iter().find(|it| it.vpc_id == "hub").unwrap();
    let target = hub.target.clone();
    for step in [Step::RouteTables, Step::Subnets] {
        let (account, region) = (target.account_id.clone(), target.region.clone());
        let cell = Cell::complete(Some(account), Some(region), step);
        facts.outcomes.add(&cell);
    }
    let closed_spokes = |facts: &Facts| closed(facts, &ByVpc::new(facts)).contains("spoke");
    let blocked = |mode: &str, excluded: &[&str]| {
        let exclusion = |id: &&str| BlockPublicAccessExclusion {
            resource_id: (*id).to_owned(),
            mode: "allow-egress".to_owned(),
        };
        let setting = VpcBlockPublicAccess {
            target: target.clone(),
            mode: mode.into(),
            exclusions: excluded.iter().map(exclusion).collect(),
        };
        let mut facts = facts.clone();
        let settings = &mut facts.vpc_block_public_access;
        settings.insert(target.clone(), setting);
        facts
    };
    assert!(!closed_spokes(&facts), "nothing is blocked");
    assert!(!closed_spokes(&blocked("off", &[])));
    // NAT gateways stay open in this mode.
    assert!(!closed_spokes(&blocked("block-ingress", &[])));
    assert!(closed_spokes(&blocked("block-bidirectional", &[])));
    for excluded in ["hub", "subnet-2"] {
        let open = blocked("block-bidirectional", &[excluded]);
        assert!(!closed_spokes(&open), "{excluded}");
    }
    let mut unread = blocked("block-bidirectional", &[]);
    unread.outcomes = crate::model::outcomes::Outcomes::default();
    assert!(!closed_spokes(&unread), "routes of the hub are not known");
}
