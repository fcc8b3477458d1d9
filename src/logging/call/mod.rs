//! The changing calls, one for each kind of work. Each may be repeated: what is there already and
//! ours counts as made, what is gone already counts as gone.

mod flow_logs;
mod groups;
mod query_logs;
mod roles;
mod sharing;

use std::time::{Duration, Instant};

use super::look::is_absent;
use crate::{
    aws::stop::{Stop, cancelled},
    model::{
        coverage::{Failure, Reason},
        logging::{Reference, Tags, Work},
    },
    org::session::Session,
};

/// How long is waited for what AWS does on its own time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// In all.
    pub wait: Duration,
    /// Between two looks.
    pub poll: Duration,
}

/// What a call needs beside its parameters.
#[derive(Debug)]
pub(super) struct Context<'c> {
    pub(super) session: &'c Session,
    pub(super) partition: &'c str,
    /// The run, for tokens.
    pub(super) run: &'c str,
    /// The key of the action, for tokens.
    pub(super) key: &'c str,
    /// Tags of what is made.
    pub(super) tags: &'c Tags,
    /// Whether an action of this very process made a share or role that this one needs, which may
    /// not be seen everywhere yet.
    pub(super) fresh: bool,
    pub(super) patience: Patience,
}

/// Makes the call. Returns the id or ARN of what was made, if AWS gives one.
///
/// `resolve` finds the id of what an earlier action made.
pub(super) async fn make(
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
            gone(groups::delete_policy(context, policy_name).await)
        }
        Work::DeleteLogGroup { log_group } => gone(groups::delete(context, log_group).await),
        Work::CreateQueryLogConfig {
            name,
            destination,
            creator_request_id,
        } => query_logs::create(context, name, destination, creator_request_id).await,
        Work::AssociateQueryLogConfig { config, vpc_id } => {
            query_logs::associate(context, &known(config)?, vpc_id).await
        }
        Work::DisassociateQueryLogConfig { config_id, vpc_id } => {
            gone(query_logs::disassociate(context, config_id, vpc_id).await)
        }
        Work::DeleteQueryLogConfig { config_id } => {
            gone(query_logs::delete(context, config_id).await)
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
            gone(sharing::delete(context, resource_share_arn).await)
        }
        Work::CreateRole {
            role_name,
            trust_policy,
        } => roles::create(context, role_name, trust_policy).await,
        Work::PutRolePolicy {
            role_name,
            policy_name,
            policy_document,
        } => roles::allow(context, role_name, policy_name, policy_document).await,
        Work::DeleteRolePolicy {
            role_name,
            policy_name,
        } => gone(roles::forbid(context, role_name, policy_name).await),
        Work::DeleteRole { role_name } => gone(roles::delete(context, role_name).await),
        Work::CreateFlowLogs { .. } => flow_logs::create(context, work).await,
        Work::DeleteFlowLogs { flow_log_id, .. } => {
            gone(flow_logs::delete(context, flow_log_id).await)
        }
    }
}

/// What is not there need not be taken away.
fn gone(result: Result<(), Failure>) -> Result<Option<String>, Failure> {
    match result {
        Err(failure) if !is_absent(&failure) => Err(failure),
        _ => Ok(None),
    }
}

/// Whether a failure has one of these codes.
fn has_code(failure: &Failure, codes: &[&str]) -> bool {
    failure
        .code
        .as_deref()
        .is_some_and(|code| codes.contains(&code))
}

/// A failure to make what somebody else has made.
fn not_ours(what: &str) -> Failure {
    Failure::new(
        Reason::Other,
        format!("{what} is there already and does not carry our tags"),
    )
}

/// The clock of something that is waited for.
struct Wait<'w> {
    since: Instant,
    patience: Patience,
    stop: &'w Stop,
}

impl<'w> Wait<'w> {
    fn begin(context: &Context<'w>) -> Self {
        Self {
            since: Instant::now(),
            patience: context.patience,
            stop: context.session.stop(),
        }
    }

    /// Pauses; an error once it took too long, or the run is stopped.
    async fn pause(&self, what: &str) -> Result<(), Failure> {
        if self.since.elapsed() >= self.patience.wait {
            let seconds = self.patience.wait.as_secs();
            return Err(Failure::new(
                Reason::Other,
                format!("{what} after {seconds} seconds (logging.wait_seconds); repeat later"),
            ));
        }
        tokio::select! {
            () = self.stop.stopped() => Err(cancelled()),
            () = tokio::time::sleep(self.patience.poll) => Ok(()),
        }
    }
}
