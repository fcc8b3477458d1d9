//! By which way a client's traffic leaves its VPC: by the record itself where it tells, else by the
//! routes of the client's subnet.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use crate::{
    classify::{
        egress::used_tables, host::HostRules, path::EndpointAddresses, service::UsageClassifier,
    },
    model::{
        bytes::{FlowWay, Named},
        flow::FlowRow,
        index::ByVpc,
        inventory::{RouteTable, RouteTarget},
    },
};

/// A way, and what stands on it where that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EgressRoute<'f> {
    /// A NAT gateway of the VPC; which one, if only one can be meant.
    Nat(Option<&'f str>),
    /// A transit gateway, behind which there may be a NAT gateway.
    TransitGateway,
    /// What needs no further look.
    Known(FlowWay),
}

/// The routes of all VPCs, and the interfaces of endpoints.
pub(super) struct RouteResolver<'f> {
    index: &'f ByVpc<'f>,
    rules: &'f HostRules,
    addresses: &'f EndpointAddresses<'f>,
    of_interface: HashMap<&'f str, &'f str>,
    at: HashMap<(&'f str, IpAddr), &'f str>,
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
        }
    }

    /// The way of a client's row; `hint` is what the row of the other direction tells.
    pub(super) fn of(
        &self,
        vpc: &str,
        row: &FlowRow,
        named: &Named,
        hint: Option<u8>,
    ) -> EgressRoute<'f> {
        match row.next_hop.as_deref() {
            Some("nat_gateway" | "regional_nat_gateway") => return self.nat(vpc, row),
            Some("internet_gateway") => return EgressRoute::Known(FlowWay::InternetGateway),
            Some("transit_gateway") => return EgressRoute::TransitGateway,
            Some("gateway_vpc_endpoint") => return EgressRoute::Known(FlowWay::GatewayEndpoint),
            _ => {}
        }
        match row.traffic_path.or(hint) {
            // Another resource of the VPC: from there, a NAT gateway sends it on.
            Some(1) => match self.by_routes(vpc, row) {
                nat @ EgressRoute::Nat(_) => nat,
                _ => self.nat(vpc, row),
            },
            Some(8) => EgressRoute::Known(FlowWay::InternetGateway),
            Some(3..=6) => EgressRoute::Known(FlowWay::Other),
            // 2 is either of the two gateways.
            path if path == Some(7)
                || path.is_none_or(|it| it == 2) && self.has_gateway_endpoint(vpc, row, named) =>
            {
                EgressRoute::Known(FlowWay::GatewayEndpoint)
            }
            Some(2) => EgressRoute::Known(FlowWay::InternetGateway),
            _ => self.by_routes(vpc, row),
        }
    }

    /// The one NAT gateway that routes lead to, or any of the VPC's.
    fn nat(&self, vpc: &str, row: &FlowRow) -> EgressRoute<'f> {
        if let nat @ EgressRoute::Nat(_) = self.by_routes(vpc, row) {
            return nat;
        }
        match self.index.nat_gateways(vpc) {
            [] => EgressRoute::Known(FlowWay::Other),
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
        let all = used_tables(self.index, vpc);
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
        if mine.is_empty() { all } else { mine }
    }

    /// The way of the default routes, if all that may apply lead the same way.
    fn by_routes(&self, vpc: &str, row: &FlowRow) -> EgressRoute<'f> {
        let v6 = row.external.is_some_and(|it| it.is_ipv6());
        let ways: BTreeSet<EgressRoute<'_>> = self
            .tables(vpc, row)
            .into_iter()
            .map(|table| default_way(table, v6))
            .collect();
        let mut ways = ways.into_iter();
        match (ways.next(), ways.next()) {
            (Some(only), None) => only,
            (None, _) => EgressRoute::Known(FlowWay::Unknown),
            (Some(first), Some(second)) => {
                let nat = |way: &EgressRoute<'_>| matches!(way, EgressRoute::Nat(_));
                if nat(&first) && nat(&second) && ways.all(|it| nat(&it)) {
                    EgressRoute::Nat(None)
                } else {
                    EgressRoute::Known(FlowWay::Unknown)
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
            .filter(|it| it.endpoint_type == "Gateway" && it.is_available())
            .filter(|it| taken(it.target.region.as_str()) != Some(false))
            .filter(|it| {
                let name = self.rules.split_endpoint_service_name(&it.service_name);
                let same_region = |its: &str| region.as_deref().is_none_or(|here| here == its);
                name.is_some_and(|(its, at)| its == service && at.is_none_or(same_region))
            })
            .collect();
        let tables = self.tables(vpc, row);
        let on = |table: &&RouteTable| {
            let is_it = |id: &String| *id == table.route_table_id;
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

/// Where a route table sends what has no better route.
fn default_way(table: &RouteTable, v6: bool) -> EgressRoute<'_> {
    let mut routes = table.routes.iter().filter(|route| {
        route.is_default() && !route.blackhole && route.destination.contains(':') == v6
    });
    match routes.next().map(|route| &route.target) {
        Some(RouteTarget::NatGateway(id)) => EgressRoute::Nat(Some(id)),
        Some(RouteTarget::TransitGateway(_)) => EgressRoute::TransitGateway,
        Some(RouteTarget::InternetGateway(_)) => EgressRoute::Known(FlowWay::InternetGateway),
        Some(_) => EgressRoute::Known(FlowWay::Other),
        None => EgressRoute::Known(FlowWay::Unknown),
    }
}
