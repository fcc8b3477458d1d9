//! Rows of `accounts.csv` and `coverage.csv`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    coverage::{Outcome, Reason, Step},
    id::{AccountId, Region},
};

/// A row of `accounts.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRow {
    /// The account.
    pub account_id: AccountId,
    /// Its name in the organization.
    ///
    /// Empty when: the organization was not read.
    pub account_name: Option<String>,
    /// The names of its organizational units from the root: `/Workloads/Production`; `/` is the
    /// root itself.
    ///
    /// Empty when: they were not read.
    pub ou_path: Option<String>,
    /// Its state in AWS Organizations' words: `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`,
    /// `PENDING_ACTIVATION`, `CLOSED`, or a word that is newer.
    ///
    /// Empty when: the organization was not read.
    pub status: Option<String>,
    /// Whether at least one step of one Region was completed.
    pub scanned: bool,
    /// Number of such Regions.
    pub regions_scanned: u64,
    /// Number of its rows in `vpcs.csv`: its own VPCs, and those shared with it whose owner was not
    /// scanned.
    ///
    /// Empty when: `scanned` is false, or the VPCs of no Region could be listed.
    pub vpcs: Option<u64>,
    /// Why a step of the whole account is not complete, see [the reasons](#the-reasons).
    ///
    /// Empty when: all are.
    pub reason: Option<String>,
}

impl Row for AccountRow {
    const TABLE: &'static str = "accounts";
}

/// A row of `coverage.csv`: one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageRow {
    /// The account.
    ///
    /// Empty when: the step is `organization`.
    pub account_id: Option<AccountId>,
    /// Its name.
    ///
    /// Empty when: not known.
    #[schemars(with = "Option<String>")]
    pub account_name: Option<Arc<str>>,
    /// The Region.
    ///
    /// Empty when: the step belongs to the whole account, or the account's Regions never became
    /// known.
    pub region: Option<Region>,
    /// What was done, see [the steps](#the-steps).
    #[schemars(with = "String")]
    pub step: Step,
    /// `complete`; `skipped`: not tried; `failed`: tried, and missing or incomplete.
    #[schemars(with = "String")]
    pub outcome: Outcome,
    /// Why it is not complete, see [the reasons](#the-reasons).
    ///
    /// Empty when: it is complete.
    #[schemars(with = "Option<String>")]
    pub reason: Option<Reason>,
    /// The service's error code, `UnauthorizedOperation`.
    ///
    /// Empty when: no service gave one.
    pub error_code: Option<String>,
    /// One line for people; may be a remark on a complete cell.
    ///
    /// Empty when: there is nothing to report.
    pub message: Option<String>,
    /// AWS's id of the call that failed, for AWS support.
    ///
    /// Empty when: none was answered.
    pub request_id: Option<String>,
    /// HTTP attempts, pages and repeats included; for `dns_usage` and `flow_usage` those of the log
    /// groups that the target's VPCs write to; a log group that several targets share counts in
    /// each.
    pub attempts: u32,
    /// Wall time in milliseconds, counted likewise.
    pub duration_ms: u64,
}

impl Row for CoverageRow {
    const TABLE: &'static str = "coverage";
}
