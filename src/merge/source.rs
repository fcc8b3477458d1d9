//! From an argument of the command line to a file: where the store of a shard is.

use std::path::{Path, PathBuf};

use super::MergeError;
use crate::store::Store;

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
