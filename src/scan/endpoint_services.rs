//! The endpoint services of each region: asked in one account, true for all.
//!
//! The accounts are tried in the order of their ids, so that two scans of the same organization
//! ask the same account.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::cells::Cells;
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

/// Asks in every region that is scanned.
pub(super) async fn gather(access: &Access, config: &Config, cells: &Cells) {
    let mut regions: BTreeMap<Region, Vec<AccountId>> = BTreeMap::new();
    let (targets, readable) = cells.targets();
    for target in targets {
        regions
            .entry(target.region)
            .or_default()
            .push(target.account_id);
    }
    let with_vpcs = cells.regions_with_vpcs();
    for (region, accounts) in regions.extract_if(.., |region, _| !with_vpcs.contains(region)) {
        for id in accounts {
            let step = Step::EndpointServices;
            let cell = Cell::complete(Some(id), Some(region.clone()), step);
            cells.record_once(cell.remark("not asked: no account has a VPC here".to_owned()));
        }
    }
    stream::iter(regions)
        .for_each_concurrent(config.limits.accounts, |(region, accounts)| {
            let readable = &readable;
            async move { Box::pin(ask(access, config, cells, &region, &accounts, readable)).await }
        })
        .await;
}

async fn ask(
    access: &Access,
    config: &Config,
    cells: &Cells,
    region: &Region,
    accounts: &[AccountId],
    readable: &BTreeSet<Target>,
) {
    let target = |id: &AccountId| Target {
        account_id: id.clone(),
        region: region.clone(),
    };
    // An account that answered before will most likely answer again.
    let (first, last): (Vec<_>, Vec<_>) = accounts
        .iter()
        .partition(|id| readable.contains(&target(id)));
    let mut asked = BTreeSet::new();
    // Read by an earlier process; cells of accounts that were not asked carry a remark.
    let settled = accounts.iter().find(|id| {
        let cell = cells.settled(Place::at(&target(id), Step::EndpointServices));
        cell.is_some_and(|cell| cell.outcome == Outcome::Complete && cell.message.is_none())
    });
    let mut answer: Result<&AccountId, Option<Failure>> = settled.ok_or(None);
    for id in first
        .into_iter()
        .chain(last)
        .filter(|id| cells.denied(&target(id)).is_none())
        .take(config.limits.endpoint_service_attempts)
        .take_while(|_| settled.is_none())
    {
        asked.insert(id);
        let work =
            async { endpoint_service::list(&access.account(id).await?.session(region)).await };
        let at = target(id);
        let step = cells.step(&at, Step::EndpointServices, work, Found::EndpointServices);
        match Box::pin(step).await {
            None => {
                answer = Ok(id);
                break;
            }
            failure => answer = Err(failure),
        }
    }
    for id in accounts.iter().filter(|id| !asked.contains(id)) {
        let cell = Cell::complete(
            Some(id.clone()),
            Some(region.clone()),
            Step::EndpointServices,
        );
        let cell = match &answer {
            Ok(teller) => cell.remark(format!("the same in every account; asked in {teller}")),
            Err(Some(failure)) => {
                let why = format!("could not be read from any account: {}", failure.message);
                cell.skipped(failure.reason, why)
            }
            Err(None) => match cells.denied(&target(id)) {
                Some(denied) => {
                    let why = format!("the region is denied: {}", denied.message);
                    cell.skipped(denied.reason, why)
                }
                None => continue,
            },
        };
        if cells.settled(Place::of(&cell)).is_none() {
            cells.record(vec![Finished {
                cell,
                found: Found::Nothing,
            }]);
        }
    }
}
