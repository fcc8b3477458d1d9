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
mod settings;
mod sound_rows;
mod spool;
mod stored_row;
mod verify;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;

use crate::model::text::printable;

pub use self::{
    cells::Place,
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

/// What keeps the store from being used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made or written.
    #[error("cannot use the state directory `{}`; see --state-dir", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is something else.
    #[error(
        "`{}` is no run store of vpce-scout and is left as it is; \
         move it away or give another --state-dir", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the run store `{}` is damaged and is left as it is: {detail}\n\
         move it away to begin a new one, or give another --state-dir", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        detail: String,
    },
    /// Rows of a run are not as they were written.
    #[error(
        "the run {id} in `{}` is damaged: {detail}; `vpce-scout scan --only-failed --resume {id}` \
         reads what is damaged again", path.display()
    )]
    DamagedRun {
        /// The store.
        path: PathBuf,
        /// The run.
        id: String,
        /// The steps that are damaged.
        detail: String,
    },
    /// The record of a run is not as it was written.
    #[error(
        "the record of the run {id} in `{}` is damaged, and the run cannot be used; \
         `vpce-scout runs prune` removes it, or name another run", path.display()
    )]
    DamagedRecord {
        /// The store.
        path: PathBuf,
        /// The run, as far as its name can be read.
        id: String,
    },
    /// The file is no longer there.
    #[error(
        "the run store `{}` was removed or replaced while it was in use; what this process wrote \
         since is lost", path.display()
    )]
    Removed {
        /// The file.
        path: PathBuf,
    },
    /// A later version of the program wrote the file.
    #[error(
        "the run store `{}` is of version {found}, and this program knows versions up to {known}; \
         use the newer vpce-scout, or give another --state-dir", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The newest version that this program reads.
        known: i64,
    },
    /// An earlier version of the program wrote a file that is to be read as it is.
    #[error(
        "the run store `{}` is of version {found}, and only version {known} can be merged; scan all \
         shards with one version of vpce-scout", path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// A file that is to be read cannot be opened.
    #[error("cannot read the run store `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes for too long.
    #[error(
        "the run store `{}` has been in use by another process for {seconds} seconds; \
         try again later, or give another --state-dir", path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The file cannot be read or written: no space, no right, a broken disk.
    #[error("cannot read or write the run store `{}`; see --state-dir", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<rusqlite::Error>,
    },
    /// Another process works on the run.
    #[error("the run {id} is in progress in another process; wait for it, or end it")]
    InProgress {
        /// The run.
        id: String,
    },
    /// Another process turns logs on or off.
    #[error(
        "another process turns logs on or off with the run store `{}`; wait for it, or end it",
        path.display()
    )]
    LoggingInProgress {
        /// The store.
        path: PathBuf,
    },
    /// There is no such run.
    #[error("there is no run `{id}` in `{}`; `vpce-scout runs` lists them", path.display())]
    NoSuchRun {
        /// What was asked for.
        id: String,
        /// The store.
        path: PathBuf,
    },
    /// The thread that writes is gone.
    #[error("the writer of the run store `{}` has ended early", path.display())]
    WriterGone {
        /// The file.
        path: PathBuf,
    },
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    file: PathBuf,
    connection: Connection,
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
        })
    }

    /// Opens the store of a directory if there is one.
    pub fn open_existing(directory: &Path) -> Result<Option<Self>, StoreError> {
        match fs::metadata(directory.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Self::open(directory).map(Some),
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
            connection: schema::open_again(&self.file)?,
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

/// SQLite's error in the words of this room.
fn store_error(file: &Path, error: rusqlite::Error) -> StoreError {
    use rusqlite::{Error, ErrorCode};
    let path = file.to_owned();
    if !file.exists() {
        return StoreError::Removed { path };
    }
    match &error {
        Error::SqliteFailure(code, _) => match code.code {
            ErrorCode::NotADatabase => StoreError::Foreign { path },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy {
                path,
                seconds: schema::PATIENCE.as_secs(),
            },
            // `Unknown` is SQLITE_ERROR: a table or column that should be there is not.
            ErrorCode::DatabaseCorrupt
            | ErrorCode::Unknown
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch => damaged(file, &error),
            _ => StoreError::Sqlite {
                path,
                source: Arc::new(error),
            },
        },
        Error::SqlInputError { .. }
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..)
        | Error::InvalidColumnType(..)
        | Error::QueryReturnedNoRows => damaged(file, &error),
        _ => StoreError::Sqlite {
            path,
            source: Arc::new(error),
        },
    }
}

fn damaged(file: &Path, detail: &dyn std::fmt::Display) -> StoreError {
    let detail = printable(&detail.to_string()).chars().take(300).collect();
    StoreError::Damaged {
        path: file.to_owned(),
        detail,
    }
}

#[cfg(test)]
mod tests;
