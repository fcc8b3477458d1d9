//! The named rates: how many calls a second of which API, and how many Logs Insights queries.
//!
//! Rates are counted per account, region and API family, as AWS counts them; so a busy account
//! slows nobody else. Nothing is held while a call waits for its turn. Repeats of a call are not
//! paced here: they wait their own back-off. How many attempts are under way at once is
//! [`super::circuit_breaker`]'s business.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::Limits,
    model::{
        coverage::{Failure, Reason},
        target::Target,
        usage::LogGroupClass,
    },
};

/// A family of calls that AWS counts together in an account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// One EC2 action: each has its own bucket.
    Ec2(&'static str),
    /// All of Route 53 Resolver.
    Resolver,
    /// All of Route 53 Profiles.
    Profiles,
    /// One CloudWatch Logs action.
    Logs(&'static str),
    /// GetMetricData of CloudWatch.
    CloudWatch,
    /// All of S3.
    S3,
    /// All of Athena.
    Athena,
    /// The Account API.
    Account,
    /// The Price List API.
    Pricing,
    /// Cost Explorer.
    CostExplorer,
    /// One changing EC2 action, or all of IAM or RAM.
    Change(&'static str),
}

/// The rates of a run.
#[derive(Debug)]
pub struct Pace {
    limits: Limits,
    organizations: DefaultDirectRateLimiter,
    assume_role: DefaultDirectRateLimiter,
    targets: Mutex<HashMap<Target, Weak<TargetPace>>>,
}

/// The rates of one account and region, as long as somebody works on it.
#[derive(Debug)]
pub struct TargetPace {
    limits: Limits,
    apis: Mutex<HashMap<Api, Arc<DefaultDirectRateLimiter>>>,
    insights: Arc<Semaphore>,
    infrequent: Arc<Semaphore>,
    queries: Arc<()>,
}

/// A Logs Insights query that is running: they are counted by their handles.
#[derive(Debug)]
pub struct RunningQuery {
    _counted: Arc<()>,
}

/// A second's worth of calls may come at once, no more.
fn limiter(per_second: u32) -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(
        NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN),
    ))
}

impl Pace {
    /// The rates as configured.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            organizations: limiter(limits.organizations_per_second),
            assume_role: limiter(limits.assume_role_per_second),
            targets: Mutex::default(),
        }
    }

    /// The rates of an account and region; the same for all who work on it at the same time.
    pub fn target(&self, target: &Target) -> Arc<TargetPace> {
        let mut all = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(target).and_then(Weak::upgrade) {
            return known;
        }
        // Those that are done are forgotten before there is room made for more.
        if all.len() == all.capacity() {
            all.retain(|_, pace| pace.strong_count() > 0);
        }
        let made = Arc::new(TargetPace {
            limits: self.limits.clone(),
            apis: Mutex::default(),
            insights: Arc::new(Semaphore::new(self.limits.insights_queries)),
            infrequent: Arc::new(Semaphore::new(self.limits.insights_queries_infrequent)),
            queries: Arc::default(),
        });
        all.insert(target.clone(), Arc::downgrade(&made));
        made
    }

    /// Waits until AWS Organizations may be called.
    pub async fn organizations(&self) {
        self.organizations.until_ready().await;
    }

    /// Waits until a role may be assumed.
    pub async fn assume_role(&self) {
        self.assume_role.until_ready().await;
    }
}

impl TargetPace {
    /// Waits until a call may be made.
    pub async fn admit(&self, api: Api) {
        let limiter = {
            let mut apis = self.apis.lock().unwrap_or_else(PoisonError::into_inner);
            let made = apis.entry(api);
            Arc::clone(made.or_insert_with(|| Arc::new(limiter(self.per_second(api)))))
        };
        limiter.until_ready().await;
    }

    fn per_second(&self, api: Api) -> u32 {
        match api {
            Api::Ec2(_) => self.limits.ec2_per_second,
            Api::Resolver | Api::Profiles => self.limits.resolver_per_second,
            Api::Logs(_) => self.limits.logs_per_second,
            Api::S3 => self.limits.s3_per_second,
            Api::Athena => self.limits.athena_per_second,
            Api::CloudWatch => self.limits.cloudwatch_per_second,
            Api::Account => self.limits.account_per_second,
            Api::Pricing | Api::CostExplorer => self.limits.pricing_per_second,
            Api::Change(_) => self.limits.changes_per_second,
        }
    }

    /// Logs Insights queries that may run at once on log groups of a class.
    pub fn insights_slots(&self, class: LogGroupClass) -> usize {
        let all = self.limits.insights_queries;
        match class {
            LogGroupClass::Standard => all,
            LogGroupClass::InfrequentAccess => all.min(self.limits.insights_queries_infrequent),
        }
    }

    /// Counts a query as running until it is dropped.
    pub fn begin_query(&self) -> RunningQuery {
        RunningQuery {
            _counted: Arc::clone(&self.queries),
        }
    }

    /// How many queries are running.
    pub fn running_queries(&self) -> usize {
        Arc::strong_count(&self.queries) - 1
    }

    /// Waits for one of the Logs Insights slots; a query on a log group of the class Infrequent
    /// Access takes one of the few of that class too.
    pub async fn insights_slot(
        &self,
        class: LogGroupClass,
    ) -> Result<Vec<OwnedSemaphorePermit>, Failure> {
        let few = (class == LogGroupClass::InfrequentAccess).then_some(&self.infrequent);
        let mut held = Vec::new();
        for slots in few.into_iter().chain([&self.insights]) {
            let closed = |_| Failure::new(Reason::Cancelled, "the run is stopping");
            held.push(Arc::clone(slots).acquire_owned().await.map_err(closed)?);
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn pace() -> Pace {
        Pace::new(&Config::for_tests(&[]).limits)
    }

    fn target(number: usize) -> Target {
        Target {
            account_id: format!("{number:012}").parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn all_sessions_of_a_target_share_its_rates_and_none_shares_anothers() {
        let pace = pace();
        let (one, again, other) = (
            pace.target(&target(1)),
            pace.target(&target(1)),
            pace.target(&target(2)),
        );
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn targets_that_are_done_with_are_forgotten() {
        let pace = pace();
        for number in 0..10_000 {
            drop(pace.target(&target(number)));
        }
        assert!(pace.targets.lock().unwrap().len() < 100);
    }

    #[test]
    fn queries_are_counted_while_they_run() {
        let pace = pace().target(&target(1));
        let (one, two) = (pace.begin_query(), pace.begin_query());
        assert_eq!(pace.running_queries(), 2);
        drop(one);
        assert_eq!(pace.running_queries(), 1);
        drop(two);
        assert_eq!(pace.running_queries(), 0);
    }

    #[tokio::test]
    async fn log_groups_of_infrequent_access_have_few_slots_of_their_own_among_all() {
        let mut limits = pace().limits;
        (limits.insights_queries, limits.insights_queries_infrequent) = (7, 5);
        let pace = Pace::new(&limits).target(&target(1));
        let mut held = Vec::new();
        for _ in 0..5 {
            let slot = pace.insights_slot(LogGroupClass::InfrequentAccess);
            held.push(slot.await.unwrap());
        }
        let free = |it: &Semaphore| it.available_permits();
        assert_eq!((free(&pace.infrequent), free(&pace.insights)), (0, 2));
        drop(held);
        drop(pace.insights_slot(LogGroupClass::Standard).await.unwrap());
        assert_eq!((free(&pace.infrequent), free(&pace.insights)), (5, 7));
        assert_eq!(pace.insights_slots(LogGroupClass::InfrequentAccess), 5);
    }

    #[tokio::test]
    async fn resolver_apis_share_one_bucket_and_ec2_actions_have_one_each() {
        let pace = pace().target(&target(1));
        for _ in 0..pace.limits.resolver_per_second {
            pace.admit(Api::Resolver).await;
        }
        pace.admit(Api::Ec2("DescribeVpcs")).await;
        let apis = pace.apis.lock().unwrap();
        assert!(apis[&Api::Resolver].check().is_err());
        assert!(apis[&Api::Ec2("DescribeVpcs")].check().is_ok());
    }
}
