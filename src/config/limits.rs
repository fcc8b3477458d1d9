//! How much at once, how often, how long.

use serde::Deserialize;

/// Concurrency and rates; see `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Limits {
    pub accounts: usize,
    pub regions_per_account: usize,
    pub log_groups: usize,
    pub calls: usize,
    pub insights_queries: usize,
    pub resolver_per_second: u32,
    pub ec2_per_second: u32,
    pub logs_per_second: u32,
    pub cloudwatch_per_second: u32,
    pub account_per_second: u32,
    pub pricing_per_second: u32,
    pub organizations_per_second: u32,
    pub assume_role_per_second: u32,
    pub changes_per_second: u32,
    pub endpoint_service_attempts: usize,
}

/// Repeats; see `[retry]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Retry {
    pub max_attempts: u32,
    pub initial_backoff_ms: u64,
    pub max_backoff_ms: u64,
}

/// Patience; see `[timeouts]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Timeouts {
    pub connect_seconds: u64,
    pub read_seconds: u64,
    pub call_seconds: u64,
    pub unanswered_attempts: u32,
    /// 0 = without end.
    pub run_seconds: u64,
}
