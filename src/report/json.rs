//! `report.json`: the header, and every table as a list of objects, streamed. The CSV files can be written
//! beside it, so that each row is read once for both.

use std::io;

use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap, SerializeSeq},
};

use super::{
    cells::Cell,
    csv_files::CsvFiles,
    reader::ReportReader,
    tables::{Table, tables},
};
use crate::model::report::ReportHeader;

/// A report, serialized as `report.json`.
pub(super) struct Document<'r, 'd> {
    pub(super) report: &'r ReportReader,
    /// The CSV files that are to be written from the same rows.
    pub(super) csv: Option<&'r CsvFiles<'d>>,
}

impl Serialize for Document<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ReportHeader {
            schema_version,
            generated_at,
            tool,
            run,
            totals,
            prices,
        } = self.report.header();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", schema_version)?;
        map.serialize_entry("generated_at", generated_at)?;
        map.serialize_entry("tool", tool)?;
        map.serialize_entry("run", run)?;
        map.serialize_entry("totals", totals)?;
        map.serialize_entry("prices", prices)?;
        for table in tables() {
            map.serialize_entry(table.name, &Rows(self, table))?;
        }
        map.end()
    }
}

struct Rows<'r, 'd>(&'r Document<'r, 'd>, &'static Table);

impl Serialize for Rows<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Document { report, csv }, table) = *self;
        let mut list = serializer.serialize_seq(None)?;
        let mut failed = None;
        let mut take = |cells: &[Cell<'_>]| {
            let put = list.serialize_element(&Object(table, cells));
            put.map_err(|error| {
                failed = Some(error);
                io::ErrorKind::Other.into()
            })
        };
        let read = match csv {
            None => report.each(table, &mut take),
            Some(files) => files.write(table, |take_csv| {
                report.each(table, &mut |cells| {
                    take(cells)?;
                    take_csv(cells)
                })
            }),
        };
        match (failed, read) {
            (Some(error), _) => {
                // The CSV file ended for this alone.
                if let Some(files) = csv {
                    files.forget_error();
                }
                Err(error)
            }
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

struct Object<'r, 'c>(&'static Table, &'r [Cell<'c>]);

impl Serialize for Object<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.0.columns.iter().map(|it| it.name);
        serializer.collect_map(columns.zip(self.1))
    }
}
