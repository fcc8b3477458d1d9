//! Rows of `accounts.csv`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AssessError, Context, tables::Tables};
use crate::model::{
    id::AccountId,
    report::{AccountRow, VpcRow},
};

impl Context<'_> {
    /// Writes the accounts by id. The VPCs are there already.
    pub(super) fn add_accounts(&self, tables: &Tables<'_>) -> Result<(), AssessError> {
        #[derive(Deserialize)]
        struct OwnerCell {
            account_id: AccountId,
        }
        let mut vpcs_of: BTreeMap<AccountId, u64> = BTreeMap::new();
        tables.each::<VpcRow, _>(|row: OwnerCell| {
            *vpcs_of.entry(row.account_id).or_default() += 1;
        })?;
        let mut accounts: Vec<_> = self.organization.accounts.iter().collect();
        accounts.sort_by_key(|it| &it.id);
        tables.begin(None);
        for account in accounts {
            let outcome = self.organization.outcomes.get(&account.id);
            let outcome = outcome.cloned().unwrap_or_default();
            let scanned = outcome.regions_scanned > 0;
            let row = AccountRow {
                account_id: account.id.clone(),
                account_name: account.name.clone(),
                ou_path: account.ou_path.clone(),
                status: Some(account.status.word().to_owned()).filter(|word| !word.is_empty()),
                scanned,
                regions_scanned: outcome.regions_scanned,
                vpcs: (scanned && outcome.vpcs_listed)
                    .then(|| vpcs_of.get(&account.id).copied().unwrap_or(0)),
                reason: outcome
                    .incomplete
                    .and_then(|it| it.reason)
                    .map(|reason| reason.name().to_owned()),
            };
            tables.add(&[], &row)?;
        }
        Ok(())
    }
}
