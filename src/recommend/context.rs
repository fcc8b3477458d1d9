//! Everything that the rules look at, indexed once.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use hashbrown::HashMap;
use rust_decimal::Decimal;

pub(super) use super::{
    calls::{CallIndex, ServiceCalls, VpcCalls},
    traffic::{Gb, is_public},
};
use super::{egress_cost::EgressCost, input::AdvisorInput, uncovered_names::UncoveredNames};
use crate::model::{
    caveat::CaveatSet,
    classified::VpcService,
    coverage::Step,
    id::{AccountId, Region},
    index::ByVpc,
    inventory::{Endpoint, EndpointService, Vpc},
    kind::EndpointType,
    posture::{EndpointPosture, Finding},
    shared_text::TextPool,
};
use crate::{classify::reach::Reach, cost::endpoint};

/// An endpoint service that a region offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<'w> {
    /// As the Region lists it; none if the Region could not be asked and the built-in table has it.
    pub(super) listed: Option<&'w EndpointService>,
}

type Key<'w> = (&'w str, &'w str, &'w EndpointType);

/// The facts, indexed for the rules.
pub(super) struct RuleContext<'w> {
    pub(super) input: &'w AdvisorInput<'w>,
    pub(super) index: &'w ByVpc<'w>,
    vpcs: BTreeMap<&'w str, &'w Vpc>,
    /// The services that VPCs call.
    calls: CallIndex<'w>,
    offers: HashMap<Key<'w>, &'w EndpointService>,
    gateway_services: BTreeMap<&'w Region, BTreeSet<&'w str>>,
    /// Available endpoints of AWS's services, and these, by VPC.
    endpoints: HashMap<&'w str, Vec<(&'w str, &'w Endpoint)>>,
    egress_costs: BTreeMap<&'w str, Rc<EgressCost<'w>>>,
    /// How many VPCs go out by a NAT gateway.
    users: BTreeMap<&'w str, usize>,
    /// Transit gateways that a VPC is attached to.
    attached: BTreeMap<&'w str, BTreeSet<&'w str>>,
    /// VPCs that networks reach which the scan does not show.
    unscanned: BTreeSet<&'w str>,
    /// Names called that private DNS does not answer, by VPC and service.
    uncovered: UncoveredNames<'w>,
    /// GB a month that were measured through interface endpoints, by region: tiers begin behind them.
    endpoint_gb: BTreeMap<&'w Region, Decimal>,
    /// VPCs whose endpoints answered others, by region and service.
    hubs: BTreeMap<(&'w Region, &'w str), BTreeSet<&'w str>>,
    /// Texts that rows have in common.
    pub(super) texts: TextPool,
}

impl<'w> RuleContext<'w> {
    pub(super) fn new(input: &'w AdvisorInput<'w>) -> Self {
        let facts = input.facts;
        let vpcs = facts.distinct_vpcs().into_iter();
        let mut context = Self {
            input,
            index: input.index,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            calls: CallIndex::new(input.services),
            offers: HashMap::new(),
            gateway_services: BTreeMap::new(),
            endpoints: HashMap::new(),
            egress_costs: BTreeMap::new(),
            users: BTreeMap::new(),
            attached: BTreeMap::new(),
            unscanned: BTreeSet::new(),
            uncovered: UncoveredNames::default(),
            endpoint_gb: BTreeMap::new(),
            hubs: BTreeMap::new(),
            texts: TextPool::default(),
        };
        context.take_hubs();
        context.take_endpoints();
        context.uncovered = UncoveredNames::new(input, &context.vpcs);
        for it in facts.transit_gateway_attachments.values() {
            if let Some(vpc) = it.resource_id.as_deref().filter(|_| it.available) {
                let gateways = context.attached.entry(vpc).or_default();
                gateways.insert(&it.transit_gateway_id);
            }
        }
        let reach = Reach::new(facts, input.index);
        let unscanned = |vpc: &&Vpc| reach.of(vpc).unknown;
        let unscanned = context.vpcs().filter(unscanned);
        context.unscanned = unscanned.map(|vpc| vpc.vpc_id.as_str()).collect();
        let costs: BTreeMap<_, _> = context
            .vpcs()
            .map(|vpc| (vpc.vpc_id.as_str(), Rc::new(EgressCost::of(input, vpc))))
            .collect();
        for id in costs.values().flat_map(|it| &it.gateways) {
            *context.users.entry(id).or_default() += 1;
        }
        context.egress_costs = costs;
        context
    }

    fn take_hubs(&mut self) {
        for row in self.input.services {
            let vpc = || self.vpcs.get(row.vpc_id.as_str());
            if let Some((hub, vpc)) = row.hub.as_ref().and_then(|it| Some((it, vpc()?))) {
                let place = (&vpc.target.region, &*row.names.service);
                self.hubs.entry(place).or_default().insert(&hub.vpc_id);
            }
        }
    }

    fn take_endpoints(&mut self) {
        let rules = self.input.rules;
        for it in self.input.facts.endpoint_services.values().flatten() {
            if let Some((service, _)) = rules.split_endpoint_service_name(&it.service_name) {
                let key = (it.region.as_str(), service, &it.service_type);
                self.offers.entry(key).or_insert(it);
                if it.service_type == EndpointType::Gateway {
                    let services = self.gateway_services.entry(&it.region).or_default();
                    services.insert(service);
                }
            }
        }
        for it in self.input.facts.endpoints.values() {
            let cost = self.input.endpoint_costs.get(&it.endpoint_id);
            let gb = cost.and_then(|it| it.gb_month);
            if let Some(gb) = gb.filter(|_| it.endpoint_type == EndpointType::Interface) {
                let region = &it.target.region;
                *self.endpoint_gb.entry(region).or_default() += gb;
            }
            let split = rules.split_endpoint_service_name(&it.service_name);
            if let Some((service, _)) = split.filter(|_| it.is_available() && !it.is_cross_region())
            {
                let all = self.endpoints.entry(it.vpc_id.as_str()).or_default();
                all.push((service, it));
            }
        }
        self.endpoints.values_mut().for_each(Vec::shrink_to_fit);
    }

    pub(super) fn vpcs(&self) -> impl Iterator<Item = &'w Vpc> {
        self.vpcs.values().copied()
    }

    /// The VPCs of each region, by id.
    pub(super) fn vpcs_by_region(&self) -> BTreeMap<&'w Region, Vec<&'w Vpc>> {
        let mut regions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for vpc in self.vpcs() {
            regions.entry(&vpc.target.region).or_default().push(vpc);
        }
        regions
    }

    pub(super) fn vpc(&self, id: &str) -> Option<&'w Vpc> {
        self.vpcs.get(id).copied()
    }

    /// The account that can act in a VPC.
    pub(super) fn owner(vpc: &Vpc) -> &AccountId {
        &vpc.owner_account_id
    }

    /// The services that a VPC calls; none if its queries are not known.
    pub(super) fn calls(&self, vpc_id: &str) -> Option<VpcCalls<'_, 'w>> {
        self.calls.of(vpc_id)
    }

    /// The calls of a VPC to a service.
    pub(super) fn calls_to(&self, vpc_id: &str, service: &str) -> Option<ServiceCalls<'w>> {
        self.calls(vpc_id)?.get(service)
    }

    /// Whether all queries of the VPC are known, over the whole window.
    pub(super) fn usage_is_known(&self, vpc_id: &str) -> bool {
        let dns = self.input.facts.dns.get(vpc_id);
        dns.is_some_and(|it| it.is_whole(self.input.window))
    }

    /// Whether flow logs show a part of the bytes between a VPC and a service alone.
    pub(super) fn has_partial_bytes(&self, vpc_id: &str, service: &str) -> bool {
        let here = self.calls_to(vpc_id, service).and_then(|it| it.here);
        here.is_some_and(|row| row.bytes.part && row.bytes.nat.is_some())
    }

    /// What is to be advice of the names that a VPC calls a service by.
    pub(super) fn uncovered(&self, vpc_id: &str, service: &str) -> CaveatSet {
        self.uncovered.caveats(vpc_id, service)
    }

    /// Whether a VPC calls a service by names of its own region alone that private DNS does not answer.
    pub(super) fn calls_uncovered_alone(&self, vpc_id: &str, service: &str) -> bool {
        self.uncovered.are_all(vpc_id, service)
    }

    /// An endpoint of a service in a VPC that will be available, or waits for its acceptance.
    pub(super) fn unfinished(
        &self,
        vpc: &Vpc,
        service: &str,
        kind: &EndpointType,
    ) -> Option<&'w Endpoint> {
        let all = self.index.endpoints(&vpc.vpc_id).iter().copied();
        let mut unfinished = all.filter(|it| it.endpoint_type == *kind && it.is_unfinished());
        let rules = self.input.rules;
        unfinished.find(|it| {
            let split = rules.split_endpoint_service_name(&it.service_name);
            !it.is_cross_region() && split.is_some_and(|(found, _)| found == service)
        })
    }

    /// Whether a step is complete where the VPC is.
    pub(super) fn knows(&self, step: Step, vpc: &Vpc) -> bool {
        self.input.knows(step, vpc)
    }

    /// Whether every endpoint of the VPC is visible: participants of a shared one see none of the owner's
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html>).
    pub(super) fn knows_endpoints(&self, vpc: &Vpc) -> bool {
        vpc.is_seen_by_owner() && self.knows(Step::Endpoints, vpc)
    }

    /// The endpoint service of a type that a region offers for a service.
    pub(super) fn offer(
        &self,
        region: &Region,
        service: &str,
        kind: &EndpointType,
    ) -> Option<Offer<'w>> {
        if !self.input.facts.endpoint_services.contains_key(region) {
            let types = self.input.rules.endpoint_types(service);
            return types.contains(kind).then_some(Offer { listed: None });
        }
        let key = (region.as_str(), service, kind);
        let listed = self.offers.get(&key).copied()?;
        Some(Offer {
            listed: Some(listed),
        })
    }

    /// Services that a region offers endpoints of, as far as it was asked.
    pub(super) fn offered(&self, region: &Region) -> impl Iterator<Item = &'w str> {
        let found = self.offers.keys();
        found
            .filter(|(there, ..)| *there == region.as_str())
            .map(|(_, service, _)| *service)
    }

    /// Services that a region offers by gateway endpoint, as far as it was asked.
    pub(super) fn gateway_services(&self, region: &Region) -> impl Iterator<Item = &'w str> {
        let found = self.gateway_services.get(region);
        found.into_iter().flatten().copied()
    }

    /// Available endpoints of a service in a VPC.
    pub(super) fn endpoints(
        &self,
        vpc: &Vpc,
        service: &str,
        kind: &EndpointType,
    ) -> Vec<&'w Endpoint> {
        let all = self.endpoints.get(vpc.vpc_id.as_str());
        let all = all.into_iter().flatten();
        all.filter(|(it, endpoint)| *it == service && endpoint.endpoint_type == *kind)
            .map(|(_, endpoint)| *endpoint)
            .collect()
    }

    pub(super) fn posture(&self, endpoint: &Endpoint) -> Option<&'w EndpointPosture> {
        self.input.postures.get(&endpoint.endpoint_id)
    }

    /// Available endpoints of a VPC with a finding, and their services, by id; without those that an AWS
    /// service manages and needs as they are.
    pub(super) fn found(&self, vpc: &Vpc, finding: Finding) -> Vec<(&'w Endpoint, &'w str)> {
        let all = self.index.endpoints(&vpc.vpc_id).iter().copied();
        all.filter(|it| {
            let posture = self.posture(it);
            it.is_available()
                && it.requester_managed != Some(true)
                && posture.is_some_and(|it| it.findings.contains(&finding))
        })
        .filter_map(|it| {
            let rules = self.input.rules;
            let split = rules.split_endpoint_service_name(&it.service_name);
            Some((it, split?.0))
        })
        .collect()
    }

    /// How the VPC goes out.
    pub(super) fn egress_cost(&self, vpc: &Vpc) -> Rc<EgressCost<'w>> {
        let known = self.egress_costs.get(vpc.vpc_id.as_str());
        known.cloned().unwrap_or_default()
    }

    /// Whether other VPCs go out by the same NAT gateways.
    pub(super) fn shares_egress(&self, egress: &EgressCost<'_>) -> bool {
        let users = |id: &&str| self.users.get(*id).copied().unwrap_or_default();
        egress.gateways.iter().any(|id| users(id) > 1)
    }

    /// Whether networks that the scan does not show may send traffic through a VPC.
    pub(super) fn has_unknown_neighbours(&self, vpc: &Vpc) -> bool {
        self.unscanned.contains(vpc.vpc_id.as_str())
    }

    /// Transit gateways that a VPC is attached to.
    pub(super) fn attached(&self, vpc_id: &str) -> impl Iterator<Item = &'w str> {
        self.attached.get(vpc_id).into_iter().flatten().copied()
    }

    /// VPCs whose endpoint of the service answered others in the region, by id.
    pub(super) fn hubs(&self, region: &Region, service: &str) -> Vec<&'w str> {
        let found = self.hubs.get(&(region, service));
        found.into_iter().flatten().copied().collect()
    }

    /// The same for whichever service.
    pub(super) fn hubs_of_any(&self, region: &Region) -> BTreeSet<&'w str> {
        let all = self.hubs.iter().filter(|((there, _), _)| *there == region);
        all.flat_map(|(_, hubs)| hubs.iter().copied()).collect()
    }

    /// VPCs of the region that others go out by.
    pub(super) fn egress_vpcs(&self, region: &Region) -> BTreeSet<&'w str> {
        let ids = self
            .input
            .central_egress
            .values()
            .map(|it| it.vpc_id.as_str());
        ids.filter(|id| self.vpc(id).is_some_and(|it| it.target.region == *region))
            .collect()
    }

    /// Ids and names of the zones in which the VPC has subnets; none if its subnets are not known.
    pub(super) fn zones(&self, vpc: &Vpc) -> Option<BTreeMap<&'w str, &'w str>> {
        let subnets = self.index.subnets(&vpc.vpc_id);
        let zone = |it: &&'w crate::model::inventory::Subnet| {
            let name = it.availability_zone.as_str();
            (it.availability_zone_id.as_deref().unwrap_or(name), name)
        };
        self.knows(Step::Subnets, vpc)
            .then(|| subnets.iter().map(zone).collect())
    }

    /// GB a month of a VPC and service, where flow logs measured them over the whole window.
    pub(super) fn gb(&self, row: &VpcService) -> Option<Gb> {
        let nat = row.bytes.nat.filter(|_| !row.bytes.part)?;
        let both = row.bytes.to_service.zip(row.bytes.from_service);
        let all = both.and_then(|(to, from)| to.checked_add(from));
        Some(Gb {
            nat: self.per_month(nat)?,
            all: self.per_month(all.unwrap_or(nat).max(nat))?,
        })
    }

    /// US dollars a month for so many GB more through the interface endpoints of a region, in the tier
    /// that those which are there have reached, as far as they are measured.
    pub(super) fn endpoint_data(&self, region: &Region, gb: Decimal) -> Option<Decimal> {
        let before = self.endpoint_gb.get(region).copied().unwrap_or_default();
        endpoint::data(
            &EndpointType::Interface,
            region,
            before,
            gb,
            self.input.prices,
        )
    }

    /// Bytes of the window as GB a month; none if the window is too short for a rate.
    pub(super) fn per_month(&self, bytes: u64) -> Option<Decimal> {
        endpoint::gb_month(bytes, self.input.window)
    }
}
