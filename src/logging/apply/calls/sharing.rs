//! RAM shares.

use aws_sdk_ram::types::Tag;

use super::context::Context;
use crate::{
    aws::pace::Api,
    logging::names::client_token,
    model::{coverage::Failure, id::Arn},
    org::session::required,
};

const RAM: Api = Api::Change("RAM");

pub(super) async fn create(
    context: &Context<'_>,
    name: &str,
    config_id: &str,
    principals: &[String],
) -> Result<Option<String>, Failure> {
    let target = context.session.target();
    let arn = format!(
        "arn:{}:route53resolver:{}:{}:resolver-query-log-config/{config_id}",
        context.partition, target.region, target.account_id
    );
    let tags = context.tags.iter();
    let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
    let call = context
        .session
        .ram()
        .create_resource_share()
        .name(name)
        .resource_arns(arn)
        .set_principals(Some(principals.to_vec()))
        .set_tags(Some(tags.collect()))
        .allow_external_principals(false)
        .client_token(client_token(context.run, context.key));
    let answer = context.session.call(RAM, || call.clone().send()).await?;
    let share = answer.resource_share();
    let arn = share.and_then(|share| share.resource_share_arn());
    Ok(Some(
        required(arn, "ResourceShare.ResourceShareArn")?.to_owned(),
    ))
}

pub(super) async fn widen(
    context: &Context<'_>,
    arn: &Arn,
    principals: &[String],
) -> Result<Option<String>, Failure> {
    let call = context
        .session
        .ram()
        .associate_resource_share()
        .resource_share_arn(arn.to_string())
        .set_principals(Some(principals.to_vec()))
        .client_token(client_token(context.run, context.key));
    context.session.call(RAM, || call.clone().send()).await?;
    Ok(None)
}

pub(super) async fn delete(context: &Context<'_>, arn: &Arn) -> Result<(), Failure> {
    let client = context.session.ram();
    let call = client
        .delete_resource_share()
        .resource_share_arn(arn.to_string());
    let done = context.session.call(RAM, || call.clone().send()).await;
    done.map(drop)
}
