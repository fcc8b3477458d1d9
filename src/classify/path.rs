//! The path by which a VPC reaches a service, from the addresses that it was answered with.
//!
//! Words: an address is *local* if it belongs to an endpoint in the VPC, or lies in the VPC and may be one's,
//! *central* if it is private and no endpoint's of the VPC, *public* otherwise. A *hub* is the VPC whose
//! endpoint answered elsewhere. DNS does not show a gateway endpoint: it leaves answers public and works by
//! routes.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv6Addr},
};

use hashbrown::HashMap;
use ipnet::IpNet;

use self::own_endpoints::OwnEndpoints;
use super::host::HostRules;
use crate::model::{
    classified::{Hub, Path},
    cross_region::CrossRegionEndpoint,
    facts::Facts,
    id::AccountId,
    inventory::{Endpoint, Vpc, is_private, is_translated},
    kind::EndpointType,
};

/// What one address shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerOrigin {
    /// At an endpoint in the VPC; or in the VPC, if not all addresses of its endpoints are known.
    Local,
    /// Private, and at no endpoint in the VPC.
    Central,
    /// On the internet's side.
    Public,
    /// Nowhere: a sinkhole such as `0.0.0.0`.
    Nowhere,
}

/// A service that a VPC calls.
#[derive(Clone, Copy, Debug)]
pub struct ServiceInRegion<'c> {
    /// The service, as in its endpoint service's name.
    pub service: &'c str,
    /// The region in the names; none for global names.
    pub region: Option<&'c str>,
}

/// An endpoint with an interface at some address.
#[derive(Clone, Debug)]
struct EndpointAddress<'f> {
    endpoint_id: &'f str,
    vpc_id: &'f str,
    service: &'f str,
    region: Option<&'f str>,
}

impl EndpointAddress<'_> {
    /// A service without a region in the one name or the other may be the same.
    fn serves(&self, called: ServiceInRegion<'_>) -> bool {
        let region = self.region.zip(called.region);
        self.service == called.service && region.is_none_or(|(here, there)| here == there)
    }
}

/// The addresses of every endpoint of the organization.
#[derive(Debug)]
pub struct EndpointAddresses<'f> {
    at: HashMap<IpAddr, Vec<EndpointAddress<'f>>>,
    own: OwnEndpoints<'f>,
    /// Address blocks of VPCs with an interface endpoint, by service; merged, by their first address.
    blocks: HashMap<&'f str, Vec<IpNet>>,
    /// Address blocks that gateway endpoints take, by region and service, where they are known.
    lists: HashMap<(&'f str, &'f str), &'f [IpNet]>,
    owners: HashMap<&'f str, &'f AccountId>,
    /// Transit gateways that a VPC is attached to.
    attached: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

impl<'f> EndpointAddresses<'f> {
    /// Gathers the addresses from the facts.
    pub fn new(facts: &'f Facts, rules: &HostRules) -> Self {
        let vpcs: HashMap<&str, &Vpc> = facts
            .distinct_vpcs()
            .into_iter()
            .map(|vpc| (vpc.vpc_id.as_str(), vpc))
            .collect();
        let interfaces = own_endpoints::interfaces(facts);
        let mut addresses = Self {
            at: HashMap::new(),
            own: OwnEndpoints::new(facts, &vpcs, &interfaces),
            blocks: HashMap::new(),
            lists: HashMap::new(),
            owners: HashMap::new(),
            attached: BTreeMap::new(),
        };
        for (region, lists) in &facts.prefix_lists {
            for list in lists {
                if let Some((service, _)) = rules.split_endpoint_service_name(&list.name) {
                    let key = (region.as_str(), service);
                    addresses.lists.insert(key, &list.cidrs);
                }
            }
        }
        for (id, vpc) in &vpcs {
            addresses.owners.insert(id, &vpc.owner_account_id);
        }
        for endpoint in facts.endpoints.values() {
            let split = rules.split_endpoint_service_name(&endpoint.service_name);
            if let (Some((service, _)), EndpointType::Interface) = (split, &endpoint.endpoint_type)
            {
                let blocks = vpcs.get(endpoint.vpc_id.as_str()).map(|vpc| &vpc.cidrs);
                let known = addresses.blocks.entry(service).or_default();
                known.extend(blocks.into_iter().flatten());
            }
        }
        for (service, block) in &facts.cross_region.blocks {
            addresses.blocks.entry(service).or_default().push(*block);
        }
        for blocks in addresses.blocks.values_mut() {
            *blocks = IpNet::aggregate(blocks);
            blocks.sort_unstable_by_key(IpNet::network);
        }
        for (interface, endpoint) in interfaces {
            let Some((service, region)) = rules.split_endpoint_service_name(&endpoint.service_name)
            else {
                continue;
            };
            for address in &interface.addresses {
                addresses
                    .at
                    .entry(*address)
                    .or_default()
                    .push(EndpointAddress {
                        endpoint_id: &endpoint.endpoint_id,
                        vpc_id: &endpoint.vpc_id,
                        service,
                        region,
                    });
            }
        }
        for (address, it) in &facts.cross_region.endpoints {
            let at = addresses.at.entry(*address).or_default();
            at.push(EndpointAddress {
                endpoint_id: &it.endpoint_id,
                vpc_id: &it.vpc_id,
                service: &it.service,
                region: it.region.as_deref(),
            });
            if let Some(owner) = &it.owner_account_id {
                addresses.owners.insert(&it.vpc_id, owner);
            }
        }
        for it in facts.transit_gateway_attachments.values() {
            if let Some(vpc) = it.resource_id.as_deref().filter(|_| it.available) {
                let gateways = addresses.attached.entry(vpc).or_default();
                gateways.insert(&it.transit_gateway_id);
            }
        }
        addresses
    }

    /// Every endpoint with each of its addresses, as another Region needs it.
    pub fn for_elsewhere(&self) -> impl Iterator<Item = (IpAddr, CrossRegionEndpoint)> {
        self.at.iter().flat_map(|(address, endpoints)| {
            endpoints.iter().map(|it| {
                let known = CrossRegionEndpoint {
                    endpoint_id: it.endpoint_id.into(),
                    vpc_id: it.vpc_id.into(),
                    owner_account_id: self.owners.get(it.vpc_id).map(|it| (*it).clone()),
                    service: it.service.to_owned(),
                    region: it.region.map(str::to_owned),
                };
                (*address, known)
            })
        })
    }

    /// The blocks outside of the private ranges that count as private for a service, as another Region
    /// needs them.
    pub fn blocks_for_elsewhere(&self) -> impl Iterator<Item = (&'f str, IpNet)> {
        self.blocks.iter().flat_map(|(service, blocks)| {
            let private = |it: &&IpNet| is_private(it.network()) && is_private(it.broadcast());
            let public = blocks.iter().filter(move |it| !private(it));
            public.map(|block| (*service, *block))
        })
    }

    /// What an address in an answer to `vpc` shows.
    pub fn origin(
        &self,
        vpc: &Vpc,
        called: Option<ServiceInRegion<'_>>,
        address: IpAddr,
    ) -> AnswerOrigin {
        let address = behind_translation(address);
        if address.is_unspecified() || address.is_loopback() {
            return AnswerOrigin::Nowhere;
        }
        let mut at = self.endpoints_at(called, address).peekable();
        let inside = is_inside(vpc, address);
        let at_own = self.own.have(vpc, address).unwrap_or(inside);
        if at_own || at.clone().any(|it| it.vpc_id == vpc.vpc_id) {
            return AnswerOrigin::Local;
        }
        // Blocks outside of the private ranges, IPv6 above all, are private where endpoints are.
        let in_hub = || {
            let blocks = called.and_then(|called| self.blocks.get(called.service));
            blocks.is_some_and(|blocks| holds(blocks, address))
        };
        if inside || at.peek().is_some() || is_private(address) || in_hub() {
            AnswerOrigin::Central
        } else {
            AnswerOrigin::Public
        }
    }

    /// Every endpoint with an interface at an address, whatever its service.
    pub fn at(&self, address: IpAddr) -> impl Iterator<Item = &'f str> {
        let found = self.at.get(&behind_translation(address));
        found.into_iter().flatten().map(|it| it.endpoint_id)
    }

    /// Whether the addresses of all endpoints of a VPC are known.
    pub fn are_known_of(&self, vpc: &Vpc) -> bool {
        self.own.are_known(vpc)
    }

    fn endpoints_at(
        &self,
        called: Option<ServiceInRegion<'_>>,
        address: IpAddr,
    ) -> impl Iterator<Item = &EndpointAddress<'f>> + Clone {
        let found = self.at.get(&address).into_iter().flatten();
        found.filter(move |it| called.is_some_and(|called| it.serves(called)))
    }

    /// The endpoints that may have answered `vpc` with `address`: those of the VPC itself if the
    /// address is local, else every one at that address, since blocks of VPCs may overlap.
    pub fn answered_by(
        &self,
        vpc: &Vpc,
        called: ServiceInRegion<'_>,
        address: IpAddr,
    ) -> impl Iterator<Item = &'f str> {
        let local = self.origin(vpc, Some(called), address) == AnswerOrigin::Local;
        let vpc_id = vpc.vpc_id.clone();
        self.endpoints_at(Some(called), behind_translation(address))
            .filter(move |it| !local || it.vpc_id == vpc_id)
            .map(|it| it.endpoint_id)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The path that the answers show; `gateways` are the gateway endpoints of the service on route
    /// tables that a subnet uses.
    pub fn path(
        &self,
        vpc: &Vpc,
        called: ServiceInRegion<'_>,
        answers: &[IpAddr],
        gateways: &[&Endpoint],
    ) -> Path {
        let origins: Vec<AnswerOrigin> = answers
            .iter()
            .map(|address| self.origin(vpc, Some(called), *address))
            .collect();
        let any = |origin| origins.contains(&origin);
        match (
            any(AnswerOrigin::Local),
            any(AnswerOrigin::Central),
            any(AnswerOrigin::Public),
        ) {
            (false, false, false) => Path::Unknown,
            (false, false, true) if !gateways.is_empty() => {
                self.by_gateway(vpc, called, answers, gateways)
            }
            (false, false, true) => Path::Public,
            (_, _, true) => Path::Mixed,
            (true, _, false) => Path::LocalEndpoint,
            (false, true, false) => Path::CentralEndpoint,
        }
    }

    /// The path of public answers where there is a gateway endpoint. Names of the region lead to the
    /// region; those without one lead anywhere, and the endpoint takes what is in its region's list.
    /// Either way its address type has to allow the address.
    fn by_gateway(
        &self,
        vpc: &Vpc,
        called: ServiceInRegion<'_>,
        answers: &[IpAddr],
        gateways: &[&Endpoint],
    ) -> Path {
        let is_taken = |address: IpAddr| {
            let (region, service) = (vpc.target.region.as_str(), called.service);
            if !gateways.iter().any(|it| it.routes_family_of(address)) {
                return Some(false);
            }
            match called.region {
                Some(_) => Some(true),
                None => self.is_listed(region, service, address),
            }
        };
        let taken: BTreeSet<bool> = answers
            .iter()
            .filter(|it| self.origin(vpc, Some(called), **it) == AnswerOrigin::Public)
            .filter_map(|it| is_taken(*it))
            .collect();
        match (taken.contains(&true), taken.contains(&false)) {
            (true, true) => Path::Mixed,
            (false, true) => Path::Public,
            (_, false) => Path::GatewayEndpoint,
        }
    }

    /// Whether the gateway endpoints of a region take traffic to an address of a service; none if the
    /// blocks of the address's family are not known.
    pub fn is_listed(&self, region: &str, service: &str, address: IpAddr) -> Option<bool> {
        let address = behind_translation(address);
        let blocks = self.lists.get(&(region, service))?.iter();
        let mut blocks = blocks.filter(|it| it.addr().is_ipv4() == address.is_ipv4());
        let known = blocks.clone().next().is_some();
        known.then(|| blocks.any(|block| block.contains(&address)))
    }

    /// The VPC whose endpoint gave the central answers. None where two could have given them: blocks of
    /// VPCs may overlap, so all answers are taken together, and then the transit gateways.
    pub fn hub(&self, vpc: &Vpc, called: ServiceInRegion<'_>, answers: &[IpAddr]) -> Option<Hub> {
        let mut candidates: Option<BTreeSet<&str>> = None;
        for address in answers {
            if self.origin(vpc, Some(called), *address) != AnswerOrigin::Central {
                continue;
            }
            let here: BTreeSet<&str> = self
                .endpoints_at(Some(called), behind_translation(*address))
                .map(|it| it.vpc_id)
                .collect();
            if !here.is_empty() {
                candidates = Some(match candidates {
                    Some(before) => before.intersection(&here).copied().collect(),
                    None => here,
                });
            }
        }
        let candidates = candidates?;
        let connected = |it: &&&str| {
            let [here, there] = [vpc.vpc_id.as_str(), it].map(|id| self.attached.get(id));
            here.zip(there)
                .is_some_and(|(here, there)| !here.is_disjoint(there))
        };
        let hub = only(candidates.iter()).or_else(|| only(candidates.iter().filter(connected)))?;
        Some(Hub {
            account_id: (*self.owners.get(hub)?).clone(),
            vpc_id: (*hub).into(),
        })
    }
}

/// The one item, if there is exactly one.
pub(super) fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

/// Whether the address lies in a block of the VPC.
fn is_inside(vpc: &Vpc, address: IpAddr) -> bool {
    vpc.cidrs.iter().any(|block| block.contains(&address))
}

/// Whether one of some blocks holds an address. They do not overlap and are in the order of their first
/// addresses: an organization may have thousands, and every address that is seen is looked for.
fn holds(blocks: &[IpNet], address: IpAddr) -> bool {
    let after = blocks.partition_point(|block| block.network() <= address);
    let block = after.checked_sub(1).and_then(|at| blocks.get(at));
    block.is_some_and(|block| block.contains(&address))
}

/// The IPv4 address in an IPv6 one that DNS64 made of it (RFC 6052), or that is mapped.
pub fn behind_translation(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if is_translated(address) => {
            let [.., a, b, c, d] = v6.octets();
            IpAddr::from([a, b, c, d])
        }
        IpAddr::V6(v6) => canonical(v6),
        IpAddr::V4(_) => address,
    }
}

fn canonical(v6: Ipv6Addr) -> IpAddr {
    v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
}

mod own_endpoints;
#[cfg(test)]
mod tests;
