//! Removes flow logs.

use super::planner::UndoPlanner;
use crate::{
    logging::{observed_state::RegionState, plan::flow_log_key},
    model::logging::{Item, Work, is_ours},
};

impl UndoPlanner<'_> {
    pub(super) fn flow_logs(&mut self, state: &RegionState) {
        for log in &state.tagged_flow_logs {
            let key = flow_log_key(state, &log.resource_id);
            let by_id = |item: &&Item| item.resource_id.as_deref() == Some(&log.flow_log_id);
            let item = self.items(&key).find(by_id);
            let ours = is_ours(&log.tags);
            let selected = (ours && self.selection.has_tags(&log.tags))
                || item.is_some_and(|item| self.selection.has_item(item));
            let vpc_id = item
                .and_then(|item| item.action.work.vpc_id())
                .or(vpc_of(state, &log.resource_id))
                .unwrap_or(&log.resource_id);
            if selected && self.selection.has_vpc(vpc_id) {
                let work = Work::DeleteFlowLogs {
                    flow_log_id: log.flow_log_id.clone(),
                    vpc_id: vpc_id.into(),
                };
                let name = format!("{} of {}", log.flow_log_id, log.resource_id);
                self.draft.add_action(state, key, name, work, &[]);
            }
        }
    }
}

/// The VPC of what a flow log logs.
fn vpc_of<'p>(state: &'p RegionState, resource_id: &'p str) -> Option<&'p str> {
    if resource_id.starts_with("vpc-") {
        return Some(resource_id);
    }
    let interface = state.nat_interfaces.iter();
    let mut interface = interface.filter(|it| it.network_interface_id == resource_id);
    let gateway = state.nat_gateways.iter();
    let mut gateway = gateway.filter(|it| it.nat_gateway_id == resource_id);
    let of_interface = interface.next().map(|it| it.vpc_id.as_str());
    of_interface.or(gateway.next().map(|it| it.vpc_id.as_str()))
}
