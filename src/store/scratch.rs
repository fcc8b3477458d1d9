//! Where files are made that one process writes, reads and loses: beside the store, where there is room
//! for the facts already, or where temporary files are made if the store can only be read.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use super::{Access, Store, StoreError, spool::Spool};

/// The directory of such files.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    directory: PathBuf,
    access: Access,
}

impl Store {
    /// Where files of the moment are made.
    pub(super) fn scratch(&self) -> Scratch {
        Scratch {
            directory: match self.access {
                Access::Write => self.directory.clone(),
                Access::Read => env::temp_dir(),
            },
            access: self.access,
        }
    }
}

impl Scratch {
    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// An empty file of records.
    ///
    /// # Errors
    ///
    /// If the directory cannot be written.
    pub(super) fn spool(&self) -> Result<Spool, StoreError> {
        Spool::in_directory(&self.directory).map_err(|source| self.error(source))
    }

    /// An error of a file in the directory.
    pub(super) fn error(&self, source: io::Error) -> StoreError {
        let path = self.directory.clone();
        match self.access {
            Access::Write => StoreError::Directory { path, source },
            Access::Read => StoreError::Temporary { path, source },
        }
    }
}
