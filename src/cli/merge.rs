//! `vpce-scout merge`.

use std::path::PathBuf;

/// Merges the runs of all shards of a scan into one run; no AWS call.
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// State directories of the shards, files of run stores, or s3://BUCKET/PREFIX/
    #[arg(value_name = "DIR", required = true)]
    pub shards: Vec<String>,

    /// Merge although shards are missing or not finished: their accounts become gaps
    #[arg(long)]
    pub allow_missing: bool,

    /// Directory of the run store of the merged run [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
