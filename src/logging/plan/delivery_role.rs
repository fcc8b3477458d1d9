//! The role that delivers flow logs.

use super::draft::Draft;
use crate::{
    logging::{
        names::{DELIVERY_POLICY, account_key},
        observed_state::{AccountState, RegionState},
        policy,
    },
    model::{
        coverage::Reason,
        id::Arn,
        logging::{Action, Note, Verdict, Work, is_ours},
    },
};

/// The delivery role, and what must come before its use.
pub(super) struct ReadyRole {
    pub(super) arn: Arn,
    pub(super) before: Vec<String>,
}

pub(super) fn ready(
    draft: &mut Draft,
    state: &RegionState,
    account_state: &AccountState,
    name: &str,
) -> Option<ReadyRole> {
    let account = state.account();
    let note = |draft: &mut Draft, verdict, message: String, reason, error_code| {
        draft.notes.push(Note {
            account_id: Some(account.clone()),
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
        note(draft, Verdict::Cannot, why, reason, failure.code.clone());
        return None;
    }
    let act = |draft: &mut Draft, kind: &str, work: Work, depends_on: &[String]| {
        let key = account_key(account, kind, name);
        draft.actions.push(Action {
            key: key.clone(),
            account_id: account.clone(),
            region: None,
            name: name.to_owned(),
            work,
            depends_on: depends_on.to_vec(),
        });
        key
    };
    let policy = Work::PutRolePolicy {
        role_name: name.to_owned(),
        policy_name: DELIVERY_POLICY.to_owned(),
        policy_document: policy::deliver_flow_logs(),
    };
    let Some(role) = &account_state.role else {
        let work = Work::CreateRole {
            role_name: name.to_owned(),
            trust_policy: policy::trust(account),
        };
        let made = act(draft, "role", work, &[]);
        let allowed = act(draft, "role_policy", policy, std::slice::from_ref(&made));
        let arn = format!("arn:{}:iam::{account}:role/{name}", state.partition);
        return Some(ReadyRole {
            arn: arn.parse().ok()?,
            before: vec![made, allowed],
        });
    };
    let ours = is_ours(&role.tags);
    if !ours && !policy::trusts_flow_logs(&role.trust_policy) {
        let why = "it is not ours, and its trust policy does not name vpc-flow-logs.amazonaws.com; \
                   see --delivery-role";
        note(
            draft,
            Verdict::Cannot,
            why.to_owned(),
            Some(Reason::Other),
            None,
        );
        return None;
    }
    let mut before = Vec::new();
    if ours && role.policy.is_none() {
        before.push(act(draft, "role_policy", policy, &[]));
    } else {
        let whose = ["not ours: left as it is", "ours, from before"][usize::from(ours)];
        note(draft, Verdict::Reused, whose.to_owned(), None, None);
    }
    Some(ReadyRole {
        arn: role.arn.clone(),
        before,
    })
}
