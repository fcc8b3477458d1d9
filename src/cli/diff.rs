//! `vpce-scout diff`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::model::alarm::Alarm;

/// Shows what changed from one stored run to another; no AWS call.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The run before; `vpce-scout runs` lists them
    #[arg(value_name = "RUN_A")]
    pub before: String,

    /// The run after, or `latest` for the one that finished last
    #[arg(value_name = "RUN_B")]
    pub after: String,

    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: TableFormat,

    /// File to write to instead of stdout
    #[arg(long, value_parser = super::local_path::parser(), value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// End with exit code 4 if one of these changes is found
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub fail_on: Vec<Alarm>,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// The format of a table that is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One row a line, with a header.
    Csv,
}
