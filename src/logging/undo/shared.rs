//! Removes last what a whole account or all its logs share: the delivery role, the log groups.

use std::collections::BTreeSet;

use super::planner::UndoPlanner;
use crate::{
    logging::{
        names::{DELIVERY_POLICY, account_key, key},
        observed_state::{AccountState, RegionState},
    },
    model::{
        id::AccountId,
        logging::{Action, Note, Verdict, Work, is_ours},
    },
};

impl UndoPlanner<'_> {
    pub(super) fn role(&mut self, account: &AccountId, account_state: &AccountState) {
        let Some(role) = &account_state.role else {
            return;
        };
        if !is_ours(&role.tags) || !self.selection.has_tags(&role.tags) {
            return;
        }
        let deleted: BTreeSet<&str> = self
            .draft
            .actions
            .iter()
            .filter_map(|action| match &action.work {
                Work::DeleteFlowLogs { flow_log_id, .. } => Some(flow_log_id.as_str()),
                _ => None,
            })
            .collect();
        let why = match &account_state.role_users {
            None => Some("not every Region could be asked whether flow logs use it".to_owned()),
            Some(users) => users
                .iter()
                .find(|id| !deleted.contains(id.as_str()))
                .map(|id| format!("{id} uses it")),
        };
        let name = format!("role {}", role.name);
        if let Some(message) = why {
            self.draft.notes.push(Note {
                account_id: Some(account.clone()),
                region: None,
                vpc_id: None,
                name,
                verdict: Verdict::Left,
                reason: None,
                error_code: None,
                message,
            });
            return;
        }
        let mut before: Vec<String> = self
            .draft
            .actions
            .iter()
            .filter(|action| action.account_id == *account)
            .filter(|action| matches!(action.work, Work::DeleteFlowLogs { .. }))
            .map(|action| action.key.clone())
            .collect();
        let mut act = |kind: &str, work: Work, before: &[String]| {
            let key = account_key(account, kind, &role.name);
            self.draft.actions.push(Action {
                key: key.clone(),
                account_id: account.clone(),
                region: None,
                name: name.clone(),
                work,
                depends_on: before.to_vec(),
            });
            key
        };
        if role.policy.is_some() {
            let work = Work::DeleteRolePolicy {
                role_name: role.name.clone(),
                policy_name: DELIVERY_POLICY.to_owned(),
            };
            before.push(act("role_policy", work, &before));
        }
        let work = Work::DeleteRole {
            role_name: role.name.clone(),
        };
        act("role", work, &before);
    }

    pub(super) fn log_groups(&mut self, state: &RegionState) {
        for group in state.log_groups.values() {
            if !group.is_ours() || !self.selection.has_tags(&group.tags) {
                continue;
            }
            let name = group.name.as_str();
            if !self.selection.delete_logs {
                let why = match group.retention_days {
                    Some(days) => format!(
                        "kept; its events are deleted after {days} days (--delete-logs deletes it now)"
                    ),
                    None => "kept, with its events, forever (--delete-logs deletes it)".to_owned(),
                };
                self.note_kept(state, None, name, why);
                continue;
            }
            let goes = |id: &str| {
                self.draft.actions.iter().any(|action| {
                    matches!(&action.work, Work::DeleteFlowLogs { flow_log_id, .. } if flow_log_id == id)
                })
            };
            let flow_log = state
                .tagged_flow_logs
                .iter()
                .find(|log| log.log_group.as_deref() == Some(name) && !goes(&log.flow_log_id))
                .map(|log| log.flow_log_id.to_string());
            if let Some(writer) = self.still_writes(state, name).or(flow_log) {
                self.note_kept(state, None, name, format!("{writer} still writes to it"));
                continue;
            }
            // Last of all: what still delivers could create the group again.
            let here = |action: &&Action| action.account_id == *state.account();
            let before: Vec<_> = self
                .draft
                .actions
                .iter()
                .filter(here)
                .filter(|action| !matches!(action.work, Work::DeleteLogGroup { .. }))
                .map(|action| action.key.clone())
                .collect();
            let work = Work::DeleteLogGroup {
                log_group: name.to_owned(),
            };
            let key = key(&state.target, "log_group", name);
            self.draft.add_action(state, key, name, work, &before);
        }
    }
}
