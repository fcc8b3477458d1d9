//! The VPCs that an interface endpoint of a service is about, with what decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{
    classify::posture::EXECUTE_API,
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
    /// By a path that its answers do not show.
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

impl<'w> Consumer<'w> {
    fn new(
        context: &RuleContext<'w>,
        vpc: &'w Vpc,
        calls: ServiceCalls<'w>,
        state: State<'w>,
        offer: Offer<'w>,
    ) -> Self {
        let mut consumer = Self {
            vpc,
            state,
            offer,
            egress: context.egress_cost(vpc),
            gb: gb(context, &calls, state),
            calls,
            zones: None,
            zones_without: Vec::new(),
        };
        if consumer.gb.is_some() {
            consumer.find_zones(context);
        }
        consumer
    }

    fn find_zones(&mut self, context: &RuleContext<'w>) {
        (self.zones, self.zones_without) = zones(context, self.vpc, self.offer);
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }
}

/// The VPCs that call a service, and that an interface endpoint of it could answer.
#[derive(Debug)]
pub(super) struct ServiceCallers<'w> {
    pub(super) region: &'w Region,
    pub(super) service: &'w str,
    /// By id.
    vpcs: Vec<&'w Vpc>,
}

impl<'w> ServiceCallers<'w> {
    /// All that is known of them. It is made anew whenever it is asked for: of all services of a Region
    /// together it would be too much to hold.
    pub(super) fn consumers(&self, context: &RuleContext<'w>) -> Vec<Consumer<'w>> {
        let mut consumers = self.planned(context);
        for it in consumers.iter_mut().filter(|it| it.gb.is_none()) {
            it.find_zones(context);
        }
        consumers
    }

    /// What a plan looks at: no zones where no bytes were measured.
    pub(super) fn planned(&self, context: &RuleContext<'w>) -> Vec<Consumer<'w>> {
        let consumer = |vpc: &&'w Vpc| {
            let calls = context.calls_to(&vpc.vpc_id, self.service)?;
            match reached(context, vpc, self.service, &calls)? {
                Reached::By(state, offer) => Some(Consumer::new(context, vpc, calls, state, offer)),
                Reached::No(_) => None,
            }
        };
        self.vpcs.iter().filter_map(consumer).collect()
    }
}

/// The services that some VPCs call.
pub(super) struct Callers<'w> {
    /// By region and service.
    pub(super) services: Vec<ServiceCallers<'w>>,
    /// Calls that a new endpoint in the VPC's region would not answer, and why.
    pub(super) out_of_reach: Vec<(&'w Vpc, &'w str, Obstacle<'w>)>,
}

impl<'w> Callers<'w> {
    pub(super) fn new(context: &RuleContext<'w>, vpcs: &[&'w Vpc]) -> Self {
        let mut services: BTreeMap<(&Region, &str), Vec<&Vpc>> = BTreeMap::new();
        let mut out_of_reach = Vec::new();
        for vpc in vpcs {
            let calls = context.calls(&vpc.vpc_id).into_iter();
            for (service, calls) in calls.flat_map(VpcCalls::each) {
                match reached(context, vpc, service, &calls) {
                    Some(Reached::By(..)) => {
                        let place = (&vpc.target.region, service);
                        services.entry(place).or_default().push(vpc);
                    }
                    Some(Reached::No(why)) => out_of_reach.push((*vpc, service, why)),
                    None => {}
                }
            }
        }
        let services = services.into_iter();
        Self {
            services: services
                .map(|((region, service), vpcs)| ServiceCallers {
                    region,
                    service,
                    vpcs,
                })
                .collect(),
            out_of_reach,
        }
    }
}

/// How a VPC reaches a service that an interface endpoint could answer for.
enum Reached<'w> {
    /// By this path.
    By(State<'w>, Offer<'w>),
    /// Not by a new one.
    No(Obstacle<'w>),
}

/// Why a new interface endpoint would not answer for what a VPC calls publicly.
#[derive(Clone, Copy, Debug)]
pub(in crate::recommend) enum Obstacle<'w> {
    /// Its names are of other regions, or of none.
    OtherRegions,
    /// Private DNS answers none of its names.
    Names,
    /// An endpoint carries calls to private APIs alone, and what is answered publicly is no private one
    /// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html>).
    PublicApis,
    /// There is one already that is not available yet: EC2 refuses the private DNS of a second one.
    Unfinished(&'w Endpoint),
}

impl<'w> Obstacle<'w> {
    /// To calls by names of the VPC's own region.
    pub(in crate::recommend) fn of(
        context: &RuleContext<'w>,
        vpc: &Vpc,
        service: &str,
    ) -> Option<Self> {
        if service == EXECUTE_API {
            return Some(Self::PublicApis);
        }
        if context.calls_uncovered_alone(&vpc.vpc_id, service) {
            return Some(Self::Names);
        }
        let unfinished = context.unfinished(vpc, service, &EndpointType::Interface);
        unfinished.map(Self::Unfinished)
    }
}

/// None if no interface endpoint would change anything.
fn reached<'w>(
    context: &RuleContext<'w>,
    vpc: &'w Vpc,
    service: &str,
    calls: &ServiceCalls<'w>,
) -> Option<Reached<'w>> {
    let region = &vpc.target.region;
    // A gateway endpoint is free.
    let gateway = context.offer(region, service, &EndpointType::Gateway);
    if gateway.is_some() {
        return None;
    }
    let offer = context.offer(region, service, &EndpointType::Interface)?;
    let own = context.endpoints(vpc, service, &EndpointType::Interface);
    let own = own.iter().find(|it| it.requester_managed != Some(true));
    let state = match (calls.here, own.copied()) {
        (Some(here), Some(own)) if here.path == Path::LocalEndpoint => State::Own(own),
        (Some(here), None) if is_public(here) => match Obstacle::of(context, vpc, service) {
            Some(why) => return Some(Reached::No(why)),
            None => State::Open,
        },
        (Some(here), None) if here.path == Path::Unknown => State::Hidden,
        // Private already, or bypassed: the findings of the endpoint state why.
        (Some(_), _) | (None, Some(_)) => return None,
        (None, None) => {
            let mut rows = calls.global.iter().chain(&calls.elsewhere);
            let public = rows.any(|row| is_public(row));
            return public.then_some(Reached::No(Obstacle::OtherRegions));
        }
    };
    Some(Reached::By(state, offer))
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
