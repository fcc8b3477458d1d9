//! `vpce-scout iac`.

use std::path::PathBuf;

use crate::model::{
    id::{AccountId, Region},
    opportunity::Action,
    template::{Language, Layout},
};

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
    pub actions: Vec<Action>,

    /// Include opportunities without measured bytes
    #[arg(long)]
    pub include_unmeasured: bool,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
