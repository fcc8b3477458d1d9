//! Delivery roles of versions that created one.

use super::context::Context;
use crate::{aws::pace::Api, model::coverage::Failure};

const IAM: Api = Api::Change("IAM");

pub(super) async fn delete_policy(
    context: &Context<'_>,
    role: &str,
    policy: &str,
) -> Result<(), Failure> {
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
