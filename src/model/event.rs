//! What the scan reports while it runs.

use super::{coverage::Cell, target::Target};

/// A moment of the scan.
#[derive(Clone, Debug)]
pub enum Event {
    /// The accounts are known; so many are scanned.
    Accounts {
        /// Accounts in the organization.
        known: usize,
        /// Accounts that are scanned.
        selected: usize,
    },
    /// The Regions of an account are known.
    Targets(usize),
    /// Every target of an account is done, or the account could not be scanned.
    AccountDone,
    /// A target's inventory is done.
    TargetDone(Target),
    /// So many log groups will be queried.
    LogGroups(usize),
    /// A log group's queries are done.
    LogGroupDone,
    /// A cell has ended.
    Cell(Cell),
    /// What reading the logs is expected to scan, in a sentence.
    Estimate(String),
    /// The same, if it is more than may be scanned.
    OverBudget(String),
    /// The scan was asked to stop and waits for what is under way.
    Stopping,
    /// So many calls that change something follow.
    Actions(usize),
    /// A call that changes something has ended: what it was, and how it ended.
    ActionDone(String),
    /// All calls are made; AWS completes so many of them within so many seconds, or not.
    Waiting {
        /// Logs that were started.
        count: usize,
        /// The longest wait.
        seconds: u64,
    },
}
