//! The limit on what Logs Insights may scan: what the queries of this process have scanned so far,
//! and the signal that stops them at the limit.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::watch;

use crate::model::{
    coverage::{Failure, Reason},
    money::BYTES_PER_GB,
};

/// What may be scanned, and what has been.
#[derive(Debug)]
pub struct Budget {
    /// Bytes; none without a limit.
    limit: Option<u64>,
    spent: AtomicU64,
    reached: watch::Sender<bool>,
    /// Why nothing may be scanned at all.
    refused: OnceLock<Failure>,
}

impl Budget {
    /// A limit in bytes, or none.
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            spent: AtomicU64::new(0),
            reached: watch::Sender::new(false),
            refused: OnceLock::new(),
        }
    }

    /// Lets no query start: too much is to be expected.
    pub fn refuse(&self, why: Failure) {
        let _ = self.refused.set(why);
        self.reached.send_replace(true);
    }

    /// The limit in bytes.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Counts bytes that a query has scanned.
    pub fn charge(&self, bytes: u64) {
        let before = self.spent.fetch_add(bytes, Ordering::Relaxed);
        let spent = before.saturating_add(bytes);
        if self.limit.is_some_and(|limit| spent > limit) {
            self.reached.send_replace(true);
        }
    }

    /// Whether more was scanned than may be.
    pub fn is_reached(&self) -> bool {
        *self.reached.borrow()
    }

    /// Waits until that is so.
    pub async fn reached(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.reached.subscribe().wait_for(|reached| *reached).await;
    }

    /// The failure of a query that may not start or continue.
    pub fn refusal(&self) -> Failure {
        if let Some(why) = self.refused.get() {
            return why.clone();
        }
        let spent = gb(self.spent.load(Ordering::Relaxed));
        let limit = self.limit.map_or_else(|| "no".to_owned(), gb);
        Failure::new(
            Reason::Budget,
            format!("{spent} were scanned, and the limit is {limit} (--max-scan-gb)"),
        )
    }
}

/// Bytes as GB, as exactly as a person wants them.
pub fn gb(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "printed with a few places")]
    let gb = bytes as f64 / BYTES_PER_GB as f64;
    match bytes {
        0 => "0 GB".to_owned(),
        _ if gb < 0.001 => format!("{gb:.9} GB"),
        _ => format!("{gb:.3} GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_may_be_scanned_and_no_byte_more() {
        let budget = Budget::new(Some(100));
        budget.charge(60);
        budget.charge(40);
        assert!(!budget.is_reached());
        budget.charge(1);
        assert!(budget.is_reached());
        assert_eq!(budget.refusal().reason, Reason::Budget);
    }

    #[test]
    fn what_is_refused_beforehand_is_reported_with_the_estimate() {
        let budget = Budget::new(Some(100));
        budget.refuse(Failure::new(Reason::Budget, "too much"));
        assert!(budget.is_reached());
        assert_eq!(budget.refusal().message, "too much");
    }

    #[test]
    fn without_a_limit_nothing_is_ever_enough_and_with_none_allowed_nothing_is() {
        let unlimited = Budget::new(None);
        unlimited.charge(u64::MAX);
        assert!(!unlimited.is_reached());
        let nothing = Budget::new(Some(0));
        nothing.charge(0);
        assert!(!nothing.is_reached(), "nothing was scanned");
        nothing.charge(1);
        assert!(nothing.is_reached());
    }
}
