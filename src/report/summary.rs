//! The summary on stdout: what was scanned, what it costs, what to do first, what is missing. Aligned
//! and grouped for people, or JSON for programs.

mod lines;
mod notes;
mod scan_cost;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use self::lines::Lines;
use super::{figures::Figures, meaning::Meanings, reader::ReportReader};
use crate::model::text::printable;

/// Actions of the JSON summary.
const ACTIONS: usize = 10;

/// How the summary is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Headings and amounts in colour.
    pub colour: bool,
    /// Also what is only needed to set something up.
    pub verbose: bool,
    /// For a terminal of 80 columns: notes continue below their beginning.
    pub wrapped: bool,
}

/// The summary, ready to print.
///
/// # Errors
///
/// If a table cannot be read.
pub fn text(report: &ReportReader, directory: &Path, style: Style) -> io::Result<String> {
    let figures = Figures::of(report)?;
    let meanings = Meanings::built_in()?;
    let header = report.header();
    let mut lines = Lines::new(style);
    lines.scope(header);
    lines.usage(header, &figures);
    lines.money(header, &figures);
    lines.actions(header, &figures, &meanings);
    lines.scan(header);
    lines.missing(header, &meanings);
    lines.reports(&printable(&directory.display().to_string()));
    Ok(lines.finish())
}

/// The same as a JSON object: the run, the totals, the first actions and the files.
///
/// # Errors
///
/// If a table cannot be read.
pub fn json(report: &ReportReader, directory: &Path, files: &[PathBuf]) -> io::Result<String> {
    let mut figures = Figures::of(report)?;
    figures.actions.truncate(ACTIONS);
    let actions: Vec<Value> = figures
        .actions
        .iter()
        .map(|it| it.view().object())
        .collect();
    let files: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
    let header = report.header();
    let summary = json!({
        "schema_version": header.schema_version,
        "tool": header.tool,
        "run": header.run,
        "totals": header.totals,
        "first_actions": actions,
        "reports": directory.display().to_string(),
        "files": files,
    });
    Ok(format!("{summary:#}\n"))
}
