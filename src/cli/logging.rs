//! `vpce-scout logging`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{diff::TableFormat, scope::ScopeArgs};

/// Turns the logs that a scan reads on and off.
#[derive(Debug, Subcommand)]
pub enum LoggingCommand {
    /// Show what every VPC logs, where to, and whether the logs are delivered
    Status(Box<StatusArgs>),
    /// Plan, and with --apply create, what is missing for every VPC to log
    Enable(Box<EnableArgs>),
    /// Plan, and with --apply remove, what `enable` created: only what is proven to be ours
    Disable(Box<DisableArgs>),
    /// Print what was created and not removed yet, as JSON; no AWS call
    Manifest(ManifestArgs),
}

/// Shows what every VPC logs.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// A stored run, or `latest`, instead of asking AWS; retention and last events are unknown then
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,

    /// The accounts and Regions.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Common flags.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogKind {
    /// Resolver query logs: which names each VPC asks for
    Dns,
    /// VPC flow logs: how many bytes go where
    Flow,
}

/// What takes the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogDestination {
    /// One log group in each account and Region
    Own,
    /// One log group a Region in the account of --central-account (dns only)
    Central,
    /// The bucket of --bucket, which is yours: it is checked and never changed
    S3,
}

/// The principals that a central configuration is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShareWith {
    /// The whole organization
    Organization,
    /// The accounts whose VPCs are to be associated
    Accounts,
}

/// Plans, and creates, what is missing.
#[derive(Debug, Args)]
pub struct EnableArgs {
    /// What to turn on
    #[arg(value_enum)]
    pub what: LogKind,

    /// Carry the plan out; without it nothing is changed
    #[arg(long)]
    pub apply: bool,

    /// File that the plan is saved to; with --apply, the saved plan to carry out, which is refused if
    /// anything it depends on has changed
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub plan: Option<PathBuf>,

    /// Where the logs go
    #[arg(long, value_enum, value_name = "WHERE", default_value = "own")]
    pub destination: LogDestination,

    /// Account of the central log groups (with --destination central)
    #[arg(
        long,
        value_name = "ID",
        required_if_eq("destination", "central"),
        conflicts_with = "nat_only"
    )]
    pub central_account: Option<String>,

    /// Bucket that takes the logs (with --destination s3)
    #[arg(long, value_name = "NAME", required_if_eq("destination", "s3"))]
    pub bucket: Option<String>,

    /// Prefix of the object keys, before AWSLogs/
    #[arg(long, value_name = "PREFIX", requires = "bucket")]
    pub prefix: Option<String>,

    /// Write flow logs as Parquet instead of text (with --destination s3)
    #[arg(long, requires = "bucket")]
    pub parquet: bool,

    /// Principals that the central configuration is shared with
    #[arg(
        long,
        value_enum,
        value_name = "PRINCIPALS",
        default_value = "organization",
        requires = "central_account"
    )]
    pub share_with: ShareWith,

    /// Name of the log group [default: /aws/vendedlogs/vpce-scout/dns or /aws/vendedlogs/vpce-scout/flow]
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,

    /// Days after which events in a log group of ours are deleted [default: 7]
    #[arg(long, value_name = "DAYS")]
    pub retention_days: Option<u32>,

    /// Time after which `logging disable --expired` removes what was created: 36h, 14d, 2w [default: 14d]
    #[arg(long, value_name = "SPAN")]
    pub expire_after: Option<String>,

    /// Flow logs of NAT gateways instead of whole VPCs: the cheapest
    #[arg(long)]
    pub nat_only: bool,

    /// Maximum aggregation interval of flow logs, in seconds: 60 or 600 [default: 600]
    #[arg(long, value_name = "SECONDS")]
    pub aggregation: Option<u32>,

    /// IAM role that delivers flow logs; it must exist (docs/permissions.md)
    /// [default: vpce-scout-flow-logs]
    #[arg(long, value_name = "NAME")]
    pub delivery_role: Option<String>,

    /// These VPCs only
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub vpcs: Vec<String>,

    /// The accounts and Regions.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Common flags.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Removes what `enable` created.
#[derive(Debug, Args)]
pub struct DisableArgs {
    /// Carry the plan out; without it nothing is changed
    #[arg(long)]
    pub apply: bool,

    /// Only what this run of `logging enable` created
    #[arg(long, value_name = "ID", conflicts_with = "expired")]
    pub run: Option<String>,

    /// Only what has expired
    #[arg(long)]
    pub expired: bool,

    /// Also delete the log groups that vpce-scout created, with their events; otherwise they are kept
    #[arg(long)]
    pub delete_logs: bool,

    /// These VPCs only. Naming a VPC also removes its association with a configuration that carries
    /// our tags, where the manifest of that run is lost
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub vpcs: Vec<String>,

    /// A manifest file, in addition to the manifest in the store
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// The accounts and Regions.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Common flags.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Prints the manifest.
#[derive(Debug, Args)]
pub struct ManifestArgs {
    /// Only this run of `logging enable`
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,

    /// File to write to instead of stdout
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// Common flags.
#[derive(Clone, Debug, Args)]
pub struct CommonArgs {
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: TableFormat,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
