//! `vpce-scout estimate`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{diff::TableFormat, prices::PriceChoice};
use crate::model::id::{AccountId, Region};

/// Prices a set of endpoints against the bytes that a stored run measured; no AWS call.
#[derive(Debug, clap::Args)]
pub struct EstimateArgs {
    /// The run, or `latest` for the one that finished last; `vpce-scout runs` lists them
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Services to price, as in vpc_services.csv (s3, ecr.api), or all that each VPC calls
    #[arg(
        long,
        value_name = "LIST|all-called",
        value_delimiter = ',',
        default_value = "all-called"
    )]
    pub services: Vec<String>,

    /// VPCs to price
    #[arg(
        long,
        value_name = "IDS|all",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub vpcs: Vec<String>,

    /// Only VPCs that these accounts own
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub accounts: Vec<AccountId>,

    /// Only VPCs in these Regions
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Vec<Region>,

    /// Zones of each interface endpoint, or all with subnets of the VPC that offer the service
    #[arg(long, value_name = "N|all", default_value = "all", value_parser = zones)]
    pub zones: Zones,

    /// One set of endpoints in this VPC, which the others use through a transit gateway, instead of
    /// endpoints in each VPC
    #[arg(long, value_name = "VPC_ID")]
    pub hub: Option<String>,

    /// Type of the endpoints; auto: gateway endpoints where the Region offers them, interface
    /// endpoints elsewhere and in a hub
    #[arg(long, value_enum, value_name = "TYPE", default_value = "auto")]
    pub endpoint_type: EndpointType,

    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: TableFormat,

    /// File to write to instead of stdout
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Which prices
    #[command(flatten)]
    pub prices: PriceChoice,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// A type of endpoint to price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EndpointType {
    /// Gateway endpoints where there are some, else interface endpoints
    Auto,
    /// Interface endpoints
    Interface,
    /// Gateway endpoints; not in a hub
    Gateway,
}

/// How many zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zones {
    /// All that can be used.
    All,
    /// So many.
    Count(usize),
}

fn zones(text: &str) -> Result<Zones, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Zones::All),
        // No Region has more than six zones, and an endpoint one interface in each.
        (_, Ok(count @ 1..=6)) => Ok(Zones::Count(count)),
        _ => Err("expected a number from 1 to 6, or all".to_owned()),
    }
}
