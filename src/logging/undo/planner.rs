//! The plan in the making, and the questions that its parts share.

use std::collections::{BTreeMap, BTreeSet};

use super::selection::Selection;
use crate::{
    logging::{
        observed_state::{ObservedState, RegionState, log_group_of},
        plan::Draft,
    },
    model::{
        id::{QueryLogConfigId, VpcId},
        kind::QueryLogStatus,
        logging::{Item, Verdict},
    },
};

/// A plan in the making.
pub(super) struct UndoPlanner<'u> {
    pub(super) selection: &'u Selection,
    pub(super) observed: &'u ObservedState,
    /// What may exist of ours, by key; the latest run last.
    pub(super) items: BTreeMap<&'u str, Vec<&'u Item>>,
    pub(super) draft: Draft,
    /// Associations that are removed: configuration and VPC, with the keys of their actions.
    pub(super) removed_associations: BTreeMap<(QueryLogConfigId, VpcId), String>,
    /// Configurations that are removed.
    pub(super) deleted_configs: BTreeSet<QueryLogConfigId>,
}

impl<'u> UndoPlanner<'u> {
    pub(super) fn note_kept(
        &mut self,
        state: &RegionState,
        vpc_id: Option<&str>,
        name: &str,
        why: impl Into<String>,
    ) {
        self.draft.add_note(state, vpc_id, name, Verdict::Left, why);
    }

    pub(super) fn items(&self, key: &str) -> impl Iterator<Item = &'u Item> {
        let items = self.items.get(key).cloned().unwrap_or_default();
        items.into_iter()
    }

    pub(super) fn is_our_config(&self, config_id: &str) -> bool {
        self.observed
            .regions
            .values()
            .any(|state| state.our_configs().any(|(it, _)| it.config_id == config_id))
    }

    /// A configuration that is kept, in any account, and writes to a log group.
    pub(super) fn still_writes(&self, state: &RegionState, group: &str) -> Option<String> {
        self.writer(state, group, false)
    }

    /// A configuration that is removed, or kept, and writes to a log group.
    pub(super) fn writer(&self, state: &RegionState, group: &str, goes: bool) -> Option<String> {
        let config = state.configs.iter().find(|config| {
            self.deleted_configs.contains(&config.config_id) == goes
                && config.status != QueryLogStatus::Deleting
                && config.destination.account() == state.account().as_str()
                && log_group_of(&config.destination) == Some(group)
        });
        config.map(|config| config.config_id.to_string())
    }
}
