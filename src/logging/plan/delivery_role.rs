//! The role that delivers flow logs: it must exist, as the template of `vpce-scout permissions`
//! makes it. The program creates no role: whoever may create roles may do everything.

use super::draft::Draft;
use crate::{
    logging::{
        names::DELIVERY_POLICY,
        observed_state::{AccountState, RegionState},
        policy,
    },
    model::{
        coverage::Reason,
        id::Arn,
        logging::{Note, Verdict, is_ours, resource::DeliveryRole},
    },
};

/// How to get a role.
const REMEDY: &str = "deploy the template of `vpce-scout permissions cloudformation` with \
                      AllowLogging=true in this account, or name another role with --delivery-role \
                      (docs/permissions.md)";

/// The ARN of the role if it can deliver to the log group; otherwise a note states what is missing.
pub(super) fn ready(
    draft: &mut Draft,
    state: &RegionState,
    account_state: &AccountState,
    name: &str,
    log_group: &str,
) -> Option<Arn> {
    let mut note = |verdict, message: String, reason, error_code| {
        draft.notes.push(Note {
            account_id: Some(state.account().clone()),
            region: None,
            vpc_id: None,
            name: format!("role {name}"),
            verdict,
            reason,
            error_code,
            message,
        });
    };
    if let Some(failure) = &account_state.role_failure {
        let (why, reason) = (failure.message.clone(), Some(failure.reason));
        note(Verdict::Cannot, why, reason, failure.code.clone());
        return None;
    }
    let problem = match &account_state.role {
        None => Some(format!("the account has no such role: {REMEDY}")),
        Some(role) => problem(role, state, log_group),
    };
    if let Some(why) = problem {
        note(Verdict::Cannot, why, Some(Reason::Other), None);
        return None;
    }
    let role = account_state.role.as_ref()?;
    let checked = match (&role.policy, is_ours(&role.tags)) {
        (Some(_), true) => "ours, from an earlier version",
        (Some(_), false) => "it is used as it is",
        (None, _) => "it is used as it is; its permissions could not be checked",
    };
    note(Verdict::Reused, checked.to_owned(), None, None);
    Some(role.arn.clone())
}

/// Why a role cannot deliver to a log group.
fn problem(role: &DeliveryRole, state: &RegionState, log_group: &str) -> Option<String> {
    if !policy::trusts_flow_logs(&role.trust_policy) {
        return Some(format!(
            "its trust policy does not let vpc-flow-logs.amazonaws.com assume it: {REMEDY}"
        ));
    }
    let allowed = |document| policy::writes_events(document, state, log_group);
    match role.policy.as_deref() {
        Some(document) if allowed(document) == Some(false) => Some(format!(
            "its policy {DELIVERY_POLICY} does not allow logs:CreateLogStream and \
             logs:PutLogEvents in {log_group}: use a log group that it allows (--log-group), or \
             {REMEDY}"
        )),
        None if is_ours(&role.tags) => Some(format!(
            "an earlier version created it, and was interrupted before it had a policy: remove it \
             with `vpce-scout logging disable --apply`, then {REMEDY}"
        )),
        _ => None,
    }
}
