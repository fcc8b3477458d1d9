//! What a scan derives from the cells of all accounts, derived again for a run that was merged of shards.
//!
//! A shard lacks what the others know: who was asked for the endpoint services, and what a log group
//! of another shard holds. Here the cells become those that one scan of the whole writes. No call is
//! made, and a Region is in memory at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use tokio::sync::mpsc;

use super::{
    cells::{Cells, Scope, skipped},
    dns_outcome::{Outcomes, Read},
    dns_usage, endpoint_services, flow_usage, hub_interfaces, inventory,
    log_readers::known_to_owner,
    transit_gateways,
};
use crate::{
    aws::cancellation::CancellationToken,
    model::{
        coverage::{Cell, Failure, Outcome, Reason, Step},
        facts::{Facts, Finished, Found},
        flow::FlowPart,
        id::{AccountId, Region, SubnetId, VpcId},
        log_place::LogPlace,
        run::Window,
        shard::Shard,
        target::{Account, Target},
        usage::GroupRead,
    },
    store::{Place, Record, Store, StoreError},
    usage::{
        destination::{Destination, Destinations, destinations},
        flow::source::Source,
    },
};

pub use super::prefix_lists::PREFIX_LISTS;

/// The cell of an account that no shard scans, if the account is one.
pub fn left_out(account: &Account) -> Option<Finished> {
    let (reason, why) = inventory::left_out(account)?;
    Some(skipped(&account.id, None, Step::AssumeRole, reason, &why))
}

/// The cells of an account of which nothing was read.
pub fn unread(account: &AccountId, reason: Reason, why: &str) -> Vec<Finished> {
    let steps = [Step::AssumeRole, Step::Regions].into_iter();
    let steps = steps.chain(Step::REGIONAL);
    steps
        .map(|step| skipped(account, None, step, reason, why))
        .collect()
}

/// Completes a run whose cells and parts were copied from those of all shards. `shard`: any of them.
/// `attempts`: how many accounts one scan asks for endpoint services.
///
/// # Errors
///
/// If the store fails.
pub async fn unite(
    store: &Store,
    record: &Record,
    shard: Shard,
    attempts: usize,
) -> Result<(), Arc<StoreError>> {
    // Nobody listens, and nothing is stopped.
    let (events, _) = mpsc::unbounded_channel();
    let stop = CancellationToken::default();
    let cells = Cells::new(store.reopen()?, record, false, stop, events)?;
    endpoint_services::unite(&cells, attempts).await;
    transit_gateways::unite(&cells).await;
    cells.flush().await?;
    let merged = Merged {
        cells: &cells,
        shard,
        window: record.window(),
    };
    let unlisted = merged.forget_own_configurations().await;
    cells.flush().await?;
    if record.reads_logs() {
        let regions = cells.accounts_by_region();
        merged.query_logs(&regions, &unlisted).await?;
        merged.flow_logs(&regions).await?;
    }
    Ok(())
}

/// A run that is being completed.
struct Merged<'m> {
    cells: &'m Cells,
    shard: Shard,
    window: Window,
}

impl Merged<'_> {
    /// Forgets what shards listed in targets without a VPC to find log groups that others write to: one
    /// scan lists nothing there. Returns where that failed, and why.
    async fn forget_own_configurations(&self) -> BTreeMap<Target, Failure> {
        let mut failed = BTreeMap::new();
        let mut unlisted = Vec::new();
        let mut empty = BTreeMap::new();
        let steps = [Step::QueryLogging, Step::Vpcs];
        self.cells.each_of(&steps, |Finished { cell, found }| {
            let Some(target) = target_of(&cell) else {
                return;
            };
            // Cells come by account and Region, and the step of the VPCs last.
            if cell.step == Step::QueryLogging {
                empty.clear();
                if found != Found::Nothing || cell.outcome != Outcome::Complete {
                    empty.insert(target, cell);
                }
                return;
            }
            let is_empty = matches!(&found, Found::Vpcs(vpcs) if vpcs.is_empty());
            let Some(listed) = empty.remove(&target) else {
                return;
            };
            if !is_empty || cell.outcome != Outcome::Complete {
                return;
            }
            failed.extend(listed.failure().map(|failure| (target.clone(), failure)));
            unlisted.push(target);
        });
        self.cells.forget(Step::QueryLogging, unlisted).await;
        failed
    }

    /// Brings together VPCs and log groups of different shards.
    async fn query_logs(
        &self,
        regions: &BTreeMap<Region, Vec<AccountId>>,
        unlisted: &BTreeMap<Target, Failure>,
    ) -> Result<(), Arc<StoreError>> {
        let mut unwanted: BTreeSet<(Target, String)> = BTreeSet::new();
        unwanted.extend(self.cells.part_names(Step::DnsUsage, None));
        let scanned: BTreeSet<AccountId> = regions.values().flatten().cloned().collect();
        for (region, accounts) in regions {
            let steps = Step::QUERY_LOGGING;
            let scope = Scope::Region(region, accounts);
            let facts = self.cells.facts_within(scope, &steps);
            let plan = destinations(&facts);
            for place in plan.places.keys() {
                unwanted.remove(&(place.target().clone(), place.name()));
            }
            let mut targets = self.completed_by_others(&facts, &plan, &scanned);
            let here = unlisted.keys().filter(|it| it.region == *region);
            targets.extend(here.cloned());
            self.query_logs_of((&facts, &plan), targets, unlisted);
            self.cells.flush().await?;
        }
        // Log groups of which no account that is scanned has a VPC, and what was not read at all.
        let refused = self.cells.part_names(Step::DnsUsage, Some(Reason::Budget));
        unwanted.extend(refused.into_iter().filter(|(target, name)| {
            let part = self
                .cells
                .any_part::<GroupRead>(target, Step::DnsUsage, name);
            part.is_some_and(|(read, _)| read.usage.bytes_scanned == 0)
        }));
        let unwanted: Vec<_> = unwanted.into_iter().collect();
        self.cells.drop_parts(Step::DnsUsage, &unwanted);
        self.cells.flush().await
    }

    /// The targets with a VPC of which another shard knows more.
    fn completed_by_others(
        &self,
        facts: &Facts,
        plan: &Destinations,
        scanned: &BTreeSet<AccountId>,
    ) -> BTreeSet<Target> {
        let mut targets: BTreeSet<Target> = BTreeSet::new();
        let known = known_to_owner(facts);
        let is_elsewhere =
            |at: &Target, id: &AccountId| self.shard.of(&at.account_id) != self.shard.of(id);
        for vpc in &facts.vpcs {
            let elsewhere = match plan.of_vpc.get(&vpc.vpc_id) {
                _ if is_elsewhere(&vpc.target, &vpc.owner_account_id) => true,
                // Any shard may have read a log group that the one of its owner does not know of.
                Some(Destination::Place(LogPlace::LogGroup(group))) => {
                    let owner = &group.target.account_id;
                    let by_owner = scanned.contains(owner) && known.contains(group);
                    !by_owner || is_elsewhere(&vpc.target, owner)
                }
                _ => false,
            };
            if elsewhere {
                targets.insert(vpc.target.clone());
            }
        }
        targets
    }

    /// Writes the cells of targets of a Region.
    fn query_logs_of(
        &self,
        (facts, plan): (&Facts, &Destinations),
        targets: BTreeSet<Target>,
        unlisted: &BTreeMap<Target, Failure>,
    ) {
        let here = facts.distinct_vpcs().into_iter();
        let here: HashMap<_, _> = here.map(|vpc| (&vpc.vpc_id, &vpc.target)).collect();
        let mut read = Read::new();
        for (place, vpcs) in &plan.places {
            let mut at = vpcs.iter().filter_map(|id| here.get(id));
            if at.any(|at| targets.contains(*at)) {
                read.insert(place.clone(), self.read(place, unlisted));
            }
        }
        let outcomes = Outcomes {
            plan,
            read: &read,
            elsewhere: &BTreeMap::new(),
            window: Some(self.window),
        };
        dns_usage::record(self.cells, facts, outcomes, targets);
    }

    /// What became of a place, without the names that it holds.
    fn read(&self, place: &LogPlace, unlisted: &BTreeMap<Target, Failure>) -> GroupRead {
        let (target, name) = (place.target(), place.name());
        let part = self
            .cells
            .any_part::<GroupRead>(target, Step::DnsUsage, &name);
        if let Some((mut read, _)) = part {
            for vpc in read.usage.vpcs.values_mut() {
                vpc.hosts.clear();
            }
            return read;
        }
        let failure = self.why_unread(target, unlisted);
        GroupRead::failed(place.failed(failure))
    }

    /// Why no shard read a log group.
    fn why_unread(&self, target: &Target, unlisted: &BTreeMap<Target, Failure>) -> Failure {
        let account = &target.account_id;
        let of_account = |step| Place {
            account: Some(account),
            region: None,
            step,
        };
        let places = [
            of_account(Step::AssumeRole),
            of_account(Step::Regions),
            Place::at(target, Step::Vpcs),
            Place::at(target, Step::QueryLogging),
        ];
        let failures = places.map(|place| self.cells.recorded(place)?.failure());
        let failure = failures.into_iter().flatten().next();
        let unknown = || {
            let why = "the shard that has to read it did not".to_owned();
            Failure::new(Reason::Other, why)
        };
        let listing = unlisted.get(target).cloned();
        failure.or(listing).unwrap_or_else(unknown)
    }

    /// Drops bytes to endpoints of other shards that one scan does not ask for, and shows where such bytes
    /// are missing.
    async fn flow_logs(
        &self,
        regions: &BTreeMap<Region, Vec<AccountId>>,
    ) -> Result<(), Arc<StoreError>> {
        let names = self.cells.part_names(Step::FlowUsage, None).into_iter();
        let lists: Vec<_> = names
            .filter(|(_, it)| hub_interfaces::is_name(it))
            .collect();
        self.cells.drop_parts(Step::FlowUsage, &lists);
        for (region, accounts) in regions {
            self.flow_logs_in(Scope::Region(region, accounts));
            self.cells.flush().await?;
        }
        self.cells.flush().await
    }

    fn flow_logs_in(&self, scope: Scope<'_>) {
        let (plan, _) = flow_usage::planned(self.cells, scope, self.window, &BTreeSet::new());
        for (place, sources) in &plan.places {
            let (target, name) = (place.target(), place.name());
            let part = self
                .cells
                .any_part::<FlowPart>(target, Step::FlowUsage, &name);
            let Some((FlowPart::Read(mut read), _)) = part else {
                continue;
            };
            let mut changed = false;
            for found in &mut read.usage.sources {
                let source = sources.iter().find(|it| it.is_answered_by(found));
                let Some(source) = source else { continue };
                let rows = found.rows.len();
                let asked = |it: std::net::IpAddr| source.asks_about(it);
                found.rows.retain(|row, _| row.external.is_none_or(asked));
                let unasked = source.elsewhere().filter(|it| !read.elsewhere.contains(it));
                let missing = unasked.count();
                changed |= rows != found.rows.len() || missing > 0;
                if missing > 0 {
                    found.part.extend(found.vpcs.iter().map(VpcId::to_string));
                    found
                        .part
                        .extend(found.subnets.iter().map(SubnetId::to_string));
                    self.report_missing(source, &plan.targets, missing);
                }
            }
            changed |= !read.elsewhere.is_empty();
            if changed {
                read.elsewhere.clear();
                let reason = read.usage.failure.as_ref().map(|it| it.reason);
                let part = FlowPart::Read(read);
                let _ = self
                    .cells
                    .keep(target, Step::FlowUsage, &name, reason, &part);
            }
        }
    }

    /// Adds a remark to the cells of the clients of a source.
    fn report_missing<T>(
        &self,
        source: &Source,
        targets: &BTreeMap<Target, Vec<(String, T)>>,
        missing: usize,
    ) {
        let of_source = |vpcs: &[(String, T)]| {
            let mut vpcs = vpcs.iter();
            vpcs.any(|(vpc, _)| source.client_vpcs().contains(vpc.as_str()))
        };
        for (target, _) in targets.iter().filter(|(_, vpcs)| of_source(vpcs)) {
            let Some(cell) = self.cells.recorded(Place::at(target, Step::FlowUsage)) else {
                continue;
            };
            let remark = format!(
                "bytes to {missing} addresses of endpoints in accounts of other shards are unknown"
            );
            let message = match &cell.message {
                Some(message) => format!("{message}; {remark}"),
                None => remark,
            };
            let (cell, found) = (cell.remark(message), Found::Nothing);
            self.cells.record(vec![Finished { cell, found }]);
        }
    }
}

fn target_of(cell: &Cell) -> Option<Target> {
    let (account_id, region) = (cell.account_id.clone()?, cell.region.clone()?);
    Some(Target { account_id, region })
}
