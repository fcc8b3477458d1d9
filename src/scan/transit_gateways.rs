//! Transit gateways: asked in targets that route to one, then in the accounts that own these, where their
//! flow logs are too.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt, stream};

use super::cells::Cells;
use crate::{
    collect::{flow_log, transit_gateway},
    config::Config,
    model::{
        coverage::{Cell, Outcome, Reason, Step},
        facts::{Facts, Finished, Found},
        inventory::{RouteTable, RouteTarget, Vpc},
        outcomes::Outcomes,
        target::Target,
    },
    org::session::Access,
    store::{Place, StoreError},
};

/// Asks where there is something to ask for; every target gets its cell.
///
/// # Errors
///
/// If the store fails.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    cells: &Cells,
) -> Result<(), Arc<StoreError>> {
    cells.flush().await?;
    let mut left = cells.targets();
    let mut routes = Outcomes::default();
    let first = routing(cells, &left, |cell| routes.add(cell));
    left.retain(|target| !first.contains(target));
    ask(access, config, cells, first).await;
    cells.flush().await?;
    let owners = owners_of(cells, &left);
    left.retain(|target| !owners.contains(target));
    ask(access, config, cells, owners).await;
    let mut unseen = BTreeSet::new();
    for target in left {
        let (account, region) = (&target.account_id, Some(&target.region));
        if let Some(unknown) = routes.first_incomplete(&target) {
            let reason = unknown.reason.unwrap_or(Reason::Other);
            let why = format!("the step {} is not complete", unknown.step.name());
            cells.skip(account, region, Step::TransitGateways, reason, &why);
            continue;
        }
        if cells.other_shards().is_some() {
            unseen.insert(target);
            continue;
        }
        let step = Step::TransitGateways;
        cells.record_once(Cell::complete(Some(account.clone()), region.cloned(), step));
    }
    // VPCs of other shards may be attached to what these accounts own.
    ask(access, config, cells, unseen).await;
    cells.flush().await?;
    let all = owners_of(cells, &cells.targets());
    flow_logs(access, config, cells, all).await;
    Ok(())
}

/// Lists the flow logs of accounts that own a transit gateway and have no VPC beside it: of these nothing
/// but the VPCs was asked for.
async fn flow_logs(access: &Access, config: &Config, cells: &Cells, owners: BTreeSet<Target>) {
    let unasked = owners.into_iter().filter(|target| {
        let place = Place::at(target, Step::FlowLogs);
        let cell = cells.recorded(place);
        let complete = cell.is_some_and(|it| it.outcome == Outcome::Complete);
        complete && cells.found(place) == Found::Nothing
    });
    let unasked: Vec<Target> = unasked.collect();
    stream::iter(unasked)
        .for_each_concurrent(config.limits.accounts, |target| async move {
            let work = async {
                let account = access.account(&target.account_id).await?;
                flow_log::list(&account.session(&target.region)).await
            };
            let measured = cells.measure(work).await;
            let (account, region) = (target.account_id.clone(), target.region.clone());
            let cell = measured.add_to(Cell::complete(Some(account), Some(region), Step::FlowLogs));
            let (cell, found) = match measured.result {
                Ok(logs) => (cell, Found::FlowLogs(logs)),
                Err(failure) => (cell.failed(failure), Found::Nothing),
            };
            cells.record(vec![Finished { cell, found }]);
        })
        .await;
}

async fn ask(access: &Access, config: &Config, cells: &Cells, targets: BTreeSet<Target>) {
    stream::iter(targets)
        .for_each_concurrent(config.limits.accounts, |target| async move {
            let work = async {
                let account = access.account(&target.account_id).await?;
                transit_gateway::list(&account.session(&target.region)).await
            };
            let found = |(attachments, routes)| Found::TransitGateways(attachments, routes);
            let step = cells.step(&target, Step::TransitGateways, work, found);
            Box::pin(step).await;
        })
        .await;
}

/// The targets with a VPC that routes to a transit gateway. `add` gets the cells of the steps that show it.
/// Cell by cell: the route tables of an organization are many.
fn routing(
    cells: &Cells,
    targets: &BTreeSet<Target>,
    mut add: impl FnMut(&Cell),
) -> BTreeSet<Target> {
    let routes = |table: &RouteTable| {
        let mut targets = table.routes.iter().map(|route| &route.target);
        targets.any(|target| matches!(target, RouteTarget::TransitGateway(_)))
    };
    let mut vpcs = BTreeSet::new();
    cells.each_of(&[Step::RouteTables], |finished| {
        add(&finished.cell);
        if let Found::RouteTables(tables) = finished.found {
            let routing = tables.into_iter().filter(routes);
            vpcs.extend(routing.map(|table| table.vpc_id));
        }
    });
    let mut here = BTreeSet::new();
    cells.each_of(&[Step::Vpcs], |finished| {
        add(&finished.cell);
        if let Found::Vpcs(found) = finished.found {
            // A participant does not own the attachment of the VPC that it shares.
            let own = found.into_iter().filter(Vpc::is_seen_by_owner);
            let routing = own.filter(|vpc| vpcs.contains(vpc.vpc_id.as_str()));
            here.extend(
                routing
                    .map(|vpc| vpc.target)
                    .filter(|it| targets.contains(it)),
            );
        }
    });
    here
}

/// Makes the cells of a run that was merged of shards those of one scan: each shard asks all of its
/// accounts, since it does not know what is attached to what they own.
pub(super) async fn unite(cells: &Cells) {
    let targets = cells.targets();
    let mut asked = routing(cells, &targets, |_| {});
    let mut facts = Facts::default();
    let mut others: BTreeSet<Target> = BTreeSet::new();
    cells.each_of(&[Step::TransitGateways], |finished| {
        let cell = &finished.cell;
        let place = cell.account_id.clone().zip(cell.region.clone());
        let Some((account_id, region)) = place else {
            return;
        };
        let target = Target { account_id, region };
        if asked.contains(&target) {
            facts.absorb(finished);
        } else if finished.found != Found::Nothing || cell.outcome == Outcome::Failed {
            others.insert(target);
        }
    });
    asked.extend(owners(cells, &facts, &targets));
    let unasked = others.into_iter().filter(|it| !asked.contains(it));
    cells.forget(Step::TransitGateways, unasked).await;
}

/// The owners of the transit gateways seen so far: of the targets that are left to ask, and of accounts
/// of other shards, which may not see that they are asked for.
fn owners_of(cells: &Cells, left: &BTreeSet<Target>) -> BTreeSet<Target> {
    owners(cells, &cells.facts_of(&[Step::TransitGateways]), left)
}

/// The same of what was seen in some targets.
fn owners(cells: &Cells, facts: &Facts, left: &BTreeSet<Target>) -> BTreeSet<Target> {
    let attachments = facts.transit_gateway_attachments.values();
    attachments
        .filter_map(|it| {
            Some(Target {
                account_id: it.transit_gateway_owner_id.clone()?,
                region: it.target.region.clone(),
            })
        })
        .filter(|owner| left.contains(owner) || cells.other_shard(&owner.account_id).is_some())
        .collect()
}
