//! The formats of reports, as typed after `--formats` and written in settings.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Format {
    /// One file a table
    Csv,
    /// report.json and vpc_hosts.json
    Json,
}
