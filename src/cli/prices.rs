//! `vpce-scout prices show` and `vpce-scout prices update`.

use std::path::PathBuf;

use clap::Subcommand;

use super::diff::TableFormat;

/// What can be done with prices.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Print the prices in force, with their source and date; no AWS call
    Show(ShowArgs),
    /// Read the prices of all Regions from the AWS Price List API into the price file, which takes
    /// precedence over the built-in prices
    Update(UpdateArgs),
}

/// The prices that a stored run is calculated with; without a flag those of the run.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct PriceChoice {
    /// Calculate with the prices in force now, not with those of the run
    #[arg(long)]
    pub current_prices: bool,

    /// Calculate with the effective discounts of the bill that the run read (`scan --bill`)
    #[arg(long)]
    pub use_billed_prices: bool,
}

/// Prints the prices in force.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Regions to show, with the prices that are unknown there [default: all with a price]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Option<Vec<String>>,

    /// Items to show: nat_gateway_hour, interface_endpoint_gb, ... [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub items: Option<Vec<String>>,

    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: TableFormat,

    /// Directory of the run store, where the price file is [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// Reads prices from the AWS Price List API.
#[derive(Debug, clap::Args)]
pub struct UpdateArgs {
    /// Regions to ask about; the others in the file stay as they are [default: all of the partition]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Option<Vec<String>>,

    /// Profile of the AWS configuration files [default: AWS_PROFILE, or the profile default]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// File to write instead of the price file in force
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Directory of the run store, where the price file is [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
