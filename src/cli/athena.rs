//! `vpce-scout athena`.

use std::path::PathBuf;

use crate::model::athena_name::{EXPECTED_ATHENA_NAME, is_athena_name};

/// What reading logs in S3 with Amazon Athena needs.
#[derive(Debug, clap::Subcommand)]
pub enum AthenaCommand {
    /// Print the statements that create the tables for the logs in S3 that a stored run found; no AWS call
    ///
    /// One table for each bucket, prefix, kind and format of log. Its partitions are projected, so that none
    /// has to be added later. Run the statements once in the workgroup's account and Region.
    Ddl(DdlArgs),
}

/// Which run's logs the tables are for.
#[derive(Debug, clap::Args)]
pub struct DdlArgs {
    /// The run, or `latest` for the one that finished last; `vpce-scout runs` lists them
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// The database of the tables [default: the setting athena.database]
    #[arg(long, value_name = "NAME", value_parser = database_name)]
    pub database: Option<String>,

    /// Directory of the run store [default: the state directory of the platform]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

fn database_name(text: &str) -> Result<String, String> {
    if is_athena_name(text) {
        Ok(text.to_owned())
    } else {
        Err(EXPECTED_ATHENA_NAME.to_owned())
    }
}
