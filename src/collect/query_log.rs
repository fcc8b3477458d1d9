//! Resolver query log configurations, own and shared over RAM, and their VPC associations.

use std::collections::BTreeSet;

use aws_sdk_route53resolver::types;

use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        id::QueryLogConfigId,
        inventory::{QueryLogAssociation, QueryLogConfig},
        logging::Tags,
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "route53resolver:GetResolverQueryLogConfig",
    "route53resolver:ListResolverQueryLogConfigAssociations",
    "route53resolver:ListResolverQueryLogConfigs",
];

/// The most items a page holds
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverQueryLogConfigs.html>).
const PAGE: i32 = 100;

/// Lists configurations and associations. A configuration that is associated but not listed is asked
/// for by its id.
pub async fn list(
    session: &Session,
) -> Result<(Vec<QueryLogConfig>, Vec<QueryLogAssociation>), Failure> {
    let associations = associations(session).await?;
    let configs = configs_with(session, &associations).await?;
    Ok((configs, associations))
}

/// The same, but no configuration where there is no association: then none is of use.
///
/// # Errors
///
/// If a call fails.
pub async fn list_used(
    session: &Session,
) -> Result<(Vec<QueryLogConfig>, Vec<QueryLogAssociation>), Failure> {
    let associations = associations(session).await?;
    if associations.is_empty() {
        return Ok((Vec::new(), associations));
    }
    let configs = configs_with(session, &associations).await?;
    Ok((configs, associations))
}

/// The configurations that are listed, and those of the associations that are not.
async fn configs_with(
    session: &Session,
    associations: &[QueryLogAssociation],
) -> Result<Vec<QueryLogConfig>, Failure> {
    let mut configs: Vec<QueryLogConfig> = configs(session, |it| Ok(Some(config(it)?))).await?;
    let listed: BTreeSet<QueryLogConfigId> =
        configs.iter().map(|it| it.config_id.clone()).collect();
    let named = associations.iter().map(|it| it.config_id.clone());
    let unlisted: BTreeSet<QueryLogConfigId> = named.filter(|id| !listed.contains(id)).collect();
    configs.extend(by_ids(session, &unlisted).await?);
    Ok(configs)
}

/// Asks for configurations one by one. One that is not visible here is left out: its owner's account
/// lists it, if that is scanned.
pub(super) async fn by_ids(
    session: &Session,
    ids: &BTreeSet<QueryLogConfigId>,
) -> Result<Vec<QueryLogConfig>, Failure> {
    let mut found = Vec::new();
    for id in ids {
        let call = session
            .resolver()
            .get_resolver_query_log_config()
            .resolver_query_log_config_id(id.as_str());
        if let Ok(answer) = session.call(Api::Resolver, || call.clone().send()).await
            && let Some(one) = answer.resolver_query_log_config()
        {
            found.push(config(one)?);
        }
    }
    Ok(found)
}

/// Lists the configurations that the account owns and, if there are any, the associations with them,
/// those of VPCs of other accounts included.
///
/// # Errors
///
/// If a call fails.
pub async fn list_own(
    session: &Session,
) -> Result<(Vec<QueryLogConfig>, Vec<QueryLogAssociation>), Failure> {
    let mut configs: Vec<QueryLogConfig> = configs(session, |it| Ok(Some(config(it)?))).await?;
    configs.retain(|it| it.owner_account_id == session.target().account_id);
    if configs.is_empty() {
        return Ok((configs, Vec::new()));
    }
    let associations = associations(session).await?;
    Ok((configs, associations))
}

/// Lists the associations that the account can see.
///
/// # Errors
///
/// If a call fails, or an association lacks a field that it is identified by.
pub async fn associations(session: &Session) -> Result<Vec<QueryLogAssociation>, Failure> {
    filtered_associations(session, None).await
}

/// Lists the associations of a VPC with a configuration.
///
/// # Errors
///
/// As of [`associations`].
pub async fn associations_of(
    session: &Session,
    config_id: &str,
    vpc_id: &str,
) -> Result<Vec<QueryLogAssociation>, Failure> {
    let filter = |name: &str, value: &str| {
        let filter = types::Filter::builder().name(name).values(value);
        filter.build()
    };
    let filters = vec![
        filter("ResolverQueryLogConfigId", config_id),
        filter("ResourceId", vpc_id),
    ];
    filtered_associations(session, Some(filters)).await
}

async fn filtered_associations(
    session: &Session,
    filters: Option<Vec<types::Filter>>,
) -> Result<Vec<QueryLogAssociation>, Failure> {
    let client = session.resolver();
    let pages = client
        .list_resolver_query_log_config_associations()
        .max_results(PAGE)
        .set_filters(filters);
    session
        .items(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                let items = page.resolver_query_log_config_associations();
                items
                    .iter()
                    .map(|it| association(session.target(), it))
                    .collect()
            },
        )
        .await
}

/// The id and ARN of the configuration that a request (`CreatorRequestId`) created.
///
/// # Errors
///
/// If a call fails.
pub async fn created_by(
    session: &Session,
    request_id: &str,
) -> Result<Option<(String, String)>, Failure> {
    let found = configs(session, |it| {
        let created = it.creator_request_id() == Some(request_id);
        let ids = it.id().zip(it.arn()).filter(|_| created);
        Ok(ids.map(|(id, arn)| (id.to_owned(), arn.to_owned())))
    });
    Ok(found.await?.into_iter().next())
}

/// The tags of a configuration that the account owns (`route53resolver:ListTagsForResource`).
///
/// # Errors
///
/// If a call fails.
pub async fn tags(session: &Session, arn: &str) -> Result<Tags, Failure> {
    let client = session.resolver();
    let pages = client.list_tags_for_resource().resource_arn(arn);
    let tags = session
        .pages(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                let tags = page.tags().iter();
                Ok(tags
                    .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                    .collect())
            },
        )
        .await?;
    Ok(tags.into_iter().collect())
}

/// Reads every listed configuration; `read` returns none for those that are not wanted.
async fn configs<T>(
    session: &Session,
    read: impl Fn(&types::ResolverQueryLogConfig) -> Result<Option<T>, MissingField>,
) -> Result<Vec<T>, Failure> {
    let client = session.resolver();
    let pages = client.list_resolver_query_log_configs().max_results(PAGE);
    session
        .items(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                let items = page.resolver_query_log_configs().iter();
                items.filter_map(|it| read(it).transpose()).collect()
            },
        )
        .await
}

fn config(config: &types::ResolverQueryLogConfig) -> Result<QueryLogConfig, MissingField> {
    let owner = config.owner_id().and_then(|id| id.parse().ok());
    let destination = config.destination_arn().and_then(|arn| arn.parse().ok());
    Ok(QueryLogConfig {
        config_id: required(config.id(), "ResolverQueryLogConfig.Id")?.into(),
        owner_account_id: required(owner, "ResolverQueryLogConfig.OwnerId")?,
        name: config.name().map(str::to_owned),
        destination: required(destination, "ResolverQueryLogConfig.DestinationArn")?,
        status: config
            .status()
            .map_or("", types::ResolverQueryLogConfigStatus::as_str)
            .into(),
    })
}

fn association(
    target: &Target,
    association: &types::ResolverQueryLogConfigAssociation,
) -> Result<QueryLogAssociation, MissingField> {
    let config_id = association.resolver_query_log_config_id();
    let vpc_id = association.resource_id();
    let status = required(
        association.status(),
        "ResolverQueryLogConfigAssociation.Status",
    )?;
    Ok(QueryLogAssociation {
        target: target.clone(),
        config_id: required(
            config_id,
            "ResolverQueryLogConfigAssociation.ResolverQueryLogConfigId",
        )?
        .into(),
        vpc_id: required(vpc_id, "ResolverQueryLogConfigAssociation.ResourceId")?.into(),
        status: status.as_str().into(),
        error: association.error().map(|it| it.as_str().to_owned()),
        error_message: association
            .error_message()
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
        created_at: association.creation_time().and_then(|at| at.parse().ok()),
        profile_id: None,
    })
}
