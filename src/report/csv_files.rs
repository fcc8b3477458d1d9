//! The CSV files of a report, one a table, complete under temporary names until all files are.

use std::{cell::RefCell, io, path::PathBuf};

use tempfile::NamedTempFile;

use super::{Directory, WriteError, csv, reader::Take, tables::Table};

/// CSV files that are being written into a directory.
#[derive(Debug)]
pub(super) struct CsvFiles<'d> {
    directory: &'d Directory,
    byte_order_mark: bool,
    staged: RefCell<Vec<(PathBuf, NamedTempFile)>>,
    /// Why one of them could not be written.
    failed: RefCell<Option<WriteError>>,
}

impl<'d> CsvFiles<'d> {
    pub(super) fn new(directory: &'d Directory, byte_order_mark: bool) -> Self {
        Self {
            directory,
            byte_order_mark,
            staged: RefCell::default(),
            failed: RefCell::default(),
        }
    }

    /// Writes the file of a table: `rows` hands over its cells.
    ///
    /// # Errors
    ///
    /// If the file cannot be written: [`CsvFiles::finish`] returns the error with the file's path.
    pub(super) fn write(
        &self,
        table: &Table,
        rows: impl FnOnce(&mut Take<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let name = format!("{}.csv", table.name);
        let staged = self.directory.stage(&name, |out| {
            if self.byte_order_mark {
                out.write_all(csv::BYTE_ORDER_MARK)?;
            }
            csv::write(table, out, rows)
        });
        match staged {
            Ok(file) => {
                self.staged.borrow_mut().push(file);
                Ok(())
            }
            Err(error) => {
                self.failed.replace(Some(error));
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    /// Forgets why a file could not be written: its rows ended early, for an error of another file.
    pub(super) fn forget_error(&self) {
        self.failed.take();
    }

    /// The files.
    ///
    /// # Errors
    ///
    /// If one of them could not be written.
    pub(super) fn finish(self) -> Result<Vec<(PathBuf, NamedTempFile)>, WriteError> {
        match self.failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(self.staged.into_inner()),
        }
    }
}
