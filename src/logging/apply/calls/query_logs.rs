//! Query log configurations and associations.

use aws_sdk_route53resolver::types::Tag;

use super::context::{Context, Wait, has_code, not_ours};
use crate::{
    aws::{error::is_absent, pace::Api},
    collect::query_log,
    model::{
        coverage::{Failure, Reason},
        id::Arn,
        logging::is_ours,
    },
    org::session::required,
};

const EXISTS: [&str; 1] = ["ResourceExistsException"];
/// Codes for a configuration that still has associations.
const IN_USE: [&str; 2] = ["InvalidRequestException", "ResourceInUseException"];
/// Codes for a share that is not visible yet.
const NOT_SEEN: [&str; 3] = [
    "AccessDeniedException",
    "InvalidParameterException",
    "UnknownResourceException",
];

pub(super) async fn create(
    context: &Context<'_>,
    name: &str,
    destination: &Arn,
    request_id: &str,
) -> Result<Option<String>, Failure> {
    let failure = match create_as(context, name, destination, request_id).await {
        Err(failure) if has_code(&failure, &EXISTS) => failure,
        other => return other.map(Some),
    };
    if let Some(id) = find(context, request_id).await? {
        return Ok(Some(id));
    }
    // The request id is remembered, but what it made is gone: it was ours once.
    let again = format!("{request_id}-{}", context.run);
    match create_as(context, name, destination, &again).await {
        Err(second) if has_code(&second, &EXISTS) => {
            find(context, &again).await?.map(Some).ok_or(failure)
        }
        other => other.map(Some),
    }
}

async fn create_as(
    context: &Context<'_>,
    name: &str,
    destination: &Arn,
    request_id: &str,
) -> Result<String, Failure> {
    let mut call = context
        .session
        .resolver()
        .create_resolver_query_log_config()
        .name(name)
        .destination_arn(destination.to_string())
        .creator_request_id(request_id);
    for (key, value) in context.tags {
        let tag = Tag::builder().key(key).value(value).build();
        call = call.tags(tag.map_err(|error| Failure::new(Reason::Other, error.to_string()))?);
    }
    let answer = context
        .session
        .call(Api::Resolver, || call.clone().send())
        .await?;
    let id = answer
        .resolver_query_log_config()
        .and_then(|config| config.id());
    Ok(required(id, "CreateResolverQueryLogConfig.Id")?.to_owned())
}

/// The configuration of the account that was made by a request; an error if it is not ours.
async fn find(context: &Context<'_>, request_id: &str) -> Result<Option<String>, Failure> {
    let found = query_log::created_by(context.session, request_id).await?;
    let Some((id, arn)) = found else {
        return Ok(None);
    };
    let tags = query_log::tags(context.session, &arn).await?;
    if is_ours(&tags) {
        Ok(Some(id))
    } else {
        Err(not_ours(&id))
    }
}

pub(super) async fn associate(
    context: &Context<'_>,
    config_id: &str,
    vpc_id: &str,
) -> Result<Option<String>, Failure> {
    let client = context.session.resolver();
    let call = client
        .associate_resolver_query_log_config()
        .resolver_query_log_config_id(config_id)
        .resource_id(vpc_id);
    let wait = Wait::begin(context);
    loop {
        let done = context
            .session
            .call(Api::Resolver, || call.clone().send())
            .await;
        match done {
            Ok(answer) => {
                let made = answer.resolver_query_log_config_association();
                return Ok(made.and_then(|it| it.id()).map(str::to_owned));
            }
            // An attempt whose answer was lost has made it: it was not there when the plan was made.
            Err(failure) if has_code(&failure, &EXISTS) => return Ok(None),
            Err(failure)
                if context.fresh
                    && (is_absent(&failure) || has_code(&failure, &NOT_SEEN))
                    && !is_there(context, config_id).await.unwrap_or(false) =>
            {
                let why = format!(
                    "the configuration is not visible here (a share that reaches across \
                     organizations, or without trusted access of RAM, has to be accepted in this \
                     account first): {failure}"
                );
                wait.pause(&why).await.map_err(|late| Failure {
                    message: late.message,
                    ..failure
                })?;
            }
            Err(failure) => return Err(failure),
        }
    }
}

pub(super) async fn disassociate(
    context: &Context<'_>,
    config_id: &str,
    vpc_id: &str,
) -> Result<(), Failure> {
    let client = context.session.resolver();
    let call = client
        .disassociate_resolver_query_log_config()
        .resolver_query_log_config_id(config_id)
        .resource_id(vpc_id);
    let done = context
        .session
        .call(Api::Resolver, || call.clone().send())
        .await;
    done.map(drop)?;
    let wait = Wait::begin(context);
    while !query_log::associations_of(context.session, config_id, vpc_id)
        .await?
        .is_empty()
    {
        wait.pause("the association is still being removed").await?;
    }
    Ok(())
}

pub(super) async fn delete(context: &Context<'_>, config_id: &str) -> Result<(), Failure> {
    let client = context.session.resolver();
    let call = client
        .delete_resolver_query_log_config()
        .resolver_query_log_config_id(config_id);
    let wait = Wait::begin(context);
    loop {
        let done = context
            .session
            .call(Api::Resolver, || call.clone().send())
            .await;
        match done {
            Err(failure) if has_code(&failure, &IN_USE) => {
                let why = format!("the configuration is still in use: {failure}");
                wait.pause(&why).await?;
            }
            Err(failure) => return Err(failure),
            Ok(_) => break,
        }
    }
    while is_there(context, config_id).await? {
        wait.pause("the configuration is still being deleted")
            .await?;
    }
    Ok(())
}

async fn is_there(context: &Context<'_>, config_id: &str) -> Result<bool, Failure> {
    let client = context.session.resolver();
    let call = client
        .get_resolver_query_log_config()
        .resolver_query_log_config_id(config_id);
    let asked = context
        .session
        .call(Api::Resolver, || call.clone().send())
        .await;
    match asked {
        Ok(_) => Ok(true),
        Err(failure) if is_absent(&failure) => Ok(false),
        Err(failure) => Err(failure),
    }
}
