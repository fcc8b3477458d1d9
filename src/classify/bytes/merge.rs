//! Bytes into the rows of VPCs and services; services that only flow logs name get rows too.

use crate::{
    classify::service::UsageClassifier,
    model::{
        bytes::{Attribution, ServiceFlow, ServicePlace},
        classified::{ServiceBytes, VpcService},
    },
};

/// Gives every VPC and service its bytes, which are no longer in `found` then.
pub fn merge(
    found: &mut Attribution,
    classifier: &UsageClassifier<'_>,
    services: &mut Vec<VpcService>,
) {
    let mut flows = std::mem::take(&mut found.services);
    for service in &mut *services {
        let place = place_of(service);
        let flow = flows.remove(&place);
        service.bytes = bytes(found, service, flow);
    }
    if flows.is_empty() {
        return;
    }
    for vpc in classifier.facts.distinct_vpcs() {
        let first = (vpc.vpc_id.clone(), String::new(), None);
        let here = flows
            .range(first..)
            .take_while(|((id, ..), _)| *id == vpc.vpc_id);
        for ((_, name, region), flow) in here {
            let mut service = classifier.service(vpc, name, region.as_deref(), &[]);
            service.bytes = bytes(found, &service, Some(*flow));
            services.push(service);
        }
    }
}

fn place_of(service: &VpcService) -> ServicePlace {
    (
        service.vpc_id.clone(),
        service.service.to_string(),
        service.service_region.as_deref().map(str::to_owned),
    )
}

/// The bytes of a service: what was measured; zero only where every way was, and none of what is
/// ambiguous may be the service's.
fn bytes(found: &Attribution, service: &VpcService, flow: Option<ServiceFlow>) -> ServiceBytes {
    let vpc = &service.vpc_id;
    let pair = (vpc.clone(), service.service.to_string());
    let joined = !service.answers.is_empty() && !found.ambiguous.contains(&pair);
    let nat_known = found.nat_known.contains(vpc);
    let part = found.part.contains(vpc);
    if let Some(flow) = flow {
        // Bytes by a way that is not known may have passed a NAT gateway.
        let unclear = flow.unknown_way > 0 && !found.nat_recorded.contains(vpc);
        return ServiceBytes {
            to_service: Some(flow.to_service),
            from_service: Some(flow.from_service),
            nat: (flow.nat > 0 || (nat_known && !unclear)).then_some(flow.nat),
            part: part || unclear,
        };
    }
    let every_way = (joined && found.every_way.contains(vpc)).then_some(0);
    ServiceBytes {
        to_service: every_way,
        from_service: every_way,
        nat: (joined && nat_known).then_some(0),
        part,
    }
}
