//! What the changing calls share.

use std::time::Instant;

use crate::{
    aws::cancellation::{CancellationToken, cancelled},
    logging::apply::options::WaitPolicy,
    model::{
        coverage::{Failure, Reason},
        logging::Tags,
    },
    org::session::Session,
};

/// What a call needs besides its parameters.
#[derive(Debug)]
pub(in crate::logging::apply) struct Context<'c> {
    pub(in crate::logging::apply) session: &'c Session,
    pub(in crate::logging::apply) partition: &'c str,
    /// The run, for tokens.
    pub(in crate::logging::apply) run: &'c str,
    /// The key of the action, for tokens.
    pub(in crate::logging::apply) key: &'c str,
    /// Tags of what is made.
    pub(in crate::logging::apply) tags: &'c Tags,
    /// Whether this process made the share that the action needs just now, which may not be
    /// visible everywhere yet.
    pub(in crate::logging::apply) fresh: bool,
    pub(in crate::logging::apply) wait: WaitPolicy,
}

/// Whether a failure has one of these codes.
pub(super) fn has_code(failure: &Failure, codes: &[&str]) -> bool {
    failure
        .code
        .as_deref()
        .is_some_and(|code| codes.contains(&code))
}

/// The failure for a resource that exists and is not ours.
pub(super) fn not_ours(what: &str) -> Failure {
    Failure::new(
        Reason::Other,
        format!("{what} exists already and does not carry the tag vpce-scout:tool"),
    )
}

/// Limits how long something is waited for.
pub(super) struct Wait<'w> {
    since: Instant,
    policy: WaitPolicy,
    stop: &'w CancellationToken,
}

impl<'w> Wait<'w> {
    pub(super) fn begin(context: &Context<'w>) -> Self {
        Self {
            since: Instant::now(),
            policy: context.wait,
            stop: context.session.cancellation(),
        }
    }

    /// Pauses; an error once it took too long, or the run is stopped.
    pub(super) async fn pause(&self, what: &str) -> Result<(), Failure> {
        if self.since.elapsed() >= self.policy.limit {
            let seconds = self.policy.limit.as_secs();
            return Err(Failure::new(
                Reason::Other,
                format!("{what} after {seconds} seconds (logging.wait_seconds); repeat later"),
            ));
        }
        tokio::select! {
            () = self.stop.cancelled() => Err(cancelled()),
            () = tokio::time::sleep(self.policy.interval) => Ok(()),
        }
    }
}
