//! `vpce-scout runs` and `vpce-scout runs prune`.

use std::path::PathBuf;

use clap::Subcommand;

use super::diff::TableFormat;

/// Lists the stored runs, the latest first; no AWS call.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    /// What else to do with them.
    #[command(subcommand)]
    pub command: Option<RunsCommand>,

    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: TableFormat,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// What can be done with the stored runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Remove all runs from the store but the latest ones; runs in progress stay
    Prune(PruneArgs),
}

/// Removes runs.
#[derive(Debug, clap::Args)]
pub struct PruneArgs {
    /// How many runs stay
    #[arg(long, value_name = "N")]
    pub keep: usize,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
