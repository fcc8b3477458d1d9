//! What is wrong with the endpoints that exist, from inventory and usage. One file a rule, each of
//! them pure; this puts them together. A rule that lacks a fact gives no advice.

mod answered;
mod bypassed;
mod context;
mod endpoint_sets;
mod idle;
mod policy;
mod route_table;
mod security_group;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use self::context::{PostureContext, Subject};
use super::service::UsageClassifier;
use crate::model::{
    bytes::Attribution,
    classified::{ClassifiedHost, HostKind, VpcService},
    endpoint_port,
    id::{VpcEndpointId, VpcId},
    inventory::{Endpoint, Vpc},
    kind::ResourceState,
    posture::{EndpointPosture, Finding},
    run::Window,
};

/// The service of calls to APIs of API Gateway. Its endpoint carries those to private APIs alone.
pub const EXECUTE_API: &str = "execute-api";

/// States on the way from one to another, and that of an endpoint that works.
const PASSING_STATES: [ResourceState; 4] = [
    ResourceState::Available,
    ResourceState::Pending,
    ResourceState::Deleting,
    ResourceState::Deleted,
];

/// States of an endpoint whose endpoint service's owner did not accept it.
const NOT_ACCEPTED: [ResourceState; 2] =
    [ResourceState::PendingAcceptance, ResourceState::Rejected];

/// The postures of the endpoints of a Region, and what the Region shows of others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Postures {
    /// By endpoint.
    pub by_endpoint: BTreeMap<VpcEndpointId, EndpointPosture>,
    /// Endpoints of other Regions that queries of this one led to.
    pub answered_elsewhere: BTreeSet<VpcEndpointId>,
    /// VPCs of other Regions whose endpoints answered VPCs of this one.
    pub hubs_elsewhere: BTreeSet<VpcId>,
}

/// Judges every endpoint.
pub fn assess(
    classifier: &UsageClassifier<'_>,
    services: &[VpcService],
    attribution: &Attribution,
    window: Window,
) -> Postures {
    let context = PostureContext::new(classifier, services, attribution, window);
    let mut by_vpc: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in classifier.facts.endpoints.values() {
        by_vpc.entry(&endpoint.vpc_id).or_default().push(endpoint);
    }
    let mut postures = Vec::new();
    for (vpc_id, endpoints) in by_vpc {
        let vpc = context.vpcs.get(vpc_id).copied();
        // Judged once for all endpoints of the VPC.
        let mut hosts = vpc.map_or_else(Vec::new, |vpc| classifier.hosts(vpc));
        hosts.retain(|host| host.kind == HostKind::Service);
        for endpoint in endpoints {
            let id = endpoint.endpoint_id.clone();
            postures.push((id, context.posture(endpoint, vpc, &hosts)));
        }
    }
    let here = &classifier.facts.endpoints;
    let answered = context.answered.iter().filter(|id| !here.contains_key(*id));
    let hubs = context
        .hubs
        .iter()
        .filter(|id| !context.vpcs.contains_key(*id));
    Postures {
        by_endpoint: postures.into_iter().collect(),
        answered_elsewhere: answered.cloned().collect(),
        hubs_elsewhere: hubs.map(|hub| VpcId::from(*hub)).collect(),
    }
}

impl PostureContext<'_> {
    fn posture(
        &self,
        endpoint: &Endpoint,
        vpc: Option<&Vpc>,
        hosts: &[ClassifiedHost],
    ) -> EndpointPosture {
        let mut posture = EndpointPosture::default();
        if !PASSING_STATES.contains(&endpoint.state) {
            posture.findings.push(Finding::NotAvailable);
        }
        if NOT_ACCEPTED.contains(&endpoint.state) {
            posture.findings.push(Finding::NotAccepted);
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
        (posture.idle, posture.idle_missing_proof) =
            idle::judge(self, subject, !bypassed.is_empty());
        let some = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|it| !it.is_empty());
        let blocked = posture.security_group_allows_443 == Some(false)
            && endpoint_port::is_https(subject.service);
        let blocks_service = security_group::blocks_service(self, subject);
        let captures = subject.service == EXECUTE_API
            && subject.is_interface()
            && subject.endpoint.private_dns_enabled == Some(true);
        let rules = [
            (
                some(&posture.missing_route_tables),
                Finding::RouteTablesMissing,
            ),
            (
                some(&posture.missing_availability_zones),
                Finding::AvailabilityZonesMissing,
            ),
            (blocked, Finding::SecurityGroupBlocks443),
            (blocks_service, Finding::SecurityGroupBlocksService),
            (
                posture.full_access_policy == Some(true),
                Finding::FullAccessPolicy,
            ),
            (
                endpoint_sets::ecr_incomplete(self, subject),
                Finding::EcrIncomplete,
            ),
            (
                endpoint_sets::ssm_incomplete(self, subject),
                Finding::SsmIncomplete,
            ),
            (captures, Finding::ExecuteApiCapturesPublic),
            (posture.idle == Some(true), Finding::Idle),
        ];
        posture.findings.extend(bypassed);
        let found = rules.into_iter().filter(|(is_so, _)| *is_so);
        posture.findings.extend(found.map(|(_, finding)| finding));
    }
}
