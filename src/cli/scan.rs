//! `vpce-scout scan`.

use std::path::PathBuf;

/// Looks at every account and region and writes the reports.
#[derive(Debug, Default, clap::Args)]
pub struct ScanArgs {
    /// Directory of the reports [default: vpce-scout-report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Regions to look at, or `enabled` for all that each account has enabled [default: enabled]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Option<Vec<String>>,

    /// Regions to leave out, as globs: 'ap-*'
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    pub exclude_regions: Option<Vec<String>>,

    /// Accounts to look at, or `self` for the caller's alone; works without an organization
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub accounts: Option<Vec<String>>,

    /// Accounts to leave out
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub exclude_accounts: Option<Vec<String>>,

    /// Organizational units to look at, by id or path (/Workloads/Prod), with all below them
    #[arg(long, value_name = "PATHS|IDS", value_delimiter = ',')]
    pub ous: Option<Vec<String>>,

    /// Organizational units to leave out, with all below them
    #[arg(long, value_name = "PATHS|IDS", value_delimiter = ',')]
    pub exclude_ous: Option<Vec<String>>,

    /// Role to assume in every account but the caller's own [default: vpce-scout-read]
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,

    /// External id of that role
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,

    /// Role through which the organization is read and the members are reached
    #[arg(long, value_name = "ARN")]
    pub org_role_arn: Option<String>,

    /// Length of the window up to now: 90m, 36h, 7d, 2w [default: 7d]
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["start", "end"])]
    pub since: Option<String>,

    /// Start of the window, RFC 3339 or a date (UTC)
    #[arg(long, value_name = "TIME", requires = "end")]
    pub start: Option<String>,

    /// End of the window, not included
    #[arg(long, value_name = "TIME", requires = "start")]
    pub end: Option<String>,

    /// Reports to write: csv, json [default: csv,json]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub formats: Option<Vec<String>>,

    /// Inventory only: do not query the logs
    #[arg(long)]
    pub no_usage: bool,

    /// Query no log if more GB than this would be scanned, and stop if more are [default: no limit]
    #[arg(long, value_name = "N")]
    pub max_scan_gb: Option<String>,

    /// Go on with a run that was ended early: the latest such run, or this one
    #[arg(long, value_name = "RUN", num_args = 0..=1)]
    pub resume: Option<Option<String>>,

    /// Ask again what failed in a finished run, and write its reports anew: the latest finished
    /// run, or that of --resume RUN
    #[arg(long)]
    pub only_failed: bool,

    /// Directory of the run store [default: the platform's for state]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
