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

/// Writes the file, if one is wanted, and returns how the run ends.
pub(super) fn write(file: Option<&MetricsFile>, header: &ReportHeader) -> anyhow::Result<Exit> {
    let exit = if header.totals.gaps.is_empty() {
        Exit::Complete
    } else {
        Exit::Gaps
    };
    if let Some(file) = file {
        let (requests, throttled) = traffic::counts();
        let traffic = Traffic {
            requests,
            throttled,
        };
        let text = open_metrics::text(header, traffic, exit.code());
        file.write(&text)?;
    }
    Ok(exit)
}
