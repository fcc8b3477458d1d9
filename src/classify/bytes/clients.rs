//! The VPCs that may have a client's address, seen from where it was recorded.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use ipnet::IpNet;

use crate::model::{
    classified::CentralEgress,
    facts::Facts,
    flow::{CLIENTS, FlowRow, FlowSource},
    id::VpcId,
    inventory::Vpc,
};

/// What is known of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Client<'f> {
    /// It is in this VPC.
    In(&'f str),
    /// It is in one of these, or in none that is known.
    OneOf(BTreeSet<&'f str>),
    /// Its records are read elsewhere.
    Elsewhere,
}

/// The VPCs and how they are connected.
#[derive(Debug)]
pub(super) struct Clients<'f> {
    facts: &'f Facts,
    pub(super) vpcs: HashMap<&'f str, &'f Vpc>,
    /// VPCs that go out through another one, by that one.
    spokes: BTreeMap<&'f str, BTreeSet<&'f str>>,
    /// VPCs by transit gateway that they are attached to, and the reverse.
    attached: BTreeMap<&'f str, BTreeSet<&'f str>>,
    gateways: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

impl<'f> Clients<'f> {
    pub(super) fn new(facts: &'f Facts, central: &'f BTreeMap<VpcId, CentralEgress>) -> Self {
        let mut all = Self {
            facts,
            vpcs: HashMap::new(),
            spokes: BTreeMap::new(),
            attached: BTreeMap::new(),
            gateways: BTreeMap::new(),
        };
        for vpc in facts.distinct_vpcs() {
            all.vpcs.insert(&vpc.vpc_id, vpc);
        }
        for (spoke, hub) in central {
            all.spokes.entry(&hub.vpc_id).or_default().insert(spoke);
        }
        for it in facts.transit_gateway_attachments.values() {
            if let Some(vpc) = it.resource_id.as_deref().filter(|_| it.available) {
                let gateway = it.transit_gateway_id.as_str();
                all.attached.entry(gateway).or_default().insert(vpc);
                all.gateways.entry(vpc).or_default().insert(gateway);
            }
        }
        all
    }

    /// The client of a NAT gateway or an endpoint in a VPC: in that VPC, or behind its transit
    /// gateways.
    pub(super) fn of_gateway(&self, home: &'f str, client: Option<&IpNet>) -> Client<'f> {
        let gateways = self.gateways.get(home).into_iter().flatten();
        let mut near: BTreeSet<&str> = gateways
            .filter_map(|gateway| self.attached.get(gateway))
            .flatten()
            .copied()
            .collect();
        near.extend(self.spokes.get(home).into_iter().flatten());
        near.insert(home);
        near.retain(|vpc| self.vpcs.contains_key(vpc));
        let mut fitting = match client {
            Some(client) => self.with_block(near, client),
            None => near,
        };
        if fitting.len() > 1 && client.is_some() {
            // Blocks overlap: only those count whose routes lead here.
            let here = self.spokes.get(home);
            fitting.retain(|vpc| *vpc == home || here.is_some_and(|spokes| spokes.contains(vpc)));
        }
        client_in(fitting)
    }

    /// The client of a record that one of its own interfaces made.
    pub(super) fn of_record(&self, source: &'f FlowSource, row: &'f FlowRow) -> Client<'f> {
        let by_subnets = source
            .subnets
            .iter()
            .filter_map(|id| self.facts.subnets.get(id.as_str()));
        let by_subnets: BTreeSet<&str> = by_subnets.map(|it| it.vpc_id.as_str()).collect();
        let mut chosen: BTreeSet<&str> = source.vpcs.iter().map(VpcId::as_str).collect();
        chosen.extend(&by_subnets);
        let whole = |vpc: &str| source.vpcs.iter().any(|it| it == vpc);
        if let Some(vpc) = row.vpc_id.as_deref() {
            let ours = chosen.contains(vpc) && (whole(vpc) || self.in_subnets(source, row));
            return if ours {
                Client::In(vpc)
            } else {
                Client::Elsewhere
            };
        }
        let Some(client) = &row.client else {
            return client_in(chosen);
        };
        let others = source.others.iter().map(VpcId::as_str);
        let all: BTreeSet<&str> = chosen.iter().copied().chain(others).collect();
        if all.len() == 1 && chosen.len() == 1 && by_subnets.is_empty() {
            return client_in(chosen);
        }
        let fitting = self.with_block(all, client);
        let ours =
            |vpc: &&str| chosen.contains(vpc) && (whole(vpc) || self.in_subnets(source, row));
        match fitting.iter().filter(|vpc| ours(vpc)).count() {
            0 if !fitting.is_empty() => Client::Elsewhere,
            _ => client_in(fitting),
        }
    }

    /// The VPCs of which a source shows records without bytes from or to the outside. A record
    /// that names neither VPC nor subnet counts only where it can be of one VPC alone.
    pub(super) fn quiet(&self, source: &'f FlowSource) -> BTreeSet<&'f str> {
        let in_subnet = |id: &str| self.facts.subnets.get(id).map(|it| it.vpc_id.as_str());
        let of_subnets = source.subnets.iter().filter_map(|id| in_subnet(id));
        let mut chosen: BTreeSet<&str> = source.vpcs.iter().map(VpcId::as_str).collect();
        chosen.extend(of_subnets);
        let only = chosen.first().copied();
        let only = only.filter(|_| chosen.len() == 1 && source.others.is_empty());
        let found = source.quiet.iter().filter_map(|id| match id.as_str() {
            CLIENTS => only,
            id => in_subnet(id).or_else(|| self.vpcs.get(id).map(|vpc| vpc.vpc_id.as_str())),
        });
        found.filter(|vpc| chosen.contains(vpc)).collect()
    }

    /// Whether a client is in one of the source's subnets.
    fn in_subnets(&self, source: &FlowSource, row: &FlowRow) -> bool {
        if let Some(subnet) = &row.subnet_id {
            return source.subnets.contains(subnet);
        }
        let subnets = source
            .subnets
            .iter()
            .filter_map(|id| self.facts.subnets.get(id.as_str()));
        let mut blocks = subnets.flat_map(|it| &it.cidrs);
        let client = row.client.as_ref();
        client.is_none_or(|client| blocks.any(|block| meet(block, client)))
    }

    fn with_block(&self, mut vpcs: BTreeSet<&'f str>, client: &IpNet) -> BTreeSet<&'f str> {
        vpcs.retain(|id| {
            let vpc = self.vpcs.get(id);
            vpc.is_some_and(|vpc| vpc.cidrs.iter().any(|block| meet(block, client)))
        });
        vpcs
    }
}

fn client_in(vpcs: BTreeSet<&str>) -> Client<'_> {
    match vpcs.first() {
        Some(only) if vpcs.len() == 1 => Client::In(only),
        _ => Client::OneOf(vpcs),
    }
}

/// Whether two blocks share an address.
pub(super) fn meet(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}
