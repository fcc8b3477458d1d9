//! Rows of `accounts.csv` and `coverage.csv`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::view::{View, count};
use crate::model::{
    coverage::{Cell, Outcome, Step},
    id::AccountId,
    report::{AccountRow, CoverageRow},
};

impl View<'_> {
    pub(super) fn accounts(&self) -> Vec<AccountRow> {
        let facts = self.parts.facts;
        let mut cells_of: BTreeMap<&AccountId, Vec<&Cell>> = BTreeMap::new();
        for cell in &facts.cells {
            if let Some(id) = &cell.account_id {
                cells_of.entry(id).or_default().push(cell);
            }
        }
        let mut vpcs_of: BTreeMap<&AccountId, u64> = BTreeMap::new();
        for vpc in self.vpcs.values() {
            *vpcs_of.entry(&vpc.target.account_id).or_default() += 1;
        }
        let mut rows: Vec<_> = facts
            .accounts
            .iter()
            .map(|account| {
                let cells = || cells_of.get(&account.id).into_iter().flatten();
                let regions: BTreeSet<_> = cells()
                    .filter(|it| it.outcome == Outcome::Complete && it.step != Step::DnsUsage)
                    .filter_map(|it| it.region.as_ref())
                    .collect();
                let stopped_by = cells()
                    .filter(|it| it.region.is_none() && it.outcome != Outcome::Complete)
                    .min_by_key(|it| it.step)
                    .and_then(|it| it.reason);
                let scanned = !regions.is_empty();
                AccountRow {
                    account_id: account.id.clone(),
                    account_name: account.name.clone(),
                    ou_path: account.ou_path.clone(),
                    status: Some(account.status.word().to_owned()).filter(|word| !word.is_empty()),
                    scanned,
                    regions_scanned: count(regions.len()),
                    vpcs: scanned.then(|| vpcs_of.get(&account.id).copied().unwrap_or(0)),
                    reason: stopped_by.map(|reason| reason.name().to_owned()),
                }
            })
            .collect();
        rows.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        rows
    }

    pub(super) fn coverage(&self) -> Vec<CoverageRow> {
        let mut cells: Vec<_> = self.parts.facts.cells.iter().collect();
        cells.sort_by_key(|cell| cell.sort_key());
        // One text for the thousands of rows of an account.
        let names: BTreeMap<&AccountId, Arc<str>> = self
            .names
            .iter()
            .map(|(id, name)| (*id, Arc::from(*name)))
            .collect();
        let row = |cell: &&Cell| CoverageRow {
            account_id: cell.account_id.clone(),
            account_name: cell
                .account_id
                .as_ref()
                .and_then(|id| names.get(id).cloned()),
            region: cell.region.clone(),
            step: cell.step,
            outcome: cell.outcome,
            reason: cell.reason,
            error_code: cell.error_code.clone(),
            message: cell.message.clone(),
            request_id: cell.request_id.clone(),
            attempts: cell.attempts,
            duration_ms: cell.duration_ms,
        };
        cells.iter().map(row).collect()
    }
}
