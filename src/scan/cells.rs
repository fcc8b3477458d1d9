//! Cells: each step of each target runs as one, and whatever becomes of it goes to the store as it
//! ends. In a run that is resumed, a cell that is there already is not run again.

mod gathered;
mod recorded;

use std::{
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc::UnboundedSender;

pub(super) use self::{gathered::Scope, recorded::VpcKnowledge};

use crate::{
    aws::{
        attempts::{Counts, counted},
        cancellation::{CancellationToken, unless_cancelled},
    },
    model::{
        coverage::{Cell, Failure, Outcome, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        id::{AccountId, Region},
        shard::{OtherShards, Shard},
        target::{Account, Target},
    },
    org::accounts::{Listed, OrganizationError},
    store::{Part, Place, Record, Store, StoreError, Writer},
};

/// Cells that wait to be written at once where a step is forgotten.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// The cells of a run.
#[derive(Debug)]
pub(super) struct Cells {
    store: Mutex<Store>,
    run: i64,
    id: String,
    /// Whether there may be cells of an earlier process.
    goes_on: bool,
    writer: Writer,
    /// The first time that the store could not be read.
    unreadable: OnceLock<Arc<StoreError>>,
    stop: CancellationToken,
    events: UnboundedSender<Event>,
    /// What other shards scan, if the run is one of several and its accounts are known.
    others: OnceLock<OtherShards>,
}

/// How a step went that was measured.
pub(super) struct Measured<T> {
    pub(super) result: Result<T, Failure>,
    pub(super) counts: Counts,
    pub(super) duration_ms: u64,
}

impl Cells {
    pub(super) fn new(
        store: Store,
        record: &Record,
        goes_on: bool,
        stop: CancellationToken,
        events: UnboundedSender<Event>,
    ) -> Result<Self, StoreError> {
        let (sender, stopping) = (events.clone(), stop.clone());
        let run = record.key;
        let writer = store.writer(
            run,
            move |cell| {
                // The receiver is gone: the scan continues all the same.
                let _ = sender.send(Event::Cell(cell));
            },
            move || stopping.cancel(),
        )?;
        Ok(Self {
            store: Mutex::new(store),
            run,
            id: record.run.id.clone(),
            goes_on,
            writer,
            unreadable: OnceLock::new(),
            stop,
            events,
            others: OnceLock::new(),
        })
    }

    /// Sets what other shards scan.
    pub(super) fn leave_to_others(&self, others: OtherShards) {
        let _ = self.others.set(others);
    }

    /// What other shards scan, if the run is one of several.
    pub(super) fn other_shards(&self) -> Option<&OtherShards> {
        self.others.get()
    }

    /// The shard that scans an account, if it is another one.
    pub(super) fn other_shard(&self, account: &AccountId) -> Option<Shard> {
        self.others.get()?.of(account)
    }

    /// The id of the run: the same for every process that works on it. The key is no
    /// name: the first run of every new store has the same.
    pub(super) fn run_id(&self) -> &str {
        &self.id
    }

    /// Tells the progress.
    pub(super) fn send_event(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Records finished cells that belong together: all of them are kept or none.
    pub(super) fn record(&self, finished: Vec<Finished>) {
        self.writer.cells(finished);
    }

    /// Records a cell without anything found, unless it is there already.
    pub(super) fn record_once(&self, cell: Cell) {
        if self.settled(Place::of(&cell)).is_none() {
            let found = Found::Nothing;
            self.record(vec![Finished { cell, found }]);
        }
    }

    /// Records that a step found nothing in these targets, whatever was there. What waits to be written does
    /// not grow with their number.
    pub(super) async fn forget(&self, step: Step, targets: impl IntoIterator<Item = Target>) {
        for (number, Target { account_id, region }) in targets.into_iter().enumerate() {
            let cell = Cell::complete(Some(account_id), Some(region), step);
            let found = Found::Nothing;
            self.record(vec![Finished { cell, found }]);
            if number % FORGOTTEN_AT_ONCE == 0 {
                // If it fails, every later flush fails too.
                let _ = self.flush().await;
            }
        }
    }

    /// Waits until everything is on the disk. Fails if the store failed meanwhile.
    pub(super) async fn flush(&self) -> Result<(), Arc<StoreError>> {
        self.writer.flush().await?;
        self.unreadable.get().cloned().map_or(Ok(()), Err)
    }

    /// Reads the store. If that fails, the scan stops, and the next flush states why.
    fn read<T: Default>(&self, work: impl FnOnce(&Store) -> Result<T, StoreError>) -> T {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        work(&store).unwrap_or_else(|error| {
            let _ = self.unreadable.set(Arc::new(error));
            self.stop.cancel();
            T::default()
        })
    }

    /// The cell of an earlier process, unless it is to be asked again.
    pub(super) fn settled(&self, place: Place<'_>) -> Option<Cell> {
        if !self.goes_on {
            return None;
        }
        self.read(|store| store.settled(self.run, place))
    }

    /// What a settled cell found.
    pub(super) fn found(&self, place: Place<'_>) -> Found {
        self.read(|store| store.found(self.run, place))
    }

    /// Whether a step is recorded, by whichever process; to be asked after a flush.
    pub(super) fn recorded(&self, place: Place<'_>) -> Option<Cell> {
        self.read(|store| store.settled(self.run, place))
    }

    /// Whether these steps are settled in so many regions of an account.
    pub(super) fn all_settled(&self, account: &AccountId, steps: &[Step], regions: usize) -> bool {
        let count = self.read(|store| store.settled_count(self.run, account, steps));
        count >= (steps.len() * regions) as u64
    }

    /// A part that an earlier process kept, and whether it is to be asked again.
    pub(super) fn part<T: DeserializeOwned>(
        &self,
        target: &Target,
        step: Step,
        name: &str,
    ) -> Option<(T, bool)> {
        if !self.goes_on {
            return None;
        }
        self.any_part(target, step, name)
    }

    /// A part that any process kept, this one too; to be asked after a flush.
    pub(super) fn any_part<T: DeserializeOwned>(
        &self,
        target: &Target,
        step: Step,
        name: &str,
    ) -> Option<(T, bool)> {
        self.read(|store| store.part(self.run, target, step, name))
    }

    /// Keeps a part of a step.
    pub(super) fn keep(
        &self,
        target: &Target,
        step: Step,
        name: &str,
        reason: Option<Reason>,
        content: &impl Serialize,
    ) -> Result<(), serde_json::Error> {
        self.writer.part(Part {
            target: target.clone(),
            step,
            name: name.to_owned(),
            reason,
            content: serde_json::to_string(content)?,
        });
        Ok(())
    }

    /// Hands every part of a step to `take`, one at a time.
    pub(super) fn each_part<T: DeserializeOwned>(&self, step: Step, mut take: impl FnMut(T)) {
        self.read(|store| store.each_part(self.run, step, |_, _, part| take(part)));
    }

    /// Runs a piece of work unless the scan is stopped, and measures it.
    pub(super) async fn measure<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Measured<T> {
        let start = Instant::now();
        // Boxed: the futures of the SDK are large, and thousands of steps wait at once.
        let (result, counts) = counted(unless_cancelled(&self.stop, Box::pin(work))).await;
        Measured {
            result,
            counts,
            duration_ms: milliseconds(start.elapsed()),
        }
    }

    /// Runs a piece of work that watches for cancellation by itself, and measures it.
    pub(super) async fn measure_to_the_end<T>(&self, work: impl Future<Output = T>) -> Measured<T> {
        let start = Instant::now();
        let (value, counts) = counted(Box::pin(work)).await;
        Measured {
            result: Ok(value),
            counts,
            duration_ms: milliseconds(start.elapsed()),
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
        if let Some(cell) = self.settled(Place::at(target, step)) {
            return cell.failure();
        }
        let measured = self.measure(work).await;
        let cell = measured.add_to(Cell::complete(
            Some(target.account_id.clone()),
            Some(target.region.clone()),
            step,
        ));
        let (found, failure) = Found::of(measured.result, found);
        let cell = match &failure {
            Some(failure) => cell.failed(failure.clone()),
            None => cell,
        };
        self.record(vec![Finished { cell, found }]);
        failure
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
        let skipped = skipped(account, region, step, reason, message);
        if self.settled(Place::of(&skipped.cell)).is_none() {
            self.record(vec![skipped]);
        }
    }

    /// Runs the listing of the accounts and records it.
    pub(super) async fn organization(
        &self,
        work: impl Future<Output = Result<Listed, OrganizationError>>,
    ) -> Result<Vec<Account>, OrganizationError> {
        let place = Place {
            account: None,
            region: None,
            step: Step::Organization,
        };
        if self.settled(place).is_some()
            && let Found::Accounts(accounts) = self.found(place)
        {
            return Ok(accounts);
        }
        let start = Instant::now();
        let (listed, counts) = counted(Box::pin(work)).await;
        let listed = listed?;
        let cell = Cell {
            attempts: counts.attempts(),
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
        let found = Found::Accounts(listed.accounts.clone());
        self.record(vec![Finished { cell, found }]);
        Ok(listed.accounts)
    }
}

/// A cell of a step that is not tried.
pub(super) fn skipped(
    account: &AccountId,
    region: Option<&Region>,
    step: Step,
    reason: Reason,
    message: &str,
) -> Finished {
    let cell = Cell::complete(Some(account.clone()), region.cloned(), step);
    Finished {
        cell: cell.skipped(reason, message),
        found: Found::Nothing,
    }
}

impl<T> Measured<T> {
    /// The cell with what was measured.
    pub(super) fn add_to(&self, cell: Cell) -> Cell {
        Cell {
            attempts: cell.attempts + self.counts.attempts(),
            duration_ms: cell.duration_ms + self.duration_ms,
            message: self.counts.remark().or(cell.message),
            ..cell
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
