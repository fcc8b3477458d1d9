//! Route tables: which subnets use them and where their routes lead.

use aws_sdk_ec2::types::{self, RouteState};

use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        inventory::{Route, RouteTable, RouteTarget},
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeRouteTables"];

/// The most route tables a page holds
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>).
const PAGE: i32 = 100;

/// Lists the route tables.
pub async fn list(session: &Session) -> Result<Vec<RouteTable>, Failure> {
    let pages = session.ec2().describe_route_tables().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeRouteTables"),
            || pages.clone().into_paginator().send(),
            |page| page.route_tables().iter().map(route_table).collect(),
        )
        .await
}

fn route_table(table: &types::RouteTable) -> Result<RouteTable, MissingField> {
    let associations = table.associations();
    Ok(RouteTable {
        route_table_id: required(table.route_table_id(), "RouteTable.RouteTableId")?.into(),
        vpc_id: required(table.vpc_id(), "RouteTable.VpcId")?.into(),
        main: associations.iter().any(|it| it.main() == Some(true)),
        subnet_ids: associations
            .iter()
            .filter_map(|it| it.subnet_id().map(Into::into))
            .collect(),
        routes: table.routes().iter().filter_map(route).collect(),
    })
}

/// A route without destination or target (a Local Zone's, for example) leads nowhere that is judged.
fn route(route: &types::Route) -> Option<Route> {
    let known = [
        RouteState::Active,
        RouteState::Blackhole,
        RouteState::Filtered,
    ];
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    Some(Route {
        destination: destination.into(),
        target: target(route)?,
        blackhole: route.state() == Some(&RouteState::Blackhole),
        has_state: route.state().is_some_and(|it| known.contains(it)),
    })
}

fn target(route: &types::Route) -> Option<RouteTarget> {
    let gateway = |id: &str| match id.split_once('-').map_or(id, |(kind, _)| kind) {
        "local" => RouteTarget::Local,
        "igw" => RouteTarget::InternetGateway(id.into()),
        "vpce" => RouteTarget::VpcEndpoint(id.into()),
        _ => RouteTarget::Other(id.into()),
    };
    route
        .nat_gateway_id()
        .map(|id| RouteTarget::NatGateway(id.into()))
        .or(route
            .transit_gateway_id()
            .map(|id| RouteTarget::TransitGateway(id.into())))
        .or(route
            .egress_only_internet_gateway_id()
            .map(|id| RouteTarget::InternetGateway(id.into())))
        .or(route.gateway_id().map(gateway))
        .or(route
            .network_interface_id()
            .map(|id| RouteTarget::NetworkInterface(id.into())))
        .or(route
            .instance_id()
            .map(|id| RouteTarget::NetworkInterface(id.into())))
        .or(route
            .vpc_peering_connection_id()
            .or(route.core_network_arn())
            .or(route.carrier_gateway_id())
            .or(route.local_gateway_id())
            .map(|id| RouteTarget::Other(id.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(
        build: impl Fn(types::builders::RouteBuilder) -> types::builders::RouteBuilder,
    ) -> RouteTarget {
        let builder = types::Route::builder().destination_cidr_block("0.0.0.0/0");
        route(&build(builder).build()).unwrap().target
    }

    #[test]
    fn whether_a_target_is_gone_is_known_by_the_state_of_the_route() {
        for (state, blackhole, has_state) in [
            (Some(RouteState::Active), false, true),
            (Some(RouteState::Blackhole), true, true),
            (Some("new".into()), false, false),
            (None, false, false),
        ] {
            let answer = types::Route::builder()
                .destination_cidr_block("0.0.0.0/0")
                .gateway_id("igw-1")
                .set_state(state)
                .build();
            let read = route(&answer).unwrap();
            assert_eq!((read.blackhole, read.has_state), (blackhole, has_state));
        }
    }

    #[test]
    fn each_kind_of_target_is_distinguished() {
        assert_eq!(to(|it| it.gateway_id("local")), RouteTarget::Local);
        assert_eq!(
            to(|it| it.gateway_id("igw-1")),
            RouteTarget::InternetGateway("igw-1".into())
        );
        assert_eq!(
            to(|it| it.gateway_id("vpce-1")),
            RouteTarget::VpcEndpoint("vpce-1".into())
        );
        assert_eq!(
            to(|it| it.gateway_id("vgw-1")),
            RouteTarget::Other("vgw-1".into())
        );
        assert_eq!(
            to(|it| it.nat_gateway_id("nat-1")),
            RouteTarget::NatGateway("nat-1".into())
        );
        assert_eq!(
            to(|it| it.transit_gateway_id("tgw-1")),
            RouteTarget::TransitGateway("tgw-1".into())
        );
        assert_eq!(
            to(|it| it.network_interface_id("eni-1").instance_id("i-1")),
            RouteTarget::NetworkInterface("eni-1".into())
        );
        assert_eq!(
            to(|it| it.vpc_peering_connection_id("pcx-1")),
            RouteTarget::Other("pcx-1".into())
        );
    }
}
