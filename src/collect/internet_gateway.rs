//! Internet gateways and egress-only internet gateways, with the VPCs that they are attached to: listed
//! where a route to one lacks its state. A route to a gateway that is not attached to the VPC is a
//! `blackhole` (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>).

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

/// How the ids of egress-only internet gateways begin.
const EGRESS_ONLY: &str = "eigw-";

/// Which kinds of gateways are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    internet: bool,
    egress_only: bool,
}

impl Kinds {
    /// Both of them.
    pub const ALL: Self = Self {
        internet: true,
        egress_only: true,
    };

    /// Those that routes of these tables lead to without a word on whether they are attached.
    pub fn in_question<'t>(tables: impl Iterator<Item = &'t RouteTable>) -> Self {
        let mut kinds = Self::default();
        let routes = tables.flat_map(|table| &table.routes);
        for route in routes.filter(|route| !route.has_state) {
            if let RouteTarget::InternetGateway(id) = &route.target {
                let egress_only = id.starts_with(EGRESS_ONLY);
                kinds.egress_only |= egress_only;
                kinds.internet |= !egress_only;
            }
        }
        kinds
    }

    /// Whether there is something to list.
    pub fn any(self) -> bool {
        self.internet || self.egress_only
    }
}

/// Lists the gateways of these kinds.
pub async fn list(session: &Session, kinds: Kinds) -> Result<Vec<InternetGateway>, Failure> {
    let mut gateways = Vec::new();
    if kinds.internet {
        gateways.extend(internet(session).await?);
    }
    if kinds.egress_only {
        gateways.extend(egress_only(session).await?);
    }
    Ok(gateways)
}

async fn internet(session: &Session) -> Result<Vec<InternetGateway>, Failure> {
    let pages = session.ec2().describe_internet_gateways().max_results(PAGE);
    let target = session.target();
    session
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
        .await
}

async fn egress_only(session: &Session) -> Result<Vec<InternetGateway>, Failure> {
    let pages = session
        .ec2()
        .describe_egress_only_internet_gateways()
        .max_results(EGRESS_ONLY_PAGE);
    let target = session.target();
    session
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
        .await
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
        internet_gateway_id: required(id, "InternetGateway.InternetGatewayId")?.into(),
        vpc_ids: attached
            .filter_map(|it| it.vpc_id().map(Into::into))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::Route;

    #[test]
    fn only_the_kinds_are_listed_that_a_route_without_a_state_leads_to() {
        let kinds_of = |ids: &[&str], has_state| {
            let routes = ids.iter().map(|id| Route {
                destination: "0.0.0.0/0".into(),
                target: RouteTarget::InternetGateway((*id).into()),
                blackhole: false,
                has_state,
            });
            let table = RouteTable {
                route_table_id: "rtb-1".into(),
                vpc_id: "vpc-1".into(),
                main: true,
                subnet_ids: Vec::new(),
                routes: routes.collect(),
            };
            Kinds::in_question(std::iter::once(&table))
        };
        let kinds = |ids: &[&str]| kinds_of(ids, false);
        assert!(!kinds_of(&["igw-1", "eigw-1"], true).any());
        assert!(!kinds(&[]).any());
        assert_eq!(kinds(&["igw-1", "eigw-1"]), Kinds::ALL);
        assert!(kinds(&["igw-1"]).internet && !kinds(&["igw-1"]).egress_only);
        assert!(!kinds(&["eigw-1"]).internet && kinds(&["eigw-1"]).egress_only);
    }

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
