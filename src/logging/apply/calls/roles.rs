//! The delivery role.

use aws_sdk_iam::types::Tag;

use super::context::{Context, has_code, not_ours};
use crate::{
    aws::pace::Api,
    collect::delivery_role,
    logging::names::DELIVERY_POLICY,
    model::{
        coverage::{Failure, Reason},
        logging::is_ours,
    },
};

const IAM: Api = Api::Change("IAM");
const EXISTS: [&str; 2] = ["EntityAlreadyExists", "EntityAlreadyExistsException"];

pub(super) async fn create(
    context: &Context<'_>,
    name: &str,
    trust_policy: &str,
) -> Result<Option<String>, Failure> {
    let mut call = context
        .session
        .iam()
        .create_role()
        .role_name(name)
        .assume_role_policy_document(trust_policy)
        .description("Delivers VPC flow logs to CloudWatch Logs, for vpce-scout");
    for (key, value) in context.tags {
        let tag = Tag::builder().key(key).value(value).build();
        call = call.tags(tag.map_err(|error| Failure::new(Reason::Other, error.to_string()))?);
    }
    match context.session.call(IAM, || call.clone().send()).await {
        Ok(answer) => Ok(answer.role().map(|role| role.arn().to_owned())),
        Err(failure) if has_code(&failure, &EXISTS) => {
            match delivery_role::find(context.session, name, DELIVERY_POLICY).await? {
                Some(role) if is_ours(&role.tags) => Ok(Some(role.arn.to_string())),
                _ => Err(not_ours(name)),
            }
        }
        Err(failure) => Err(failure),
    }
}

pub(super) async fn allow(
    context: &Context<'_>,
    role: &str,
    policy: &str,
    document: &str,
) -> Result<Option<String>, Failure> {
    let call = context
        .session
        .iam()
        .put_role_policy()
        .role_name(role)
        .policy_name(policy)
        .policy_document(document);
    context.session.call(IAM, || call.clone().send()).await?;
    Ok(None)
}

pub(super) async fn forbid(context: &Context<'_>, role: &str, policy: &str) -> Result<(), Failure> {
    let client = context.session.iam();
    let call = client
        .delete_role_policy()
        .role_name(role)
        .policy_name(policy);
    let done = context.session.call(IAM, || call.clone().send()).await;
    done.map(drop)
}

pub(super) async fn delete(context: &Context<'_>, role: &str) -> Result<(), Failure> {
    let call = context.session.iam().delete_role().role_name(role);
    let done = context.session.call(IAM, || call.clone().send()).await;
    done.map(drop)
}
