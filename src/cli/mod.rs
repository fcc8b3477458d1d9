//! What can be typed: clap structs, one file a command. No I/O and no meaning: that is `config`'s.

pub mod arguments;
pub mod athena;
pub mod classify;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod engine;
pub mod estimate;
pub mod format;
pub mod iac;
mod local_path;
pub mod logging;
pub mod merge;
pub mod permissions;
pub mod prices;
pub mod report;
pub mod runs;
pub mod scan;
pub mod scope;

use std::{ffi::OsString, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};

use crate::model::s3_location::S3Location;

/// Finds which AWS services every VPC of an AWS Organization calls, over which path, and which VPC
/// endpoints exist, are missing or would pay.
///
/// Exit codes: 0 complete, 1 failed, 2 usage, 3 finished with gaps (see coverage.csv),
/// 4 `diff` found what --fail-on names.
#[derive(Debug, Parser)]
#[command(
    name = "vpce-scout",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Settings file (TOML); --print-config shows every key
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Global options",
        env = "VPCE_SCOUT_CONFIG"
    )]
    pub config: Option<PathBuf>,

    /// Keep the run store in S3; --state-dir then holds a copy of it
    #[arg(
        long,
        value_name = "s3://BUCKET/PREFIX/",
        global = true,
        help_heading = "Global options"
    )]
    pub state: Option<S3Location>,

    /// Print the settings in force and stop
    #[arg(long, global = true, help_heading = "Global options")]
    pub print_config: bool,

    /// How progress and messages are written to stderr
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        global = true,
        help_heading = "Global options",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// No progress and no summary, only warnings and errors
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Global options",
        conflicts_with = "verbose"
    )]
    pub quiet: bool,

    /// More detail; -vv logs every finished step
    #[arg(short, long, global = true, help_heading = "Global options", action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan every account and Region and write the reports
    Scan(Box<scan::ScanArgs>),
    /// Merge the runs of all shards of a scan into one run; no AWS call
    Merge(merge::MergeArgs),
    /// Write the reports of a stored run again; no AWS call
    Report(report::ReportArgs),
    /// List the stored runs, or remove old ones; no AWS call
    Runs(runs::RunsArgs),
    /// Show what changed from one stored run to another; no AWS call
    Diff(diff::DiffArgs),
    /// Check whether a scan would work: credentials, organization, roles, permissions, clock
    Doctor(doctor::DoctorArgs),
    /// Write the endpoints worth creating as CloudFormation or Terraform; no AWS call
    Iac(iac::IacArgs),
    /// Price a set of endpoints that you name against the bytes of a stored run; no AWS call
    Estimate(estimate::EstimateArgs),
    /// Print which AWS service each host name on stdin belongs to, as CSV; no AWS call
    Classify(classify::ClassifyArgs),
    /// Show the unit prices used for cost estimates, or read them from AWS
    #[command(subcommand)]
    Prices(prices::PricesCommand),
    /// What reading logs in S3 with Amazon Athena needs
    #[command(subcommand)]
    Athena(athena::AthenaCommand),
    /// Turn the logs that a scan reads on and off; nothing changes without --apply
    #[command(subcommand)]
    Logging(logging::LoggingCommand),
    /// Print the permissions that a scan needs
    Permissions(permissions::PermissionsArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual pages
    Man,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people; progress bars on a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether a command line asks for JSON on stderr; also one that cannot be parsed.
pub fn wants_json(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().skip(1).take_while(|it| *it != "--");
    while let Some(word) = words.next() {
        if word == "--log-format=json"
            || (word == "--log-format" && words.next().is_some_and(|it| it == "json"))
        {
            return true;
        }
    }
    false
}

impl Command {
    /// Whether the command reads or writes the run store, so that --state means something.
    pub fn uses_run_store(&self) -> bool {
        if let Self::Logging(command) = self {
            return matches!(command, logging::LoggingCommand::Status(args) if args.run.is_some());
        }
        !matches!(
            self,
            Self::Classify(_) | Self::Prices(_) | Self::Completions(_) | Self::Man
        )
    }
}
