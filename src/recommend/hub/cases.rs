//! The VPCs that an interface endpoint of a service is about, with what decides.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        classified::Path,
        id::Region,
        inventory::{Endpoint, Vpc},
    },
    recommend::{
        way_out::WayOut,
        world::{Calls, Gb, Offer, World, is_public},
    },
};

/// How a VPC reaches the service today.
#[derive(Clone, Copy, Debug)]
pub(in crate::recommend) enum State<'w> {
    /// Publicly.
    Open,
    /// In a way that its answers do not show.
    Hidden,
    /// By an interface endpoint of its own.
    Own(&'w Endpoint),
}

/// A VPC and a service.
#[derive(Clone, Debug)]
pub(in crate::recommend) struct Case<'w> {
    pub(in crate::recommend) vpc: &'w Vpc,
    pub(in crate::recommend) calls: Calls<'w>,
    pub(in crate::recommend) state: State<'w>,
    pub(in crate::recommend) offer: Offer<'w>,
    pub(in crate::recommend) way: WayOut<'w>,
    /// What flow logs measured.
    pub(in crate::recommend) gb: Option<Gb>,
    /// Zones with subnets of the VPC that offer the service; none if they are not known.
    pub(in crate::recommend) zones: Option<usize>,
    /// Names of those that do not.
    pub(in crate::recommend) zones_without: Vec<&'w str>,
}

impl Case<'_> {
    pub(in crate::recommend) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
}

/// By region and service.
pub(super) type ByService<'w> = BTreeMap<(&'w Region, &'w str), Vec<Case<'w>>>;

/// Those of some VPCs.
pub(super) struct Cases<'w> {
    /// By region and service, VPCs by id.
    pub(super) by_service: ByService<'w>,
    /// Calls by names alone that no endpoint in the VPC's region answers for.
    pub(super) out_of_reach: Vec<(&'w Vpc, &'w str, Calls<'w>)>,
}

impl<'w> Cases<'w> {
    pub(super) fn new(world: &World<'w>, vpcs: &[&'w Vpc]) -> Self {
        let mut cases = Self {
            by_service: BTreeMap::new(),
            out_of_reach: Vec::new(),
        };
        for vpc in vpcs {
            for (service, calls) in world.calls(&vpc.vpc_id).into_iter().flatten() {
                cases.take(world, vpc, service, calls);
            }
        }
        cases
    }

    fn take(&mut self, world: &World<'w>, vpc: &'w Vpc, service: &'w str, calls: &Calls<'w>) {
        let region = &vpc.target.region;
        // A gateway endpoint is free.
        if world.offer(region, service, "Gateway").is_some() {
            return;
        }
        let Some(offer) = world.offer(region, service, "Interface") else {
            return;
        };
        let own = world.endpoints(vpc, service, "Interface").first().copied();
        let state = match (calls.here, own) {
            (Some(here), Some(own)) if here.path == Path::LocalEndpoint => State::Own(own),
            (Some(here), None) if is_public(here) => State::Open,
            (Some(here), None) if here.path == Path::Unknown => State::Hidden,
            // Private already, or by-passed: the findings of the endpoint say why.
            (Some(_), _) | (None, Some(_)) => return,
            (None, None) => {
                let mut rows = calls.global.iter().chain(&calls.elsewhere);
                if rows.any(|row| is_public(row)) {
                    self.out_of_reach.push((vpc, service, calls.clone()));
                }
                return;
            }
        };
        let (zones, zones_without) = zones(world, vpc, offer);
        let case = Case {
            vpc,
            calls: calls.clone(),
            state,
            offer,
            way: world.way_out(vpc),
            gb: calls.here.and_then(|row| world.gb(row)),
            zones,
            zones_without,
        };
        let all = self.by_service.entry((region, service)).or_default();
        all.push(case);
    }
}

/// How many zones of the VPC offer the service, and the names of the others.
pub(super) fn zones<'w>(
    world: &World<'w>,
    vpc: &Vpc,
    offer: Offer<'_>,
) -> (Option<usize>, Vec<&'w str>) {
    let Some(zones) = world.zones(vpc) else {
        return (None, Vec::new());
    };
    let offered: BTreeSet<&str> = offer
        .told
        .into_iter()
        .flat_map(|it| it.availability_zone_ids.iter().map(String::as_str))
        .collect();
    let (with, without): (Vec<_>, Vec<_>) = zones
        .into_iter()
        .partition(|(id, _)| offered.is_empty() || offered.contains(id));
    let mut without: Vec<&str> = without.into_iter().map(|(_, name)| name).collect();
    without.sort_unstable();
    (Some(with.len()), without)
}
