//! How a plan is carried out: concurrency, and how long to wait for what AWS does on its own time.

use std::time::Duration;

use crate::config::Config;

/// How a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions {
    /// Accounts and Regions worked on at once.
    pub concurrency: usize,
    /// How long a call waits for what it needs.
    pub wait: WaitPolicy,
}

/// How long a call waits for what AWS does on its own time.
#[derive(Clone, Copy, Debug)]
pub struct WaitPolicy {
    /// In all.
    pub limit: Duration,
    /// Between two attempts.
    pub interval: Duration,
}

/// How long, and how often, delivery is checked after the last call.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// In all; zero for no check.
    pub limit: Duration,
    /// The first pause; each is twice the one before.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl ApplyOptions {
    /// As set in `[limits]` and `[logging]`.
    pub fn of(config: &Config) -> Self {
        Self {
            concurrency: config.limits.accounts,
            wait: WaitPolicy {
                limit: Duration::from_secs(config.logging.wait_seconds),
                interval: Duration::from_millis(config.logging.poll_ms),
            },
        }
    }
}

impl PollPolicy {
    /// As set in `[logging]`.
    pub fn of(config: &Config) -> Self {
        Self {
            limit: Duration::from_secs(config.logging.active_wait_seconds),
            first_pause: Duration::from_millis(config.logging.poll_ms),
            longest_pause: Duration::from_millis(config.logging.active_poll_last_ms),
        }
    }
}
