//! CSV: RFC 4180 with LF, unknown as empty, lists joined by `;`, and no cell that a spreadsheet
//! would run as a formula.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use memchr::{memchr, memchr3};

use super::{
    cells::Cell,
    json_value::{items_of, text_of},
    reader::RowSink,
    tables::Table,
};
use crate::{
    model::text::without_formula,
    store::{StoredRow, Value},
};

/// What UTF-8 begins with for programs that take it for something else otherwise.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes the names of the columns.
pub(super) fn write_header(table: &Table, out: &mut impl Write) -> io::Result<()> {
    for (at, column) in table.columns.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(column.name.as_bytes())?;
    }
    out.write_all(b"\n")
}

/// Writes a row, as [`write_rows`] does.
pub(super) fn write_row(row: StoredRow<'_>, out: &mut impl Write) -> io::Result<()> {
    for (at, value) in row.values().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        match value {
            Value::Nothing => {}
            Value::Plain(text) | Value::Literal(text) => out.write_all(text)?,
            Value::Json(json) => write_json(json, out)?,
        }
    }
    out.write_all(b"\n")
}

/// Writes a text or a list.
fn write_json(json: &[u8], out: &mut impl Write) -> io::Result<()> {
    let Some(items) = items_of(json) else {
        return write_field(&without_formula(text_of(json)?), out);
    };
    let mut joined = String::new();
    for (at, item) in items.enumerate() {
        if at > 0 {
            joined.push(';');
        }
        joined.push_str(&text_of(item)?);
    }
    write_field(&without_formula(Cow::Owned(joined)), out)
}

/// Writes a text, in quotes if need be.
fn write_field(text: &str, out: &mut impl Write) -> io::Result<()> {
    let bytes = text.as_bytes();
    if memchr3(b',', b'"', b'\n', bytes).is_none() && memchr(b'\r', bytes).is_none() {
        return out.write_all(bytes);
    }
    out.write_all(b"\"")?;
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"\"")
}

/// Writes a header and what `rows` hands over.
pub(super) fn write_rows(
    columns: &[&str],
    out: &mut dyn Write,
    rows: impl FnOnce(&mut RowSink<'_>) -> io::Result<()>,
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
    use serde_json::json;

    use super::*;
    use crate::{
        model::report::{FindingRow, field_names},
        report::cells::Cells,
        store::RowBuffer,
    };

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

    #[test]
    fn a_row_is_written_from_its_values_as_from_its_cells() {
        let table = super::super::table("findings").unwrap();
        let names: Vec<&str> = table.columns.iter().map(|it| it.name).collect();
        for value in [
            json!("plain"),
            json!("with, comma"),
            json!("a \"quoted\" word"),
            json!("line\nline"),
            json!("line\rline"),
            json!("=1+1"),
            json!("\n=x, \"y\""),
            json!("数据\t\u{1}"),
            json!(["", "a", "", "b,c", "\"d\"", 1, 2.5]),
            json!(["=a", "b"]),
            json!([]),
            json!(-2.5e-9),
            json!(u64::MAX),
            json!(true),
            json!(null),
        ] {
            let mut buffer = RowBuffer::default();
            for _ in &names {
                buffer.add(&value).unwrap();
            }
            let row = StoredRow::of(field_names::<FindingRow>(), &buffer);
            let mut written = Vec::new();
            write_header(table, &mut written).unwrap();
            write_row(row, &mut written).unwrap();
            let mut expected = Vec::new();
            write_rows(&names, &mut expected, |take| {
                let Cells(cells) = row.read()?;
                take(&cells)
            })
            .unwrap();
            assert_eq!(
                String::from_utf8(written).unwrap(),
                String::from_utf8(expected).unwrap()
            );
        }
    }
}
