//! Bytes into the rows of VPCs and services; services that only flow logs name get rows too.

use std::collections::BTreeMap;

use crate::{
    classify::service::UsageClassifier,
    model::{
        bytes::{Attribution, ServiceFlow, ServicePlace},
        classified::{CalledService, ClassifiedHost, ServiceBytes, VpcService},
        inventory::Vpc,
    },
};

/// What a VPC asked for and called.
#[derive(Clone, Debug)]
pub struct VpcUsage<'f> {
    /// The VPC.
    pub vpc: &'f Vpc,
    /// The hosts in zones of AWS and of partners, by name.
    pub hosts: Vec<ClassifiedHost>,
    /// The services, with their bytes.
    pub services: Vec<CalledService>,
}

/// Hands what each VPC called to `take`, VPC by VPC: of all of them it is too much to be held. The bytes by
/// service are no longer in `found` then.
///
/// # Errors
///
/// The first of `take`.
pub fn each_vpc<'f, E>(
    found: &mut Attribution,
    classifier: &UsageClassifier<'f>,
    mut take: impl FnMut(VpcUsage<'f>) -> Result<(), E>,
) -> Result<(), E> {
    let flows = std::mem::take(&mut found.services);
    for vpc in classifier.facts.distinct_vpcs() {
        let hosts = classifier.hosts(vpc);
        let services = services(found, &flows, classifier, vpc, &hosts);
        take(VpcUsage {
            vpc,
            hosts,
            services,
        })?;
    }
    Ok(())
}

/// The services that a VPC calls: by the names that it asked for, then by its flow logs alone.
fn services(
    found: &Attribution,
    flows: &BTreeMap<ServicePlace, ServiceFlow>,
    classifier: &UsageClassifier<'_>,
    vpc: &Vpc,
    hosts: &[ClassifiedHost],
) -> Vec<CalledService> {
    let mut services = classifier.services(vpc, hosts);
    let first = (vpc.vpc_id.clone(), String::new(), None);
    let here = flows
        .range(first..)
        .take_while(|((id, ..), _)| *id == vpc.vpc_id);
    let mut flows: Vec<_> = here
        .map(|((_, service, region), flow)| (service.as_str(), region.as_deref(), *flow))
        .collect();
    for called in &mut services {
        let of_service = |(service, region, _): &(&str, Option<&str>, _)| {
            let names = &called.service.names;
            **service == *names.service && *region == names.service_region.as_deref()
        };
        let flow = flows.extract_if(.., |it| of_service(it)).next();
        called.service.bytes = bytes(found, called, flow.map(|(.., flow)| flow));
    }
    for (service, region, flow) in flows {
        let mut called = classifier.service(vpc, service, region, &[]);
        called.service.bytes = bytes(found, &called, Some(flow));
        services.push(called);
    }
    services
}

/// The bytes of a service: what was measured; zero only where every route was, and none of what is
/// ambiguous may be the service's.
fn bytes(found: &Attribution, called: &CalledService, flow: Option<ServiceFlow>) -> ServiceBytes {
    let VpcService {
        vpc_id: vpc, names, ..
    } = &called.service;
    let nat_known = found.nat_known.contains(vpc);
    let part = found.part.contains(vpc);
    if let Some(flow) = flow {
        // Bytes by an unknown route may have passed a NAT gateway.
        let unclear = flow.unknown_route > 0 && !found.nat_recorded.contains(vpc);
        return ServiceBytes {
            to_service: Some(flow.to_service),
            from_service: Some(flow.from_service),
            nat: (flow.nat > 0 || (nat_known && !unclear)).then_some(flow.nat),
            part: part || unclear,
        };
    }
    let joined = !called.answers.is_empty() && !found.is_ambiguous(vpc, &names.service);
    let all_routes_known = (joined && found.all_routes_known.contains(vpc)).then_some(0);
    ServiceBytes {
        to_service: all_routes_known,
        from_service: all_routes_known,
        nat: (joined && nat_known).then_some(0),
        part,
    }
}
