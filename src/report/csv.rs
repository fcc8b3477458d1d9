//! CSV: RFC 4180 with LF, unknown as empty, lists joined by `;`, and no cell that a spreadsheet
//! would run as a formula.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use crate::model::text::without_formula;

use super::{cells::Cell, reader::Take, tables::Table};

/// What UTF-8 begins with for programs that take it for something else otherwise.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes one table: `rows` hands over its cells.
pub(super) fn write(
    table: &Table,
    out: &mut dyn Write,
    rows: impl FnOnce(&mut Take<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let columns: Vec<&str> = table.columns.iter().map(|it| it.name).collect();
    write_rows(&columns, out, rows)
}

/// Writes a header and what `rows` hands over.
pub(super) fn write_rows(
    columns: &[&str],
    out: &mut dyn Write,
    rows: impl FnOnce(&mut Take<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record(columns)?;
    rows(&mut |cells| {
        for cell in cells {
            csv.write_field(text(cell).as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
        Ok(())
    })?;
    csv.flush()
}

/// A cell's text.
fn text<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match cell {
        Cell::Text(text) => without_formula(Cow::Borrowed(text)),
        Cell::List(items) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            without_formula(Cow::Owned(items.join(";")))
        }
        other => plain(other),
    }
}

fn plain<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match cell {
        Cell::Unknown => Cow::Borrowed(""),
        Cell::Bool(true) => Cow::Borrowed("true"),
        Cell::Bool(false) => Cow::Borrowed("false"),
        Cell::Text(text) => Cow::Borrowed(text),
        // As JSON has them.
        other => Cow::Owned(serde_json::to_string(other).unwrap_or_default()),
    }
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
            (json!("\n=x"), "'\n=x"),
            (json!("数据"), "数据"),
            (json!(["=a", "b"]), "'=a;b"),
            (json!([]), ""),
            (json!(-2.5), "-2.5"),
            (json!(true), "true"),
            (json!(null), ""),
        ] {
            let json = value.to_string();
            assert_eq!(text(&serde_json::from_str(&json).unwrap()), expected);
        }
    }
}
