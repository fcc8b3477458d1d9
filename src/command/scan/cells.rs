//! Cells: each step of each target runs as one, and whatever becomes of it is recorded.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    aws::{attempts::counted, stop::Stop},
    model::{
        coverage::{Cell, Failure, Outcome, Reason, Step},
        event::Event,
        facts::{Facts, Finished, Found},
        id::{AccountId, Region},
        target::{Account, Target},
    },
    org::accounts::{Listed, OrganizationError},
};

/// The finished cells of a scan.
#[derive(Debug)]
pub(super) struct Cells {
    facts: Mutex<Facts>,
    stop: Stop,
    events: UnboundedSender<Event>,
}

/// How a step went that was measured.
pub(super) struct Measured<T> {
    pub(super) result: Result<T, Failure>,
    attempts: u32,
    duration: Duration,
}

impl Cells {
    pub(super) fn new(stop: Stop, events: UnboundedSender<Event>) -> Self {
        Self {
            facts: Mutex::default(),
            stop,
            events,
        }
    }

    /// What was recorded so far.
    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the facts out when all is done.
    pub(super) fn into_facts(self: std::sync::Arc<Self>) -> Facts {
        std::mem::take(&mut *self.facts())
    }

    /// Tells the progress.
    pub(super) fn tell(&self, event: Event) {
        // Nobody listens any more: the scan goes on all the same.
        let _ = self.events.send(event);
    }

    /// Records a finished cell.
    pub(super) fn record(&self, cell: Cell, found: Found) {
        self.tell(Event::Cell(cell.clone()));
        self.facts().absorb(Finished { cell, found });
    }

    /// Runs a piece of work unless the scan is stopped, and measures it.
    pub(super) async fn measure<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Measured<T> {
        let start = Instant::now();
        // Boxed: the futures of the SDK are large, and thousands of steps wait at once.
        let (result, attempts) = counted(self.stop.unless_stopped(Box::pin(work))).await;
        Measured {
            result,
            attempts,
            duration: start.elapsed(),
        }
    }

    /// Runs a piece of work that minds the wish to stop by itself, and measures it.
    pub(super) async fn measure_to_the_end<T>(&self, work: impl Future<Output = T>) -> Measured<T> {
        let start = Instant::now();
        let (value, attempts) = counted(Box::pin(work)).await;
        Measured {
            result: Ok(value),
            attempts,
            duration: start.elapsed(),
        }
    }

    /// Runs a step of a target and records it. Returns why it failed, if it did.
    pub(super) async fn step<T>(
        &self,
        target: &Target,
        step: Step,
        work: impl Future<Output = Result<T, Failure>>,
        found: impl FnOnce(T) -> Found,
    ) -> Option<Failure> {
        let measured = self.measure(work).await;
        let cell = measured.on(Cell::complete(
            Some(target.account_id.clone()),
            Some(target.region.clone()),
            step,
        ));
        match measured.result {
            Ok(value) => {
                self.record(cell, found(value));
                None
            }
            Err(failure) => {
                self.record(cell.failed(failure.clone()), Found::Nothing);
                Some(failure)
            }
        }
    }

    /// Records that a step is not tried.
    pub(super) fn skip(
        &self,
        account: &AccountId,
        region: Option<&Region>,
        step: Step,
        reason: Reason,
        message: &str,
    ) {
        let cell = Cell::complete(Some(account.clone()), region.cloned(), step);
        self.record(cell.skipped(reason, message), Found::Nothing);
    }

    /// Runs the listing of the accounts and records it.
    pub(super) async fn organization(
        &self,
        work: impl Future<Output = Result<Listed, OrganizationError>>,
    ) -> Result<Vec<Account>, OrganizationError> {
        let start = Instant::now();
        let (listed, attempts) = counted(Box::pin(work)).await;
        let listed = listed?;
        let cell = Cell {
            attempts,
            duration_ms: milliseconds(start.elapsed()),
            message: listed.remark,
            ..Cell::complete(None, None, Step::Organization)
        };
        let cell = match listed.failure {
            Some(failure) => cell.failed(failure),
            // The accounts were named by hand: the organization was not needed.
            None if cell.message.is_some() => Cell {
                outcome: Outcome::Skipped,
                reason: Some(Reason::Excluded),
                ..cell
            },
            None => cell,
        };
        self.record(cell, Found::Accounts(listed.accounts.clone()));
        Ok(listed.accounts)
    }

    /// The targets whose VPCs were asked for, complete or not.
    pub(super) fn targets(&self) -> BTreeSet<Target> {
        let facts = self.facts();
        let of_step = facts.cells.iter().filter(|cell| cell.step == Step::Vpcs);
        of_step
            .filter_map(|cell| {
                let (account_id, region) = (cell.account_id.clone()?, cell.region.clone()?);
                Some(Target { account_id, region })
            })
            .collect()
    }
}

impl<T> Measured<T> {
    /// The cell with what was measured.
    pub(super) fn on(&self, cell: Cell) -> Cell {
        Cell {
            attempts: cell.attempts + self.attempts,
            duration_ms: cell.duration_ms + milliseconds(self.duration),
            ..cell
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
