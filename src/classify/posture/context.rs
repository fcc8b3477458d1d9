//! What the rules of endpoint postures look at, indexed once.

use std::collections::{BTreeMap, BTreeSet};

use super::answered;
use crate::{
    classify::{
        host::HostRules,
        path::{AnswerOrigin, EndpointAddresses},
        reach::Reach,
        service::{UsageClassifier, has_gateway_route, region_of_service},
    },
    model::{
        bytes::{Attribution, FlowRoute},
        classified::{ClassifiedHost, HostKind, VpcService},
        coverage::Step,
        facts::Facts,
        id::{VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::{Endpoint, EndpointService, Vpc},
        kind::EndpointType,
        run::Window,
        target::Target,
    },
};

/// Everything that the rules look at.
pub(super) struct PostureContext<'w> {
    pub(super) facts: &'w Facts,
    pub(super) rules: &'w HostRules,
    pub(super) addresses: &'w EndpointAddresses<'w>,
    pub(super) index: &'w ByVpc<'w>,
    pub(super) vpcs: BTreeMap<&'w str, &'w Vpc>,
    pub(super) services: BTreeMap<&'w str, Vec<&'w VpcService>>,
    /// Endpoints that queries led to, in whichever VPC.
    pub(super) answered: BTreeSet<VpcEndpointId>,
    /// VPCs that asked for names in AWS's zones which no rule knows, without a public answer.
    pub(super) unknown_names: BTreeSet<&'w str>,
    /// VPCs whose endpoints answered other VPCs.
    pub(super) hubs: BTreeSet<&'w str>,
    /// VPCs that send bytes through gateway endpoints, or by an unknown route.
    pub(super) unclear_routes: BTreeSet<&'w str>,
    /// The connections between networks.
    pub(super) reach: Reach<'w>,
    /// The bytes of the flow logs.
    pub(super) attribution: &'w Attribution,
    /// The time that was looked at.
    pub(super) window: Window,
}

/// An endpoint of one of AWS's services, in its VPC.
#[derive(Clone, Copy)]
pub(super) struct Subject<'w> {
    pub(super) endpoint: &'w Endpoint,
    pub(super) vpc: &'w Vpc,
    /// The service, as in the endpoint service's name.
    pub(super) service: &'w str,
    /// The region of the endpoint service; none for a global one.
    pub(super) region: Option<&'w str>,
    /// The hosts of services that the VPC asked for.
    pub(super) hosts: &'w [ClassifiedHost],
}

impl Subject<'_> {
    pub(super) fn is_interface(&self) -> bool {
        self.endpoint.endpoint_type == EndpointType::Interface
    }

    pub(super) fn is_gateway(&self) -> bool {
        self.endpoint.endpoint_type == EndpointType::Gateway
    }

    /// Whether names of this region are its own; global names are anyone's.
    pub(super) fn is_called_by(&self, service: &str, region: Option<&str>) -> bool {
        let regions = self.region.zip(region);
        service == self.service && regions.is_none_or(|(here, there)| here == there)
    }
}

fn unclear_routes(attribution: &Attribution) -> BTreeSet<&str> {
    let unclear = |route| matches!(route, FlowRoute::GatewayEndpoint | FlowRoute::Unknown);
    let places = attribution.places.iter();
    let places = places.filter(|(place, shares)| unclear(place.route) && shares.bytes > 0);
    places.filter_map(|(it, _)| it.vpc_id.as_deref()).collect()
}

impl<'w> PostureContext<'w> {
    pub(super) fn new(
        classifier: &UsageClassifier<'w>,
        services: &'w [VpcService],
        attribution: &'w Attribution,
        window: Window,
    ) -> Self {
        let vpcs = classifier.facts.distinct_vpcs().into_iter();
        let mut context = Self {
            facts: classifier.facts,
            rules: classifier.rules,
            addresses: classifier.addresses,
            index: classifier.index,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            services: BTreeMap::new(),
            answered: classifier.facts.cross_region.answered.clone(),
            unknown_names: BTreeSet::new(),
            hubs: classifier
                .facts
                .cross_region
                .hubs
                .iter()
                .map(VpcId::as_str)
                .collect(),
            unclear_routes: unclear_routes(attribution),
            reach: Reach::new(classifier.facts, classifier.index),
            attribution,
            window,
        };
        for service in services {
            let services = context.services.entry(&service.vpc_id).or_default();
            services.push(service);
            context
                .hubs
                .extend(service.hub.iter().map(|hub| hub.vpc_id.as_str()));
        }
        for (vpc_id, vpc) in &context.vpcs {
            let hosts = classifier.hosts(vpc);
            let answered = answered::by_hosts(classifier.addresses, vpc, &hosts);
            context.answered.extend(answered);
            if hosts.iter().any(|host| context.is_unknown(vpc, host)) {
                context.unknown_names.insert(vpc_id);
            }
        }
        context
    }

    /// Whether a name in AWS's zones may be that of a service which no rule knows: its answers are not
    /// all public.
    fn is_unknown(&self, vpc: &Vpc, host: &ClassifiedHost) -> bool {
        let public = |it: &_| self.addresses.origin(vpc, None, *it) == AnswerOrigin::Public;
        host.kind == HostKind::OtherAws
            && host.queries + host.failed_queries > 0
            && !self.rules.is_alias_target(&host.host)
            && (host.answers.is_empty() || !host.answers.iter().all(public))
    }

    /// Whether a step is complete where the endpoint is.
    pub(super) fn knows(&self, step: Step, target: &Target) -> bool {
        self.facts.outcomes.is_complete(target, step)
    }

    /// Available endpoints of a service in a VPC.
    pub(super) fn endpoints(&self, vpc: &Vpc, service: &str) -> Vec<&'w Endpoint> {
        let of_service = |endpoint: &&&'w Endpoint| {
            let split = self
                .rules
                .split_endpoint_service_name(&endpoint.service_name);
            endpoint.is_available()
                && region_of_service(self.rules, endpoint) == vpc.target.region.as_str()
                && split.is_some_and(|(it, _)| it == service)
        };
        let all = self.index.endpoints(&vpc.vpc_id).iter();
        all.filter(of_service).copied().collect()
    }

    /// Whether a gateway endpoint of the service is on a route table that a subnet uses.
    pub(super) fn has_gateway_route(&self, vpc: &Vpc, service: &str) -> bool {
        has_gateway_route(self.index, vpc, &self.endpoints(vpc, service))
    }

    /// The endpoint service behind an endpoint, as its Region lists it.
    pub(super) fn offered(&self, endpoint: &Endpoint) -> Option<&'w EndpointService> {
        let services = self
            .facts
            .endpoint_services
            .get(&endpoint.target.region)?
            .iter();
        services.into_iter().find(|service| {
            service.service_name == endpoint.service_name
                && service.service_type == endpoint.endpoint_type
        })
    }

    pub(super) fn services(&self, vpc_id: &str) -> &[&'w VpcService] {
        self.services.get(vpc_id).map_or(&[], Vec::as_slice)
    }

    /// Whether all queries of the VPC are known, over the whole window.
    pub(super) fn is_covered(&self, vpc: &Vpc) -> bool {
        let dns = self.facts.dns.get(&vpc.vpc_id);
        dns.is_some_and(|it| it.is_whole(self.window)) && self.knows(Step::DnsUsage, &vpc.target)
    }
}
