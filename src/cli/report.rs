//! `vpce-scout report`.

use std::path::PathBuf;

use super::{
    format::{Format, SummaryFormat},
    prices::PriceChoice,
};

/// Writes the reports of a stored run again; no AWS call.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The run, or `latest` for the one that finished last; `vpce-scout runs` lists them
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Directory of the reports, or s3://BUCKET/PREFIX/ [default: vpce-scout-report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Reports to write
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub formats: Option<Vec<Format>>,

    /// Begin CSV files with a byte order mark, so that Excel reads them as UTF-8
    #[arg(long)]
    pub csv_bom: bool,

    /// How the summary on stdout is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub summary: SummaryFormat,

    /// Which prices
    #[command(flatten)]
    pub prices: PriceChoice,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}
