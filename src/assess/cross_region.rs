//! What crosses Regions: the addresses of endpoints, and what other Regions show of an endpoint.
//!
//! A name is answered the same wherever it is asked for, and networks are peered across Regions: so a
//! VPC may use an endpoint of another Region. Addresses are noted once for all Regions, in the report's
//! database. Which endpoints other Regions called is known only when these are judged. So a Region is
//! judged as if it were not called from Regions behind it, and again if it was and that makes a difference.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{AssessError, Context, region::RegionAssessment, tables::Tables};
use crate::{
    classify::path::{EndpointAddresses, behind_translation},
    model::{
        coverage::Step,
        cross_region::{CrossRegionEndpoint, CrossRegionFacts},
        facts::Facts,
        held_dns::HeldDns,
        id::{Region, VpcEndpointId, VpcId},
        kind::EndpointType,
    },
};

/// What is known of all Regions.
#[derive(Debug, Default)]
pub(super) struct CrossRegionIndex {
    /// Whether an endpoint of some Region has an address.
    any_address: bool,
    /// Blocks of VPCs with an interface endpoint outside of the private ranges, by Region.
    blocks: BTreeMap<Region, Vec<(String, IpNet)>>,
    /// Endpoints that queries of other Regions than their own led to.
    answered: BTreeSet<VpcEndpointId>,
    /// VPCs whose endpoints answered VPCs of other Regions.
    hubs: BTreeSet<VpcId>,
    /// Whether other shards scan other accounts.
    other_shards: bool,
}

impl CrossRegionIndex {
    /// Notes the addresses of the endpoints of all Regions; with one Region there is nothing to note.
    pub(super) fn load(context: &Context<'_>, tables: &Tables<'_>) -> Result<Self, AssessError> {
        let mut all = Self {
            other_shards: context.shard.is_some_and(|it| it.count() > 1),
            ..Self::default()
        };
        let regions = &context.organization.regions;
        for region in regions.iter().filter(|_| regions.len() > 1) {
            let mut facts = Facts::default();
            let steps = [Step::Endpoints, Step::NetworkInterfaces];
            let stored = context.facts;
            stored.each_cell(region, Some(&steps), |it| facts.absorb(it))?;
            let mut interfaces = facts.endpoints.values();
            if !interfaces.any(|it| it.endpoint_type != EndpointType::Gateway) {
                continue;
            }
            let steps = [Step::Vpcs];
            stored.each_cell(region, Some(&steps), |it| facts.absorb(it))?;
            let addresses = EndpointAddresses::new(&facts, context.rules);
            for (address, endpoint) in addresses.for_elsewhere() {
                all.any_address = true;
                tables.add_address(address, region, &endpoint)?;
            }
            let blocks = addresses.blocks_for_elsewhere();
            let blocks: Vec<_> = blocks.map(|(it, block)| (it.to_owned(), block)).collect();
            if !blocks.is_empty() {
                all.blocks.insert(region.clone(), blocks);
            }
        }
        Ok(all)
    }

    /// What bears on a Region with these facts.
    pub(super) fn facts_for(
        &self,
        tables: &Tables<'_>,
        region: &Region,
        facts: &Facts,
    ) -> Result<CrossRegionFacts, AssessError> {
        let mut endpoints = Vec::new();
        if self.any_address {
            let hosts = facts.dns.values().flat_map(HeldDns::hosts);
            let mut answers = BTreeSet::new();
            for (_, host) in hosts {
                let addresses = host.answers.iter();
                answers.extend(addresses.map(|(it, _)| behind_translation(it)));
            }
            for address in answers {
                let found: Vec<CrossRegionEndpoint> = tables.addresses(address, region)?;
                endpoints.extend(found.into_iter().map(|it| (address, it)));
            }
        }
        let blocks = self.blocks.iter().filter(|(it, _)| *it != region);
        let answered = self.answered.iter();
        let answered = answered.filter(|id| facts.endpoints.contains_key(*id));
        Ok(CrossRegionFacts {
            endpoints,
            blocks: blocks.flat_map(|(_, blocks)| blocks.clone()).collect(),
            answered: answered.cloned().collect(),
            hubs: self.hubs.clone(),
            other_shards: self.other_shards,
        })
    }

    /// Takes in what the Regions show of one another, and returns those whose judgement it changes.
    pub(super) fn complete<'r>(
        &mut self,
        regions: &BTreeMap<&'r Region, RegionAssessment>,
    ) -> Vec<&'r Region> {
        let answered = regions.values().flat_map(|it| &it.answered_elsewhere);
        self.answered = answered.cloned().collect();
        let hubs = regions.values().flat_map(|it| &it.hubs_elsewhere);
        self.hubs = hubs.cloned().collect();
        let differs = |it: &RegionAssessment| {
            let mut unused = it.unused.iter();
            unused.any(|(id, vpc)| self.answered.contains(id) || self.hubs.contains(vpc))
        };
        let changed = regions.iter().filter(|(_, it)| differs(it));
        changed.map(|(region, _)| *region).collect()
    }
}
