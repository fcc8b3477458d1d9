//! Makes the call of an action.

use super::{context::Context, flow_logs, groups, query_logs, roles, sharing};
use crate::{
    aws::error::is_absent,
    model::{
        coverage::{Failure, Reason},
        logging::{Reference, Work},
    },
};

/// Makes the call. Returns the id or ARN of what was made, if AWS gives one.
///
/// `resolve` finds the id of what an earlier action made.
pub(in crate::logging::apply) async fn make(
    context: &Context<'_>,
    work: &Work,
    resolve: impl Fn(&Reference) -> Option<String>,
) -> Result<Option<String>, Failure> {
    let known = |reference: &Reference| {
        let lost = || Failure::new(Reason::Other, "the id of what it needs is not known");
        resolve(reference).ok_or_else(lost)
    };
    match work {
        Work::CreateLogGroup { log_group } => groups::create(context, log_group).await,
        Work::PutRetentionPolicy {
            log_group,
            retention_days,
        } => groups::retain(context, log_group, *retention_days).await,
        Work::PutResourcePolicy {
            policy_name,
            policy_document,
        } => groups::put_policy(context, policy_name, policy_document).await,
        Work::DeleteResourcePolicy { policy_name } => {
            absent_is_removed(groups::delete_policy(context, policy_name).await)
        }
        Work::DeleteLogGroup { log_group } => {
            absent_is_removed(groups::delete(context, log_group).await)
        }
        Work::CreateQueryLogConfig {
            name,
            destination,
            creator_request_id,
        } => query_logs::create(context, name, destination, creator_request_id).await,
        Work::AssociateQueryLogConfig { config, vpc_id } => {
            query_logs::associate(context, &known(config)?, vpc_id).await
        }
        Work::DisassociateQueryLogConfig { config_id, vpc_id } => {
            absent_is_removed(query_logs::disassociate(context, config_id, vpc_id).await)
        }
        Work::DeleteQueryLogConfig { config_id } => {
            absent_is_removed(query_logs::delete(context, config_id).await)
        }
        Work::CreateResourceShare {
            name,
            config,
            principals,
        } => sharing::create(context, name, &known(config)?, principals).await,
        Work::AssociateResourceShare {
            resource_share_arn,
            principals,
        } => sharing::widen(context, resource_share_arn, principals).await,
        Work::DeleteResourceShare { resource_share_arn } => {
            absent_is_removed(sharing::delete(context, resource_share_arn).await)
        }
        // Only plans of earlier versions hold these.
        Work::CreateRole { role_name, .. } | Work::PutRolePolicy { role_name, .. } => {
            let why = format!(
                "vpce-scout creates and changes no IAM role ({role_name}): deploy the template of \
                 `vpce-scout permissions cloudformation` with AllowLogging=true"
            );
            Err(Failure::new(Reason::Other, why))
        }
        Work::DeleteRolePolicy {
            role_name,
            policy_name,
        } => absent_is_removed(roles::delete_policy(context, role_name, policy_name).await),
        Work::DeleteRole { role_name } => {
            absent_is_removed(roles::delete(context, role_name).await)
        }
        Work::CreateFlowLogs { .. } => flow_logs::create(context, work).await,
        Work::CreateFlowLogsInS3 { .. } => flow_logs::create_in_s3(context, work).await,
        Work::DeleteFlowLogs { flow_log_id, .. } => {
            absent_is_removed(flow_logs::delete(context, flow_log_id).await)
        }
    }
}

/// A resource that does not exist need not be removed.
fn absent_is_removed(result: Result<(), Failure>) -> Result<Option<String>, Failure> {
    match result {
        Err(failure) if !is_absent(&failure) => Err(failure),
        _ => Ok(None),
    }
}
