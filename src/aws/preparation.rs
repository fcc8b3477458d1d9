//! How many calls are prepared ahead of their place among the calls under way.
//!
//! To build and sign a request takes a third of a millisecond. Whenever many accounts begin at once, so
//! would thousands of requests, one after the other, while answers wait to be read and places stay
//! empty. So a call waits before it is built, until few others are between that and their first attempt.
//! Repeated attempts do not wait again.

use std::{cell::RefCell, future::Future, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls that may be prepared at once: enough to fill the places that become free while one is built.
const AHEAD: usize = 32;

tokio::task_local! {
    static TURN: RefCell<Option<OwnedSemaphorePermit>>;
}

/// The turns of all calls of a run.
#[derive(Clone, Debug)]
pub struct Preparation {
    turns: Arc<Semaphore>,
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AHEAD)),
        }
    }
}

impl Preparation {
    /// Waits until the next call of the task may be prepared. The turn ends with the call's first attempt,
    /// or with the scope around it.
    pub async fn begin(&self) {
        // It is never closed.
        if let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await {
            let _ = TURN.try_with(|it| it.replace(Some(turn)));
        }
    }
}

/// Runs `work`, whose calls wait for their turns one after the other.
pub(super) fn scope<F: Future>(work: F) -> impl Future<Output = F::Output> {
    TURN.scope(RefCell::default(), work)
}

/// Ends the turn of the call that the task makes: it waits for something else now, or is under way.
pub(super) fn end() {
    let _ = TURN.try_with(RefCell::take);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_lasts_until_the_first_attempt_or_until_the_call_is_given_up() {
        let preparation = Preparation::default();
        let free = || preparation.turns.available_permits();
        scope(async {
            preparation.begin().await;
            assert_eq!(free(), AHEAD - 1);
            end();
            assert_eq!(free(), AHEAD);
            // A repeated attempt has none to end.
            end();
            // One that failed before its attempt: the next call of the task takes its place.
            preparation.begin().await;
            preparation.begin().await;
            assert_eq!(free(), AHEAD - 1);
        })
        .await;
        assert_eq!(free(), AHEAD);
    }

    #[tokio::test]
    async fn outside_of_a_scope_a_turn_ends_at_once() {
        let preparation = Preparation::default();
        preparation.begin().await;
        assert_eq!(preparation.turns.available_permits(), AHEAD);
    }
}
