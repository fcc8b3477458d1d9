//! Paths of files and directories that cannot be in S3.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::model::s3_location::S3Location;

/// Reads a path, and refuses a URL: it would become a directory of that name.
pub(super) fn parser() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path.to_str().is_some_and(S3Location::is_url) {
            Err("expected a path on this machine")
        } else {
            Ok(path)
        }
    })
}
