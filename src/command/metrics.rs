//! `--metrics`: the run as OpenMetrics text.

use std::path::Path;

use crate::{
    Exit,
    aws::traffic,
    model::report::ReportHeader,
    report::{
        self,
        open_metrics::{self, Traffic},
    },
};

/// Writes the file, if one is wanted, and returns how the run ends.
pub(super) fn write(path: Option<&Path>, header: &ReportHeader) -> anyhow::Result<Exit> {
    let exit = if header.totals.gaps.is_empty() {
        Exit::Complete
    } else {
        Exit::Gaps
    };
    if let Some(path) = path {
        let (requests, throttled) = traffic::counts();
        let traffic = Traffic {
            requests,
            throttled,
        };
        let text = open_metrics::text(header, traffic, exit.code());
        report::write_file(path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(exit)
}
