//! What the manifest still holds although somebody else has removed it.

use jiff::Timestamp;

use crate::{
    logging::observed_state::ObservedState,
    model::{
        logging::{Item, ItemState, Work},
        target::Target,
    },
};

/// Items that were made, last changed before an instant, and do not exist any more. Kept, they would
/// claim what somebody else makes in their place.
pub fn missing_items<'i>(
    observed: &ObservedState,
    items: &'i [Item],
    before: Timestamp,
) -> Vec<&'i Item> {
    let old = |item: &&Item| item.state == ItemState::Made && item.changed_at < before;
    let items = items.iter().filter(old);
    items.filter(|item| is_gone(observed, item)).collect()
}

/// Whether an account and Region that was read completely lacks it. What is not sure is not gone.
fn is_gone(observed: &ObservedState, item: &Item) -> bool {
    let action = &item.action;
    let target = action.region.clone().map(|region| Target {
        account_id: action.account_id.clone(),
        region,
    });
    let Some(state) = target.and_then(|target| observed.regions.get(&target)) else {
        return false;
    };
    let id = item.resource_id.as_deref();
    match &action.work {
        Work::AssociateQueryLogConfig { vpc_id, .. } => {
            let mut all = state.associations.iter();
            !all.any(|it| it.vpc_id == *vpc_id)
        }
        Work::CreateQueryLogConfig { .. } => {
            let mut all = state.configs.iter();
            id.is_some_and(|id| !all.any(|it| it.config_id == id))
        }
        Work::CreateFlowLogs { .. } | Work::CreateFlowLogsInS3 { .. } => {
            let mut all = state.tagged_flow_logs.iter();
            id.is_some_and(|id| !all.any(|it| it.flow_log_id == id))
        }
        Work::CreateLogGroup { log_group } | Work::PutRetentionPolicy { log_group, .. } => {
            state.absent_log_groups.contains(log_group)
        }
        Work::PutResourcePolicy { policy_name, .. } => {
            let mut all = state.policies.iter();
            !all.any(|it| it.name == *policy_name)
        }
        _ => false,
    }
}
