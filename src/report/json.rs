//! `report.json`: the header, and every table as a list of objects, as `serde_json` writes them for people,
//! from rows that are JSON already.

use std::io::{self, Write};

use super::{json_value::items_of, tables::Table};
use crate::{
    model::report::ReportHeader,
    store::{StoredRow, Value},
};

/// Writes the members before the tables.
pub(super) fn begin(header: &ReportHeader, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(header)?;
    let members = text.strip_suffix("\n}").unwrap_or(&text);
    out.write_all(members.as_bytes())
}

/// Writes what is behind the tables.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\n}\n")
}

/// Writes the rows of a table.
#[derive(Debug)]
pub(super) struct RowWriter {
    /// What stands before each value: `,\n      "region": `.
    keys: Vec<String>,
    empty: bool,
}

impl RowWriter {
    /// Begins a table.
    pub(super) fn begin(table: &Table, out: &mut impl Write) -> io::Result<Self> {
        write!(out, ",\n  \"{}\": [", table.name)?;
        let columns = table.columns.iter().enumerate();
        let key = |(at, name)| format!("{}\n      \"{name}\": ", if at == 0 { "" } else { "," });
        Ok(Self {
            keys: columns.map(|(at, it)| key((at, it.name))).collect(),
            empty: true,
        })
    }

    /// Writes a row.
    pub(super) fn write(&mut self, row: StoredRow<'_>, out: &mut impl Write) -> io::Result<()> {
        let begin: &[u8] = if self.empty { b"\n    {" } else { b",\n    {" };
        self.empty = false;
        out.write_all(begin)?;
        for (key, value) in self.keys.iter().zip(row.values()) {
            out.write_all(key.as_bytes())?;
            match value {
                Value::Nothing => out.write_all(b"null")?,
                Value::Plain(text) => {
                    out.write_all(b"\"")?;
                    out.write_all(text)?;
                    out.write_all(b"\"")?;
                }
                Value::Literal(literal) => out.write_all(literal)?,
                Value::Json(json) => write_json(json, out)?,
            }
        }
        out.write_all(b"\n    }")
    }

    /// Ends the table.
    pub(super) fn end(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.empty { b"]" } else { b"\n  ]" })
    }
}

/// Writes a text or a list, the items of which have lines of their own.
fn write_json(json: &[u8], out: &mut impl Write) -> io::Result<()> {
    let Some(items) = items_of(json).filter(|_| json != b"[]") else {
        return out.write_all(json);
    };
    for (at, item) in items.enumerate() {
        out.write_all(if at == 0 { b"[" } else { b"," })?;
        out.write_all(b"\n        ")?;
        out.write_all(item)?;
    }
    out.write_all(b"\n      ]")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value as Json, json};

    use super::*;
    use crate::{
        model::report::{FindingRow, field_names},
        store::RowBuffer,
    };

    #[test]
    fn rows_are_written_as_serde_json_writes_them_for_people() {
        let table = super::super::table("findings").unwrap();
        let values = [
            json!("a \"b\"\n"),
            json!(["x", "y"]),
            json!([]),
            json!([1.5]),
            json!(null),
            json!(0.1),
        ];
        for count in 0..values.len() {
            let row = |at: usize| {
                let column = |(index, name): (usize, String)| {
                    (name, values[(at + index) % values.len()].clone())
                };
                let names = table.columns.iter().map(|it| it.name.to_owned());
                names.enumerate().map(column).collect::<Map<String, Json>>()
            };
            let rows: Vec<_> = (0..count).map(row).collect();
            let mut written = b"{".to_vec();
            let mut writer = RowWriter::begin(table, &mut written).unwrap();
            for row in &rows {
                let mut buffer = RowBuffer::default();
                for column in &table.columns {
                    buffer.add(&row[column.name]).unwrap();
                }
                let row = StoredRow::of(field_names::<FindingRow>(), &buffer);
                writer.write(row, &mut written).unwrap();
            }
            writer.end(&mut written).unwrap();
            end(&mut written).unwrap();
            let written = String::from_utf8(written).unwrap().replacen(',', "", 1);
            let read: Json = serde_json::from_str(&written).unwrap();
            assert_eq!(read["findings"], json!(rows));
            let pretty = serde_json::to_string_pretty(&json!({ "findings": [] })).unwrap();
            if count == 0 {
                assert_eq!(written, pretty + "\n");
            } else {
                // The keys of a map are sorted: its rows have the same lines in another order.
                let pretty = serde_json::to_string_pretty(&json!({ "findings": rows })).unwrap();
                let lines = |text: &str| {
                    let lines = text.lines().map(|it| it.trim_end_matches(',').to_owned());
                    let mut lines: Vec<_> = lines.collect();
                    lines.sort();
                    lines
                };
                assert_eq!(lines(&written), lines(&pretty));
            }
        }
    }
}
