//! What reads logs in S3, as it is typed.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What reads logs in S3. Log groups are read by Logs Insights whichever it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Embedded, up to the limits of objects.embedded_max_gb and objects.embedded_max_objects; above, Athena if it is set up
    #[default]
    Auto,
    /// This program reads the objects, whatever their number
    Embedded,
    /// Amazon Athena, with the workgroup of athena.workgroup
    Athena,
}
