//! The addresses of the endpoints in a VPC, where all of them are known: what else is answered with an
//! address of the VPC is no endpoint's.

use std::{
    collections::{BTreeSet, HashSet},
    net::IpAddr,
};

use hashbrown::HashMap;

use crate::model::{
    coverage::Step,
    facts::Facts,
    inventory::{Endpoint, Vpc},
    kind::EndpointType,
    network::NetworkInterface,
};

/// The interfaces of endpoints, each with its endpoint: as the endpoint lists it, else as the interface's
/// description names it.
pub(super) fn interfaces(facts: &Facts) -> Vec<(&NetworkInterface, &Endpoint)> {
    let mut listed: HashMap<&str, &Endpoint> = HashMap::new();
    for endpoint in facts.endpoints.values() {
        let ids = endpoint.network_interface_ids.iter();
        listed.extend(ids.map(|id| (id.as_str(), endpoint)));
    }
    let all = facts.network_interfaces.values();
    let of_endpoints = all.filter_map(|interface| {
        let by_name = || facts.endpoints.get(interface.made_for()?);
        let endpoint = listed.get(interface.network_interface_id.as_str()).copied();
        Some((interface, endpoint.or_else(by_name)?))
    });
    of_endpoints.collect()
}

/// By VPC, the addresses of all of its endpoints, whatever their service.
#[derive(Debug)]
pub(super) struct OwnEndpoints<'f>(HashMap<&'f str, BTreeSet<IpAddr>>);

impl<'f> OwnEndpoints<'f> {
    /// Participants of a shared VPC see neither its endpoints nor their interfaces.
    pub(super) fn new(
        facts: &'f Facts,
        vpcs: &HashMap<&'f str, &'f Vpc>,
        interfaces: &[(&NetworkInterface, &Endpoint)],
    ) -> Self {
        let steps = [Step::Endpoints, Step::NetworkInterfaces];
        let is_listed = |vpc: &Vpc| {
            let mut steps = steps.into_iter();
            vpc.is_seen_by_owner() && steps.all(|it| facts.outcomes.is_complete(&vpc.target, it))
        };
        let listed = vpcs.iter().filter(|(_, vpc)| is_listed(vpc));
        let mut known: HashMap<&str, BTreeSet<IpAddr>> =
            listed.map(|(id, _)| (*id, BTreeSet::new())).collect();
        let mut found: HashSet<&str> = HashSet::new();
        for (interface, endpoint) in interfaces {
            if let Some(addresses) = known.get_mut(endpoint.vpc_id.as_str()) {
                addresses.extend(&interface.addresses);
                found.insert(&endpoint.endpoint_id);
            }
        }
        for endpoint in facts.endpoints.values() {
            let needs_address =
                endpoint.is_available() && endpoint.endpoint_type != EndpointType::Gateway;
            if needs_address && !found.contains(endpoint.endpoint_id.as_str()) {
                known.remove(endpoint.vpc_id.as_str());
            }
        }
        Self(known)
    }

    /// Whether an endpoint of the VPC has the address; none if not all of their addresses are known.
    pub(super) fn have(&self, vpc: &Vpc, address: IpAddr) -> Option<bool> {
        let addresses = self.0.get(vpc.vpc_id.as_str())?;
        Some(addresses.contains(&address))
    }

    /// Whether the addresses of all endpoints of the VPC are known.
    pub(super) fn are_known(&self, vpc: &Vpc) -> bool {
        self.0.contains_key(vpc.vpc_id.as_str())
    }
}
