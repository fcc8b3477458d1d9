//! What is known of the organization as a whole: its accounts, which Regions were looked at, how the
//! cells ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        coverage::{Cell, Outcome, Reason, Step},
        facts::{Facts, Found},
        id::{AccountId, Region},
        inventory::EndpointService,
        outcomes::Ended,
        target::Account,
    },
    store::{Store, StoreError},
};

/// How the cells of an account ended.
#[derive(Clone, Debug, Default)]
pub(super) struct AccountOutcome {
    /// Regions in which a step other than `dns_usage` is complete.
    pub(super) regions_scanned: u64,
    /// Whether the VPCs of some Region were listed.
    pub(super) vpcs_listed: bool,
    /// The first step of the account itself, in the order of steps, that is not complete.
    pub(super) incomplete: Option<Ended>,
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
    names: BTreeMap<AccountId, String>,
}

impl Organization {
    pub(super) fn load(store: &Store, run: i64) -> Result<Self, StoreError> {
        let mut all = Self::default();
        let mut place = Place::default();
        store.each_cell_alone(run, |cell| {
            all.count(&cell, &mut place);
            true
        })?;
        all.regions.extend(store.regions_of_parts(run)?);
        let mut facts = Facts::default();
        let steps = [Step::Organization, Step::EndpointServices];
        store.each_of(run, &steps, |cell| match cell.found {
            Found::Nothing => {}
            _ => facts.absorb(cell),
        })?;
        let name = |it: &Account| Some((it.id.clone(), it.name.clone()?));
        all.names = facts.accounts.iter().filter_map(name).collect();
        all.accounts = facts.accounts;
        all.endpoint_services = facts.endpoint_services;
        Ok(all)
    }

    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<String> {
        self.names.get(id).cloned()
    }

    /// Whether some Region of an account was looked at.
    pub(super) fn is_scanned(&self, account: &AccountId) -> bool {
        let outcome = self.outcomes.get(account);
        outcome.is_some_and(|it| it.regions_scanned > 0)
    }

    /// Adds a cell; those of one account and Region come one after the other.
    fn count(&mut self, cell: &Cell, place: &mut Place) {
        let ended = Ended {
            step: cell.step,
            outcome: cell.outcome,
            reason: cell.reason,
        };
        if ended.is_gap() {
            let reason = ended.reason.map_or("other", Reason::name);
            *self.gaps.entry(reason.to_owned()).or_default() += 1;
        }
        let Some(account) = &cell.account_id else {
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
        let complete = cell.outcome == Outcome::Complete;
        let Some(region) = &cell.region else {
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
            |it: Ended| it.step == Step::AssumeRole && it.reason == Some(Reason::Excluded);
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
            self.complete.insert(cell.step);
            outcome.vpcs_listed |= cell.step == Step::Vpcs;
        }
        if complete && !self.regions_scanned.contains(region) {
            self.regions_scanned.insert(region.clone());
        }
        if complete && cell.step != Step::DnsUsage && !place.scanned {
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
