//! The caveats of opportunities in words for a reviewer; `docs/opportunities.md` has longer ones.

use std::{collections::BTreeSet, fmt::Write as _};

use super::unit::Unit;
use crate::model::opportunity::Caveat;

/// Writes the section of a unit's README; nothing if there is no caveat.
pub(super) fn write(out: &mut String, unit: &Unit<'_>) {
    let caveats: BTreeSet<Caveat> = unit
        .rows()
        .flat_map(|row| row.caveats.iter().copied())
        .collect();
    if caveats.is_empty() {
        return;
    }
    let _ = writeln!(out, "## Risks\n");
    for caveat in caveats {
        let _ = writeln!(out, "- {}", risk(caveat));
    }
    out.push('\n');
}

fn risk(caveat: Caveat) -> &'static str {
    match caveat {
        Caveat::CrossRegionNames => {
            "Names of other Regions are called too: the endpoint does not carry them."
        }
        Caveat::GlobalNames => {
            "Names without a Region (such as `sts.amazonaws.com`) are called too: private DNS does not answer them. Make clients use the Regional name."
        }
        Caveat::FipsNames => "FIPS names are called that private DNS does not answer.",
        Caveat::OtherNames => {
            "Older or dual-stack names are called that private DNS does not answer."
        }
        Caveat::SourceIpPolicies => {
            "`aws:SourceIp` in bucket, key and IAM policies stops matching, because requests come from private addresses. Search for it first; use `aws:SourceVpce` or `aws:VpcSourceIp` instead."
        }
        Caveat::OpenConnections => {
            "Open connections to the service break for a moment when the route appears. Security groups and network ACLs must allow the prefix list."
        }
        Caveat::WithinVpcOnly => {
            "A gateway endpoint serves its own VPC, not what comes by a transit gateway, peering or a VPN."
        }
        Caveat::ExecuteApiPublicApis => {
            "Private DNS of `execute-api` answers for every API Gateway API in the Region: public APIs can no longer be called by their default names from the VPC."
        }
        Caveat::ZonesNotOffered => {
            "The service is not offered in every zone of the VPC: clients there cross zones."
        }
        Caveat::DefaultPolicy => {
            "An endpoint without a policy lets every principal do everything. The template sets one; with an empty organization id it does not."
        }
        Caveat::NoEndpointPolicy => {
            "Endpoints of the service take no policy: security groups and the service decide alone."
        }
        Caveat::VpcDnsAttributes => {
            "Private DNS needs `enableDnsSupport` and `enableDnsHostnames`, and one of them is off: `aws ec2 modify-vpc-attribute --vpc-id VPC --enable-dns-support` and `--enable-dns-hostnames` first."
        }
        Caveat::SecurityGroupBlocks => {
            "The security groups of the endpoint do not let the VPC in: with private DNS on, every call to the service would time out. Allow it first: `aws ec2 authorize-security-group-ingress --group-id GROUP --protocol tcp --port 443 --cidr BLOCK`."
        }
        Caveat::PrivateHostedZone => {
            "A private hosted zone of the same name refuses private DNS (`ConflictingDomainExists`). Look first: `aws route53 list-hosted-zones-by-vpc --vpc-id VPC --vpc-region REGION`."
        }
        Caveat::EcrSet => {
            "Image pulls need `ecr.api`, `ecr.dkr` and a way to S3, where the layers are."
        }
        Caveat::SsmSet => {
            "Systems Manager needs `ssm` and `ssmmessages`, and `ec2messages` for older agents."
        }
        Caveat::SharedVpc => "The VPC belongs to another account that was not scanned.",
        Caveat::CeilingShared => {
            "Other VPCs use the same NAT gateways: the ceiling is that of all of them together."
        }
        Caveat::HubNames => {
            "VPCs other than the hub reach the endpoint by a private hosted zone or a Route 53 Profile."
        }
        Caveat::HubShared => {
            "All VPCs share the endpoint's policy and bandwidth, and `aws:SourceVpc` sees the hub."
        }
        Caveat::NewAttachment => {
            "The VPC is not attached to the hub's transit gateway: the attachment and routes on both sides are needed first, and are not in this template."
        }
        Caveat::TransitGatewayPriceUnknown => {
            "The price of a GB through the transit gateway is not known."
        }
        Caveat::OtherDestinations => "What was not called in the window may need the NAT gateways.",
        Caveat::PriceUnknown => "A price that decides is not known for the Region.",
        Caveat::PathUnknown => "No answer was seen that shows how the service is reached today.",
        Caveat::UsageUnknown => "What the VPC calls is not known.",
        Caveat::OfferUnknown => "The Region could not be asked whether it offers the service.",
        Caveat::PartOfWindow => "Flow logs show a part of the bytes alone.",
        Caveat::WindowTooShort => {
            "The window is shorter than 24 hours: no figure of a month is made of it."
        }
    }
}
