//! Compares a saved plan with a fresh one: what changed since the plan was saved.

use std::collections::BTreeMap;

use crate::model::logging::{Action, Item, ItemState, Plan};

/// Everything that differs from a saved plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan is out of date: {}", .0.join("; "))]
pub struct PlanDrift(pub Vec<String>);

/// The most differences that the error lists.
const LISTED: usize = 10;

/// Compares a saved plan with a fresh one. What the saved plan's own run has begun is no difference.
///
/// # Errors
///
/// [`PlanDrift`] with the differences.
pub fn compare(saved: &Plan, fresh: &Plan, items: &[Item]) -> Result<(), PlanDrift> {
    let mut changes = Vec::new();
    if saved.request != fresh.request {
        return Err(PlanDrift(vec![request_differences(saved, fresh)]));
    }
    let by_key = |plan: &Plan| -> BTreeMap<String, Action> {
        let actions = plan.actions.iter();
        actions.map(|it| (it.key.clone(), it.clone())).collect()
    };
    let (before, now) = (by_key(saved), by_key(fresh));
    let own = |key: &str| {
        items.iter().any(|item| {
            item.run == saved.run
                && item.action.key == key
                && matches!(item.state, ItemState::Begun | ItemState::Made)
        })
    };
    let begun = before.keys().any(|key| own(key));
    for (key, action) in &before {
        match now.get(key) {
            None if own(key) => {}
            None => changes.push(format!("no longer needed: {}", described(action))),
            // What was made meanwhile is now known by its id.
            Some(fresh) if begun || fresh.work == action.work => {}
            Some(_) => changes.push(format!("different now: {}", described(action))),
        }
    }
    for (key, action) in &now {
        if !before.contains_key(key) {
            changes.push(format!("needed in addition: {}", described(action)));
        }
    }
    if !begun && changes.is_empty() && saved.fingerprint != fresh.fingerprint {
        let new = fresh
            .notes
            .iter()
            .filter(|note| !saved.notes.contains(note));
        let gone = saved
            .notes
            .iter()
            .filter(|note| !fresh.notes.contains(note));
        changes.extend(new.chain(gone).map(|note| {
            let vpc = note.vpc_id.as_deref().unwrap_or_default();
            format!("{} {vpc}: {}", note.name, note.message)
        }));
        if changes.is_empty() {
            changes.push("the plan was edited, or another version wrote it".to_owned());
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let more = changes.len().saturating_sub(LISTED);
    changes.truncate(LISTED);
    if more > 0 {
        changes.push(format!("and {more} more"));
    }
    Err(PlanDrift(changes))
}

/// How the request differs from the saved plan's; the observed state is not compared then.
fn request_differences(saved: &Plan, fresh: &Plan) -> String {
    let fields = |plan: &Plan| match serde_json::to_value(&plan.request) {
        Ok(serde_json::Value::Object(request)) => request,
        _ => serde_json::Map::new(),
    };
    let (before, now) = (fields(saved), fields(fresh));
    let differs = now.iter().filter(|(key, it)| before.get(*key) != Some(*it));
    let differs = differs.map(|(key, it)| {
        let before = before.get(key).cloned().unwrap_or_default();
        format!("{key} is {it}, in the plan {before}")
    });
    let differs: Vec<_> = differs.collect();
    format!(
        "the request differs from the saved plan's ({}): use the flags that the plan was saved with",
        differs.join("; ")
    )
}

fn described(action: &Action) -> String {
    let region = action.region.as_ref().map_or("", |region| region.as_str());
    format!(
        "{} {} ({} {region})",
        action.work.kind(),
        action.name,
        action.account_id
    )
}
