//! What is wrong with the endpoints that exist, from inventory and usage. One file a rule, each of
//! them pure; this puts them together. A rule that lacks a fact says nothing.

mod bypassed;
mod idle;
mod policy;
mod route_table;
mod security_group;
mod sets;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    host::HostRules,
    path::Ways,
    service::{Judge, has_gateway_route},
};
use crate::model::{
    classified::{ClassifiedHost, HostKind, VpcService},
    coverage::Step,
    facts::Facts,
    index::ByVpc,
    inventory::{Endpoint, EndpointService, Vpc},
    posture::{EndpointPosture, Finding},
    target::Target,
};

/// States on the way from one to another, and that of an endpoint that works.
const PASSING_STATES: [&str; 4] = ["available", "pending", "deleting", "deleted"];

/// Judges every endpoint, by id.
pub fn judge(judge: &Judge<'_>, services: &[VpcService]) -> BTreeMap<String, EndpointPosture> {
    let world = World::new(judge, services);
    let mut by_vpc: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in judge.facts.endpoints.values() {
        by_vpc.entry(&endpoint.vpc_id).or_default().push(endpoint);
    }
    let mut postures = BTreeMap::new();
    for (vpc_id, endpoints) in by_vpc {
        let vpc = world.vpcs.get(vpc_id).copied();
        // Judged once for all endpoints of the VPC.
        let mut hosts = vpc.map_or_else(Vec::new, |vpc| judge.hosts(vpc));
        hosts.retain(|host| host.kind == HostKind::Service);
        for endpoint in endpoints {
            let id = endpoint.endpoint_id.clone();
            postures.insert(id, world.posture(endpoint, vpc, &hosts));
        }
    }
    postures
}

/// Everything that the rules look at.
struct World<'w> {
    facts: &'w Facts,
    rules: &'w HostRules,
    ways: &'w Ways<'w>,
    index: &'w ByVpc<'w>,
    vpcs: BTreeMap<&'w str, &'w Vpc>,
    services: BTreeMap<&'w str, Vec<&'w VpcService>>,
    /// Endpoints that queries led to, in whichever VPC.
    answered: BTreeSet<String>,
    /// Whether all queries of all VPCs are known.
    all_read: bool,
}

/// An endpoint of one of AWS's services, in its VPC.
#[derive(Clone, Copy)]
struct Subject<'w> {
    endpoint: &'w Endpoint,
    vpc: &'w Vpc,
    /// The service, as in the endpoint service's name.
    service: &'w str,
    /// The region of the endpoint service; none for a global one.
    region: Option<&'w str>,
    /// The hosts of services that the VPC asked for.
    hosts: &'w [ClassifiedHost],
}

impl Subject<'_> {
    fn is_interface(&self) -> bool {
        self.endpoint.endpoint_type == "Interface"
    }

    fn is_gateway(&self) -> bool {
        self.endpoint.endpoint_type == "Gateway"
    }

    /// Whether names of this region are its own; global names are anyone's.
    fn is_called_by(&self, service: &str, region: Option<&str>) -> bool {
        let regions = self.region.zip(region);
        service == self.service && regions.is_none_or(|(here, there)| here == there)
    }
}

impl<'w> World<'w> {
    fn new(judge: &Judge<'w>, services: &'w [VpcService]) -> Self {
        let vpcs = judge.facts.distinct_vpcs().into_iter();
        let mut world = Self {
            facts: judge.facts,
            rules: judge.rules,
            ways: judge.ways,
            index: judge.index,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            services: BTreeMap::new(),
            answered: BTreeSet::new(),
            all_read: false,
        };
        for service in services {
            let services = world.services.entry(&service.vpc_id).or_default();
            services.push(service);
        }
        for vpc in world.vpcs.values() {
            let answered = idle::answered(judge.ways, vpc, &judge.hosts(vpc));
            world.answered.extend(answered);
        }
        world.all_read = world.vpcs.values().all(|vpc| idle::is_read(&world, vpc));
        world
    }

    fn posture(
        &self,
        endpoint: &Endpoint,
        vpc: Option<&Vpc>,
        hosts: &[ClassifiedHost],
    ) -> EndpointPosture {
        let mut posture = EndpointPosture::default();
        if !PASSING_STATES.contains(&endpoint.state.as_str()) {
            posture.findings.push(Finding::NotAvailable);
        }
        let split = self
            .rules
            .split_endpoint_service_name(&endpoint.service_name);
        let (Some((service, region)), Some(vpc)) = (split, vpc) else {
            return posture;
        };
        let subject = Subject {
            endpoint,
            vpc,
            service,
            region,
            hosts,
        };
        posture.missing_route_tables = route_table::missing(self, subject);
        posture.missing_availability_zones = zone::missing(self, subject);
        posture.security_group_allows_443 = security_group::allows_443(self, subject);
        posture.full_access_policy = policy::full_access(self, subject);
        if endpoint.is_available() {
            self.findings(subject, &mut posture);
        }
        posture.findings.sort_unstable();
        posture.findings.dedup();
        posture
    }

    fn findings(&self, subject: Subject<'_>, posture: &mut EndpointPosture) {
        let bypassed = bypassed::findings(self, subject);
        let some = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|it| !it.is_empty());
        let blocked = posture.security_group_allows_443 == Some(false)
            && !security_group::NOT_HTTPS.contains(&subject.service);
        let captures = subject.service == "execute-api"
            && subject.is_interface()
            && subject.endpoint.private_dns_enabled == Some(true);
        let told = [
            (
                some(&posture.missing_route_tables),
                Finding::RouteTablesMissing,
            ),
            (
                some(&posture.missing_availability_zones),
                Finding::AvailabilityZonesMissing,
            ),
            (blocked, Finding::SecurityGroupBlocks443),
            (
                posture.full_access_policy == Some(true),
                Finding::FullAccessPolicy,
            ),
            (sets::ecr_incomplete(self, subject), Finding::EcrIncomplete),
            (sets::ssm_incomplete(self, subject), Finding::SsmIncomplete),
            (captures, Finding::ExecuteApiCapturesPublic),
            (
                bypassed.is_empty() && idle::is_idle(self, subject),
                Finding::Idle,
            ),
        ];
        posture.findings.extend(bypassed);
        let told = told.into_iter().filter(|(is_so, _)| *is_so);
        posture.findings.extend(told.map(|(_, finding)| finding));
    }

    /// Whether a step is complete where the endpoint is.
    fn knows(&self, step: Step, target: &Target) -> bool {
        self.facts.outcomes.is_complete(target, step)
    }

    /// Available endpoints of a service in a VPC.
    fn endpoints(&self, vpc: &Vpc, service: &str) -> Vec<&'w Endpoint> {
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
    fn has_gateway_route(&self, vpc: &Vpc, service: &str) -> bool {
        has_gateway_route(self.index, vpc, &self.endpoints(vpc, service))
    }

    /// The endpoint service behind an endpoint, as its region tells it.
    fn offered(&self, endpoint: &Endpoint) -> Option<&'w EndpointService> {
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

    fn services(&self, vpc_id: &str) -> &[&'w VpcService] {
        self.services.get(vpc_id).map_or(&[], Vec::as_slice)
    }
}
