//! CSV: RFC 4180 with LF, unknown as empty, lists joined by `;`, and no cell that a spreadsheet
//! would run as a formula.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde_json::Value;

use super::columns::Table;
use crate::model::report::Report;

/// Writes one table.
pub(super) fn write(table: &Table, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_rows(table.columns, out, |take| (table.rows)(report, take))
}

/// Writes a header and what `rows` hands over.
pub(super) fn write_rows(
    columns: &[&str],
    out: &mut dyn Write,
    rows: impl FnOnce(&mut dyn FnMut(Value) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record(columns)?;
    rows(&mut |row| {
        let cell = |column: &&str| text(row.get(*column).unwrap_or(&Value::Null)).into_owned();
        csv.write_record(columns.iter().map(cell))?;
        Ok(())
    })?;
    csv.flush()
}

/// A cell's text.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => unformulated(Cow::Borrowed(text)),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            unformulated(Cow::Owned(items.join(";")))
        }
        other => Cow::Owned(other.to_string()),
    }
}

fn plain(item: &Value) -> Cow<'_, str> {
    match item {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Spreadsheets run what begins like a formula; an apostrophe makes it text
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn unformulated(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return Cow::Owned(format!("'{text}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_spreadsheet_would_run_becomes_text_and_numbers_stay_numbers() {
        for (value, expected) in [
            (
                json!("=HYPERLINK(\"http://x\",\"y\")"),
                "'=HYPERLINK(\"http://x\",\"y\")",
            ),
            (json!("-2+3"), "'-2+3"),
            (json!("@x"), "'@x"),
            (json!("\tx"), "'\tx"),
            (json!("数据"), "数据"),
            (json!(["=a", "b"]), "'=a;b"),
            (json!([]), ""),
            (json!(-2.5), "-2.5"),
            (json!(true), "true"),
            (json!(null), ""),
        ] {
            assert_eq!(text(&value), expected);
        }
    }
}
