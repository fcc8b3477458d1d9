//! Everything that was read from AWS in one run, as it came: cell by cell.

mod fit;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use self::fit::fitted;
pub use super::found::{Finished, Found, UnreadProfiles};
use super::{
    coverage::Step,
    cross_region::CrossRegionFacts,
    flow::{FlowSource, PrefixList},
    held_dns::HeldDns,
    id::{
        AccountId, FlowLogId, InternetGatewayId, NatGatewayId, NetworkInterfaceId,
        QueryLogConfigId, Region, RouteTableId, SecurityGroupId, SubnetId,
        TransitGatewayAttachmentId, TransitGatewayRouteTableId, VpcEndpointId, VpcId,
    },
    internet::{InternetGateway, VpcBlockPublicAccess},
    inventory::{
        Endpoint, EndpointMetrics, EndpointService, FlowLog, NatGateway, NatMetrics,
        QueryLogAssociation, QueryLogConfig, RouteTable, Subnet, Vpc, VpcDnsAttributes,
    },
    kind::InterfaceType,
    network::{
        NetworkInterface, SecurityGroup, TransitGatewayAttachment, TransitGatewayRouteTable,
    },
    object_reads::{ObjectCounts, ObjectRoute},
    outcomes::{Complete, Outcomes},
    target::{Account, Target},
};

/// The facts of a run, gathered from its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Accounts of the organization, selected or not.
    pub accounts: Vec<Account>,
    /// VPCs; a shared one once for every account that sees it.
    pub vpcs: Vec<Vpc>,
    /// DNS attributes of VPCs that are not in `vpcs` yet: cells come in any order.
    pub vpc_dns_attributes: BTreeMap<VpcId, VpcDnsAttributes>,
    /// Subnets by id.
    pub subnets: BTreeMap<SubnetId, Subnet>,
    /// Route tables by id.
    pub route_tables: BTreeMap<RouteTableId, RouteTable>,
    /// NAT gateways by id.
    pub nat_gateways: BTreeMap<NatGatewayId, NatGateway>,
    /// Endpoints by id.
    pub endpoints: BTreeMap<VpcEndpointId, Endpoint>,
    /// Network interfaces of endpoints and NAT gateways, by id.
    pub network_interfaces: BTreeMap<NetworkInterfaceId, NetworkInterface>,
    /// Security groups of endpoints by id.
    pub security_groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    /// Attachments to transit gateways by id, with what the gateway's owner sees where it was asked.
    pub transit_gateway_attachments: BTreeMap<TransitGatewayAttachmentId, TransitGatewayAttachment>,
    /// Route tables of transit gateways by id.
    pub transit_gateway_route_tables:
        BTreeMap<TransitGatewayRouteTableId, TransitGatewayRouteTable>,
    /// Endpoint services by region; a region is missing if it could not be asked.
    pub endpoint_services: BTreeMap<Region, Vec<EndpointService>>,
    /// Query log configurations by id.
    pub query_log_configs: BTreeMap<QueryLogConfigId, QueryLogConfig>,
    /// Associations of VPCs with them.
    pub query_log_associations: Vec<QueryLogAssociation>,
    /// VPCs that are associated with a Route 53 Profile that could not be read, by target; a target is
    /// missing if it read all of them, or does not know which VPCs have one.
    pub unread_profiles: BTreeMap<Target, BTreeSet<VpcId>>,
    /// Flow logs by id.
    pub flow_logs: BTreeMap<FlowLogId, FlowLog>,
    /// Metrics by NAT gateway.
    pub nat_metrics: BTreeMap<NatGatewayId, NatMetrics>,
    /// Internet gateways by id, egress-only ones included.
    pub internet_gateways: BTreeMap<InternetGatewayId, InternetGateway>,
    /// VPC Block Public Access by target.
    pub vpc_block_public_access: BTreeMap<Target, VpcBlockPublicAccess>,
    /// Metrics by interface endpoint.
    pub endpoint_metrics: BTreeMap<VpcEndpointId, EndpointMetrics>,
    /// Whether accounts can see published endpoint services of partners, by target and name.
    pub partner_services: BTreeMap<Target, BTreeMap<String, bool>>,
    /// DNS usage by VPC.
    pub dns: BTreeMap<VpcId, HeldDns>,
    /// What flow logs hold, source by source.
    pub flows: Vec<FlowSource>,
    /// Addresses of the services that gateway endpoints lead to, by region.
    pub prefix_lists: BTreeMap<Region, Vec<PrefixList>>,
    /// What reading logs in S3 took, by the Regions of the buckets and of what read them.
    pub object_reads: BTreeMap<ObjectRoute, ObjectCounts>,
    /// Bytes that Logs Insights scanned, by region.
    pub bytes_scanned: BTreeMap<Region, u64>,
    /// Bytes of query logs that log groups took in over the window, by region.
    pub query_log_bytes: BTreeMap<Region, u64>,
    /// Log groups of query logs of which that is not known.
    pub query_log_groups_unmeasured: u64,
    /// How every cell ended.
    pub outcomes: Outcomes,
    /// What other Regions show, where these are the facts of one.
    pub cross_region: CrossRegionFacts,
}

impl Facts {
    /// Takes a finished cell in.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each kind of what is found"
    )]
    pub fn absorb(&mut self, finished: Finished) {
        self.outcomes.add(&finished.cell);
        match finished.found {
            // The cells of the Regions report the same.
            Found::Nothing | Found::Regions(_) | Found::Bill(_) => {}
            Found::Accounts(accounts) => self.accounts.extend(accounts),
            Found::Vpcs(vpcs) => {
                let attributes = &self.vpc_dns_attributes;
                self.vpcs.extend(fitted(vpcs).into_iter().map(|mut vpc| {
                    if let Some(found) = attributes.get(&vpc.vpc_id) {
                        add_dns_attributes(&mut vpc, found);
                    }
                    vpc
                }));
            }
            Found::VpcDnsAttributes(found) => {
                let found = found.into_iter().map(|it| (it.vpc_id.clone(), it));
                let found: BTreeMap<_, _> = found.collect();
                let account = finished.cell.account_id.as_ref();
                let own = |vpc: &&mut Vpc| Some(&vpc.target.account_id) == account;
                for vpc in self.vpcs.iter_mut().rev().take_while(own) {
                    if let Some(found) = found.get(&vpc.vpc_id) {
                        add_dns_attributes(vpc, found);
                    }
                }
                self.vpc_dns_attributes.extend(found);
            }
            Found::Subnets(found) => {
                index(&mut self.subnets, fitted(found), |it| it.subnet_id.clone());
            }
            Found::RouteTables(found) => {
                index(&mut self.route_tables, fitted(found), |it| {
                    it.route_table_id.clone()
                });
            }
            Found::NatGateways(found) => {
                index(&mut self.nat_gateways, fitted(found), |it| {
                    it.nat_gateway_id.clone()
                });
            }
            Found::Endpoints(found) => {
                index(&mut self.endpoints, fitted(found), |it| {
                    it.endpoint_id.clone()
                });
            }
            Found::NetworkInterfaces(found) => {
                index(&mut self.network_interfaces, found, |it| {
                    it.network_interface_id.clone()
                });
            }
            Found::SecurityGroups(found) => {
                index(&mut self.security_groups, found, |it| {
                    it.security_group_id.clone()
                });
            }
            Found::TransitGateways(attachments, routes) => {
                // The owner of the transit gateway sees more than the owner of the resource.
                for it in &attachments {
                    let seen = self.transit_gateway_attachments.get_mut(&it.attachment_id);
                    if let Some(seen) = seen.filter(|seen| seen.route_table_id.is_none()) {
                        seen.route_table_id.clone_from(&it.route_table_id);
                    }
                }
                index(&mut self.transit_gateway_attachments, attachments, |it| {
                    it.attachment_id.clone()
                });
                index(&mut self.transit_gateway_route_tables, routes, |it| {
                    it.route_table_id.clone()
                });
            }
            Found::EndpointServices(found) => {
                add_endpoint_services(&mut self.endpoint_services, found);
            }
            Found::QueryLogging(configs, associations)
            | Found::ProfileQueryLogging(configs, associations) => {
                index(&mut self.query_log_configs, configs, |it| {
                    it.config_id.clone()
                });
                self.query_log_associations.extend(associations);
            }
            Found::PartialProfileQueryLogging(configs, associations, unread) => {
                index(&mut self.query_log_configs, configs, |it| {
                    it.config_id.clone()
                });
                self.query_log_associations.extend(associations);
                self.unread_profiles.insert(unread.target, unread.vpc_ids);
            }
            Found::FlowLogs(found) => {
                index(&mut self.flow_logs, found, |it| it.flow_log_id.clone());
            }
            Found::NatMetrics(found) => {
                index(&mut self.nat_metrics, found, |it| it.nat_gateway_id.clone());
            }
            Found::InternetGateways(found) => {
                let gateways = &mut self.internet_gateways;
                index(gateways, found, |it| it.internet_gateway_id.clone());
            }
            Found::VpcBlockPublicAccess(found) => {
                let target = found.target.clone();
                self.vpc_block_public_access.insert(target, found);
            }
            Found::PartnerServices(target, found) => {
                let found = found.into_iter().map(|it| (it.service_name, it.offered));
                self.partner_services.insert(target, found.collect());
            }
            Found::EndpointMetrics(found) => {
                let metrics = &mut self.endpoint_metrics;
                index(metrics, found, |it| it.endpoint_id.clone());
            }
        }
    }

    /// Gives back the room that was kept for more, once all cells are there.
    pub fn pack(&mut self) {
        self.vpc_dns_attributes.clear();
        self.outcomes.pack();
        full(&mut self.subnets);
        full(&mut self.route_tables);
        full(&mut self.nat_gateways);
        full(&mut self.endpoints);
        full(&mut self.network_interfaces);
        full(&mut self.security_groups);
        full(&mut self.query_log_configs);
        full(&mut self.flow_logs);
        full(&mut self.nat_metrics);
        full(&mut self.internet_gateways);
        full(&mut self.endpoint_metrics);
        self.vpcs.shrink_to_fit();
        self.query_log_associations.shrink_to_fit();
    }

    /// The same, once all queries are there.
    pub fn pack_dns(&mut self) {
        full(&mut self.dns);
    }

    /// One VPC a row: as its owner sees it, else as the first participant does.
    pub fn distinct_vpcs(&self) -> Vec<&Vpc> {
        let mut by_id: BTreeMap<&str, &Vpc> = BTreeMap::new();
        for vpc in &self.vpcs {
            let rank = |vpc: &Vpc| (!vpc.is_seen_by_owner(), vpc.target.clone());
            let kept = by_id.entry(&vpc.vpc_id).or_insert(vpc);
            if rank(vpc) < rank(kept) {
                *kept = vpc;
            }
        }
        let mut vpcs: Vec<_> = by_id.into_values().collect();
        vpcs.sort_by(|a, b| (&a.target, &a.vpc_id).cmp(&(&b.target, &b.vpc_id)));
        vpcs
    }

    /// Whether all ways in which a VPC may log its queries are known. One Route 53 Profile that could not be
    /// read leaves out the VPCs that are associated with it alone.
    pub fn knows_query_logging(&self, target: &Target, vpc_id: &str) -> bool {
        let others = || {
            let unread = self.unread_profiles.get(target);
            unread.is_some_and(|it| !it.contains(vpc_id))
                && self.outcomes.is_complete(target, Step::QueryLogging)
        };
        self.outcomes.knows_query_logging(target) || others()
    }

    /// The targets in which a step is complete.
    pub fn complete(&self, step: Step) -> Complete<'_> {
        self.outcomes.complete(step)
    }

    /// Whether the owner of a VPC can see a partner's endpoint service; none if that was not asked.
    pub fn is_partner_service_offered(&self, vpc: &Vpc, service_name: &str) -> Option<bool> {
        let owner = Target {
            account_id: vpc.owner_account_id.clone(),
            region: vpc.target.region.clone(),
        };
        let known = self.partner_services.get(&owner)?;
        known.get(service_name).copied()
    }

    /// The zones of a NAT gateway: of its addresses, else of its subnet.
    pub fn nat_gateway_zones(&self, gateway: &NatGateway) -> Vec<String> {
        if !gateway.availability_zones.is_empty() {
            return gateway.availability_zones.clone();
        }
        let subnet_id = gateway.subnet_id.as_ref();
        let subnet = subnet_id.and_then(|id| self.subnets.get(id.as_str()));
        subnet
            .map(|subnet| subnet.availability_zone.to_string())
            .into_iter()
            .collect()
    }

    /// The NAT gateway that a network interface belongs to: by the addresses that the gateway lists,
    /// else, for what does not list them, by the interface's description.
    pub fn nat_gateway_of(&self, interface: &NetworkInterface) -> Option<&NatGateway> {
        let id = interface.network_interface_id.as_str();
        let has_it = |gateway: &&NatGateway| {
            let mut addresses = gateway.addresses.iter().flatten();
            addresses.any(|it| it.network_interface_id.as_deref() == Some(id))
        };
        let described = interface
            .made_for()
            .and_then(|it| self.nat_gateways.get(it));
        let lists = |gateway: &&NatGateway| {
            let mut addresses = gateway.addresses.iter().flatten();
            addresses.any(|it| it.network_interface_id.is_some())
        };
        match described {
            // What is described and listed needs no search among all gateways.
            Some(gateway) if has_it(&gateway) => Some(gateway),
            described => {
                let listed = (interface.interface_type == InterfaceType::NatGateway)
                    .then(|| self.nat_gateways.values().find(has_it))
                    .flatten();
                listed.or_else(|| described.filter(|gateway| !lists(gateway)))
            }
        }
    }

    /// The name of an account, where known.
    pub fn account_names(&self) -> BTreeMap<&AccountId, &str> {
        self.accounts
            .iter()
            .filter_map(|it| Some((&it.id, it.name.as_deref()?)))
            .collect()
    }
}

/// Adds the attributes that the owner of a VPC sees to its own view of the VPC.
fn add_dns_attributes(vpc: &mut Vpc, found: &VpcDnsAttributes) {
    if vpc.is_seen_by_owner() {
        vpc.dns_support = found.dns_support;
        vpc.dns_hostnames = found.dns_hostnames;
    }
}

/// Maps that grow are half empty: those that are made from what is sorted are full.
fn full<K: Ord, T>(map: &mut BTreeMap<K, T>) {
    *map = std::mem::take(map).into_iter().collect();
}

/// Adds what an account lists. A Region's services are the same in every account: one that lists them is
/// enough.
pub fn add_endpoint_services(
    known: &mut BTreeMap<Region, Vec<EndpointService>>,
    found: Vec<EndpointService>,
) {
    let before: BTreeSet<Region> = known.keys().cloned().collect();
    for service in found {
        if !before.contains(&service.region) {
            let of_region = known.entry(service.region.clone()).or_default();
            of_region.push(service);
        }
    }
}

/// A resource that two accounts see (shared subnets) has one entry: both views are equal.
fn index<K: Ord, T>(map: &mut BTreeMap<K, T>, found: Vec<T>, key: impl Fn(&T) -> K) {
    for item in found {
        map.entry(key(&item)).or_insert(item);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::coverage::Cell;

    #[test]
    fn dns_attributes_reach_the_vpc_of_its_owner_whichever_cell_comes_first() {
        let finished = |step: Step, found: Found| {
            let account = "111122223333".parse().unwrap();
            let cell = Cell::complete(Some(account), "eu-west-1".parse().ok(), step);
            Finished { cell, found }
        };
        let vpc: Vpc = serde_json::from_value(json!({
            "target": {"account_id": "111122223333", "region": "eu-west-1"}, "vpc_id": "vpc-1",
            "name": null, "owner_account_id": "111122223333", "is_default": true, "cidrs": [],
            "dns_support": null, "dns_hostnames": null,
        }))
        .unwrap();
        let attributes = VpcDnsAttributes {
            vpc_id: "vpc-1".into(),
            dns_support: Some(true),
            dns_hostnames: Some(false),
        };
        let vpcs = finished(Step::Vpcs, Found::Vpcs(vec![vpc]));
        let found = Found::VpcDnsAttributes(vec![attributes]);
        let attributes = finished(Step::VpcDnsAttributes, found);
        let orders = [[vpcs.clone(), attributes.clone()], [attributes, vpcs]];
        for cells in orders {
            let mut facts = Facts::default();
            for cell in cells {
                facts.absorb(cell);
            }
            let vpc = &facts.vpcs[0];
            assert_eq!(
                (vpc.dns_support, vpc.dns_hostnames),
                (Some(true), Some(false))
            );
        }
    }
}
