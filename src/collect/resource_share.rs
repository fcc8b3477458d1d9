//! RAM resource shares of the account, with their resources and principals.

use std::collections::BTreeSet;

use aws_sdk_ram::types::{
    self, ResourceOwner, ResourceShareAssociationStatus, ResourceShareAssociationType,
    ResourceShareStatus,
};

use crate::{
    aws::pace::Api,
    model::{coverage::Failure, logging::resource::ResourceShare},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ram:GetResourceShareAssociations", "ram:GetResourceShares"];

/// RAM limits its calls by account; they are paced like the calls that change something.
const RAM: Api = Api::Change("RAM");

/// Lists the active shares that the account owns.
///
/// # Errors
///
/// If a call fails, or a share has no ARN.
pub async fn list(session: &Session) -> Result<Vec<ResourceShare>, Failure> {
    let pages = session
        .ram()
        .get_resource_shares()
        .resource_owner(ResourceOwner::SelfValue)
        .resource_share_status(ResourceShareStatus::Active);
    let mut shares = session
        .pages(
            RAM,
            || pages.clone().into_paginator().send(),
            |page| page.resource_shares().iter().map(share).collect(),
        )
        .await?;
    if shares.is_empty() {
        return Ok(shares);
    }
    for association_type in [
        ResourceShareAssociationType::Principal,
        ResourceShareAssociationType::Resource,
    ] {
        for (arn, entity) in associated(session, &association_type).await? {
            let Some(share) = shares.iter_mut().find(|it| it.arn.to_string() == arn) else {
                continue;
            };
            match association_type {
                ResourceShareAssociationType::Principal => share.principals.insert(entity),
                _ => share.resources.insert(entity),
            };
        }
    }
    Ok(shares)
}

/// Principals or resources: the ARN of the share, and the entity.
async fn associated(
    session: &Session,
    association_type: &ResourceShareAssociationType,
) -> Result<Vec<(String, String)>, Failure> {
    let client = session.ram();
    let pages = client
        .get_resource_share_associations()
        .association_type(association_type.clone());
    let ended = [
        ResourceShareAssociationStatus::Disassociated,
        ResourceShareAssociationStatus::Disassociating,
    ];
    session
        .pages(
            RAM,
            || pages.clone().into_paginator().send(),
            |page| {
                let all = page.resource_share_associations().iter();
                let all = all.filter(|it| it.status().is_none_or(|it| !ended.contains(it)));
                Ok(all
                    .filter_map(|it| {
                        let (arn, entity) = (it.resource_share_arn()?, it.associated_entity()?);
                        Some((arn.to_owned(), entity.to_owned()))
                    })
                    .collect())
            },
        )
        .await
}

fn share(share: &types::ResourceShare) -> Result<ResourceShare, MissingField> {
    let arn = share.resource_share_arn().and_then(|arn| arn.parse().ok());
    let tag = |tag: &types::Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    Ok(ResourceShare {
        arn: required(arn, "ResourceShare.ResourceShareArn")?,
        name: share.name().unwrap_or_default().to_owned(),
        tags: share.tags().iter().filter_map(tag).collect(),
        principals: BTreeSet::new(),
        resources: BTreeSet::new(),
    })
}
