//! The named limits: how many calls at once, and how many a second of which API.
//!
//! Rates are counted per account, region and API family, as AWS counts them; so a busy account
//! slows nobody else. Repeats of a call are not paced here: they wait their own back-off.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{
    config::Limits,
    model::{
        coverage::{Failure, Reason},
        target::Target,
    },
};

/// A family of calls that AWS counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// One EC2 action: each has its own bucket.
    Ec2(&'static str),
    /// All of Route 53 Resolver.
    Resolver,
    /// One CloudWatch Logs action.
    Logs(&'static str),
    /// Calls whose published rates are far beyond what a scan makes.
    Unlimited,
}

type Key = (Target, Api);

/// The limits of a run.
#[derive(Debug)]
pub struct Pace {
    calls: Semaphore,
    ec2: DefaultKeyedRateLimiter<Key>,
    resolver: DefaultKeyedRateLimiter<Key>,
    logs: DefaultKeyedRateLimiter<Key>,
    insights: Mutex<HashMap<Target, Arc<Semaphore>>>,
    insights_queries: usize,
}

/// A second's worth of calls may come at once, no more.
fn limiter(per_second: u32) -> DefaultKeyedRateLimiter<Key> {
    RateLimiter::keyed(Quota::per_second(
        NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN),
    ))
}

impl Pace {
    /// The limits as configured.
    pub fn new(limits: &Limits) -> Self {
        Self {
            calls: Semaphore::new(limits.calls),
            ec2: limiter(limits.ec2_per_second),
            resolver: limiter(limits.resolver_per_second),
            logs: limiter(limits.logs_per_second),
            insights: Mutex::default(),
            insights_queries: limits.insights_queries,
        }
    }

    /// Waits until a call may be made. The permit is held while the call is under way.
    pub async fn admit(&self, target: &Target, api: Api) -> Result<SemaphorePermit<'_>, Failure> {
        let key = (target.clone(), api);
        match api {
            Api::Ec2(_) => self.ec2.until_key_ready(&key).await,
            Api::Resolver => self.resolver.until_key_ready(&key).await,
            Api::Logs(_) => self.logs.until_key_ready(&key).await,
            Api::Unlimited => {}
        }
        self.calls.acquire().await.map_err(|_| closed())
    }

    /// Logs Insights queries that may run at once in one account and region.
    pub fn insights_slots(&self) -> usize {
        self.insights_queries
    }

    /// Waits for one of the Logs Insights slots of an account and region.
    pub async fn insights_slot(&self, target: &Target) -> Result<OwnedSemaphorePermit, Failure> {
        let slots = {
            let mut all = self.insights.lock().unwrap_or_else(PoisonError::into_inner);
            let slots = all.entry(target.clone());
            Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(self.insights_queries))))
        };
        slots.acquire_owned().await.map_err(|_| closed())
    }
}

fn closed() -> Failure {
    Failure::new(Reason::Cancelled, "the run is stopping")
}
