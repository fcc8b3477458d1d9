//! A run in progress holds a lock of the operating system on a file of its own. The lock goes when
//! the process does, however it ends: nothing is ever left locked.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Held while a run is in progress.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

fn path(directory: &Path, id: &str) -> PathBuf {
    directory.join("locks").join(id)
}

impl RunLock {
    /// Takes the lock; none if another process holds it.
    pub(super) fn take(directory: &Path, id: &str) -> io::Result<Option<Self>> {
        let path = path(directory, id);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether a process holds the lock. Nothing is made, so that it is known where nothing may be written.
    pub(super) fn is_held(directory: &Path, id: &str) -> io::Result<bool> {
        let file = match File::open(path(directory, id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the file of a run that is no more, and lets the lock go.
    pub(super) fn forget(self, directory: &Path, id: &str) {
        // An empty file that stays behind does no harm.
        let _ = fs::remove_file(path(directory, id));
        drop(self);
    }
}
