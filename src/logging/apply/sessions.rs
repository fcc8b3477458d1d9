//! The sessions of a process that carries a plan out, one for each account and Region: its rate
//! limits last as long as it does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    model::{coverage::Failure, target::Target},
    org::session::{Access, Session},
};

/// Sessions that were opened; kept to the end, since the rate limits of a target would start anew
/// with its last session.
#[derive(Debug)]
pub(super) struct Sessions<'a> {
    pub(super) access: &'a Access,
    open: Mutex<HashMap<Target, Arc<Session>>>,
}

impl<'a> Sessions<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self {
            access,
            open: Mutex::default(),
        }
    }

    /// The session of an account in a region.
    pub(super) async fn at(&self, target: &Target) -> Result<Arc<Session>, Failure> {
        if let Some(session) = self.lock().get(target) {
            return Ok(Arc::clone(session));
        }
        let account = self.access.account(&target.account_id).await?;
        let made = Arc::new(account.session(&target.region));
        Ok(Arc::clone(
            self.lock().entry(target.clone()).or_insert(made),
        ))
    }

    /// Pauses; false if the run is stopped meanwhile.
    pub(super) async fn pause(&self, pause: Duration) -> bool {
        let any = self.lock().values().next().cloned();
        let stopped = async {
            match any {
                Some(session) => session.cancellation().cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stopped => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Target, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
