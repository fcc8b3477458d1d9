//! The inventory of every target: accounts, their regions, and the steps in each region.

use futures::{StreamExt, stream};
use tokio::sync::Semaphore;

use super::{
    cells::{Cells, skipped},
    resources::RESOURCES,
    target,
};
use crate::{
    config::Config,
    model::{
        coverage::{Cell, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        id::Region,
        run::Window,
        shard::Shard,
        target::Account,
    },
    org::{
        regions,
        session::{Access, AccountAccess},
    },
    store::Place,
};

/// What all targets share.
struct Scan<'s> {
    access: &'s Access,
    config: &'s Config,
    window: Window,
    cells: &'s Cells,
    /// The places of targets under way. Targets take them in the order of their accounts, so that accounts
    /// end one after the other and the next ones are open by then; each has a call under way at least.
    places: Semaphore,
}

/// Looks at every account.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    window: Window,
    accounts: &[Account],
    cells: &Cells,
) {
    let scan = Scan {
        access,
        config,
        window,
        cells,
        places: Semaphore::new(config.limits.calls),
    };
    stream::iter(accounts)
        .for_each_concurrent(config.limits.accounts, |account| async {
            scan.account(account).await;
            if account.selected && cells.other_shard(&account.id).is_none() {
                cells.send_event(Event::AccountDone);
            }
        })
        .await;
}

impl Scan<'_> {
    async fn account(&self, account: &Account) {
        let id = &account.id;
        let left_out = left_out(account).or_else(|| {
            let shard = self.cells.other_shard(id)?;
            Some((Reason::Excluded, in_other_shard(shard)))
        });
        if let Some((reason, why)) = left_out {
            return self.cells.skip(id, None, Step::AssumeRole, reason, &why);
        }
        let place = |step| Place {
            account: Some(id),
            region: None,
            step,
        };
        let settled = self.cells.settled(place(Step::AssumeRole));
        if settled
            .as_ref()
            .is_some_and(|cell| cell.failure().is_some())
            || self.is_done(place(Step::Regions))
        {
            return;
        }
        let measured = self.cells.measure(self.access.account(id)).await;
        let cell = measured.add_to(Cell::complete(Some(id.clone()), None, Step::AssumeRole));
        match measured.result {
            Ok(opened) => {
                if settled.is_none() {
                    self.cells.record(vec![bare(cell)]);
                }
                self.regions(&opened, place(Step::Regions)).await;
            }
            Err(failure) => {
                let why = format!("no credentials: {}", failure.message);
                let steps = std::iter::once(Step::Regions).chain(Step::REGIONAL);
                let rest = steps
                    .filter(|step| self.cells.settled(place(*step)).is_none())
                    .map(|step| skipped(id, None, step, failure.reason, &why));
                let mut finished: Vec<_> = rest.collect();
                finished.push(bare(cell.failed(failure)));
                self.cells.record(finished);
            }
        }
    }

    /// Whether nothing of the account is left to ask.
    fn is_done(&self, regions: Place<'_>) -> bool {
        let (Some(cell), Some(account)) = (self.cells.settled(regions), regions.account) else {
            return false;
        };
        match self.cells.found(regions) {
            Found::Regions(known) => {
                let own = RESOURCES.iter().filter(|it| it.is_listed_by_target());
                let own: Vec<_> = own.map(|it| it.step).collect();
                self.cells.all_settled(account, &own, known.len())
            }
            _ => cell.failure().is_some(),
        }
    }

    async fn regions(&self, account: &AccountAccess, place: Place<'_>) {
        let settled = self.cells.settled(place).map(|_| self.cells.found(place));
        let regions = match settled {
            Some(Found::Regions(regions)) => regions,
            Some(_) => return,
            None => self.list_regions(account).await,
        };
        self.cells.send_event(Event::Targets(regions.len()));
        stream::iter(regions)
            .for_each_concurrent(
                self.config.limits.regions_per_account,
                |region| async move {
                    // It is never closed.
                    let _place = self.places.acquire().await;
                    let session = account.session(&region);
                    // Boxed: most accounts wait for their turn, and a target is large.
                    Box::pin(target::list(self.cells, &session, self.window)).await;
                    self.cells
                        .send_event(Event::TargetDone(session.target().clone()));
                },
            )
            .await;
    }

    /// The regions to look at; those that are left out have cells of their own.
    async fn list_regions(&self, account: &AccountAccess) -> Vec<Region> {
        let id = account.id();
        let work = async {
            let home = account.session(&self.access.home_region()?);
            Ok(regions::list(&home, &self.config.scope, self.access.partition()).await)
        };
        let measured = self.cells.measure(work).await;
        let cell = measured.add_to(Cell::complete(Some(id.clone()), None, Step::Regions));
        let known = match measured.result {
            Ok(known) => known,
            Err(failure) => {
                let rest = Step::REGIONAL.into_iter();
                let mut finished: Vec<_> = rest
                    .map(|step| skipped(id, None, step, failure.reason, &failure.message))
                    .collect();
                finished.push(bare(cell.failed(failure)));
                self.cells.record(finished);
                return Vec::new();
            }
        };
        let cell = Cell {
            message: known.remark,
            ..cell
        };
        let cell = match known.failure {
            Some(failure) => cell.failed(failure),
            None => cell,
        };
        let mut finished = Vec::new();
        let mut regions = Vec::new();
        for choice in known.choices {
            match choice.left_out {
                None => regions.push(choice.region),
                Some((reason, why)) => {
                    let region = Some(&choice.region);
                    finished.push(skipped(id, region, Step::Regions, reason, why));
                }
            }
        }
        let found = Found::Regions(regions.clone());
        finished.push(Finished { cell, found });
        self.cells.record(finished);
        regions
    }
}

/// Why an account is not scanned by any shard, if it is not.
pub(super) fn left_out(account: &Account) -> Option<(Reason, String)> {
    if !account.selected {
        return Some((Reason::Excluded, "left out by the filters".to_owned()));
    }
    let why = || format!("the account is {}", account.status.word());
    (!account.status.can_be_called()).then(|| (Reason::AccountSuspended, why()))
}

/// Why an account of another shard is left out of this one.
fn in_other_shard(shard: Shard) -> String {
    format!("in the shard {shard}")
}

/// A cell that found nothing to keep.
fn bare(cell: Cell) -> Finished {
    Finished {
        cell,
        found: Found::Nothing,
    }
}
