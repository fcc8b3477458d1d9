//! The price file: where it is, and what is in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    config::{Config, ConfigError},
    cost::price_book::PriceBook,
};

/// The price file in the directory of the run store.
const FILE: &str = "prices.toml";

/// Where the price file is, or would be.
pub(super) fn path(config: &Config) -> Result<PathBuf, ConfigError> {
    match &config.prices.file {
        Some(path) => Ok(path.clone()),
        None => Ok(config.state_dir()?.join(FILE)),
    }
}

pub(super) fn no_such_file(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The prices of a file; none if there is no such file.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<PriceBook>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        // Without a directory there is no file; what else that means is for the run store to report.
        Err(error) if no_such_file(&error) => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
        }
    };
    let book = PriceBook::parse(&text).with_context(|| {
        format!(
            "`{}` is no usable price file; correct it, or move it away",
            path.display()
        )
    })?;
    Ok(Some(book))
}
