//! Reads the accounts and Regions of the scope concurrently.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    aws::cancellation::cancelled,
    config::Config,
    logging::observed_state::{ObservedState, RegionState, Unread},
    model::{
        coverage::Failure,
        event::Event,
        id::{AccountId, Region},
    },
    org::{
        accounts, regions,
        session::{self, Access, Session},
    },
};

/// What could not be read, and why.
pub(super) type ReadFailure = (&'static str, Failure);

/// What all accounts share while they are read.
pub(super) struct Observer<'l> {
    pub(super) access: &'l Access,
    pub(super) config: &'l Config,
    events: &'l UnboundedSender<Event>,
    state: Mutex<ObservedState>,
}

/// Names what failed.
pub(super) async fn named<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, ReadFailure> {
    // Boxed: the futures of the SDK are large.
    Box::pin(work).await.map_err(|failure| (what, failure))
}

impl<'l> Observer<'l> {
    pub(super) fn new(
        access: &'l Access,
        config: &'l Config,
        events: &'l UnboundedSender<Event>,
    ) -> Self {
        let observed = ObservedState {
            at: Timestamp::now(),
            ..ObservedState::default()
        };
        Self {
            access,
            config,
            events,
            state: Mutex::new(observed),
        }
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut ObservedState) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reports progress; nobody may be listening.
    fn event(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(super) fn into_state(self) -> ObservedState {
        let mut observed = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        observed.unread.sort_by_cached_key(|it| {
            let target = (it.account_id.clone(), it.region.clone());
            (target, it.name.clone())
        });
        observed
    }

    pub(super) fn unread(
        &self,
        account_id: Option<&AccountId>,
        region: Option<&Region>,
        (name, failure): ReadFailure,
    ) {
        self.change(|observed| {
            observed.unread.push(Unread {
                account_id: account_id.cloned(),
                region: region.cloned(),
                name: name.to_owned(),
                failure,
            });
        });
    }

    /// Reads every account and region of the scope that `among` lets through.
    pub(super) async fn regions<F>(
        &self,
        among: impl Fn(&AccountId) -> bool,
        read: impl Fn(Session) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = Result<Option<RegionState>, ReadFailure>>,
    {
        let listed = accounts::list(self.access, &self.config.scope).await?;
        if let Some(failure) = listed.failure {
            self.unread(None, None, ("organization", failure));
        }
        let wanted = listed
            .accounts
            .iter()
            .filter(|it| it.selected && it.status.can_be_called() && among(&it.id));
        let wanted: Vec<_> = wanted.collect();
        self.event(Event::Accounts {
            known: listed.accounts.len(),
            selected: wanted.len(),
        });
        let read = &read;
        stream::iter(wanted)
            .for_each_concurrent(self.config.limits.accounts, |account| async move {
                let id = &account.id;
                match named("credentials", self.access.account(id)).await {
                    Ok(opened) => self.account(&opened, read).await,
                    Err(missing) => self.unread(Some(id), None, missing),
                }
                self.event(Event::AccountDone);
            })
            .await;
        Ok(())
    }

    async fn account<F>(&self, account: &session::AccountAccess, read: &impl Fn(Session) -> F)
    where
        F: Future<Output = Result<Option<RegionState>, ReadFailure>>,
    {
        let id = account.id();
        let Ok(home) = self.access.home_region() else {
            return;
        };
        let home = account.session(&home);
        let scope = &self.config.scope;
        let known = Box::pin(regions::list(&home, scope, self.access.partition())).await;
        if let Some(failure) = known.failure {
            self.unread(Some(id), None, ("regions", failure));
        }
        let wanted = known.choices.iter().filter(|it| it.left_out.is_none());
        let wanted: Vec<_> = wanted.collect();
        self.event(Event::Targets(wanted.len()));
        stream::iter(wanted)
            .for_each_concurrent(self.config.limits.regions_per_account, |choice| async {
                let region = &choice.region;
                let session = account.session(region);
                let target = session.target().clone();
                let result = if session.cancellation().is_cancelled() {
                    Err(("everything", cancelled()))
                } else {
                    Box::pin(read(session)).await
                };
                match result {
                    Ok(Some(state)) => self.change(|observed| {
                        observed.regions.insert(state.target.clone(), state);
                    }),
                    Ok(None) => {}
                    Err(missing) => self.unread(Some(id), Some(region), missing),
                }
                self.event(Event::TargetDone(target));
            })
            .await;
    }
}
