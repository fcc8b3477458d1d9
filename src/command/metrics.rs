//! `--metrics`: the run as OpenMetrics text.

use crate::{
    Exit,
    aws::traffic,
    model::report::ReportHeader,
    report::{
        MetricsFile,
        open_metrics::{self, Traffic},
    },
};

/// Writes the file, if one is wanted.
pub(super) fn write(
    file: Option<&MetricsFile>,
    header: &ReportHeader,
    exit: Exit,
) -> anyhow::Result<()> {
    if let Some(file) = file {
        let (requests, throttled) = traffic::counts();
        let traffic = Traffic {
            requests,
            throttled,
        };
        let text = open_metrics::text(header, traffic, exit.code());
        file.write(&text)?;
    }
    Ok(())
}
