//! The endpoint services of each region: asked in one account, true for all.
//!
//! The accounts are tried in an order that depends on nothing but their ids and on whether they have a
//! VPC there, so that two scans of the same organization ask the same account, and so that shards of a
//! scan come to the same cells as the whole.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::cells::{Cells, VpcKnowledge};
use crate::{
    collect::endpoint_service,
    config::Config,
    model::{
        coverage::{Cell, Failure, Outcome, Step},
        facts::{Finished, Found},
        id::{AccountId, Region},
        target::Target,
    },
    org::session::Access,
    store::Place,
};

const STEP: Step = Step::EndpointServices;

/// How the question went: who answered, or how the last one failed who was asked.
type Answer<'a> = Result<&'a AccountId, Option<Failure>>;

/// Asks in every region that is scanned.
pub(super) async fn gather(access: &Access, config: &Config, cells: &Cells) {
    stream::iter(cells.vpc_knowledge())
        .for_each_concurrent(config.limits.accounts, |(region, known)| async move {
            if !is_of_interest(&known) {
                return leave_out(cells, &region, known.keys());
            }
            Box::pin(ask(access, config, cells, &region, &in_order(known))).await;
        })
        .await;
}

/// Whether some account has a VPC, or may have one.
fn is_of_interest(known: &BTreeMap<AccountId, VpcKnowledge>) -> bool {
    known.values().any(|it| *it != VpcKnowledge::None)
}

/// Accounts with a VPC first: one that answered before will most likely answer again.
fn in_order(known: BTreeMap<AccountId, VpcKnowledge>) -> Vec<AccountId> {
    let mut accounts: Vec<_> = known.into_iter().map(|(id, known)| (known, id)).collect();
    accounts.sort();
    accounts.into_iter().map(|(_, id)| id).collect()
}

fn leave_out<'a>(cells: &Cells, region: &Region, accounts: impl Iterator<Item = &'a AccountId>) {
    for id in accounts {
        let cell = Cell::complete(Some(id.clone()), Some(region.clone()), STEP);
        cells.record_once(cell.remark("not asked: no account has a VPC here".to_owned()));
    }
}

async fn ask(
    access: &Access,
    config: &Config,
    cells: &Cells,
    region: &Region,
    accounts: &[AccountId],
) {
    let mut asked = BTreeSet::new();
    // Read by an earlier process; cells of accounts that were not asked carry a remark.
    let settled = accounts.iter().find(|id| {
        let cell = cells.settled(Place::at(&target(id, region), STEP));
        cell.is_some_and(|cell| cell.outcome == Outcome::Complete && cell.message.is_none())
    });
    let mut answer: Answer<'_> = settled.ok_or(None);
    for id in accounts
        .iter()
        .filter(|id| cells.denied(&target(id, region)).is_none())
        .take(config.limits.endpoint_service_attempts)
        .take_while(|_| settled.is_none())
    {
        asked.insert(id);
        let work =
            async { endpoint_service::list(&access.account(id).await?.session(region)).await };
        let at = target(id, region);
        let step = cells.step(&at, STEP, work, Found::EndpointServices);
        match Box::pin(step).await {
            None => {
                answer = Ok(id);
                break;
            }
            failure => answer = Err(failure),
        }
    }
    for id in accounts.iter().filter(|id| !asked.contains(id)) {
        let Some(cell) = cell_of_other(cells, id, region, &answer) else {
            continue;
        };
        if cells.settled(Place::of(&cell)).is_none() {
            let found = Found::Nothing;
            cells.record(vec![Finished { cell, found }]);
        }
    }
}

fn target(id: &AccountId, region: &Region) -> Target {
    Target {
        account_id: id.clone(),
        region: region.clone(),
    }
}

/// The cell of an account that was not asked.
fn cell_of_other(
    cells: &Cells,
    id: &AccountId,
    region: &Region,
    answer: &Answer<'_>,
) -> Option<Cell> {
    let cell = Cell::complete(Some(id.clone()), Some(region.clone()), STEP);
    Some(match answer {
        Ok(asked_in) if *asked_in == id => return None,
        Ok(asked_in) => cell.remark(format!("the same in every account; asked in {asked_in}")),
        Err(Some(failure)) => {
            let why = format!("could not be read from any account: {}", failure.message);
            cell.skipped(failure.reason, why)
        }
        Err(None) => {
            let denied = cells.denied(&target(id, region))?;
            let why = format!("the region is denied: {}", denied.message);
            cell.skipped(denied.reason, why)
        }
    })
}

/// Makes the cells of a run that was merged of shards those of one scan: each shard asked an account of
/// its own. `attempts`: how many accounts one scan asks before it gives up.
pub(super) async fn unite(cells: &Cells, attempts: usize) {
    let mut asked: BTreeMap<Region, BTreeMap<AccountId, Option<Failure>>> = BTreeMap::new();
    cells.each_of(&[STEP], |finished| {
        let cell = finished.cell;
        let answered = finished.found != Found::Nothing;
        if let Some((id, region)) = cell.account_id.clone().zip(cell.region.clone())
            && (answered || cell.outcome == Outcome::Failed)
        {
            let of_region = asked.entry(region).or_default();
            of_region.insert(id, cell.failure().filter(|_| !answered));
        }
    });
    for (region, known) in cells.vpc_knowledge() {
        if !is_of_interest(&known) {
            continue;
        }
        let accounts = in_order(known);
        let asked = asked.remove(&region).unwrap_or_default();
        let answered = |id: &&AccountId| matches!(asked.get(*id), Some(None));
        let winner = accounts.iter().find(answered);
        let before = accounts.iter().take_while(|id| Some(*id) != winner);
        let failed = before.filter_map(|id| Some((id, asked.get(id)?.as_ref()?)));
        let failed: Vec<_> = failed.take(attempts).collect();
        let last = failed.last().map(|(_, failure)| (*failure).clone());
        let answer: Answer<'_> = winner.ok_or(last);
        let kept: BTreeSet<&AccountId> = failed.iter().map(|(id, _)| *id).collect();
        for id in accounts.iter().filter(|id| !kept.contains(id)) {
            let Some(cell) = cell_of_other(cells, id, &region, &answer) else {
                continue;
            };
            if cells.recorded(Place::of(&cell)).as_ref() != Some(&cell) {
                let found = Found::Nothing;
                cells.record(vec![Finished { cell, found }]);
            }
        }
        // The store takes a Region at a time.
        let _ = cells.flush().await;
    }
}
