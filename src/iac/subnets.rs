//! The subnets of an interface endpoint: one in each zone, of those that can take one.
//!
//! The endpoint gets an IPv4 address in each subnet, and is refused as a whole if one of them has none
//! to give (<https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>).

use std::collections::BTreeMap;

use crate::model::inventory::Subnet;

/// Subnets, one a zone, and the zones that have none to offer.
#[derive(Debug)]
pub(super) struct SubnetChoice<'f> {
    /// By zone: the one with the most free addresses.
    pub(super) subnets: Vec<&'f Subnet>,
    /// Zones whose subnets have no free IPv4 address, by one of these subnets.
    full: Vec<&'f Subnet>,
}

impl<'f> SubnetChoice<'f> {
    /// Chooses in each zone that `fits`, by its id.
    pub(super) fn of(
        subnets: impl Iterator<Item = &'f Subnet>,
        fits: impl Fn(&str) -> bool,
    ) -> Self {
        let mut best: BTreeMap<&str, &'f Subnet> = BTreeMap::new();
        for subnet in subnets.filter(|it| it.is_in_availability_zone()) {
            let zone = zone_of(subnet);
            if !fits(zone) {
                continue;
            }
            let best = best.entry(zone).or_insert(subnet);
            if rank(subnet) > rank(best) {
                *best = subnet;
            }
        }
        let (subnets, full) = best.into_values().partition(|it| takes_endpoint(it));
        Self { subnets, full }
    }

    /// Whether no zone fits.
    pub(super) fn is_empty(&self) -> bool {
        self.subnets.is_empty() && self.full.is_empty()
    }

    /// The ids, by zone.
    pub(super) fn ids(&self) -> Vec<&'f str> {
        self.subnets
            .iter()
            .map(|it| it.subnet_id.as_str())
            .collect()
    }

    /// What a reviewer has to know of each.
    pub(super) fn notes(&self) -> Vec<String> {
        let chosen = self.subnets.iter().map(|it| {
            let free = it.available_addresses.map_or_else(
                || "free addresses unknown".to_owned(),
                |count| format!("{count} free addresses"),
            );
            format!("{} in {} ({free})", it.subnet_id, it.availability_zone)
        });
        let full = self.full.iter().map(|it| {
            format!(
                "No subnet in {} has a free IPv4 address: the endpoint is not in that zone, and its \
                 clients there cross zones.",
                it.availability_zone
            )
        });
        chosen.chain(full).collect()
    }
}

fn zone_of(subnet: &Subnet) -> &str {
    let id = subnet.availability_zone_id.as_deref();
    id.unwrap_or(&subnet.availability_zone)
}

/// First those with an IPv4 address to give, then by how many.
fn rank(subnet: &Subnet) -> (bool, Option<u32>) {
    (takes_endpoint(subnet), subnet.available_addresses)
}

/// Whether an endpoint can get an IPv4 address in the subnet, as far as is known.
fn takes_endpoint(subnet: &Subnet) -> bool {
    let v4 = |block: &ipnet::IpNet| matches!(block, ipnet::IpNet::V4(_));
    let has_v4 = subnet.cidrs.is_empty() || subnet.cidrs.iter().any(v4);
    has_v4 && subnet.available_addresses != Some(0)
}
