//! The wish to stop, told once to everything that runs.

use std::time::Duration;

use tokio::{sync::watch, time::sleep};

use crate::model::coverage::{Failure, Reason};

/// A handle to the wish; clones share it.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: watch::Sender<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            sender: watch::Sender::new(false),
        }
    }
}

impl Stop {
    /// Asks everything to stop.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was asked.
    pub fn is_stopped(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until it is asked.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.sender.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Runs `work` unless and until it is asked to stop.
    pub async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(cancelled()),
            output = work => output,
        }
    }

    /// Runs `work`, and for no longer than `grace` once it is asked to stop.
    pub async fn with_grace<T>(
        &self,
        grace: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let over = async {
            self.stopped().await;
            sleep(grace).await;
        };
        tokio::select! {
            output = work => output,
            () = over => Err(cancelled()),
        }
    }
}

/// The failure of what was stopped.
pub fn cancelled() -> Failure {
    Failure::new(Reason::Cancelled, "stopped before it was done")
}
