//! Tables in the format that was asked for, on stdout or in a file.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::output::print;
use crate::{Exit, cli::diff::TableFormat, model::report::field_names, report};

/// A table in the format that was asked for: `rows` as CSV, `document` as JSON, or `text`.
pub(super) fn render<'r, T: Serialize + Deserialize<'static> + 'r>(
    format: TableFormat,
    document: &impl Serialize,
    rows: impl IntoIterator<Item = &'r T>,
    text: impl FnOnce() -> String,
) -> io::Result<String> {
    let mut bytes = Vec::new();
    match format {
        TableFormat::Text => return Ok(text()),
        TableFormat::Json => report::write_json(document, &mut bytes)?,
        TableFormat::Csv => report::write_csv(field_names::<T>(), rows, &mut bytes)?,
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes text to the file that was named, else to stdout.
pub(super) fn write_to(file: Option<&Path>, text: &str) -> anyhow::Result<Exit> {
    match file {
        Some(path) => report::write_file(path, |out| out.write_all(text.as_bytes()))?,
        None => return print(text),
    }
    Ok(Exit::Complete)
}
