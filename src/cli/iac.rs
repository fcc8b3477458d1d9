//! `vpce-scout iac`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::model::id::{AccountId, Region};

/// Writes the endpoints of a stored run as CloudFormation or Terraform; no AWS call.
#[derive(Debug, clap::Args)]
pub struct IacArgs {
    /// The run, or `latest` for the one that finished last; `vpce-scout runs` lists them
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// The language of the templates
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Language,

    /// Layout of the Terraform roots
    #[arg(long, value_enum, value_name = "LAYOUT", default_value = "accounts")]
    pub layout: Layout,

    /// Directory of the templates
    #[arg(long, value_parser = super::local_path::parser(), value_name = "DIR", default_value = "vpce-scout-iac")]
    pub out: PathBuf,

    /// Only these accounts
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub accounts: Vec<AccountId>,

    /// Only these Regions
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Vec<Region>,

    /// Only these services, as in opportunities.csv
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub services: Vec<String>,

    /// Only these actions; without it, free gateway endpoints and what saves by measured bytes
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub actions: Vec<IacAction>,

    /// Include opportunities without measured bytes
    #[arg(long)]
    pub include_unmeasured: bool,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// A language of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// endpoints.yaml
    Cloudformation,
    /// main.tf
    Terraform,
}

/// Layouts of the Terraform roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// One root for each account and Region
    Accounts,
    /// One root that assumes a role in every account
    Single,
}

/// An action of opportunities.csv.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum IacAction {
    /// Create an endpoint
    Create,
    /// Put a gateway endpoint on more route tables
    AttachRouteTables,
    /// Turn private DNS on
    EnablePrivateDns,
    /// Add subnets in further zones
    AddAvailabilityZones,
    /// Use a central endpoint
    UseHub,
    /// List removals in the READMEs
    Remove,
}
