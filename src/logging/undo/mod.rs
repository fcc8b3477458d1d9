//! Plans the removal of what the program made: what is proven to be ours is removed, in the order
//! in which it can be; everything else is kept, with a note.

mod associations;
mod configs;
mod flow_logs;
mod missing_items;
mod planner;
mod selection;
mod shared;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{missing_items::missing_items, selection::Selection};

use self::planner::UndoPlanner;
use super::{observed_state::ObservedState, plan::Draft};
use crate::model::logging::{Item, Plan};

/// Plans what is removed.
pub fn disable(selection: &Selection, observed: &ObservedState, items: &[Item], run: &str) -> Plan {
    let mut by_key: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.may_be_there()) {
        by_key.entry(&item.action.key).or_default().push(item);
    }
    let mut planner = UndoPlanner {
        selection,
        observed,
        items: by_key,
        draft: Draft::default(),
        removed_associations: BTreeMap::new(),
        deleted_configs: BTreeSet::new(),
    };
    for state in observed.regions.values() {
        planner.associations(state);
    }
    if selection.vpc_ids.is_empty() {
        for state in observed.regions.values() {
            planner.configs(state);
        }
    }
    for state in observed.regions.values() {
        planner.flow_logs(state);
    }
    if selection.vpc_ids.is_empty() {
        for (account, state) in &observed.accounts {
            planner.role(account, state);
        }
        for state in observed.regions.values() {
            planner.log_groups(state);
        }
    }
    planner.not_found();
    planner.draft.plan(observed, run, observed.at, None)
}
