//! Runs of `logging enable` in the store: which one an `enable` belongs to, and what the manifest
//! still holds.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    apply::{self, Applied, ApplyOptions},
    observed_state::ObservedState,
    undo,
};
use crate::{
    model::{
        event::Event,
        logging::{Item, ItemState, Plan, Request, read_plan},
    },
    org::session::Access,
    store::{Store, StoreError},
};

/// The run that a request belongs to, and when its resources expire: one that was interrupted, else a
/// new one.
///
/// # Errors
///
/// If the store cannot be read.
pub fn run_for(
    store: Option<&Store>,
    request: &Request,
    items: &[Item],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(String, Timestamp), StoreError> {
    if let Some(interrupted) = interrupted(store, request, items, now)? {
        return Ok(interrupted);
    }
    let taken: BTreeSet<_> = items.iter().map(|item| item.run.as_str()).collect();
    Ok((free(&new_id(now), &taken), expires_at))
}

/// The id of a run that begins now.
pub fn new_id(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Makes the calls of a plan. A run that is interrupted stays open, so that a repeat continues it.
///
/// # Errors
///
/// If the store cannot be read or written.
pub async fn carry_out<'a>(
    plan: &'a Plan,
    access: &'a Access,
    store: &Store,
    options: ApplyOptions,
    events: &UnboundedSender<Event>,
) -> Result<Applied<'a>, StoreError> {
    if !plan.actions.is_empty() {
        store.begin_logging(plan)?;
    }
    let applied = apply::apply(plan, access, store.reopen()?, options, events).await?;
    if !applied.is_cut_off() {
        store.finish_logging(&plan.run, Timestamp::now())?;
    }
    Ok(applied)
}

/// Removes from the manifest what somebody else has deleted. What is younger than `wait_seconds` is
/// kept, since AWS may not list it yet.
///
/// # Errors
///
/// If the store cannot be read or written.
pub fn forget_gone(
    store: &Store,
    observed: &ObservedState,
    wait_seconds: u64,
) -> anyhow::Result<()> {
    let wait = SignedDuration::from_secs(i64::try_from(wait_seconds)?);
    let before = observed.at.checked_sub(wait)?;
    for item in undo::missing_items(observed, &store.logging_items()?, before) {
        store.note_logging(&item.run, &item.action, ItemState::Undone, None)?;
    }
    Ok(())
}

/// An interrupted run of the same request: it is continued, so that everything it made carries the
/// tags of one run. A run that has expired, or of which nothing is left, is over.
fn interrupted(
    store: Option<&Store>,
    request: &Request,
    items: &[Item],
    now: Timestamp,
) -> Result<Option<(String, Timestamp)>, StoreError> {
    let Some(store) = store else {
        return Ok(None);
    };
    let unfinished = store.unfinished_logging()?.into_iter();
    let same = |plan: &str| {
        let plan = read_plan(plan.as_bytes()).ok();
        plan.is_some_and(|plan| plan.request.as_ref() == Some(request))
    };
    let is_there = |run: &str| items.iter().any(|it| it.run == run && it.may_be_there());
    let mut same = unfinished
        .filter(|it| it.expires_at > now && is_there(&it.run))
        .filter(|it| same(&it.plan));
    Ok(same.next().map(|it| (it.run, it.expires_at)))
}

/// An id that no run has yet.
fn free(id: &str, taken: &BTreeSet<&str>) -> String {
    let mut numbered = id.to_owned();
    for number in 2_u32.. {
        if !taken.contains(numbered.as_str()) {
            break;
        }
        numbered = format!("{id}-{number}");
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::logging::{Action, Destination, RequestedLogs, VERSION, Work};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn request(log_group: &str) -> Request {
        Request {
            wanted: RequestedLogs::Dns {
                destination: Destination::Own {},
            },
            log_group: log_group.to_owned(),
            retention_days: 7,
            vpc_ids: Vec::new(),
        }
    }

    #[test]
    fn only_a_run_that_has_not_expired_and_of_which_something_is_left_is_continued() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let action = Action {
            key: "one".to_owned(),
            account_id: "123456789012".parse().unwrap(),
            region: None,
            name: "one".to_owned(),
            work: Work::CreateLogGroup {
                log_group: "/a".to_owned(),
            },
            depends_on: Vec::new(),
        };
        let plan = Plan {
            version: VERSION,
            run: "killed".to_owned(),
            made_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2026-01-15T00:00:00Z"),
            request: Some(request("/a")),
            fingerprint: String::new(),
            tags: [].into(),
            actions: vec![action.clone()],
            notes: Vec::new(),
        };
        store.begin_logging(&plan).unwrap();
        let found = |log_group: &str, now: &str| {
            let items = store.logging_items().unwrap();
            let found = interrupted(Some(&store), &request(log_group), &items, at(now));
            found.unwrap().map(|(run, _)| run)
        };
        let (early, late) = ("2026-01-02T00:00:00Z", "2026-01-15T00:00:00Z");
        assert_eq!(found("/a", early), None, "nothing was begun");
        let note = |state| store.note_logging("killed", &action, state, None).unwrap();
        note(ItemState::Begun);
        assert_eq!(found("/a", early).as_deref(), Some("killed"));
        assert_eq!(found("/b", early), None, "something else was asked for");
        assert_eq!(found("/a", late), None, "it has expired");
        note(ItemState::Undone);
        assert_eq!(found("/a", early), None, "nothing is left of it");
    }
}
