//! The facts of a run by VPC, so that no table is built by searching all of them for each row.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    coverage::Step,
    facts::Facts,
    grouped::Grouped,
    id::SubnetId,
    inventory::{Endpoint, NatGateway, RouteTable, Subnet},
    kind::BlockMode,
};

/// Resources by the VPC that they are in.
#[derive(Debug)]
pub struct ByVpc<'f> {
    facts: &'f Facts,
    subnets: Grouped<'f, Subnet>,
    route_tables: Grouped<'f, RouteTable>,
    used_route_tables: Grouped<'f, RouteTable>,
    nat_gateways: Grouped<'f, NatGateway>,
    endpoints: Grouped<'f, Endpoint>,
    /// VPCs that VPC Block Public Access closes, and the mode.
    blocked: BTreeMap<&'f str, &'f BlockMode>,
}

impl<'f> ByVpc<'f> {
    /// Indexes the facts.
    pub fn new(facts: &'f Facts) -> Self {
        let subnets = Grouped::new(facts.subnets.values(), |it| &it.vpc_id);
        let route_tables = Grouped::new(facts.route_tables.values(), |it| &it.vpc_id);
        let used = used_route_tables(&subnets, &route_tables);
        Self {
            facts,
            subnets,
            route_tables,
            used_route_tables: Grouped::new(used, |it| &it.vpc_id),
            nat_gateways: Grouped::new(facts.nat_gateways.values(), |it| &it.vpc_id),
            endpoints: Grouped::new(facts.endpoints.values(), |it| &it.vpc_id),
            blocked: blocked(facts),
        }
    }

    /// Its subnets.
    pub fn subnets(&self, vpc_id: &str) -> &[&'f Subnet] {
        self.subnets.of(vpc_id)
    }

    /// Its route tables.
    pub fn route_tables(&self, vpc_id: &str) -> &[&'f RouteTable] {
        self.route_tables.of(vpc_id)
    }

    /// The route tables that subnets of the VPC use: those that name a subnet, and the main one if a
    /// subnet names no other.
    pub fn used_route_tables(&self, vpc_id: &str) -> &[&'f RouteTable] {
        self.used_route_tables.of(vpc_id)
    }

    /// Its NAT gateways.
    pub fn nat_gateways(&self, vpc_id: &str) -> &[&'f NatGateway] {
        self.nat_gateways.of(vpc_id)
    }

    /// Its endpoints.
    pub fn endpoints(&self, vpc_id: &str) -> &[&'f Endpoint] {
        self.endpoints.of(vpc_id)
    }

    /// Whether the VPC is attached to an internet gateway, or an egress-only one, that a route names.
    /// A gateway that was not read counts as attached.
    pub fn has_internet_gateway(&self, vpc_id: &str, gateway_id: &str) -> bool {
        match self.facts.internet_gateways.get(gateway_id) {
            Some(gateway) => gateway.vpc_ids.iter().any(|id| id == vpc_id),
            // Runs of before 2026-11-27 have none at all.
            None if self.facts.internet_gateways.is_empty() => true,
            None => {
                let complete = self.facts.complete(Step::InternetGateways);
                let mut own = self.facts.vpcs.iter();
                !own.any(|vpc| {
                    vpc.vpc_id == vpc_id && vpc.is_seen_by_owner() && complete.contains(&vpc.target)
                })
            }
        }
    }

    /// How VPC Block Public Access closes the VPC, unless the VPC or one of its subnets is excluded:
    /// `block-ingress` leaves NAT gateways and egress-only internet gateways open,
    /// `block-bidirectional` nothing.
    pub fn blocked_public_access(&self, vpc_id: &str) -> Option<&'f BlockMode> {
        self.blocked.get(vpc_id).copied()
    }

    /// Whether VPC Block Public Access keeps its NAT gateways from the internet.
    pub fn blocks_nat_gateways(&self, vpc_id: &str) -> bool {
        let mode = self.blocked_public_access(vpc_id);
        mode.is_some_and(|mode| *mode != BlockMode::BlockIngress)
    }
}

/// The route tables of all VPCs that subnets use.
fn used_route_tables<'f>(
    subnets: &Grouped<'f, Subnet>,
    route_tables: &Grouped<'f, RouteTable>,
) -> Vec<&'f RouteTable> {
    let of_vpc = |vpc_id: &&str| {
        let tables = route_tables.of(vpc_id);
        let subnets = subnets.of(vpc_id).iter();
        let subnets: BTreeSet<&str> = subnets.map(|it| it.subnet_id.as_str()).collect();
        let named: BTreeSet<&str> = tables
            .iter()
            .flat_map(|table| table.subnet_ids.iter().map(SubnetId::as_str))
            .collect();
        let main_is_used = subnets.difference(&named).next().is_some();
        let used = move |table: &&RouteTable| {
            let mut of_table = table.subnet_ids.iter();
            (table.main && main_is_used) || of_table.any(|id| subnets.contains(id.as_str()))
        };
        tables.iter().copied().filter(used).collect::<Vec<_>>()
    };
    route_tables.vpcs().flat_map(|it| of_vpc(&it)).collect()
}

/// The VPCs that VPC Block Public Access closes. It is a setting of the owner of a VPC.
fn blocked(facts: &Facts) -> BTreeMap<&str, &BlockMode> {
    let settings = facts.vpc_block_public_access.values();
    if settings.clone().all(|it| it.mode == BlockMode::Off) {
        return BTreeMap::new();
    }
    let excluded = settings.flat_map(|it| &it.exclusions);
    let excluded: BTreeSet<&str> = excluded
        .map(|it| {
            let subnet = facts.subnets.get(it.resource_id.as_str());
            subnet.map_or(it.resource_id.as_str(), |it| &it.vpc_id)
        })
        .collect();
    let own = facts.vpcs.iter().filter(|vpc| vpc.is_seen_by_owner());
    let open = own.filter(|vpc| !excluded.contains(vpc.vpc_id.as_str()));
    open.filter_map(|vpc| {
        let setting = facts.vpc_block_public_access.get(&vpc.target)?;
        (setting.mode != BlockMode::Off).then_some((vpc.vpc_id.as_str(), &setting.mode))
    })
    .collect()
}
