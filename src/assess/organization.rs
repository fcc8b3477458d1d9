//! What is known of the organization as a whole: its accounts, which Regions were looked at, how the
//! cells ended.

use std::collections::{BTreeMap, BTreeSet};

use super::AssessError;
use crate::{
    model::{
        bill::Bill,
        coverage::{Outcome, Reason, Step},
        facts::{Found, add_endpoint_services},
        id::{AccountId, Region},
        inventory::EndpointService,
        outcomes::StepOutcome,
        target::Account,
    },
    store::{Record, RegionFacts, Store, StoreError, StoredCell},
};

/// How the cells of an account ended.
#[derive(Clone, Debug, Default)]
pub(super) struct AccountOutcome {
    /// Regions in which a step other than `dns_usage` is complete.
    pub(super) regions_scanned: u64,
    /// Whether the VPCs of some Region were listed.
    pub(super) vpcs_listed: bool,
    /// The first step of the account itself, in the order of steps, that is not complete.
    pub(super) incomplete: Option<StepOutcome>,
}

/// The organization.
#[derive(Debug, Default)]
pub(super) struct Organization {
    /// Accounts of the organization, selected or not.
    pub(super) accounts: Vec<Account>,
    /// Accounts that have a cell, by id.
    pub(super) accounts_with_cells: Vec<AccountId>,
    pub(super) outcomes: BTreeMap<AccountId, AccountOutcome>,
    /// Regions that have a cell or a log group, by name.
    pub(super) regions: BTreeSet<Region>,
    /// Regions in which a step of some account is complete.
    pub(super) regions_scanned: BTreeSet<Region>,
    /// Cells that leave out something that was wanted, by reason.
    pub(super) gaps: BTreeMap<String, u64>,
    /// The steps that are complete in some account and Region.
    pub(super) complete: BTreeSet<Step>,
    /// What each Region offers, where it could be asked.
    pub(super) endpoint_services: BTreeMap<Region, Vec<EndpointService>>,
    /// What AWS billed, if that was read.
    pub(super) bill: Option<Bill>,
    /// Whether a cell was broken off.
    pub(super) interrupted: bool,
    names: BTreeMap<AccountId, String>,
}

/// The steps whose facts are not those of one account.
const SHARED: [Step; 2] = [Step::Organization, Step::EndpointServices];

impl Organization {
    pub(super) fn load(store: &Store, run: i64) -> Result<Self, StoreError> {
        let mut all = Self::default();
        let mut place = Place::default();
        store.each_cell_alone(run, |cell| {
            let ended = StepOutcome {
                step: cell.step,
                outcome: cell.outcome,
                reason: cell.reason,
            };
            all.count(
                cell.account_id.as_ref(),
                cell.region.as_ref(),
                ended,
                &mut place,
            );
            true
        })?;
        all.regions.extend(store.regions_of_parts(run)?);
        store.each_of(run, &SHARED, |cell| all.absorb(cell.found))?;
        Ok(all)
    }

    /// Reads the facts of a run, Region by Region, and what is known of the organization from the same
    /// rows. Each cell is handed to `take` with what is known of the organization by then.
    pub(super) fn read(
        store: &Store,
        record: &Record,
        mut take: impl FnMut(&StoredCell<'_>, &Self) -> Result<(), AssessError>,
    ) -> Result<(Self, RegionFacts), AssessError> {
        let mut all = Self::default();
        let mut place = Place::default();
        let facts = store.facts_by_region(record, |cell| {
            match cell.ended.step {
                step if SHARED.contains(&step) => all.absorb(cell.found()?),
                Step::Bill => {
                    if let Found::Bill(bill) = cell.found()? {
                        all.bill = Some(bill);
                    }
                }
                _ => {}
            }
            let account = cell.account.as_ref();
            all.count(account, cell.region.as_ref(), cell.ended, &mut place);
            take(cell, &all)
        })?;
        all.regions.extend(facts.with_parts().iter().cloned());
        Ok((all, facts))
    }

    /// Takes in what a cell of the steps in [`SHARED`] found.
    fn absorb(&mut self, found: Found) {
        match found {
            Found::Accounts(accounts) => {
                let name = |it: &Account| Some((it.id.clone(), it.name.clone()?));
                self.names.extend(accounts.iter().filter_map(name));
                self.accounts.extend(accounts.into_iter().map(|mut it| {
                    it.ou_ids.shrink_to_fit();
                    it
                }));
            }
            Found::EndpointServices(services) => {
                add_endpoint_services(&mut self.endpoint_services, services);
            }
            _ => {}
        }
    }

    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// Whether some Region of an account was looked at.
    pub(super) fn is_scanned(&self, account: &AccountId) -> bool {
        let outcome = self.outcomes.get(account);
        outcome.is_some_and(|it| it.regions_scanned > 0)
    }

    /// Adds a cell; those of one account and Region come one after the other.
    fn count(
        &mut self,
        account: Option<&AccountId>,
        region: Option<&Region>,
        ended: StepOutcome,
        place: &mut Place,
    ) {
        self.interrupted |= ended.reason.is_some_and(Reason::is_interruption);
        if ended.is_gap() {
            let reason = ended.reason.map_or("other", Reason::name);
            *self.gaps.entry(reason.to_owned()).or_default() += 1;
        }
        let Some(account) = account else {
            return;
        };
        if self.accounts_with_cells.last() != Some(account) {
            self.accounts_with_cells.push(account.clone());
            self.outcomes
                .insert(account.clone(), AccountOutcome::default());
        }
        let Some(outcome) = self.outcomes.get_mut(account) else {
            return;
        };
        let complete = ended.outcome == Outcome::Complete;
        let Some(region) = region else {
            // The bill is the organization's: without it the account is known all the same.
            let own = ended.step != Step::Bill;
            let first = own && outcome.incomplete.is_none_or(|it| ended.step < it.step);
            if !complete && first {
                outcome.incomplete = Some(ended);
            }
            return;
        };
        // An account of another shard, of which no more is read than where its transit gateways lead.
        let is_left_out =
            |it: StepOutcome| it.step == Step::AssumeRole && it.reason == Some(Reason::Excluded);
        let complete = complete && !outcome.incomplete.is_some_and(is_left_out);
        let here = Place {
            account: Some(account.clone()),
            region: Some(region.clone()),
            scanned: false,
        };
        if (&place.account, &place.region) != (&here.account, &here.region) {
            *place = here;
            if !self.regions.contains(region) {
                self.regions.insert(region.clone());
            }
        }
        if complete {
            self.complete.insert(ended.step);
            outcome.vpcs_listed |= ended.step == Step::Vpcs;
        }
        if complete && !self.regions_scanned.contains(region) {
            self.regions_scanned.insert(region.clone());
        }
        if complete && ended.step != Step::DnsUsage && !place.scanned {
            place.scanned = true;
            outcome.regions_scanned += 1;
        }
    }
}

/// The account and Region of the cell before.
#[derive(Default)]
struct Place {
    account: Option<AccountId>,
    region: Option<Region>,
    /// Whether a step of it counts already.
    scanned: bool,
}
