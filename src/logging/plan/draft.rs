//! A plan in the making: actions and notes as they are found.

use jiff::Timestamp;

use crate::{
    logging::{
        names::digest,
        observed_state::{ObservedState, RegionState},
    },
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, Region, VpcId},
        logging::{Action, Note, Plan, Request, VERSION, Verdict, Work, tags},
    },
};

/// Actions and notes as they are found.
#[derive(Debug, Default)]
pub(in crate::logging) struct Draft {
    pub(in crate::logging) actions: Vec<Action>,
    pub(in crate::logging) notes: Vec<Note>,
}

impl Draft {
    /// Adds an action in an account and Region and returns its key.
    pub(in crate::logging) fn add_action(
        &mut self,
        state: &RegionState,
        key: String,
        name: impl Into<String>,
        work: Work,
        depends_on: &[String],
    ) -> String {
        self.actions.push(Action {
            key: key.clone(),
            account_id: state.account().clone(),
            region: Some(state.region().clone()),
            name: name.into(),
            work,
            depends_on: depends_on.to_vec(),
        });
        key
    }

    /// Adds a note on an account and Region, or on a VPC there.
    pub(in crate::logging) fn add_note(
        &mut self,
        state: &RegionState,
        vpc_id: Option<&str>,
        name: &str,
        verdict: Verdict,
        message: impl Into<String>,
    ) {
        self.notes.push(Note {
            account_id: Some(state.account().clone()),
            region: Some(state.region().clone()),
            vpc_id: vpc_id.map(Into::into),
            name: name.to_owned(),
            reason: (verdict == Verdict::Cannot).then_some(Reason::Other),
            verdict,
            error_code: None,
            message: message.into(),
        });
    }

    /// Adds that something could not be read.
    pub(in crate::logging) fn unread(
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

    /// Adds a note for each VPC that was named and does not exist.
    pub(in crate::logging) fn absent(
        &mut self,
        named: &[VpcId],
        observed: &ObservedState,
        verdict: Verdict,
        why: &str,
    ) {
        let exists = |id: &VpcId| {
            let mut vpcs = observed.regions.values().flat_map(|state| &state.vpcs);
            vpcs.any(|vpc| vpc.vpc_id == *id)
        };
        self.notes
            .extend(named.iter().filter(|id| !exists(id)).map(|id| Note {
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
    pub(in crate::logging) fn plan(
        mut self,
        observed: &ObservedState,
        run: &str,
        expires_at: Timestamp,
        request: Option<Request>,
    ) -> Plan {
        for unread in &observed.unread {
            let region = unread.region.as_ref();
            self.unread(
                unread.account_id.as_ref(),
                region,
                &unread.name,
                &unread.failure,
            );
        }
        let key = |note: &Note| {
            let target = (note.account_id.clone(), note.region.clone());
            (target, note.vpc_id.clone(), note.name.clone())
        };
        self.notes.sort_by_cached_key(key);
        let whole = serde_json::to_string(&(&request, &self.actions, &self.notes));
        Plan {
            version: VERSION,
            run: run.to_owned(),
            made_at: observed.at,
            expires_at,
            request,
            fingerprint: digest(&[&whole.unwrap_or_default()]),
            tags: tags(run, expires_at),
            actions: self.actions,
            notes: self.notes,
        }
    }
}
