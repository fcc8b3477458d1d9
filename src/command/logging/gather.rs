//! Reading the world: each account and region of the scope, as far as a plan needs it.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::{
    aws::stop::cancelled,
    config::Config,
    logging::world::{Place, Unread, World},
    model::{
        coverage::Failure,
        id::{AccountId, Region},
    },
    org::{
        accounts, regions,
        session::{self, Access, Session},
    },
};

/// What could not be read, and why.
pub(super) type Missing = (&'static str, Failure);

/// What all accounts share while the world is read.
pub(super) struct Looking<'l> {
    pub(super) access: &'l Access,
    pub(super) config: &'l Config,
    world: Mutex<World>,
}

/// Names what failed.
pub(super) async fn named<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Missing> {
    // Boxed: the futures of the SDK are large.
    Box::pin(work).await.map_err(|failure| (what, failure))
}

impl<'l> Looking<'l> {
    pub(super) fn new(access: &'l Access, config: &'l Config) -> Self {
        let world = World {
            at: Timestamp::now(),
            ..World::default()
        };
        Self {
            access,
            config,
            world: Mutex::new(world),
        }
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn into_world(self) -> World {
        let mut world = self
            .world
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        world.unread.sort_by_cached_key(|it| {
            let place = (it.account_id.clone(), it.region.clone());
            (place, it.name.clone())
        });
        world
    }

    pub(super) fn unread(
        &self,
        account_id: Option<&AccountId>,
        region: Option<&Region>,
        (name, failure): Missing,
    ) {
        self.change(|world| {
            world.unread.push(Unread {
                account_id: account_id.cloned(),
                region: region.cloned(),
                name: name.to_owned(),
                failure,
            });
        });
    }

    /// Reads every account and region of the scope that `among` lets through.
    pub(super) async fn places<F>(
        &self,
        among: impl Fn(&AccountId) -> bool,
        read: impl Fn(Session) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = Result<Option<Place>, Missing>>,
    {
        let listed = accounts::list(self.access, &self.config.scope).await?;
        if let Some(failure) = listed.failure {
            self.unread(None, None, ("organization", failure));
        }
        let wanted = listed
            .accounts
            .iter()
            .filter(|it| it.selected && it.status.can_be_called() && among(&it.id));
        let read = &read;
        stream::iter(wanted)
            .for_each_concurrent(self.config.limits.accounts, |account| async move {
                let id = &account.id;
                match named("credentials", self.access.account(id)).await {
                    Ok(opened) => self.account(&opened, read).await,
                    Err(missing) => self.unread(Some(id), None, missing),
                }
            })
            .await;
        Ok(())
    }

    async fn account<F>(&self, account: &session::Account, read: &impl Fn(Session) -> F)
    where
        F: Future<Output = Result<Option<Place>, Missing>>,
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
        stream::iter(wanted)
            .for_each_concurrent(self.config.limits.regions_per_account, |choice| async {
                let region = &choice.region;
                let session = account.session(region);
                let result = if session.stop().is_stopped() {
                    Err(("everything", cancelled()))
                } else {
                    Box::pin(read(session)).await
                };
                match result {
                    Ok(Some(place)) => self.change(|world| {
                        world.places.insert(place.target.clone(), place);
                    }),
                    Ok(None) => {}
                    Err(missing) => self.unread(Some(id), Some(region), missing),
                }
            })
            .await;
    }
}
