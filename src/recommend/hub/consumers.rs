//! The VPCs that an interface endpoint of a service is about, with what decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{
    model::{
        classified::Path,
        id::Region,
        inventory::{Endpoint, Vpc},
        kind::EndpointType,
        zone::is_availability_zone,
    },
    recommend::{
        context::{Gb, Offer, RuleContext, ServiceCalls, VpcCalls, is_public},
        egress_cost::EgressCost,
    },
};

/// How a VPC reaches the service today.
#[derive(Clone, Copy, Debug)]
pub(super) enum State<'w> {
    /// Publicly.
    Open,
    /// In a way that its answers do not show.
    Hidden,
    /// By an interface endpoint of its own.
    Own(&'w Endpoint),
}

/// A VPC and a service.
#[derive(Clone, Debug)]
pub(super) struct Consumer<'w> {
    pub(super) vpc: &'w Vpc,
    pub(super) calls: ServiceCalls<'w>,
    pub(super) state: State<'w>,
    pub(super) offer: Offer<'w>,
    pub(super) egress: Rc<EgressCost<'w>>,
    /// What flow logs measured, and CloudWatch of an endpoint of its own.
    pub(super) gb: Option<Gb>,
    /// Zones with subnets of the VPC that offer the service; none if they are not known.
    pub(super) zones: Option<usize>,
    /// Names of those that do not.
    pub(super) zones_without: Vec<&'w str>,
}

impl Consumer<'_> {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
}

/// By region and service.
pub(super) type ByService<'w> = BTreeMap<(&'w Region, &'w str), Vec<Consumer<'w>>>;

/// Those of some VPCs.
pub(super) struct Consumers<'w> {
    /// By region and service, VPCs by id.
    pub(super) by_service: ByService<'w>,
    /// Calls by names alone that no endpoint in the VPC's region answers for.
    pub(super) out_of_reach: Vec<(&'w Vpc, &'w str, ServiceCalls<'w>)>,
}

impl<'w> Consumers<'w> {
    pub(super) fn new(context: &RuleContext<'w>, vpcs: &[&'w Vpc]) -> Self {
        let mut consumers = Self {
            by_service: BTreeMap::new(),
            out_of_reach: Vec::new(),
        };
        for vpc in vpcs {
            for (service, calls) in context
                .calls(&vpc.vpc_id)
                .into_iter()
                .flat_map(VpcCalls::each)
            {
                consumers.take(context, vpc, service, calls);
            }
        }
        consumers
    }

    fn take(
        &mut self,
        context: &RuleContext<'w>,
        vpc: &'w Vpc,
        service: &'w str,
        calls: ServiceCalls<'w>,
    ) {
        let region = &vpc.target.region;
        // A gateway endpoint is free.
        if context
            .offer(region, service, &EndpointType::Gateway)
            .is_some()
        {
            return;
        }
        let Some(offer) = context.offer(region, service, &EndpointType::Interface) else {
            return;
        };
        let own = context.endpoints(vpc, service, &EndpointType::Interface);
        let own = own.iter().find(|it| it.requester_managed != Some(true));
        let own = own.copied();
        let state = match (calls.here, own) {
            (Some(here), Some(own)) if here.path == Path::LocalEndpoint => State::Own(own),
            (Some(here), None) if is_public(here) => State::Open,
            (Some(here), None) if here.path == Path::Unknown => State::Hidden,
            // Private already, or bypassed: the findings of the endpoint state why.
            (Some(_), _) | (None, Some(_)) => return,
            (None, None) => {
                let mut rows = calls.global.iter().chain(&calls.elsewhere);
                if rows.any(|row| is_public(row)) {
                    self.out_of_reach.push((vpc, service, calls));
                }
                return;
            }
        };
        let (zones, zones_without) = zones(context, vpc, offer);
        let consumer = Consumer {
            vpc,
            state,
            offer,
            egress: context.egress_cost(vpc),
            gb: gb(context, &calls, state),
            calls,
            zones,
            zones_without,
        };
        let all = self.by_service.entry((region, service)).or_default();
        all.push(consumer);
    }
}

/// GB a month. What passes an endpoint of its own is known only if that was measured: the log of a NAT
/// gateway shows none of it.
fn gb(context: &RuleContext<'_>, calls: &ServiceCalls<'_>, state: State<'_>) -> Option<Gb> {
    let here = calls.here?;
    let logged = context.gb(here)?;
    let State::Own(endpoint) = state else {
        return Some(logged);
    };
    let both = here.bytes.to_service.zip(here.bytes.from_service);
    let cost = context.input.endpoint_costs.get(&endpoint.endpoint_id);
    let metered = cost.and_then(|it| it.gb_month);
    let all = metered.into_iter().chain(both.map(|_| logged.all)).max()?;
    Some(Gb { all, ..logged })
}

/// How many zones of the VPC offer the service, and the names of the others.
pub(in crate::recommend) fn zones<'w>(
    context: &RuleContext<'w>,
    vpc: &Vpc,
    offer: Offer<'_>,
) -> (Option<usize>, Vec<&'w str>) {
    let Some(zones) = context.zones(vpc) else {
        return (None, Vec::new());
    };
    let offered: BTreeSet<&str> = offer
        .listed
        .into_iter()
        .flat_map(|it| it.availability_zone_ids.iter().map(String::as_str))
        .collect();
    let (with, without): (Vec<_>, Vec<_>) = zones.into_iter().partition(|(id, _)| {
        // No service is offered in Local and Wavelength Zones.
        offered.contains(id) || (offered.is_empty() && is_availability_zone(id))
    });
    let mut without: Vec<&str> = without.into_iter().map(|(_, name)| name).collect();
    without.sort_unstable();
    (Some(with.len()), without)
}
