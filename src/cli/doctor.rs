//! `vpce-scout doctor`.

use std::path::PathBuf;

use super::{format::SummaryFormat, scope::ScopeArgs};

/// Checks whether a scan would work; changes nothing and reads no log.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// The accounts and Regions to check.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Directory of the reports [default: vpce-scout-report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: SummaryFormat,
}
