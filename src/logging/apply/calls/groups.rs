//! Log groups and resource policies.

use super::context::{Context, has_code, not_ours};
use crate::{aws::pace::Api, collect::log_group, model::coverage::Failure};

const EXISTS: [&str; 1] = ["ResourceAlreadyExistsException"];

pub(super) async fn create(context: &Context<'_>, name: &str) -> Result<Option<String>, Failure> {
    let tags = context.tags.clone().into_iter().collect();
    let client = context.session.logs();
    let call = client
        .create_log_group()
        .log_group_name(name)
        .set_tags(Some(tags));
    let made = context
        .session
        .call(Api::Logs("CreateLogGroup"), || call.clone().send());
    match made.await {
        Err(failure) if has_code(&failure, &EXISTS) => {
            match log_group::with_tags(context.session, name).await? {
                Some(group) if group.is_ours() => Ok(None),
                _ => Err(not_ours(name)),
            }
        }
        Err(failure) => Err(failure),
        Ok(_) => Ok(None),
    }
}

pub(super) async fn retain(
    context: &Context<'_>,
    name: &str,
    days: u32,
) -> Result<Option<String>, Failure> {
    let call = context
        .session
        .logs()
        .put_retention_policy()
        .log_group_name(name)
        .retention_in_days(i32::try_from(days).unwrap_or(i32::MAX));
    let api = Api::Logs("PutRetentionPolicy");
    context.session.call(api, || call.clone().send()).await?;
    Ok(None)
}

pub(super) async fn put_policy(
    context: &Context<'_>,
    name: &str,
    document: &str,
) -> Result<Option<String>, Failure> {
    let call = context
        .session
        .logs()
        .put_resource_policy()
        .policy_name(name)
        .policy_document(document);
    let api = Api::Logs("PutResourcePolicy");
    context.session.call(api, || call.clone().send()).await?;
    Ok(None)
}

pub(super) async fn delete_policy(context: &Context<'_>, name: &str) -> Result<(), Failure> {
    let client = context.session.logs();
    let call = client.delete_resource_policy().policy_name(name);
    let api = Api::Logs("DeleteResourcePolicy");
    let done = context.session.call(api, || call.clone().send()).await;
    done.map(drop)
}

pub(super) async fn delete(context: &Context<'_>, name: &str) -> Result<(), Failure> {
    let client = context.session.logs();
    let call = client.delete_log_group().log_group_name(name);
    let api = Api::Logs("DeleteLogGroup");
    let done = context.session.call(api, || call.clone().send()).await;
    done.map(drop)
}
