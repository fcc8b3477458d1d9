//! Transit gateways as far as an account sees them: attachments, and, in the account that owns the
//! transit gateway, where its route tables send what has no better route.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    self, TransitGatewayAssociationState, TransitGatewayAttachmentState, TransitGatewayRouteState,
};

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        network::{TransitGatewayAttachment, TransitGatewayDefaultRoute},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "ec2:DescribeTransitGatewayAttachments",
    "ec2:SearchTransitGatewayRoutes",
];

/// Everything that has no better route. Central egress goes by NAT gateways, which are IPv4.
const DEFAULT_ROUTE: &str = "0.0.0.0/0";

/// What an account sees of transit gateways.
pub type Seen = (
    Vec<TransitGatewayAttachment>,
    Vec<TransitGatewayDefaultRoute>,
);

/// Lists the attachments, and the default routes of route tables that this account owns.
pub async fn list(session: &Session) -> Result<Seen, Failure> {
    let pages = session
        .ec2()
        .describe_transit_gateway_attachments()
        .max_results(PAGE);
    let attachments = session
        .items(
            Api::Ec2("DescribeTransitGatewayAttachments"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.transit_gateway_attachments()
                    .iter()
                    .map(|it| attachment(session.target(), it))
                    .collect()
            },
        )
        .await?;
    let owned = |it: &&TransitGatewayAttachment| {
        it.transit_gateway_owner_id.as_ref() == Some(&session.target().account_id)
    };
    let tables: BTreeSet<&String> = attachments
        .iter()
        .filter(owned)
        .filter_map(|it| it.route_table_id.as_ref())
        .collect();
    let mut routes = Vec::new();
    for table in tables {
        routes.push(default_route(session, table).await?);
    }
    Ok((attachments, routes))
}

/// At most one route answers, so there is no second page.
async fn default_route(
    session: &Session,
    table: &str,
) -> Result<TransitGatewayDefaultRoute, Failure> {
    let filter = types::Filter::builder()
        .name("route-search.exact-match")
        .values(DEFAULT_ROUTE)
        .build();
    let call = session
        .ec2()
        .search_transit_gateway_routes()
        .transit_gateway_route_table_id(table)
        .filters(filter);
    let answer = session
        .call(Api::Ec2("SearchTransitGatewayRoutes"), || {
            call.clone().send()
        })
        .await?;
    let ids: BTreeSet<String> = answer
        .routes()
        .iter()
        .filter(|route| route.state() == Some(&TransitGatewayRouteState::Active))
        .flat_map(types::TransitGatewayRoute::transit_gateway_attachments)
        .filter_map(|it| it.transit_gateway_attachment_id().map(str::to_owned))
        .collect();
    Ok(TransitGatewayDefaultRoute {
        route_table_id: table.to_owned(),
        attachment_ids: ids.into_iter().collect(),
    })
}

fn attachment(
    target: &Target,
    it: &types::TransitGatewayAttachment,
) -> Result<TransitGatewayAttachment, MissingField> {
    let gone = [
        TransitGatewayAttachmentState::Deleted,
        TransitGatewayAttachmentState::Deleting,
        TransitGatewayAttachmentState::Failed,
        TransitGatewayAttachmentState::Failing,
        TransitGatewayAttachmentState::Rejected,
        TransitGatewayAttachmentState::Rejecting,
        TransitGatewayAttachmentState::PendingAcceptance,
    ];
    let owner = it
        .transit_gateway_owner_id()
        .filter(|owner| !owner.is_empty())
        .map(|owner| {
            let invalid = MissingField("TransitGatewayAttachment.TransitGatewayOwnerId");
            owner.parse().map_err(|_| invalid)
        })
        .transpose()?;
    let associated = it
        .association()
        .filter(|it| it.state() == Some(&TransitGatewayAssociationState::Associated));
    Ok(TransitGatewayAttachment {
        target: target.clone(),
        attachment_id: required(
            it.transit_gateway_attachment_id(),
            "TransitGatewayAttachment.TransitGatewayAttachmentId",
        )?
        .to_owned(),
        transit_gateway_id: required(
            it.transit_gateway_id(),
            "TransitGatewayAttachment.TransitGatewayId",
        )?
        .to_owned(),
        transit_gateway_owner_id: owner,
        resource_type: it
            .resource_type()
            .map_or("", types::TransitGatewayAttachmentResourceType::as_str)
            .to_owned(),
        resource_id: it.resource_id().map(str::to_owned),
        available: it.state().is_none_or(|state| !gone.contains(state)),
        route_table_id: associated
            .and_then(|it| it.transit_gateway_route_table_id())
            .map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_that_is_gone_is_kept_but_passes_nothing() {
        let answer = types::TransitGatewayAttachment::builder()
            .transit_gateway_attachment_id("tgw-attach-1")
            .transit_gateway_id("tgw-1")
            .transit_gateway_owner_id("210987654321")
            .resource_type(types::TransitGatewayAttachmentResourceType::Vpc)
            .resource_id("vpc-1");
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let with = |state| attachment(&target, &answer.clone().state(state).build()).unwrap();
        assert!(with(TransitGatewayAttachmentState::Available).available);
        assert!(!with(TransitGatewayAttachmentState::Deleted).available);
        let odd = answer.transit_gateway_owner_id("me").build();
        assert!(attachment(&target, &odd).is_err());
    }
}
