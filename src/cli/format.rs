//! The formats of reports, as typed after `--formats` and written in settings.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A format of the summary on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lowercase")]
pub enum SummaryFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Format {
    /// One file a table
    Csv,
    /// report.json and vpc_hosts.json
    Json,
    /// report.xlsx: a workbook with live formulas
    Xlsx,
    /// report.html: one page, to be read in a browser
    Html,
    /// report.md: for a ticket or a chat
    Markdown,
}
