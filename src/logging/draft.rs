//! A plan in the making, and plans compared.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    names::digest,
    world::{Place, World},
};
use crate::model::{
    coverage::{Failure, Reason},
    id::{AccountId, Region},
    logging::{Action, Item, ItemState, Note, Plan, Request, VERSION, Verdict, Wanted, Work, tags},
};

/// Quotas of an account in a region, as configured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quotas {
    pub(super) configs: usize,
    pub(super) associations: usize,
    pub(super) policies: usize,
}

/// What a plan is made of beside the world.
#[derive(Clone, Debug)]
pub struct PlanOf {
    /// What was asked for.
    pub request: Request,
    /// The id of the run that will carry it out.
    pub run: String,
    /// When its things expire.
    pub expires_at: Timestamp,
    /// Query log configurations that an account may have in a region.
    pub query_log_configs: usize,
    /// Associations that an account may have in a region.
    pub query_log_associations: usize,
    /// Resource policies that an account may have in a region.
    pub resource_policies: usize,
}

impl PlanOf {
    pub(super) fn quotas(&self) -> Quotas {
        Quotas {
            configs: self.query_log_configs,
            associations: self.query_log_associations,
            policies: self.resource_policies,
        }
    }
}

/// Actions and notes as they come.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) actions: Vec<Action>,
    pub(super) notes: Vec<Note>,
}

impl Draft {
    /// Adds an action in a place and returns its key.
    pub(super) fn act(
        &mut self,
        place: &Place,
        key: String,
        name: impl Into<String>,
        work: Work,
        depends_on: &[String],
    ) -> String {
        self.actions.push(Action {
            key: key.clone(),
            account_id: place.account().clone(),
            region: Some(place.region().clone()),
            name: name.into(),
            work,
            depends_on: depends_on.to_vec(),
        });
        key
    }

    /// Adds a note on a place, or on a VPC in it.
    pub(super) fn note(
        &mut self,
        place: &Place,
        vpc_id: Option<&str>,
        name: &str,
        verdict: Verdict,
        message: impl Into<String>,
    ) {
        self.notes.push(Note {
            account_id: Some(place.account().clone()),
            region: Some(place.region().clone()),
            vpc_id: vpc_id.map(str::to_owned),
            name: name.to_owned(),
            reason: (verdict == Verdict::Cannot).then_some(Reason::Other),
            verdict,
            error_code: None,
            message: message.into(),
        });
    }

    /// Adds that something could not be read.
    pub(super) fn unread(
        &mut self,
        account_id: Option<&AccountId>,
        region: Option<&Region>,
        name: &str,
        failure: &Failure,
    ) {
        self.notes.push(Note {
            account_id: account_id.cloned(),
            region: region.cloned(),
            vpc_id: None,
            name: name.to_owned(),
            verdict: Verdict::Cannot,
            reason: Some(failure.reason),
            error_code: failure.code.clone(),
            message: failure.message.clone(),
        });
    }

    /// Tells of VPCs that were named and are not there.
    pub(super) fn absent(&mut self, named: &[String], world: &World, verdict: Verdict, why: &str) {
        let there = |id: &String| {
            let mut vpcs = world.places.values().flat_map(|place| &place.vpcs);
            vpcs.any(|vpc| vpc.vpc_id == *id)
        };
        self.notes
            .extend(named.iter().filter(|id| !there(id)).map(|id| Note {
                account_id: None,
                region: None,
                vpc_id: Some(id.clone()),
                name: "VPC".to_owned(),
                reason: (verdict == Verdict::Cannot).then_some(Reason::Other),
                verdict,
                error_code: None,
                message: why.to_owned(),
            }));
    }

    /// The plan.
    pub(super) fn plan(
        mut self,
        world: &World,
        run: &str,
        expires_at: Timestamp,
        request: Option<Request>,
    ) -> Plan {
        for unread in &world.unread {
            let region = unread.region.as_ref();
            self.unread(
                unread.account_id.as_ref(),
                region,
                &unread.name,
                &unread.failure,
            );
        }
        let key = |note: &Note| {
            let place = (note.account_id.clone(), note.region.clone());
            (place, note.vpc_id.clone(), note.name.clone())
        };
        self.notes.sort_by_cached_key(key);
        let whole = serde_json::to_string(&(&request, &self.actions, &self.notes));
        Plan {
            version: VERSION,
            run: run.to_owned(),
            made_at: world.at,
            expires_at,
            request,
            fingerprint: digest(&[&whole.unwrap_or_default()]),
            tags: tags(run, expires_at),
            actions: self.actions,
            notes: self.notes,
        }
    }
}

/// Plans what is missing.
pub fn enable(of: &PlanOf, world: &World) -> Plan {
    let mut draft = Draft::default();
    match &of.request.wanted {
        Wanted::Dns { destination } => super::dns::plan(of, destination, world, &mut draft),
        Wanted::Flow { .. } => super::flow::plan(of, world, &mut draft),
    }
    let why = "no VPC of this id belongs to the accounts and regions that could be looked at";
    draft.absent(&of.request.vpc_ids, world, Verdict::Cannot, why);
    draft.plan(world, &of.run, of.expires_at, Some(of.request.clone()))
}

/// How the world has changed since a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the world has changed since the plan was made: {}", .0.join("; "))]
pub struct Changed(pub Vec<String>);

/// The most differences that are told one by one.
const TOLD: usize = 10;

/// Holds a saved plan against a fresh one. What the saved plan's own run has begun already does
/// not count as a change of the world.
pub fn compare(saved: &Plan, fresh: &Plan, items: &[Item]) -> Result<(), Changed> {
    let mut changes = Vec::new();
    if saved.request != fresh.request {
        return Err(Changed(vec![otherwise(saved, fresh)]));
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
            None => changes.push(format!("no longer to do: {}", described(action))),
            // What was made meanwhile is now known by its id.
            Some(fresh) if begun || fresh.work == action.work => {}
            Some(_) => changes.push(format!("to be done otherwise: {}", described(action))),
        }
    }
    for (key, action) in &now {
        if !before.contains_key(key) {
            changes.push(format!("now to do too: {}", described(action)));
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
            changes.push("the plan was edited, or comes from another version".to_owned());
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let more = changes.len().saturating_sub(TOLD);
    changes.truncate(TOLD);
    if more > 0 {
        changes.push(format!("and {more} more"));
    }
    Err(Changed(changes))
}

/// What was asked for otherwise than in the saved plan: what differs then says nothing of the world.
fn otherwise(saved: &Plan, fresh: &Plan) -> String {
    let asked = |plan: &Plan| match serde_json::to_value(&plan.request) {
        Ok(serde_json::Value::Object(request)) => request,
        _ => serde_json::Map::new(),
    };
    let (before, now) = (asked(saved), asked(fresh));
    let differs = now.iter().filter(|(key, it)| before.get(*key) != Some(*it));
    let differs = differs.map(|(key, it)| {
        let before = before.get(key).cloned().unwrap_or_default();
        format!("{key} is {it}, and in the plan {before}")
    });
    let differs: Vec<_> = differs.collect();
    format!(
        "something else was asked for than in the saved plan ({}): give the flags that it was \
         saved with",
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
