//! Copies the cells and parts of the shards: each account's from the shard that it belongs to, and of what
//! shards keep of accounts of other shards the one that one scan would have.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    MergeError,
    choice::{Choice, Chosen},
    is_wanted,
};
use crate::{
    aws::cancellation::CancellationToken,
    model::{
        coverage::{Cell, Outcome, Reason, Step},
        facts::{Finished, Found},
        flow::FlowPart,
        id::{AccountId, Region},
        shard::{OtherShards, Shard},
        target::{Account, Target},
        usage::GroupRead,
    },
    scan::merged::{PREFIX_LISTS, left_out, unread},
    store::{CellKey, CellTransfer, Part, Place, Store},
};

/// Cells of one transaction.
const CELLS: usize = 10_000;

/// Fills a run of `into`.
pub(super) fn combine(
    into: &Store,
    run: i64,
    choice: &Choice<'_>,
    stop: &CancellationToken,
) -> Result<(), MergeError> {
    let (organization, accounts) = organization(choice)?;
    into.put_cells(run, &[organization])?;
    let mut combined = Combined {
        into,
        run,
        cells_of_others: BTreeMap::new(),
        regions_with_lists: BTreeSet::new(),
    };
    for chosen in &choice.chosen {
        is_wanted(stop)?;
        combined.copy(chosen, &accounts)?;
    }
    combined.cells_of_others()?;
    combined.missing(choice, &accounts)
}

/// The cell that lists the accounts: each as its own shard saw it, those of missing shards as any other.
fn organization(choice: &Choice<'_>) -> Result<(Finished, Vec<Account>), MergeError> {
    let place = Place {
        account: None,
        region: None,
        step: Step::Organization,
    };
    let missing: BTreeSet<Shard> = choice.missing.iter().map(|(shard, _)| *shard).collect();
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    let mut cell: Option<Cell> = None;
    for it in &choice.chosen {
        let (store, key) = (it.from.store()?, it.record.key);
        if let Found::Accounts(listed) = store.found(key, place)? {
            for account in listed {
                let shard = it.shard.of(&account.id);
                if shard == it.shard || missing.contains(&shard) {
                    accounts.entry(account.id.clone()).or_insert(account);
                }
            }
        }
        let listed = store.settled(key, place)?;
        let worse = |cell: &Cell| cell.outcome == Outcome::Failed;
        if cell.is_none() || listed.as_ref().is_some_and(worse) {
            cell = listed.or(cell);
        }
    }
    let accounts: Vec<Account> = accounts.into_values().collect();
    let cell = cell.unwrap_or_else(|| Cell::complete(None, None, Step::Organization));
    let found = Found::Accounts(accounts.clone());
    Ok((Finished { cell, found }, accounts))
}

struct Combined<'c> {
    into: &'c Store,
    run: i64,
    /// Cells that shards have of accounts of others, one a place: of a transit gateway, each shard whose
    /// VPCs are attached to it has all there is.
    cells_of_others: BTreeMap<(Option<AccountId>, Option<Region>, Step), Finished>,
    /// Regions whose prefix lists are there.
    regions_with_lists: BTreeSet<Region>,
}

impl Combined<'_> {
    fn copy(&mut self, chosen: &Chosen<'_>, accounts: &[Account]) -> Result<(), MergeError> {
        let others = OtherShards::new(chosen.shard, accounts);
        let decide = |key: CellKey| {
            let Some(account) = key.account else {
                return CellTransfer::Dropped;
            };
            if chosen.shard.owns(&account) {
                return CellTransfer::Copied;
            }
            let is_scanned = others.of(&account).is_some();
            let was_opened = !matches!(
                key.reason,
                Some(Reason::Excluded | Reason::AccountSuspended)
            );
            match key.step {
                // Opened to read its logs, and scanned by no shard.
                Step::AssumeRole if was_opened && !is_scanned => CellTransfer::HandedOver,
                Step::TransitGateways => CellTransfer::HandedOver,
                _ => CellTransfer::Dropped,
            }
        };
        let runs = (chosen.record.key, self.run);
        let cells_of_others = &mut self.cells_of_others;
        let take = |guest: Finished| {
            let Place {
                account,
                region,
                step,
            } = Place::of(&guest.cell);
            // What is complete, then what was found, then the order of the shards.
            let rank = |it: &Finished| (it.cell.outcome, it.found == Found::Nothing);
            match cells_of_others.entry((account.cloned(), region.cloned(), step)) {
                Entry::Occupied(mut kept) if rank(&guest) < rank(kept.get()) => {
                    kept.insert(guest);
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(place) => drop(place.insert(guest)),
            }
        };
        let from = &chosen.from.store()?;
        self.into.copy_cells(from, runs, decide, take)?;
        let regions = &mut self.regions_with_lists;
        let is_wanted = |step: Step, target: &Target, name: &str| {
            let is_list = step == Step::FlowUsage && name == PREFIX_LISTS;
            !is_list || regions.insert(target.region.clone())
        };
        let there = self.into.copy_parts(from, runs, is_wanted)?;
        let key = chosen.record.key;
        for (step, target, name) in there {
            match step {
                Step::DnsUsage => self.better_query_log((from, key), &target, &name)?,
                Step::FlowUsage => self.more_flow_logs((from, key), &target, &name)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A log group that several shards read, since they could not find out that others do: one reading is
    /// as good as the other, unless it failed.
    fn better_query_log(
        &self,
        (from, key): (&Store, i64),
        target: &Target,
        name: &str,
    ) -> Result<(), MergeError> {
        let step = Step::DnsUsage;
        let read = |store: &Store, run: i64| store.part::<GroupRead>(run, target, step, name);
        let (Some((here, _)), Some((there, _))) = (read(self.into, self.run)?, read(from, key)?)
        else {
            return Ok(());
        };
        if here.usage.failure.is_none() || there.usage.failure.is_some() {
            return Ok(());
        }
        let reason = there.usage.failure.as_ref().map(|it| it.reason);
        self.put(target, step, name, reason, &there)
    }

    /// A log group with flow logs of VPCs of several shards: each asked about its own.
    fn more_flow_logs(
        &self,
        (from, key): (&Store, i64),
        target: &Target,
        name: &str,
    ) -> Result<(), MergeError> {
        let step = Step::FlowUsage;
        let read = |store: &Store, run: i64| store.part::<FlowPart>(run, target, step, name);
        let parts = (read(self.into, self.run)?, read(from, key)?);
        let (Some((FlowPart::Read(mut all), _)), Some((FlowPart::Read(more), _))) = parts else {
            return Ok(());
        };
        all.usage.sources.extend(more.usage.sources);
        all.usage.bytes_scanned += more.usage.bytes_scanned;
        all.usage.window_bytes = all.usage.window_bytes.or(more.usage.window_bytes);
        all.usage.failure = all.usage.failure.or(more.usage.failure);
        all.usage.remark = all.usage.remark.or(more.usage.remark);
        all.attempts += more.attempts;
        all.duration_ms += more.duration_ms;
        all.elsewhere.extend(more.elsewhere);
        let reason = all.usage.failure.as_ref().map(|it| it.reason);
        self.put(target, step, name, reason, &FlowPart::Read(all))
    }

    fn put(
        &self,
        target: &Target,
        step: Step,
        name: &str,
        reason: Option<Reason>,
        content: &impl serde::Serialize,
    ) -> Result<(), MergeError> {
        let content = serde_json::to_string(content).map_err(MergeError::Row)?;
        let part = Part {
            target: target.clone(),
            step,
            name: name.to_owned(),
            reason,
            content,
        };
        Ok(self.into.put_part(self.run, &part)?)
    }

    /// Adds what shards have of accounts of others, where one scan has it too.
    fn cells_of_others(&mut self) -> Result<(), MergeError> {
        for guest in std::mem::take(&mut self.cells_of_others).into_values() {
            let place = Place::of(&guest.cell);
            let known = self.into.settled(self.run, place)?;
            let wanted = match guest.cell.step {
                Step::TransitGateways => {
                    let asked = self.into.found(self.run, place)? != Found::Nothing;
                    known.is_some_and(|it| it.outcome != Outcome::Failed && !asked)
                }
                _ => known.is_none_or(|it| it.reason == Some(Reason::Excluded)),
            };
            if wanted {
                self.into.put_cells(self.run, &[guest])?;
            }
        }
        Ok(())
    }

    /// Makes the accounts of missing shards gaps.
    fn missing(&self, choice: &Choice<'_>, accounts: &[Account]) -> Result<(), MergeError> {
        let mut cells = Vec::new();
        for (shard, why) in &choice.missing {
            for account in accounts.iter().filter(|it| shard.owns(&it.id)) {
                match left_out(account) {
                    Some(cell) => cells.push(cell),
                    None => cells.extend(unread(&account.id, Reason::ShardMissing, why)),
                }
                if cells.len() >= CELLS {
                    self.into.put_cells(self.run, &std::mem::take(&mut cells))?;
                }
            }
        }
        Ok(self.into.put_cells(self.run, &cells)?)
    }
}
