//! The log group that takes the logs.

use super::{draft::Draft, input::PlanInput};
use crate::{
    logging::{names::key, observed_state::RegionState},
    model::logging::{Verdict, Work},
};

/// Plans what the log group needs. Returns the keys of the actions that must come first.
pub(super) fn ensure(input: &PlanInput, state: &RegionState, draft: &mut Draft) -> Vec<String> {
    let (name, retention_days) = (&input.request.log_group, input.request.retention_days);
    let work = Work::PutRetentionPolicy {
        log_group: name.clone(),
        retention_days,
    };
    let retention_key = key(&state.target, "retention", name);
    match state.log_groups.get(name) {
        None => {
            let work_first = Work::CreateLogGroup {
                log_group: name.clone(),
            };
            let group_key = key(&state.target, "log_group", name);
            let made = draft.add_action(state, group_key, name.as_str(), work_first, &[]);
            let days = format!("{name}: {retention_days} days");
            vec![draft.add_action(state, retention_key, days, work, &[made])]
        }
        Some(group) if group.is_ours() && group.retention_days != Some(retention_days) => {
            let days = format!("{name}: {retention_days} days");
            vec![draft.add_action(state, retention_key, days, work, &[])]
        }
        Some(group) => {
            let why = match (group.is_ours(), group.retention_days) {
                (true, _) => "ours, from an earlier run".to_owned(),
                (false, Some(days)) => format!("not ours: its retention of {days} days is kept"),
                (false, None) => "not ours: it keeps its events forever".to_owned(),
            };
            draft.add_note(state, None, name, Verdict::Reused, why);
            Vec::new()
        }
    }
}
