//! The settings of `logging`.

use jiff::SignedDuration;
use serde::Deserialize;

use super::{ConfigError, window};

/// Turning logs on and off; see `[logging]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Logging {
    pub role_name: String,
    pub dns_log_group: String,
    pub flow_log_group: String,
    pub retention_days: u32,
    pub expire_after: String,
    pub delivery_role: String,
    pub aggregation_seconds: u32,
    pub query_log_configs: usize,
    pub query_log_associations: usize,
    pub resource_policies: usize,
    pub wait_seconds: u64,
    pub poll_ms: u64,
    /// 0 = not at all.
    pub active_wait_seconds: u64,
    pub active_poll_last_ms: u64,
}

impl Logging {
    /// How long what `logging enable` makes is wanted: as typed, else as set.
    pub fn expire_after(&self, typed: Option<&str>) -> Result<SignedDuration, ConfigError> {
        match typed {
            Some(typed) => window::span("--expire-after", typed),
            None => window::span("logging.expire_after", &self.expire_after),
        }
    }
}
