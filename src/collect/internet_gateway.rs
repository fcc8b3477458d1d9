//! Internet gateways and egress-only internet gateways, with the VPCs that they are attached to.

use aws_sdk_ec2::types::{self, AttachmentStatus};

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        internet::InternetGateway,
        inventory::{RouteTable, RouteTarget},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeInternetGateways",
];

/// The most items a page of `DescribeEgressOnlyInternetGateways` holds
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeEgressOnlyInternetGateways.html>).
const EGRESS_ONLY_PAGE: i32 = 255;

/// Whether a route of these tables leads to an internet gateway.
pub fn is_routed_to<'t>(mut tables: impl Iterator<Item = &'t RouteTable>) -> bool {
    tables.any(|table| {
        let mut routes = table.routes.iter();
        routes.any(|route| matches!(route.target, RouteTarget::InternetGateway(_)))
    })
}

/// Lists the gateways of both kinds.
pub async fn list(session: &Session) -> Result<Vec<InternetGateway>, Failure> {
    let ec2 = session.ec2();
    let pages = ec2.describe_internet_gateways().max_results(PAGE);
    let target = session.target();
    let mut gateways = session
        .items(
            Api::Ec2("DescribeInternetGateways"),
            || pages.clone().into_paginator().send(),
            |page| {
                let found = page.internet_gateways().iter();
                found
                    .map(|it| gateway(target, it.internet_gateway_id(), it.attachments()))
                    .collect()
            },
        )
        .await?;
    let pages = ec2
        .describe_egress_only_internet_gateways()
        .max_results(EGRESS_ONLY_PAGE);
    let egress_only = session
        .items(
            Api::Ec2("DescribeEgressOnlyInternetGateways"),
            || pages.clone().into_paginator().send(),
            |page| {
                let found = page.egress_only_internet_gateways().iter();
                found
                    .map(|it| {
                        gateway(
                            target,
                            it.egress_only_internet_gateway_id(),
                            it.attachments(),
                        )
                    })
                    .collect()
            },
        )
        .await?;
    gateways.extend(egress_only);
    Ok(gateways)
}

fn gateway(
    target: &Target,
    id: Option<&str>,
    attachments: &[types::InternetGatewayAttachment],
) -> Result<InternetGateway, MissingField> {
    // EC2 answers `available` for an attached internet gateway, which the SDK does not know.
    let gone = [AttachmentStatus::Detached, AttachmentStatus::Detaching];
    let attached = attachments
        .iter()
        .filter(|it| it.state().is_none_or(|state| !gone.contains(state)));
    Ok(InternetGateway {
        target: target.clone(),
        internet_gateway_id: required(id, "InternetGateway.InternetGatewayId")?.to_owned(),
        vpc_ids: attached
            .filter_map(|it| it.vpc_id().map(str::to_owned))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_of_the_vpcs_that_it_is_attached_to() {
        let attachment = |vpc: &str, state: &str| {
            types::InternetGatewayAttachment::builder()
                .vpc_id(vpc)
                .state(state.into())
                .build()
        };
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let all = [
            attachment("vpc-1", "available"),
            attachment("vpc-2", "attached"),
            attachment("vpc-3", "detached"),
            attachment("vpc-4", "detaching"),
        ];
        let read = gateway(&target, Some("igw-1"), &all).unwrap();
        assert_eq!(read.vpc_ids, ["vpc-1", "vpc-2"]);
        assert!(gateway(&target, None, &all).is_err());
    }
}
