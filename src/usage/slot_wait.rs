//! Waits while all query slots of an account are in use.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::org::session::Session;

/// How long a slot is waited for.
#[derive(Debug)]
pub(super) struct SlotWait {
    length: Duration,
    deadline: Instant,
}

impl SlotWait {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            length,
            deadline: Instant::now() + length,
        }
    }

    /// Whether to keep waiting. As long as queries of this scan run there, one of them will end
    /// and free a slot: the time begins when none does.
    pub(super) fn lasts(&mut self, own_queries: usize, now: Instant) -> bool {
        if own_queries > 0 {
            self.deadline = now + self.length;
        }
        now < self.deadline
    }
}

/// Waits before the next try. A cancelled run, or the limit on scanned bytes, ends the waiting.
pub(super) async fn pause(session: &Session, length: Duration) {
    let (stop, budget) = (session.cancellation(), session.budget());
    tokio::select! {
        () = stop.cancelled() => {}
        () = budget.reached() => {}
        () = sleep(length) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_waited_for_as_long_as_own_queries_run_and_then_for_the_time_that_is_set() {
        let minute = Duration::from_mins(1);
        let mut wait = SlotWait::new(minute);
        let mut now = Instant::now();
        for _ in 0..9 {
            now += minute * 2;
            assert!(wait.lasts(1, now));
        }
        assert!(wait.lasts(0, now + minute - Duration::from_secs(1)));
        assert!(!wait.lasts(0, now + minute));
    }
}
