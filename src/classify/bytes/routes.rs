//! The route by which a client's traffic leaves its VPC: by the record itself where it shows, else by the
//! routes of the client's subnet.

use std::{collections::BTreeSet, net::IpAddr};

use hashbrown::HashMap;
use ipnet::IpNet;

use crate::{
    classify::{
        central_egress::TransitNetwork, host::HostRules, path::EndpointAddresses,
        service::UsageClassifier,
    },
    model::{
        bytes::{FlowRoute, Named},
        flow::{FlowGroup, FlowRow},
        id::RouteTableId,
        index::ByVpc,
        inventory::{Route, RouteTable, RouteTarget, is_private},
        kind::EndpointType,
    },
};

/// A route out of a VPC, and what it leads through where that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EgressRoute<'f> {
    /// A NAT gateway of the VPC; which one, if only one can be meant.
    Nat(Option<&'f str>),
    /// A transit gateway, behind which there may be a NAT gateway.
    TransitGateway,
    /// What needs no further look.
    Known(FlowRoute),
}

/// The routes of all VPCs, and the interfaces of endpoints.
pub(super) struct RouteResolver<'f> {
    index: &'f ByVpc<'f>,
    rules: &'f HostRules,
    addresses: &'f EndpointAddresses<'f>,
    of_interface: HashMap<&'f str, &'f str>,
    at: HashMap<(&'f str, IpAddr), &'f str>,
    /// What lies behind transit gateways.
    pub(super) transit: TransitNetwork<'f>,
}

impl<'f> RouteResolver<'f> {
    pub(super) fn new(classifier: &UsageClassifier<'f>) -> Self {
        let facts = classifier.facts;
        let mut of_interface: HashMap<&str, &str> = HashMap::new();
        for endpoint in facts.endpoints.values() {
            for id in &endpoint.network_interface_ids {
                of_interface.insert(id, &endpoint.endpoint_id);
            }
        }
        let mut at = HashMap::new();
        for it in facts.network_interfaces.values() {
            let named = it.made_for().filter(|id| facts.endpoints.contains_key(*id));
            if let Some(endpoint) = named {
                of_interface.insert(&it.network_interface_id, endpoint);
            }
            if let Some(endpoint) = of_interface.get(it.network_interface_id.as_str()) {
                let here = it.addresses.iter();
                at.extend(here.map(|address| ((it.vpc_id.as_str(), *address), *endpoint)));
            }
        }
        Self {
            index: classifier.index,
            rules: classifier.rules,
            addresses: classifier.addresses,
            of_interface,
            at,
            transit: TransitNetwork::new(facts, classifier.index),
        }
    }

    /// The route of a client's row; `hint` is what the row of the other direction shows.
    pub(super) fn of(
        &self,
        vpc: &str,
        row: &FlowRow,
        named: &Named,
        hint: Option<u8>,
    ) -> EgressRoute<'f> {
        match row.next_hop.as_deref() {
            Some("nat_gateway" | "regional_nat_gateway") => return self.nat(vpc, row),
            Some("internet_gateway") => return EgressRoute::Known(FlowRoute::InternetGateway),
            Some("transit_gateway") => return EgressRoute::TransitGateway,
            Some("gateway_vpc_endpoint") => return EgressRoute::Known(FlowRoute::GatewayEndpoint),
            _ => {}
        }
        match row.traffic_path.or(hint) {
            // Another resource of the VPC: from there, a NAT gateway sends it on.
            Some(1) => match self.by_routes(vpc, row) {
                nat @ EgressRoute::Nat(_) => nat,
                _ => self.nat(vpc, row),
            },
            Some(8) => EgressRoute::Known(FlowRoute::InternetGateway),
            Some(3..=6) => EgressRoute::Known(FlowRoute::Other),
            // 2 is either of the two gateways.
            path if path == Some(7)
                || path.is_none_or(|it| it == 2) && self.has_gateway_endpoint(vpc, row, named) =>
            {
                EgressRoute::Known(FlowRoute::GatewayEndpoint)
            }
            Some(2) => EgressRoute::Known(FlowRoute::InternetGateway),
            _ => self.by_routes(vpc, row),
        }
    }

    /// The egress from the subnet through which a transit gateway sends a row's bytes into a VPC.
    pub(super) fn behind_attachment(&self, vpc: &str, row: &FlowRow) -> EgressRoute<'f> {
        let subnet = FlowGroup {
            subnet_id: row.subnet_id.clone(),
            ..FlowGroup::default()
        };
        self.by_routes(vpc, &FlowRow::new(row.external, subnet))
    }

    /// The one NAT gateway that routes lead to, or any of the VPC's.
    fn nat(&self, vpc: &str, row: &FlowRow) -> EgressRoute<'f> {
        if let nat @ EgressRoute::Nat(_) = self.by_routes(vpc, row) {
            return nat;
        }
        match self.index.nat_gateways(vpc) {
            [] => EgressRoute::Known(FlowRoute::Other),
            [only] => EgressRoute::Nat(Some(&only.nat_gateway_id)),
            _ => EgressRoute::Nat(None),
        }
    }

    /// The route tables that may be the client's.
    fn tables(&self, vpc: &str, row: &FlowRow) -> Vec<&'f RouteTable> {
        let mut subnets: BTreeSet<&str> = BTreeSet::new();
        for subnet in self.index.subnets(vpc) {
            let fits = match (&row.subnet_id, &row.client) {
                (Some(id), _) => subnet.subnet_id == *id,
                (None, Some(client)) => {
                    let mut blocks = subnet.cidrs.iter();
                    blocks.any(|block| super::clients::meet(block, client))
                }
                (None, None) => true,
            };
            if fits {
                subnets.insert(&subnet.subnet_id);
            }
        }
        let all = self.index.used_route_tables(vpc);
        let named = |id: &str| {
            all.iter()
                .any(|it| it.subnet_ids.iter().any(|its| its == id))
        };
        let main = subnets.iter().any(|id| !named(id));
        let of_subnets = |table: &&&RouteTable| {
            (table.main && main)
                || table
                    .subnet_ids
                    .iter()
                    .any(|id| subnets.contains(id.as_str()))
        };
        let mine: Vec<_> = all.iter().filter(of_subnets).copied().collect();
        if mine.is_empty() { all.to_vec() } else { mine }
    }

    /// The route to an address, if all tables that may apply lead to the same target.
    fn by_routes(&self, vpc: &str, row: &FlowRow) -> EgressRoute<'f> {
        let routes: BTreeSet<EgressRoute<'_>> = self
            .tables(vpc, row)
            .into_iter()
            .map(|table| route_to(table, row.external))
            .collect();
        let mut routes = routes.into_iter();
        match (routes.next(), routes.next()) {
            (Some(only), None) => only,
            (None, _) => EgressRoute::Known(FlowRoute::Unknown),
            (Some(first), Some(second)) => {
                let nat = |egress: &EgressRoute<'_>| matches!(egress, EgressRoute::Nat(_));
                if nat(&first) && nat(&second) && routes.all(|it| nat(&it)) {
                    EgressRoute::Nat(None)
                } else {
                    EgressRoute::Known(FlowRoute::Unknown)
                }
            }
        }
    }

    /// Whether a gateway endpoint of the service is on every route table that may apply.
    fn has_gateway_endpoint(&self, vpc: &str, row: &FlowRow, named: &Named) -> bool {
        let Named::Service {
            service, region, ..
        } = named
        else {
            return false;
        };
        let taken = |here: &str| {
            let external = row.external.filter(|_| region.is_none());
            external.and_then(|it| self.addresses.is_listed(here, service, it))
        };
        let endpoints: Vec<_> = self
            .index
            .endpoints(vpc)
            .iter()
            .filter(|it| it.endpoint_type == EndpointType::Gateway && it.is_available())
            .filter(|it| taken(it.target.region.as_str()) != Some(false))
            .filter(|it| {
                row.external
                    .is_none_or(|address| it.routes_family_of(address))
            })
            .filter(|it| {
                let name = self.rules.split_endpoint_service_name(&it.service_name);
                let same_region = |its: &str| region.as_deref().is_none_or(|here| here == its);
                name.is_some_and(|(its, at)| its == service && at.is_none_or(same_region))
            })
            .collect();
        let tables = self.tables(vpc, row);
        let on = |table: &&RouteTable| {
            let is_it = |id: &RouteTableId| *id == table.route_table_id;
            endpoints
                .iter()
                .any(|it| it.route_table_ids.iter().any(is_it))
        };
        !tables.is_empty() && tables.iter().all(on)
    }

    /// The endpoint whose interface has an address in a VPC.
    pub(super) fn endpoint_at(&self, vpc: &'f str, address: IpAddr) -> Option<&'f str> {
        self.at.get(&(vpc, address)).copied()
    }

    /// The endpoint of an interface.
    pub(super) fn endpoint_of(&self, interface: &str) -> Option<&'f str> {
        self.of_interface.get(interface).copied()
    }
}

/// Where a route table sends what is for an address: the most specific route decides. Without an
/// address, where it sends what has no better route.
fn route_to(table: &RouteTable, external: Option<IpAddr>) -> EgressRoute<'_> {
    const UNKNOWN: EgressRoute<'_> = EgressRoute::Known(FlowRoute::Unknown);
    let length = |route: &Route| {
        let block: IpNet = route.destination.parse().ok()?;
        let applies = match external {
            Some(address) => block.contains(&address),
            None => route.is_default() && block.addr().is_ipv4(),
        };
        applies.then(|| block.prefix_len())
    };
    let fitting = table.routes.iter().filter_map(|it| Some((length(it)?, it)));
    let best = fitting.max_by_key(|(length, route)| (*length, !route.blackhole));
    // Bytes that were accepted did not end in a route that drops: it was another one at that time.
    let Some((_, best)) = best.filter(|(_, route)| !route.blackhole) else {
        return UNKNOWN;
    };
    let egress = egress_route(&best.target, external);
    // The blocks of a prefix list of the customer are not read: they may hold the address, and come
    // before a less specific route. Those of AWS lead to gateway endpoints.
    let leads_elsewhere = |route: &&Route| {
        route.destination.starts_with("pl-")
            && !matches!(route.target, RouteTarget::VpcEndpoint(_))
            && egress_route(&route.target, external) != egress
    };
    if external.is_some() && table.routes.iter().any(|route| leads_elsewhere(&route)) {
        return UNKNOWN;
    }
    egress
}

/// The route out of the VPC that the target of a route stands for.
fn egress_route(target: &RouteTarget, external: Option<IpAddr>) -> EgressRoute<'_> {
    match target {
        RouteTarget::NatGateway(id) => EgressRoute::Nat(Some(id)),
        // A private address behind a transit gateway is in another network, not on the internet.
        RouteTarget::TransitGateway(_) if external.is_some_and(is_private) => {
            EgressRoute::Known(FlowRoute::Other)
        }
        RouteTarget::TransitGateway(_) => EgressRoute::TransitGateway,
        RouteTarget::InternetGateway(_) => EgressRoute::Known(FlowRoute::InternetGateway),
        _ => EgressRoute::Known(FlowRoute::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, RouteTarget, bool)]) -> RouteTable {
        let route = |(to, target, blackhole): &(&str, RouteTarget, bool)| Route {
            destination: (*to).into(),
            target: target.clone(),
            blackhole: *blackhole,
            has_state: false,
        };
        RouteTable {
            route_table_id: "rtb-1".into(),
            vpc_id: "vpc-1".into(),
            main: true,
            subnet_ids: Vec::new(),
            routes: routes.iter().map(route).collect(),
        }
    }

    #[test]
    fn the_most_specific_route_to_an_address_decides_its_target() {
        let nat = || RouteTarget::NatGateway("nat-1".into());
        let other = |id: &str| RouteTarget::Other(id.into());
        let table = table(&[
            ("10.0.0.0/16", RouteTarget::Local, false),
            ("0.0.0.0/0", nat(), false),
            ("10.9.0.0/16", other("pcx-1"), false),
            ("203.0.113.0/24", other("vgw-1"), false),
            ("203.0.113.128/25", nat(), false),
            ("198.51.100.0/24", other("pcx-2"), true),
            (
                "10.0.0.0/8",
                RouteTarget::TransitGateway("tgw-1".into()),
                false,
            ),
            (
                "192.0.2.0/24",
                RouteTarget::TransitGateway("tgw-1".into()),
                false,
            ),
            ("::/0", RouteTarget::InternetGateway("eigw-1".into()), false),
            ("64:ff9b::/96", nat(), false),
        ]);
        let to = |address: &str| route_to(&table, Some(address.parse().unwrap()));
        let gateway = || EgressRoute::Nat(Some("nat-1"));
        assert_eq!(to("52.94.1.1"), gateway());
        assert_eq!(
            to("10.9.1.1"),
            EgressRoute::Known(FlowRoute::Other),
            "a peer"
        );
        assert_eq!(to("203.0.113.1"), EgressRoute::Known(FlowRoute::Other));
        assert_eq!(to("203.0.113.200"), gateway());
        assert_eq!(to("198.51.100.1"), EgressRoute::Known(FlowRoute::Unknown));
        assert_eq!(
            to("10.7.0.1"),
            EgressRoute::Known(FlowRoute::Other),
            "no NAT"
        );
        assert_eq!(to("192.0.2.1"), EgressRoute::TransitGateway);
        assert_eq!(to("64:ff9b::345e:101"), gateway(), "NAT64");
        let v6 = EgressRoute::Known(FlowRoute::InternetGateway);
        assert_eq!(to("2600:1f18::1"), v6);
        assert_eq!(route_to(&table, None), gateway());
    }

    #[test]
    fn a_prefix_list_that_leads_elsewhere_leaves_the_way_unknown() {
        let nat = || RouteTarget::NatGateway("nat-1".into());
        let to = |target: RouteTarget| {
            let all = table(&[("0.0.0.0/0", nat(), false), ("pl-1", target, false)]);
            route_to(&all, Some("52.94.1.1".parse().unwrap())) == EgressRoute::Nat(Some("nat-1"))
        };
        assert!(to(RouteTarget::VpcEndpoint("vpce-1".into())), "of AWS");
        assert!(to(nat()), "the same target");
        assert!(!to(RouteTarget::Other("pcx-1".into())));
    }
}
