//! Subnets whose clients no flow log records although their bytes may pass a NAT gateway.
//!
//! Whether there are interfaces in a subnet today does not matter: the window shows what was there.

use std::collections::BTreeSet;

use crate::model::{
    facts::Facts,
    id::{NetworkInterfaceId, SubnetId},
    inventory::{Route, RouteTable, RouteTarget, Subnet, Vpc},
    kind::EndpointType,
};

/// Subnets that a message names.
const NAMED: usize = 10;

/// The subnets of a VPC that are not among `logged` and have a route by which bytes may reach a NAT
/// gateway. `read`: interfaces, and regional NAT gateways, whose own records are read.
pub(super) fn unlogged<'f>(
    facts: &'f Facts,
    vpc: &Vpc,
    logged: &BTreeSet<&SubnetId>,
    read: &BTreeSet<String>,
) -> Vec<&'f SubnetId> {
    let here = |it: &&Subnet| it.vpc_id == vpc.vpc_id && !logged.contains(&it.subnet_id);
    let subnets = facts.subnets.values().filter(here);
    let reaches = |it: &&Subnet| {
        // The route tables may not be known.
        let table = route_table_of(facts, it);
        let is_harmless =
            |route: &Route| route.blackhole || is_recorded(facts, &route.target, read);
        table.is_none_or(|table| !table.routes.iter().all(is_harmless))
    };
    subnets.filter(reaches).map(|it| &it.subnet_id).collect()
}

/// That nothing records the clients of these subnets.
pub(super) fn message(subnets: &[&SubnetId]) -> String {
    let named: Vec<&str> = subnets.iter().take(NAMED).map(|it| it.as_str()).collect();
    let more = match subnets.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "no flow log that can be read records the clients of {}{more}: only those of their bytes are \
         known that a gateway or an endpoint records",
        named.join(", ")
    )
}

fn route_table_of<'f>(facts: &'f Facts, subnet: &Subnet) -> Option<&'f RouteTable> {
    let mut tables = facts.route_tables.values();
    let own = tables.find(|it| it.subnet_ids.contains(&subnet.subnet_id));
    let main = |it: &&RouteTable| it.main && it.vpc_id == subnet.vpc_id;
    own.or_else(|| facts.route_tables.values().find(main))
}

/// Whether what goes there passes no NAT gateway, or one that is read itself.
fn is_recorded(facts: &Facts, target: &RouteTarget, read: &BTreeSet<String>) -> bool {
    match target {
        RouteTarget::Local | RouteTarget::InternetGateway(_) => true,
        RouteTarget::VpcEndpoint(id) => {
            let endpoint = facts.endpoints.get(id.as_str());
            endpoint.is_some_and(|it| it.endpoint_type == EndpointType::Gateway)
        }
        RouteTarget::NatGateway(id) => is_read(facts, id, read),
        RouteTarget::TransitGateway(_)
        | RouteTarget::NetworkInterface(_)
        | RouteTarget::Other(_) => false,
    }
}

/// Whether the records of all interfaces of a NAT gateway are read.
fn is_read(facts: &Facts, gateway: &str, read: &BTreeSet<String>) -> bool {
    let interfaces = facts.network_interfaces.values().filter(|it| {
        let of = facts.nat_gateway_of(it);
        of.is_some_and(|it| it.nat_gateway_id == gateway) || it.made_for() == Some(gateway)
    });
    let ids: Vec<&NetworkInterfaceId> = interfaces.map(|it| &it.network_interface_id).collect();
    let all = !ids.is_empty() && ids.iter().all(|id| read.contains(id.as_str()));
    all || read.contains(gateway)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::sample;

    #[test]
    fn a_subnet_needs_a_flow_log_if_its_bytes_may_pass_a_gateway_that_has_none() {
        let mut facts = Facts::default();
        let target = sample::target();
        let vpc = sample::vpc(&target, "vpc-1");
        let logged = SubnetId::from("subnet-logged");
        let mut add = |subnet: &str, routes: &[RouteTarget]| {
            let subnet_id = SubnetId::from(subnet);
            let routes = routes.iter().map(|target| Route {
                destination: "0.0.0.0/0".into(),
                target: target.clone(),
                blackhole: subnet == "subnet-stale",
                has_state: true,
            });
            let table = RouteTable {
                route_table_id: subnet.replace("subnet", "rtb").as_str().into(),
                vpc_id: "vpc-1".into(),
                main: subnet == "subnet-main",
                subnet_ids: vec![subnet_id.clone()],
                routes: routes.collect(),
            };
            facts
                .route_tables
                .insert(table.route_table_id.clone(), table);
            facts.subnets.insert(
                subnet_id.clone(),
                Subnet {
                    subnet_id,
                    vpc_id: "vpc-1".into(),
                    availability_zone: "eu-west-1a".into(),
                    availability_zone_id: None,
                    cidrs: Vec::new(),
                    available_addresses: None,
                },
            );
        };
        let nat = |id: &str| RouteTarget::NatGateway(id.into());
        add("subnet-alone", &[RouteTarget::Local]);
        add("subnet-logged", &[nat("nat-1")]);
        add("subnet-nat", &[RouteTarget::Local, nat("nat-1")]);
        add("subnet-stale", &[nat("nat-1")]);
        add("subnet-main", &[nat("nat-read")]);
        add(
            "subnet-public",
            &[RouteTarget::InternetGateway("igw-1".into())],
        );
        add(
            "subnet-spoke",
            &[RouteTarget::TransitGateway("tgw-1".into())],
        );
        add("subnet-wall", &[RouteTarget::VpcEndpoint("vpce-1".into())]);
        let logged = [&logged].into();
        let read = ["nat-read".to_owned()].into();
        let of = |facts: &Facts, read: &BTreeSet<String>| -> Vec<String> {
            let found = unlogged(facts, &vpc, &logged, read).into_iter();
            found.map(ToString::to_string).collect()
        };
        let expected = ["subnet-nat", "subnet-spoke", "subnet-wall"];
        assert_eq!(of(&facts, &read), expected);
        // The main route table is that of subnets without one of their own.
        let own = facts.route_tables.get_mut("rtb-public");
        own.unwrap().subnet_ids.clear();
        assert_eq!(of(&facts, &read), expected);
        assert_eq!(of(&facts, &BTreeSet::new()).len(), 5);
        // Without route tables it is not known.
        facts.route_tables.clear();
        assert_eq!(of(&facts, &read).len(), 7);
    }
}
