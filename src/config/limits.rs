//! How much at once, how often, how long.

use serde::Deserialize;
use toml::Table;

use super::ConfigError;

/// Concurrency and rates; see `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Limits {
    pub accounts: usize,
    pub regions_per_account: usize,
    pub log_groups: usize,
    pub calls: usize,
    pub insights_queries: usize,
    pub insights_queries_infrequent: usize,
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

/// More than anyone means: a billion calls, or seconds (31 years). Clocks and counters would
/// overflow far beyond.
const MOST: i64 = 1_000_000_000;

/// Durations that may be 0, which means without end, or not at all.
const MAY_BE_ZERO: [&str; 2] = ["run_seconds", "active_wait_seconds"];

/// Every number of the settings is a count or a duration: none may be negative, few may be zero.
pub(super) fn check_positive(merged: &Table) -> Result<(), ConfigError> {
    for (section, table) in merged {
        for (key, value) in table.as_table().into_iter().flatten() {
            let least = i64::from(!MAY_BE_ZERO.contains(&key.as_str()));
            let fits = |number| (least..=MOST).contains(&number);
            if value.as_integer().is_some_and(|number| !fits(number)) {
                return Err(ConfigError::Syntax {
                    origin: "a setting".to_owned(),
                    message: format!(
                        "`{section}.{key}` must be at least {least} and at most {MOST}, not {value}"
                    ),
                });
            }
        }
    }
    Ok(())
}
