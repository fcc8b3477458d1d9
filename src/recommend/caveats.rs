//! What to think of before acting, by service, names and VPC.

use super::context::{Offer, RuleContext, ServiceCalls};
use crate::{
    classify::posture::EXECUTE_API,
    model::{caveat::CaveatSet, inventory::Vpc, opportunity::Caveat},
};

/// ECR needs `ecr.api`, `ecr.dkr` and a way to S3
/// (<https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>).
const ECR: [&str; 2] = ["ecr.api", "ecr.dkr"];
/// Systems Manager needs several
/// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html>).
const SSM: [&str; 3] = ["ssm", "ssmmessages", "ec2messages"];

/// Of a gateway endpoint that is new, or on further route tables.
pub(super) fn of_gateway(calls: Option<&ServiceCalls<'_>>, is_new: Option<Offer<'_>>) -> CaveatSet {
    let mut caveats = CaveatSet::from_iter([
        Caveat::SourceIpPolicies,
        Caveat::OpenConnections,
        Caveat::WithinVpcOnly,
    ]);
    caveats.extend(calls.into_iter().flat_map(of_regions));
    caveats.extend(is_new.map(of_policy));
    caveats.extend(
        is_new
            .filter(|it| it.listed.is_none())
            .map(|_| Caveat::OfferUnknown),
    );
    caveats
}

/// Of names that an interface endpoint of the VPC, or of a hub, would answer for.
pub(super) fn of_names(
    context: &RuleContext<'_>,
    vpc: &Vpc,
    service: &str,
    calls: &ServiceCalls<'_>,
) -> CaveatSet {
    let mut caveats: CaveatSet = of_regions(calls).collect();
    caveats.add(context.uncovered(&vpc.vpc_id, service));
    caveats.insert(Caveat::PrivateHostedZone);
    if service == EXECUTE_API {
        caveats.insert(Caveat::ExecuteApiPublicApis);
    }
    if ECR.contains(&service) {
        caveats.insert(Caveat::EcrSet);
    }
    if SSM.contains(&service) {
        caveats.insert(Caveat::SsmSet);
    }
    caveats
}

/// Of a new interface endpoint.
pub(super) fn of_interface(vpc: &Vpc, offer: Offer<'_>) -> CaveatSet {
    let mut caveats = CaveatSet::from_iter([of_policy(offer)]);
    if lacks_dns(vpc) {
        caveats.insert(Caveat::VpcDnsAttributes);
    }
    if offer.listed.is_none() {
        caveats.insert(Caveat::OfferUnknown);
    }
    caveats
}

/// Whether an attribute is off that private DNS needs.
pub(super) fn lacks_dns(vpc: &Vpc) -> bool {
    vpc.dns_support == Some(false) || vpc.dns_hostnames == Some(false)
}

fn of_policy(offer: Offer<'_>) -> Caveat {
    match offer.listed.and_then(|it| it.policy_supported) {
        Some(false) => Caveat::NoEndpointPolicy,
        _ => Caveat::DefaultPolicy,
    }
}

fn of_regions(calls: &ServiceCalls<'_>) -> impl Iterator<Item = Caveat> {
    let elsewhere = (!calls.elsewhere.is_empty()).then_some(Caveat::CrossRegionNames);
    let global = calls.global.map(|_| Caveat::GlobalNames);
    elsewhere.into_iter().chain(global)
}
