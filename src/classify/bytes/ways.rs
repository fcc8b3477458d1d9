//! By which way a client's traffic leaves its VPC: by the record itself where it tells, else by the
//! routes of the client's subnet.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use crate::{
    classify::{egress::used_tables, host::HostRules, path::Ways as Paths, service::Judge},
    model::{
        bytes::{FlowWay, Named},
        flow::FlowRow,
        index::ByVpc,
        inventory::{RouteTable, RouteTarget},
    },
};

/// A way, and what stands on it where that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way<'f> {
    /// A NAT gateway of the VPC; which one, if only one can be meant.
    Nat(Option<&'f str>),
    /// A transit gateway, behind which there may be a NAT gateway.
    TransitGateway,
    /// What needs no further look.
    Told(FlowWay),
}

/// The routes of all VPCs, and the interfaces of endpoints.
pub(super) struct Ways<'f> {
    index: &'f ByVpc<'f>,
    rules: &'f HostRules,
    paths: &'f Paths<'f>,
    of_interface: HashMap<&'f str, &'f str>,
    at: HashMap<(&'f str, IpAddr), &'f str>,
}

impl<'f> Ways<'f> {
    pub(super) fn new(judge: &Judge<'f>) -> Self {
        let facts = judge.facts;
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
            index: judge.index,
            rules: judge.rules,
            paths: judge.ways,
            of_interface,
            at,
        }
    }

    /// The way of a client's row; `hint` is what the row of the other direction tells.
    pub(super) fn of(&self, vpc: &str, row: &FlowRow, named: &Named, hint: Option<u8>) -> Way<'f> {
        match row.next_hop.as_deref() {
            Some("nat_gateway" | "regional_nat_gateway") => return self.nat(vpc, row),
            Some("internet_gateway") => return Way::Told(FlowWay::InternetGateway),
            Some("transit_gateway") => return Way::TransitGateway,
            Some("gateway_vpc_endpoint") => return Way::Told(FlowWay::GatewayEndpoint),
            _ => {}
        }
        match row.traffic_path.or(hint) {
            // Another resource of the VPC: from there, a NAT gateway sends it on.
            Some(1) => match self.by_routes(vpc, row) {
                nat @ Way::Nat(_) => nat,
                _ => self.nat(vpc, row),
            },
            Some(8) => Way::Told(FlowWay::InternetGateway),
            Some(3..=6) => Way::Told(FlowWay::Other),
            // 2 is either of the two gateways.
            path if path == Some(7)
                || path.is_none_or(|it| it == 2) && self.has_gateway_endpoint(vpc, row, named) =>
            {
                Way::Told(FlowWay::GatewayEndpoint)
            }
            Some(2) => Way::Told(FlowWay::InternetGateway),
            _ => self.by_routes(vpc, row),
        }
    }

    /// The one NAT gateway that routes lead to, or any of the VPC's.
    fn nat(&self, vpc: &str, row: &FlowRow) -> Way<'f> {
        if let nat @ Way::Nat(_) = self.by_routes(vpc, row) {
            return nat;
        }
        match self.index.nat_gateways(vpc) {
            [] => Way::Told(FlowWay::Other),
            [only] => Way::Nat(Some(&only.nat_gateway_id)),
            _ => Way::Nat(None),
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
    fn by_routes(&self, vpc: &str, row: &FlowRow) -> Way<'f> {
        let v6 = row.external.is_some_and(|it| it.is_ipv6());
        let ways: BTreeSet<Way<'_>> = self
            .tables(vpc, row)
            .into_iter()
            .map(|table| default_way(table, v6))
            .collect();
        let mut ways = ways.into_iter();
        match (ways.next(), ways.next()) {
            (Some(only), None) => only,
            (None, _) => Way::Told(FlowWay::Unknown),
            (Some(first), Some(second)) => {
                let nat = |way: &Way<'_>| matches!(way, Way::Nat(_));
                if nat(&first) && nat(&second) && ways.all(|it| nat(&it)) {
                    Way::Nat(None)
                } else {
                    Way::Told(FlowWay::Unknown)
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
            external.and_then(|it| self.paths.is_listed(here, service, it))
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
fn default_way(table: &RouteTable, v6: bool) -> Way<'_> {
    let mut routes = table.routes.iter().filter(|route| {
        route.is_default() && !route.blackhole && route.destination.contains(':') == v6
    });
    match routes.next().map(|route| &route.target) {
        Some(RouteTarget::NatGateway(id)) => Way::Nat(Some(id)),
        Some(RouteTarget::TransitGateway(_)) => Way::TransitGateway,
        Some(RouteTarget::InternetGateway(_)) => Way::Told(FlowWay::InternetGateway),
        Some(_) => Way::Told(FlowWay::Other),
        None => Way::Told(FlowWay::Unknown),
    }
}
