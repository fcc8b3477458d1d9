//! Transit gateways: asked in targets that route to one, then in the accounts that own these.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use super::cells::Cells;
use crate::{
    collect::transit_gateway,
    config::Config,
    model::{
        coverage::{Cell, Outcome, Reason, Step},
        facts::{Facts, Found},
        inventory::{RouteTable, RouteTarget},
        target::Target,
    },
    org::session::Access,
    store::StoreError,
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
    let (mut left, _) = cells.targets();
    let (first, unknown) = {
        let facts = cells.facts_of(&[Step::Vpcs, Step::RouteTables]);
        (routing(&facts, &left), without_routes(&facts))
    };
    left.retain(|target| !first.contains(target));
    ask(access, config, cells, first).await;
    cells.flush().await?;
    let owners = owners(&cells.facts_of(&[Step::TransitGateways]), &left);
    left.retain(|target| !owners.contains(target));
    ask(access, config, cells, owners).await;
    for target in left {
        let (account, region) = (&target.account_id, Some(&target.region));
        if let Some((reason, why)) = unknown.get(&target) {
            cells.skip(account, region, Step::TransitGateways, *reason, why);
            continue;
        }
        let step = Step::TransitGateways;
        cells.record_once(Cell::complete(Some(account.clone()), region.cloned(), step));
    }
    Ok(())
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

/// The targets with a VPC that routes to a transit gateway.
fn routing(facts: &Facts, targets: &BTreeSet<Target>) -> BTreeSet<Target> {
    let routes = |table: &&RouteTable| {
        let mut targets = table.routes.iter().map(|route| &route.target);
        targets.any(|target| matches!(target, RouteTarget::TransitGateway(_)))
    };
    let vpcs: BTreeSet<&str> = facts
        .route_tables
        .values()
        .filter(routes)
        .map(|table| table.vpc_id.as_str())
        .collect();
    let here = facts.vpcs.iter().filter(|vpc| {
        // A participant does not own the attachment of the VPC that it shares.
        vpc.is_seen_by_owner() && vpcs.contains(vpc.vpc_id.as_str())
    });
    here.map(|vpc| vpc.target.clone())
        .filter(|target| targets.contains(target))
        .collect()
}

/// The targets whose routes are not known, and why.
fn without_routes(facts: &Facts) -> BTreeMap<Target, (Reason, String)> {
    let unknown = |cell: &&Cell| {
        [Step::Vpcs, Step::RouteTables].contains(&cell.step) && cell.outcome != Outcome::Complete
    };
    let cells = facts.cells.iter().filter(unknown);
    cells
        .filter_map(|cell| {
            let (account_id, region) = (cell.account_id.clone()?, cell.region.clone()?);
            let reason = cell.reason.unwrap_or(Reason::Other);
            let why = format!("the step {} is not complete", cell.step.name());
            Some((Target { account_id, region }, (reason, why)))
        })
        .collect()
}

/// The owners of the transit gateways seen so far, of those targets that are left to ask.
fn owners(facts: &Facts, left: &BTreeSet<Target>) -> BTreeSet<Target> {
    let attachments = facts.transit_gateway_attachments.values();
    attachments
        .filter_map(|it| {
            Some(Target {
                account_id: it.transit_gateway_owner_id.clone()?,
                region: it.target.region.clone(),
            })
        })
        .filter(|owner| left.contains(owner))
        .collect()
}
