//! What the rules of endpoint postures look at, indexed once.

use std::collections::{BTreeMap, BTreeSet};

use super::answered;
use crate::{
    classify::{
        host::HostRules,
        path::EndpointAddresses,
        service::{UsageClassifier, has_gateway_route},
    },
    model::{
        classified::{ClassifiedHost, VpcService},
        coverage::Step,
        facts::Facts,
        index::ByVpc,
        inventory::{Endpoint, EndpointService, Vpc},
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
    pub(super) answered: BTreeSet<String>,
    /// Whether all queries of all VPCs are known.
    pub(super) all_read: bool,
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
        self.endpoint.endpoint_type == "Interface"
    }

    pub(super) fn is_gateway(&self) -> bool {
        self.endpoint.endpoint_type == "Gateway"
    }

    /// Whether names of this region are its own; global names are anyone's.
    pub(super) fn is_called_by(&self, service: &str, region: Option<&str>) -> bool {
        let regions = self.region.zip(region);
        service == self.service && regions.is_none_or(|(here, there)| here == there)
    }
}

impl<'w> PostureContext<'w> {
    pub(super) fn new(classifier: &UsageClassifier<'w>, services: &'w [VpcService]) -> Self {
        let vpcs = classifier.facts.distinct_vpcs().into_iter();
        let mut context = Self {
            facts: classifier.facts,
            rules: classifier.rules,
            addresses: classifier.addresses,
            index: classifier.index,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            services: BTreeMap::new(),
            answered: BTreeSet::new(),
            all_read: false,
        };
        for service in services {
            let services = context.services.entry(&service.vpc_id).or_default();
            services.push(service);
        }
        for vpc in context.vpcs.values() {
            let answered = answered::by_hosts(classifier.addresses, vpc, &classifier.hosts(vpc));
            context.answered.extend(answered);
        }
        context.all_read = context.vpcs.values().all(|vpc| context.is_read(vpc));
        context
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
            endpoint.is_available() && split.is_some_and(|(it, _)| it == service)
        };
        let all = self.index.endpoints(&vpc.vpc_id).iter();
        all.filter(of_service).copied().collect()
    }

    /// Whether a gateway endpoint of the service is on a route table that a subnet uses.
    pub(super) fn has_gateway_route(&self, vpc: &Vpc, service: &str) -> bool {
        has_gateway_route(self.index, vpc, &self.endpoints(vpc, service))
    }

    /// The endpoint service behind an endpoint, as its region tells it.
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

    /// Whether all queries of the VPC are known.
    pub(super) fn is_read(&self, vpc: &Vpc) -> bool {
        let queries = self.facts.dns.get(&vpc.vpc_id).and_then(|it| it.queries);
        queries.is_some() && self.knows(Step::DnsUsage, &vpc.target)
    }
}
