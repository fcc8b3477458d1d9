//! Resolver query log configurations, own and shared over RAM, and their VPC associations.

use aws_sdk_route53resolver::types;

use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        inventory::{QueryLogAssociation, QueryLogConfig},
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

/// Lists configurations and associations. A configuration that is associated but not listed
/// (shared, or carried by a Route 53 Profile) is asked for by its id.
pub async fn list(
    session: &Session,
) -> Result<(Vec<QueryLogConfig>, Vec<QueryLogAssociation>), Failure> {
    let client = session.resolver();
    let pages = client.list_resolver_query_log_configs().max_results(PAGE);
    let mut configs = session
        .pages(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                page.resolver_query_log_configs()
                    .iter()
                    .map(config)
                    .collect()
            },
        )
        .await?;
    let pages = client
        .list_resolver_query_log_config_associations()
        .max_results(PAGE);
    let associations: Vec<QueryLogAssociation> = session
        .pages(
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
        .await?;
    let mut unlisted: Vec<_> = associations
        .iter()
        .map(|it| it.config_id.clone())
        .filter(|id| !configs.iter().any(|config| config.config_id == *id))
        .collect();
    unlisted.sort();
    unlisted.dedup();
    for id in unlisted {
        let call = client
            .get_resolver_query_log_config()
            .resolver_query_log_config_id(&id);
        // Not visible here either: its owner's account tells it, if that is scanned.
        if let Ok(answer) = session.call(Api::Resolver, || call.clone().send()).await
            && let Some(found) = answer.resolver_query_log_config()
        {
            configs.push(config(found)?);
        }
    }
    Ok((configs, associations))
}

fn config(config: &types::ResolverQueryLogConfig) -> Result<QueryLogConfig, MissingField> {
    let owner = config.owner_id().and_then(|id| id.parse().ok());
    let destination = config.destination_arn().and_then(|arn| arn.parse().ok());
    Ok(QueryLogConfig {
        config_id: required(config.id(), "ResolverQueryLogConfig.Id")?.to_owned(),
        owner_account_id: required(owner, "ResolverQueryLogConfig.OwnerId")?,
        name: config.name().map(str::to_owned),
        destination: required(destination, "ResolverQueryLogConfig.DestinationArn")?,
        status: config
            .status()
            .map_or_else(String::new, |it| it.as_str().to_owned()),
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
        .to_owned(),
        vpc_id: required(vpc_id, "ResolverQueryLogConfigAssociation.ResourceId")?.to_owned(),
        status: status.as_str().to_owned(),
        error: association.error().map(|it| it.as_str().to_owned()),
        created_at: association.creation_time().and_then(|at| at.parse().ok()),
    })
}
