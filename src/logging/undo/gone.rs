//! What the manifest still holds although somebody else has taken it away meanwhile.

use jiff::Timestamp;

use super::World;
use crate::model::{
    logging::{Item, ItemState, Work},
    target::Target,
};

/// Items that were made, last touched before an instant, and are not there any more. Kept, they would
/// prove to be ours what somebody else makes in their place.
pub fn gone<'i>(world: &World, items: &'i [Item], before: Timestamp) -> Vec<&'i Item> {
    let old = |item: &&Item| item.state == ItemState::Made && item.changed_at < before;
    let items = items.iter().filter(old);
    items.filter(|item| is_gone(world, item)).collect()
}

/// Whether a place that was read completely lacks it. What is not sure is not gone.
fn is_gone(world: &World, item: &Item) -> bool {
    let action = &item.action;
    let target = action.region.clone().map(|region| Target {
        account_id: action.account_id.clone(),
        region,
    });
    let Some(place) = target.and_then(|target| world.places.get(&target)) else {
        return false;
    };
    let id = item.resource_id.as_deref();
    match &action.work {
        Work::AssociateQueryLogConfig { vpc_id, .. } => {
            let mut all = place.associations.iter();
            !all.any(|it| it.vpc_id == *vpc_id)
        }
        Work::CreateQueryLogConfig { .. } => {
            let mut all = place.configs.iter();
            id.is_some_and(|id| !all.any(|it| it.config_id == id))
        }
        Work::CreateFlowLogs { .. } => {
            let mut all = place.marked_flow_logs.iter();
            id.is_some_and(|id| !all.any(|it| it.flow_log_id == id))
        }
        Work::CreateLogGroup { log_group } | Work::PutRetentionPolicy { log_group, .. } => {
            place.no_log_groups.contains(log_group)
        }
        Work::PutResourcePolicy { policy_name, .. } => {
            let mut all = place.policies.iter();
            !all.any(|it| it.name == *policy_name)
        }
        _ => false,
    }
}
