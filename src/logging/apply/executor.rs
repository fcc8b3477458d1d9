//! Carries a plan out: each action is in the manifest before its call is made.
//!
//! Actions of one account and region follow one another in the order of the plan; those of others
//! run at the same time, unless they depend on one another. An action whose precondition failed is
//! not tried.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use futures::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    calls::{context::Context, dispatch::make},
    options::{ApplyOptions, PollPolicy},
    outcome::Outcome,
    sessions::Sessions,
    wait_until_active::wait_until_active,
};
use crate::{
    aws::cancellation::cancelled,
    model::{
        coverage::{Failure, Reason},
        event::Event,
        id::{AccountId, Region},
        logging::{Action, Item, ItemState, Plan, Reference, Work},
        target::Target,
    },
    org::session::{Access, Session},
    store::{Store, StoreError},
};

/// What the actions share while a plan is carried out.
struct Run<'r> {
    plan: &'r Plan,
    options: ApplyOptions,
    store: Mutex<Store>,
    sessions: Sessions<'r>,
    /// Ids of what was made, by the key of the action; of earlier processes too.
    made: Mutex<HashMap<String, String>>,
    outcomes: Mutex<HashMap<String, Outcome>>,
    broken: OnceLock<StoreError>,
    items: Vec<Item>,
    /// Keys of actions whose effect takes its time to be seen elsewhere.
    slow: BTreeSet<String>,
}

/// A plan that was carried out.
#[derive(Debug)]
pub struct Applied<'a> {
    /// How each action ended, in their order.
    pub outcomes: Vec<Outcome>,
    sessions: Sessions<'a>,
    concurrency: usize,
}

impl Applied<'_> {
    /// Whether it was stopped before every action had its turn.
    pub fn is_cut_off(&self) -> bool {
        let cut_off = |failure: &Failure| failure.reason == Reason::Cancelled;
        self.outcomes.iter().any(|outcome| match outcome {
            Outcome::Failed(failure) | Outcome::Skipped(failure) => cut_off(failure),
            Outcome::Done(_) | Outcome::Active(_) | Outcome::Pending(_) => false,
        })
    }

    /// How many actions have started logs whose delivery is not confirmed yet.
    pub fn starting(&self, plan: &Plan) -> usize {
        let actions = plan.actions.iter().zip(&self.outcomes);
        let starting = |(action, outcome): &(&Action, &Outcome)| {
            action.work.starts_logging() && matches!(outcome, Outcome::Done(_))
        };
        actions.filter(starting).count()
    }

    /// Waits, as long as `poll` allows, until what it turned on delivers, and updates the outcomes.
    pub async fn wait_until_active(&mut self, plan: &Plan, poll: PollPolicy) {
        let (outcomes, sessions) = (&mut self.outcomes, &self.sessions);
        wait_until_active(plan, outcomes, sessions, self.concurrency, poll).await;
    }
}

/// Carries out a plan.
pub async fn apply<'a>(
    plan: &'a Plan,
    access: &'a Access,
    store: Store,
    options: ApplyOptions,
    events: &UnboundedSender<Event>,
) -> Result<Applied<'a>, StoreError> {
    let _ = events.send(Event::Actions(plan.actions.len()));
    let items = store.logging_items()?;
    let ids = items.iter().filter(|item| item.may_be_there());
    let ids = ids.filter_map(|item| Some((item.action.key.clone(), item.resource_id.clone()?)));
    let run = Run {
        made: Mutex::new(ids.collect()),
        plan,
        options,
        store: Mutex::new(store),
        sessions: Sessions::new(access),
        outcomes: Mutex::default(),
        broken: OnceLock::new(),
        items,
        slow: slow(plan),
    };
    for wave in waves(plan) {
        stream::iter(wave)
            .for_each_concurrent(options.concurrency, |lane| async {
                for action in lane {
                    // Boxed: the futures of the SDK are large.
                    let outcome = Box::pin(run.action(action)).await;
                    let _ = events.send(Event::ActionDone(described(action, &outcome)));
                    lock(&run.outcomes).insert(action.key.clone(), outcome);
                }
            })
            .await;
    }
    let Run {
        outcomes,
        broken,
        sessions,
        ..
    } = run;
    if let Some(error) = broken.into_inner() {
        return Err(error);
    }
    let outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let of = |action: &Action| {
        let untried = || Outcome::Skipped(cancelled());
        outcomes.get(&action.key).cloned().unwrap_or_else(untried)
    };
    Ok(Applied {
        outcomes: plan.actions.iter().map(of).collect(),
        sessions,
        concurrency: options.concurrency,
    })
}

/// An action and how it ended, in a line.
fn described(action: &Action, outcome: &Outcome) -> String {
    let ended = match outcome {
        Outcome::Done(_) | Outcome::Active(_) => "done".to_owned(),
        Outcome::Pending(why) => why.clone(),
        Outcome::Failed(failure) | Outcome::Skipped(failure) => failure.to_string(),
    };
    let region = action.region.as_ref().map_or("-", |region| region.as_str());
    let (account, kind, name) = (&action.account_id, action.work.kind(), &action.name);
    format!("{account} {region} {kind} {name}: {ended}")
}

/// Shares take time until they can be used elsewhere.
fn slow(plan: &Plan) -> BTreeSet<String> {
    let slow = |work: &Work| {
        matches!(
            work,
            Work::CreateResourceShare { .. } | Work::AssociateResourceShare { .. }
        )
    };
    let actions = plan.actions.iter().filter(|action| slow(&action.work));
    actions.map(|action| action.key.clone()).collect()
}

type ActionQueue<'p> = Vec<&'p Action>;

/// Groups of lanes: a lane is an account and region; a group waits for those before it.
fn waves(plan: &Plan) -> Vec<Vec<ActionQueue<'_>>> {
    let target = |action: &Action| (action.account_id.clone(), action.region.clone());
    let mut depth: HashMap<&str, (usize, (AccountId, Option<Region>))> = HashMap::new();
    let mut waves: Vec<BTreeMap<_, ActionQueue<'_>>> = Vec::new();
    for action in &plan.actions {
        let here = target(action);
        let mut level = 0;
        for key in &action.depends_on {
            if let Some((below, there)) = depth.get(key.as_str()) {
                // In the same lane the order is enough.
                level = level.max(below + usize::from(*there != here));
            }
        }
        depth.insert(&action.key, (level, here.clone()));
        if waves.len() <= level {
            waves.resize_with(level + 1, BTreeMap::new);
        }
        if let Some(wave) = waves.get_mut(level) {
            wave.entry(here).or_default().push(action);
        }
    }
    let lanes = waves.into_iter();
    lanes.map(|wave| wave.into_values().collect()).collect()
}

impl Run<'_> {
    async fn action(&self, action: &Action) -> Outcome {
        if self.broken.get().is_some() {
            return Outcome::Skipped(cancelled());
        }
        if let Some(failed) = self.failed_before(action) {
            return Outcome::Skipped(failed);
        }
        match self.attempt(action).await {
            Ok(id) => Outcome::Done(id),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// The failure of something that the action needs.
    fn failed_before(&self, action: &Action) -> Option<Failure> {
        let outcomes = lock(&self.outcomes);
        action.depends_on.iter().find_map(|key| {
            let failure = match outcomes.get(key)? {
                Outcome::Failed(failure) | Outcome::Skipped(failure) => failure,
                Outcome::Done(_) | Outcome::Active(_) | Outcome::Pending(_) => return None,
            };
            let message = format!("not tried, as {key} failed: {}", failure.message);
            Some(Failure {
                message,
                ..failure.clone()
            })
        })
    }

    async fn attempt(&self, action: &Action) -> Result<Option<String>, Failure> {
        let session = self.session(action).await?;
        if session.cancellation().is_cancelled() {
            return Err(cancelled());
        }
        let removes = action.work.removes();
        if !removes {
            self.note(action, ItemState::Begun, None)?;
        }
        let context = Context {
            session: &session,
            partition: self.sessions.access.partition(),
            run: &self.plan.run,
            key: &action.key,
            tags: &self.plan.tags,
            fresh: action.depends_on.iter().any(|key| self.slow.contains(key)),
            wait: self.options.wait,
        };
        let resolve = |reference: &Reference| match reference {
            Reference::Known(id) => Some(id.clone()),
            Reference::MadeBy(key) => lock(&self.made).get(key).cloned(),
        };
        match make(&context, &action.work, resolve).await {
            Ok(id) if !removes => {
                if let Some(id) = &id {
                    lock(&self.made).insert(action.key.clone(), id.clone());
                }
                self.note(action, ItemState::Made, id.as_deref())?;
                Ok(id)
            }
            Ok(_) => self.undone(action).map(|()| None),
            Err(failure) => {
                // A refusal is certain; whatever went unanswered may have been done.
                if !removes && failure.code.is_some() && failure.reason != Reason::Unreachable {
                    self.note(action, ItemState::Refused, None)?;
                }
                Err(failure)
            }
        }
    }

    /// Notes that what an action removed is gone, for every run that had begun it.
    fn undone(&self, action: &Action) -> Result<(), Failure> {
        let items = self.items.iter();
        let items = items.filter(|item| item.may_be_there() && goes_with(action, &item.action));
        for item in items {
            let store = lock(&self.store);
            let noted = store.note_logging(&item.run, &item.action, ItemState::Undone, None);
            drop(store);
            self.check_noted(noted)?;
        }
        Ok(())
    }

    fn note(&self, action: &Action, state: ItemState, id: Option<&str>) -> Result<(), Failure> {
        let store = lock(&self.store);
        let noted = store.note_logging(&self.plan.run, action, state, id);
        drop(store);
        self.check_noted(noted)
    }

    /// Without a manifest nothing more is changed.
    fn check_noted(&self, noted: Result<(), StoreError>) -> Result<(), Failure> {
        noted.map_err(|error| {
            let failure = Failure::new(Reason::Other, error.to_string());
            let _ = self.broken.set(error);
            failure
        })
    }

    async fn session(&self, action: &Action) -> Result<Arc<Session>, Failure> {
        let region = match &action.region {
            Some(region) => region.clone(),
            None => self.sessions.access.home_region()?,
        };
        let target = Target {
            account_id: action.account_id.clone(),
            region,
        };
        self.sessions.at(&target).await
    }
}

/// Whether what `item` made is gone with what `action` removes.
fn goes_with(action: &Action, item: &Action) -> bool {
    let same_target = item.account_id == action.account_id && item.region == action.region;
    match (&action.work, &item.work) {
        (Work::DeleteLogGroup { log_group: gone }, Work::PutRetentionPolicy { log_group, .. }) => {
            same_target && gone == log_group
        }
        (
            Work::DeleteResourceShare {
                resource_share_arn: gone,
            },
            Work::AssociateResourceShare {
                resource_share_arn, ..
            },
        ) => gone == resource_share_arn,
        _ => item.key == action.key,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
