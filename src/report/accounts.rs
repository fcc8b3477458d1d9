//! Rows of `accounts.csv`.

use std::collections::BTreeMap;

use super::view::{View, count};
use crate::model::{coverage::Step, id::AccountId, report::AccountRow};

impl View<'_> {
    pub(super) fn accounts(&self) -> Vec<AccountRow> {
        let facts = self.facts;
        let mut vpcs_of: BTreeMap<&AccountId, u64> = BTreeMap::new();
        for vpc in &self.vpcs {
            *vpcs_of.entry(&vpc.target.account_id).or_default() += 1;
        }
        let mut rows: Vec<_> = facts
            .accounts
            .iter()
            .map(|account| {
                let regions = self.regions_scanned(&account.id);
                let stopped_by = facts.outcomes.first_incomplete_of_account(&account.id);
                let scanned = regions > 0;
                AccountRow {
                    account_id: account.id.clone(),
                    account_name: account.name.clone(),
                    ou_path: account.ou_path.clone(),
                    status: Some(account.status.word().to_owned()).filter(|word| !word.is_empty()),
                    scanned,
                    regions_scanned: count(regions),
                    vpcs: scanned.then(|| vpcs_of.get(&account.id).copied().unwrap_or(0)),
                    reason: stopped_by
                        .and_then(|it| it.reason)
                        .map(|reason| reason.name().to_owned()),
                }
            })
            .collect();
        rows.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        rows
    }

    /// Whether some region of an account was looked at.
    pub(super) fn is_scanned(&self, account: &AccountId) -> bool {
        self.regions_scanned(account) > 0
    }

    fn regions_scanned(&self, account: &AccountId) -> usize {
        let looked = |step| step != Step::DnsUsage;
        self.facts.outcomes.regions_with(account, looked)
    }
}
