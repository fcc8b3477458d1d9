//! Transit gateways as far as an account sees them: attachments, and, in the account that owns the
//! transit gateway, where its route tables lead.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_sdk_ec2::types::{
    self, TransitGatewayAssociationState, TransitGatewayAttachmentState, TransitGatewayRouteState,
    TransitGatewayRouteType,
};
use ipnet::IpNet;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        id::TransitGatewayRouteTableId,
        inventory::is_private,
        network::{TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "ec2:DescribeTransitGatewayAttachments",
    "ec2:SearchTransitGatewayRoutes",
];

/// What an account sees of transit gateways.
pub type AttachmentsAndRouteTables = (Vec<TransitGatewayAttachment>, Vec<TransitGatewayRouteTable>);

/// Lists the attachments, and the route tables that this account owns.
pub async fn list(session: &Session) -> Result<AttachmentsAndRouteTables, Failure> {
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
    let tables: BTreeSet<&TransitGatewayRouteTableId> = attachments
        .iter()
        .filter(owned)
        .filter_map(|it| it.route_table_id.as_ref())
        .collect();
    let mut routes = Vec::new();
    for table in tables {
        routes.push(route_table(session, table).await?);
    }
    Ok((attachments, routes))
}

/// A route table, without what stays within private networks: on-premises networks have many such routes.
async fn route_table(session: &Session, table: &str) -> Result<TransitGatewayRouteTable, Failure> {
    let filter = types::Filter::builder().name("state");
    let filter = [
        TransitGatewayRouteState::Active,
        TransitGatewayRouteState::Blackhole,
    ]
    .iter()
    .fold(filter, |filter, state| filter.values(state.as_str()));
    let pages = session
        .ec2()
        .search_transit_gateway_routes()
        .transit_gateway_route_table_id(table)
        .max_results(PAGE)
        .filters(filter.build());
    let cut_off = AtomicBool::new(false);
    let all: Vec<Option<TransitGatewayRoute>> = session
        .items(
            Api::Ec2("SearchTransitGatewayRoutes"),
            || pages.clone().into_paginator().send(),
            |page| {
                let more = page.additional_routes_available() == Some(true);
                cut_off.store(more && page.next_token().is_none(), Ordering::Relaxed);
                page.routes().iter().map(route).collect()
            },
        )
        .await?;
    let routes: Vec<_> = all.into_iter().flatten().collect();
    let mut found = TransitGatewayRouteTable {
        route_table_id: table.into(),
        attachment_ids: Vec::new(),
        routes: Some(routes),
    };
    let default = found.attachments_to(None).into_iter().map(str::to_owned);
    found.attachment_ids = default.map(Into::into).collect();
    if cut_off.into_inner() {
        // Another route may be the better one.
        found.routes = None;
        found.attachment_ids = Vec::new();
    }
    Ok(found)
}

/// A route to private addresses is none, nor one that a prefix list alone names.
fn route(it: &types::TransitGatewayRoute) -> Result<Option<TransitGatewayRoute>, MissingField> {
    let Some(destination) = it.destination_cidr_block() else {
        return Ok(None);
    };
    let destination: Option<IpNet> = destination.parse().ok();
    let destination = required(destination, "TransitGatewayRoute.DestinationCidrBlock")?;
    if is_private(destination.network()) && is_private(destination.broadcast()) {
        return Ok(None);
    }
    let state = required(it.state(), "TransitGatewayRoute.State")?;
    let attachments = it.transit_gateway_attachments().iter();
    let ids: BTreeSet<String> = attachments
        .filter_map(|it| it.transit_gateway_attachment_id().map(str::to_owned))
        .collect();
    Ok(Some(TransitGatewayRoute {
        destination,
        attachment_ids: ids.into_iter().map(Into::into).collect(),
        blackhole: *state != TransitGatewayRouteState::Active,
        is_static: it.r#type() != Some(&TransitGatewayRouteType::Propagated),
    }))
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
        .into(),
        transit_gateway_id: required(
            it.transit_gateway_id(),
            "TransitGatewayAttachment.TransitGatewayId",
        )?
        .into(),
        transit_gateway_owner_id: owner,
        resource_owner_id: it.resource_owner_id().and_then(|id| id.parse().ok()),
        resource_type: it
            .resource_type()
            .map_or("", types::TransitGatewayAttachmentResourceType::as_str)
            .into(),
        resource_id: it.resource_id().map(str::to_owned),
        available: it.state().is_none_or(|state| !gone.contains(state)),
        route_table_id: associated
            .and_then(|it| it.transit_gateway_route_table_id())
            .map(Into::into),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_to_private_addresses_are_left_out_and_those_that_drop_are_kept() {
        let read = |to: &str, state| {
            let attachment = types::TransitGatewayRouteAttachment::builder()
                .transit_gateway_attachment_id("tgw-attach-1")
                .build();
            let answer = types::TransitGatewayRoute::builder()
                .destination_cidr_block(to)
                .transit_gateway_attachments(attachment)
                .r#type(TransitGatewayRouteType::Propagated)
                .state(state)
                .build();
            route(&answer).unwrap()
        };
        for private in ["10.0.0.0/8", "100.64.0.0/10", "192.168.1.0/24", "fd00::/8"] {
            assert_eq!(read(private, TransitGatewayRouteState::Active), None);
        }
        for public in [
            "0.0.0.0/0",
            "8.0.0.0/7",
            "52.0.0.0/8",
            "::/0",
            "64:ff9b::/96",
        ] {
            let active = read(public, TransitGatewayRouteState::Active).unwrap();
            assert!(!active.blackhole && !active.is_static, "{public}");
            let drops = read(public, TransitGatewayRouteState::Blackhole).unwrap();
            assert!(drops.blackhole, "{public}");
        }
    }

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
