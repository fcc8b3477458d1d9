//! One run of the program: its window, its arguments, its identity.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shard::Shard;

/// The time span whose logs and metrics are read: from `start`, up to but without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant that counts.
    pub start: Timestamp,
    /// The first instant that no longer counts.
    pub end: Timestamp,
}

impl Window {
    /// The shortest window that can prove that something is not used: what runs once a night would
    /// not show in less.
    pub const SHORTEST_PROOF: SignedDuration = SignedDuration::from_hours(24);

    /// Whether it is too short to prove that something is not used.
    pub fn is_too_short(&self) -> bool {
        self.end.duration_since(self.start) < Self::SHORTEST_PROOF
    }

    /// Its length in hours.
    pub fn hours(&self) -> f64 {
        self.end.duration_since(self.start).as_secs_f64() / 3600.0
    }
}

/// The run as `report.json` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Names the run; sorts by time.
    pub id: String,
    /// When it began, RFC 3339.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When its last cell ended.
    #[schemars(with = "String")]
    pub finished_at: Timestamp,
    /// The window's first instant.
    #[schemars(with = "String")]
    pub window_start: Timestamp,
    /// The first instant after the window.
    #[schemars(with = "String")]
    pub window_end: Timestamp,
    /// The command line, secrets left out.
    pub arguments: Vec<String>,
    /// The shard of the accounts that was scanned; missing if all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

impl Run {
    /// A run that is not finished yet; its id is the time at which it began.
    pub fn begun(started_at: Timestamp, window: Window, arguments: Vec<String>) -> Self {
        Self {
            id: started_at.strftime("%Y%m%dT%H%M%SZ").to_string(),
            started_at,
            finished_at: started_at,
            window_start: window.start,
            window_end: window.end,
            arguments,
            shard: None,
        }
    }

    /// The window whose logs and metrics were read.
    pub fn window(&self) -> Window {
        Window {
            start: self.window_start,
            end: self.window_end,
        }
    }
}
