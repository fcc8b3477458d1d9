//! From an argument of the command line to a file: where the store of a shard is.

use std::path::{Path, PathBuf};

use super::MergeError;
use crate::store::{Store, StoreError};

/// The local file of the store that an argument names: a state directory, or the file itself.
///
/// # Errors
///
/// If there is neither.
pub fn local_file(argument: &str) -> Result<PathBuf, MergeError> {
    let path = Path::new(argument);
    let file = if path.is_dir() {
        Store::file_in(path)
    } else {
        path.to_owned()
    };
    if file.is_file() {
        return Ok(file);
    }
    Err(MergeError::NoStore {
        path: path.to_owned(),
    })
}

/// An error of a store that is to be merged: the remedies of a store that a scan writes are none for it.
pub(super) fn unusable(argument: &str, error: StoreError) -> MergeError {
    const ANEW: &str = "copy it again from where its shard was scanned, or scan the shard again";
    let why = match error {
        StoreError::Foreign { .. } => {
            "it is no run store of vpce-scout: give the state directory of a shard, or its file"
                .to_owned()
        }
        StoreError::Damaged { detail, .. } => format!("it is damaged: {detail}; {ANEW}"),
        StoreError::DamagedRun { id, detail, .. } => {
            let flag = if argument.starts_with("s3:") {
                "--state"
            } else {
                "--state-dir"
            };
            let again = format!("`vpce-scout scan --only-failed --resume {id}` with its {flag}");
            format!("its run {id} is damaged: {detail}; {again} reads that again, or {ANEW}")
        }
        StoreError::DamagedRecord { id, .. } => {
            format!("the record of its run {id} is damaged; {ANEW}")
        }
        StoreError::Newer { found, known, .. } => format!(
            "it is of version {found}, and this program knows versions up to {known}; merge with the \
             vpce-scout that scanned the shards"
        ),
        error => return MergeError::Store(error),
    };
    MergeError::Unusable {
        argument: argument.to_owned(),
        why,
    }
}
