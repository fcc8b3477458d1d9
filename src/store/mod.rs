//! The run store: every finished cell of every run, in one SQLite file of the state directory.
//!
//! Owns that file (write-ahead log, one writer a run, as many readers as there are) and the
//! locks of runs in progress. It keeps what it is given and decides nothing: which cells are asked
//! again, and what a report shows, is for others. No key, token or external id may come in here.
//!
//! A *cell* is a finished step with its facts; a *part* is a finished piece of a step that is worth
//! keeping by itself, such as one log group. A cell is *to be asked again* when a run is resumed: it
//! stays until its successor is there.

mod cells;
mod checksum;
mod error;
mod lock;
mod logging;
mod merge;
mod numbered_rows;
mod prices;
mod queue;
mod record;
mod region_facts;
mod report;
mod row_buffer;
mod rows;
mod runs;
mod schema;
mod scratch;
mod settings;
mod sound_rows;
mod spool;
mod stored_row;
mod verify;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::temporary;

use self::error::{damaged, store_error};
pub use self::{
    cells::Place,
    error::StoreError,
    lock::RunLock,
    logging::Unfinished,
    merge::{CellKey, CellTransfer},
    numbered_rows::NumberedRows,
    record::Record,
    region_facts::{RegionFacts, StoredCell},
    report::{Addresses, MergedRows, ReportRows, TableColumns},
    row_buffer::RowBuffer,
    runs::{Active, Listed, State},
    stored_row::{StoredRow, Value},
    writer::{Part, Writer},
};

/// The file of all runs.
pub const FILE: &str = "runs.sqlite3";

/// An open store.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    file: PathBuf,
    connection: Connection,
    access: Access,
    /// The flags that lead another command to it, with a space before each.
    flags: String,
}

/// Whether a store may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// It and its directory may be.
    Write,
    /// Neither changes.
    Read,
}

impl Store {
    /// Opens the store of a directory; makes both if need be.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let file = directory.join(FILE);
        make_private(directory, &file).map_err(|source| StoreError::Directory {
            path: directory.to_owned(),
            source,
        })?;
        let connection = schema::open(&file)?;
        Ok(Self {
            directory: directory.to_owned(),
            file,
            connection,
            access: Access::Write,
            flags: String::new(),
        })
    }

    /// Opens the store of a directory if there is one. It can only be read where it may not be written.
    pub fn open_existing(directory: &Path) -> Result<Option<Self>, StoreError> {
        let file = directory.join(FILE);
        match fs::metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => match Self::open(directory) {
                Err(StoreError::Directory { .. } | StoreError::Sqlite { .. })
                    if !may_be_written(directory, &file) =>
                {
                    Self::open_to_read(&file).map(Some)
                }
                opened => opened.map(Some),
            },
        }
    }

    /// Checks that the store of a directory can be used, if there is one. Nothing is changed.
    ///
    /// # Errors
    ///
    /// If the file is something else, damaged, of a later version, or may not be written.
    pub fn inspect(directory: &Path) -> Result<(), StoreError> {
        let file = directory.join(FILE);
        match fs::metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => {
                schema::inspect(&file)?;
                let opened = fs::OpenOptions::new().append(true).open(&file);
                opened.map(drop).map_err(|source| StoreError::Directory {
                    path: directory.to_owned(),
                    source,
                })
            }
        }
    }

    /// The same store on one more connection, for another thread.
    pub fn reopen(&self) -> Result<Self, StoreError> {
        Ok(Self {
            directory: self.directory.clone(),
            file: self.file.clone(),
            connection: match self.access {
                Access::Write => schema::open_again(&self.file)?,
                Access::Read => schema::open_to_read_again(&self.file)?,
            },
            access: self.access,
            flags: self.flags.clone(),
        })
    }

    /// The same store on one more connection, on which nothing changes any more: whatever is read
    /// there is as it was at the first reading.
    pub fn snapshot(&self) -> Result<Self, StoreError> {
        let store = self.reopen()?;
        store
            .connection
            .execute_batch("BEGIN")
            .map_err(|error| self.error(error))?;
        Ok(store)
    }

    /// The same store, whose errors lead other commands to it by these flags.
    #[must_use]
    pub fn with_flags(self, flags: String) -> Self {
        Self { flags, ..self }
    }

    /// The flags that lead another command to it, for hints; with a space before each.
    pub fn flags(&self) -> &str {
        &self.flags
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Writes the store as it is now to a new file, in one piece and without a log beside it
    /// (<https://www.sqlite.org/lang_vacuum.html#vacuuminto>). `path` has to be UTF-8.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let text = path.to_string_lossy();
        self.connection
            .execute("VACUUM INTO ?1", [text.as_ref()])
            .map(drop)
            .map_err(|error| self.error(error))
    }

    fn error(&self, error: rusqlite::Error) -> StoreError {
        store_error(&self.file, error)
    }
}

/// Whether a store and its directory, which SQLite makes files in, may be written.
fn may_be_written(directory: &Path, file: &Path) -> bool {
    let refused = |error: &io::Error| {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
    };
    let append = fs::OpenOptions::new().append(true).open(file);
    let made = temporary::appended_in(directory);
    !append.is_err_and(|it| refused(&it)) && !made.is_err_and(|it| refused(&it))
}

/// What is in the directory concerns its user alone.
fn make_private(directory: &Path, file: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = fs::OpenOptions::new();
    // SQLite gives the files beside it the same mode.
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(directory)?;
    options.open(file).map(drop)
}

#[cfg(test)]
mod tests;
