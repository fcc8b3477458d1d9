//! Resource policies of CloudWatch Logs.

use crate::{
    aws::pace::Api,
    model::{coverage::Failure, logging::resource::ResourcePolicy},
    org::session::{Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["logs:DescribeResourcePolicies"];

/// The most policies a page holds
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html>).
const PAGE: i32 = 50;

/// Lists the resource policies.
///
/// # Errors
///
/// If a call fails, or a policy has no name.
pub async fn list(session: &Session) -> Result<Vec<ResourcePolicy>, Failure> {
    let mut policies = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let call = session
            .logs()
            .describe_resource_policies()
            .limit(PAGE)
            .set_next_token(next.take());
        let answer = session
            .call(Api::Logs("DescribeResourcePolicies"), || {
                call.clone().send()
            })
            .await?;
        for policy in answer.resource_policies() {
            policies.push(ResourcePolicy {
                name: required(policy.policy_name(), "ResourcePolicy.PolicyName")?.to_owned(),
                document: policy.policy_document().unwrap_or_default().to_owned(),
            });
        }
        match answer.next_token {
            Some(token) if !token.is_empty() => next = Some(token),
            _ => return Ok(policies),
        }
    }
}
