//! `vpce-scout scan`.

use std::path::PathBuf;

use super::{
    engine::Engine,
    format::{Format, SummaryFormat},
    scope::ScopeArgs,
};

/// Looks at every account and Region and writes the reports.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, Default, clap::Args)]
pub struct ScanArgs {
    /// Directory of the reports, or s3://BUCKET/PREFIX/ [default: vpce-scout-report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What is looked at.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Scan one shard of the accounts, as in 2/3; `vpce-scout merge` makes one run of all shards
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,

    /// Length of the window up to now: 90m, 36h, 7d, 2w [default: 7d]
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["start", "end"])]
    pub since: Option<String>,

    /// Start of the window, RFC 3339 or a date (UTC)
    #[arg(long, value_name = "TIME", requires = "end")]
    pub start: Option<String>,

    /// End of the window, not included
    #[arg(long, value_name = "TIME", requires = "start")]
    pub end: Option<String>,

    /// Reports to write [default: csv,json]
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub formats: Option<Vec<Format>>,

    /// Begin CSV files with a byte order mark, so that Excel reads them as UTF-8
    #[arg(long)]
    pub csv_bom: bool,

    /// How the summary on stdout is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub summary: SummaryFormat,

    /// OpenMetrics file that describes the run: accounts, gaps, requests, bytes, cost, duration
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub metrics: Option<PathBuf>,

    /// Inventory only: do not query the logs
    #[arg(long)]
    pub no_usage: bool,

    /// Query no log if more GB than this would be scanned, and stop if more are [default: no limit]
    #[arg(long, value_name = "N")]
    pub max_scan_gb: Option<String>,

    /// Calculate with the stored prices, however old: do not read the price list
    #[arg(long)]
    pub no_price_refresh: bool,

    /// Read what AWS billed from Cost Explorer too: 3 requests or more, 0.01 USD each
    #[arg(long)]
    pub bill: bool,

    /// Calculate with the effective discounts of the bill (with --bill)
    #[arg(long, requires = "bill")]
    pub use_billed_prices: bool,

    /// What reads logs in S3: auto, embedded (this program, whatever their number) or athena
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,

    /// Resume a run that ended early: the latest such run, or this one
    #[arg(long, value_name = "RUN", num_args = 0..=1)]
    pub resume: Option<Option<String>>,

    /// Ask again what failed in a finished run, and write its reports anew: the latest finished
    /// run, or that of --resume RUN
    #[arg(long)]
    pub only_failed: bool,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
