//! `report.json` and the CSV files, from one reading of each table. All are complete under temporary names
//! until the first of them replaces an earlier one.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use tempfile::NamedTempFile;

use super::{
    BUFFER, Directory, Formats, WriteError, csv,
    json::{self, RowWriter},
    reader::ReportReader,
    tables::{Table, tables},
    temporary, unwritable,
};

/// A file that is being written.
struct StagedFile {
    path: PathBuf,
    out: BufWriter<NamedTempFile>,
}

impl StagedFile {
    fn begin(directory: &Directory, name: &str) -> Result<Self, WriteError> {
        let path = directory.path.join(name);
        match temporary(&directory.path) {
            Ok(file) => Ok(Self {
                path,
                out: BufWriter::with_capacity(BUFFER, file),
            }),
            Err(source) => Err(unwritable(&path, source)),
        }
    }

    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> io::Result<T>,
    ) -> Result<T, WriteError> {
        write(&mut self.out).map_err(|source| unwritable(&self.path, source))
    }

    fn finish(self) -> Result<(PathBuf, NamedTempFile), WriteError> {
        match self.out.into_inner() {
            Ok(file) => Ok((self.path, file)),
            Err(error) => Err(unwritable(&self.path, error.into_error())),
        }
    }
}

/// Writes the files of the formats that are wanted.
pub(super) fn write(
    directory: &Directory,
    report: &ReportReader,
    formats: Formats,
) -> Result<Vec<(PathBuf, NamedTempFile)>, WriteError> {
    let mut staged = Vec::new();
    let begin = || StagedFile::begin(directory, "report.json");
    let mut document = formats.json.then(begin).transpose()?;
    if let Some(file) = &mut document {
        file.write(|out| json::begin(report.header(), out))?;
    }
    for table in tables() {
        let begin = || StagedFile::begin(directory, &format!("{}.csv", table.name));
        let mut csv_file = formats.csv.then(begin).transpose()?;
        if let Some(file) = &mut csv_file {
            file.write(|out| {
                if formats.csv_bom {
                    out.write_all(csv::BYTE_ORDER_MARK)?;
                }
                csv::write_header(table, out)
            })?;
        }
        write_table(report, table, csv_file.as_mut(), document.as_mut())?;
        staged.extend(csv_file.map(StagedFile::finish).transpose()?);
    }
    if let Some(mut file) = document {
        file.write(json::end)?;
        staged.push(file.finish()?);
    }
    Ok(staged)
}

/// Writes the rows of a table to its CSV file and to the document, as far as they are wanted.
fn write_table(
    report: &ReportReader,
    table: &'static Table,
    mut csv_file: Option<&mut StagedFile>,
    mut document: Option<&mut StagedFile>,
) -> Result<(), WriteError> {
    let begin = |file: &mut StagedFile| file.write(|out| RowWriter::begin(table, out));
    let mut rows = document.as_deref_mut().map(begin).transpose()?;
    let mut failed = None;
    let read = report.each_stored(table, &mut |row| {
        let mut write = || {
            if let Some(file) = csv_file.as_deref_mut() {
                file.write(|out| csv::write_row(row, out))?;
            }
            if let (Some(file), Some(rows)) = (document.as_deref_mut(), &mut rows) {
                file.write(|out| rows.write(row, out))?;
            }
            Ok(())
        };
        write().map_err(|error| {
            failed = Some(error);
            io::ErrorKind::Other.into()
        })
    });
    match (failed, read) {
        (Some(error), _) => return Err(error),
        (None, Err(source)) => {
            let file = csv_file.or(document);
            let path = file.map(|it| it.path.clone()).unwrap_or_default();
            return Err(unwritable(&path, source));
        }
        (None, Ok(())) => {}
    }
    match (document, rows) {
        (Some(file), Some(rows)) => file.write(|out| rows.end(out)),
        _ => Ok(()),
    }
}
