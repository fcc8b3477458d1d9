//! What keeps the store from being used, and what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{FILE, schema};
use crate::model::text::printable;

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
    /// A temporary file cannot be made or written.
    #[error("cannot write temporary files in `{}`; see TMPDIR", path.display())]
    Temporary {
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
        "the run {id} in `{}` is damaged: {detail}; `vpce-scout scan --only-failed --resume {id}{flags}` \
         reads what is damaged again", path.display()
    )]
    DamagedRun {
        /// The store.
        path: PathBuf,
        /// The run.
        id: String,
        /// The steps that are damaged.
        detail: String,
        /// The flags of commands that use the store.
        flags: String,
    },
    /// The record of a run is not as it was written.
    #[error(
        "the record of the run {id} in `{}` is damaged, and the run cannot be used; \
         `vpce-scout runs prune{flags}` removes it, or name another run", path.display()
    )]
    DamagedRecord {
        /// The store.
        path: PathBuf,
        /// The flags of commands that use the store.
        flags: String,
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
        "the run store `{}` is of version {found}, and only version {known} can be read where nothing is \
         written: of a merge, scan all shards with one version of vpce-scout; else copy the store to a \
         directory that can be written, and name that", path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// What a file holds is in part in its log, which can be used only where it may be written.
    #[error(
        "the run store `{}` may not be written, and a process writes it or was ended before its changes were \
         in it: copy it and `{FILE}-wal` to a directory that can be written, and name that", path.display()
    )]
    Unsettled {
        /// The file.
        path: PathBuf,
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
    #[error("there is no run `{id}` in `{}`; `vpce-scout runs{flags}` lists them", path.display())]
    NoSuchRun {
        /// What was asked for.
        id: String,
        /// The flags of commands that use the store.
        flags: String,
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

/// SQLite's error in the words of this room.
pub(super) fn store_error(file: &Path, error: rusqlite::Error) -> StoreError {
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

pub(super) fn damaged(file: &Path, detail: &dyn std::fmt::Display) -> StoreError {
    let detail = printable(&detail.to_string()).chars().take(300).collect();
    StoreError::Damaged {
        path: file.to_owned(),
        detail,
    }
}
