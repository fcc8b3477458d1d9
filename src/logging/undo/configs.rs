//! Removes query logging configurations, their RAM shares and the resource policies for them.

use std::collections::{BTreeMap, BTreeSet};

use super::planner::UndoPlanner;
use crate::{
    logging::{
        names::{key, policy_name},
        observed_state::{RegionState, log_group_of},
        policy,
    },
    model::{
        id::QueryLogConfigId,
        kind::QueryLogStatus,
        logging::{Action, Work, is_ours},
    },
};

impl<'u> UndoPlanner<'u> {
    pub(super) fn configs(&mut self, state: &'u RegionState) {
        let removed = self.shares(state);
        let ours: Vec<_> = state
            .our_configs()
            .filter(|(_, tags)| self.selection.has_tags(tags))
            .map(|(config, _)| config)
            .collect();
        for config in ours {
            let id = &config.config_id;
            let mut before = Vec::new();
            let mut kept = Vec::new();
            let associations = state.associations.iter();
            for it in associations
                .filter(|it| it.config_id == *id && it.status != QueryLogStatus::Deleting)
            {
                match self
                    .removed_associations
                    .get(&(id.clone(), it.vpc_id.clone()))
                {
                    Some(key) => before.push(key.clone()),
                    None => kept.push(it.vpc_id.as_str()),
                }
            }
            if !kept.is_empty() {
                kept.truncate(5);
                let why = format!("still associated with it: {}", kept.join(", "));
                self.note_kept(state, None, &format!("configuration {id}"), why);
                continue;
            }
            let arn = state.config_arn(id);
            let mut shares = state.shares.iter().filter(|it| it.resources.contains(&arn));
            if let Some(kept) = shares.find(|share| !removed.contains_key(&share.arn.to_string())) {
                let why = format!("shared by {}, which is kept", kept.arn);
                self.note_kept(state, None, &format!("configuration {id}"), why);
                continue;
            }
            let gone = state.shares.iter().filter(|it| it.resources.contains(&arn));
            before.extend(gone.filter_map(|it| removed.get(&it.arn.to_string()).cloned()));
            let whole = config.destination.to_string();
            let group = log_group_of(&config.destination).unwrap_or(&whole);
            let work = Work::DeleteQueryLogConfig {
                config_id: id.clone(),
            };
            let config_key = key(&state.target, "query_log_config", group);
            let name = format!("configuration {id}");
            self.draft
                .add_action(state, config_key, name, work, &before);
            self.deleted_configs.insert(id.clone());
        }
        self.resource_policies(state);
    }

    /// Shares of ours that nobody else depends on. A share of a configuration that is not ours goes
    /// too; without it the associations of other accounts would be removed_associations by AWS, so none may be
    /// left. Returns the keys of the actions by ARN.
    fn shares(&mut self, state: &RegionState) -> BTreeMap<String, String> {
        let mut removed = BTreeMap::new();
        for share in &state.shares {
            if !is_ours(&share.tags) || !self.selection.has_tags(&share.tags) {
                continue;
            }
            let id_of = |arn: &String| arn.rsplit('/').next().unwrap_or_default().into();
            let configs: BTreeSet<QueryLogConfigId> = share.resources.iter().map(id_of).collect();
            let own: BTreeSet<_> = state.vpcs.iter().map(|vpc| &vpc.vpc_id).collect();
            let (mut before, mut kept) = (Vec::new(), None);
            let associations = state.associations.iter();
            for it in associations.filter(|it| configs.contains(&it.config_id)) {
                let of = (it.config_id.clone(), it.vpc_id.clone());
                match self.removed_associations.get(&of) {
                    Some(key) => before.push(key.clone()),
                    None if own.contains(&it.vpc_id) || it.status == QueryLogStatus::Deleting => {}
                    None => kept = Some(&it.vpc_id),
                }
            }
            if let Some(vpc_id) = kept {
                let why = format!("{vpc_id} of another account is associated by it");
                self.note_kept(state, None, "RAM share", why);
                continue;
            }
            let work = Work::DeleteResourceShare {
                resource_share_arn: share.arn.clone(),
            };
            let key = key(&state.target, "share", &share.name);
            let key = self
                .draft
                .add_action(state, key, "RAM share", work, &before);
            removed.insert(share.arn.to_string(), key);
        }
        removed
    }

    fn resource_policies(&mut self, state: &RegionState) {
        let groups: Vec<_> = state
            .log_groups
            .keys()
            .chain(&state.absent_log_groups)
            .cloned()
            .collect();
        for group in groups {
            let name = policy_name(&group);
            let Some(policy) = state.policies.iter().find(|it| it.name == name) else {
                continue;
            };
            let key = key(&state.target, "resource_policy", &name);
            let items: Vec<_> = self.items(&key).collect();
            let selected = if items.is_empty() {
                // Without a manifest: our name on the very document that we would write.
                let whole = self.selection.run.is_none() && self.selection.expired_at.is_none();
                policy.document == policy::delivery(state, &group)
                    && (whole || self.writer(state, &group, true).is_some())
            } else {
                items.iter().any(|item| self.selection.has_item(item))
            };
            if !selected {
                continue;
            }
            if let Some(config) = self.still_writes(state, &group) {
                let why = format!("{config} needs it to write to {group}");
                self.note_kept(state, None, &format!("resource policy {name}"), why);
                continue;
            }
            let before: Vec<_> = self.gone_configs(state);
            let work = Work::DeleteResourcePolicy {
                policy_name: name.clone(),
            };
            let what = format!("resource policy {name}");
            self.draft.add_action(state, key, what, work, &before);
        }
    }

    /// Keys of the actions that delete configurations here.
    fn gone_configs(&self, state: &RegionState) -> Vec<String> {
        let here = |action: &&Action| {
            action.account_id == *state.account()
                && action.region.as_ref() == Some(state.region())
                && matches!(action.work, Work::DeleteQueryLogConfig { .. })
        };
        let actions = self.draft.actions.iter().filter(here);
        actions.map(|action| action.key.clone()).collect()
    }
}
