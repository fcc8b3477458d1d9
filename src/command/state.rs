//! The run store of a command: in a directory, or in S3 with a copy in a directory.

use std::path::{Path, PathBuf};

use super::remote::with_bucket;
use crate::{
    config::Config,
    exit,
    model::s3_location::S3Location,
    remote::store_copy::{self, Pending, StoreCopy, Uploaded},
    store::Store,
};

/// Where a command finds the run store.
#[derive(Debug)]
pub(super) enum StatePlace {
    /// A directory.
    Directory(PathBuf),
    /// A copy of the store at a place in S3.
    Copy(StoreCopy, S3Location),
}

/// A run of which S3 knows nothing yet, if the store is kept there.
pub(super) type Unsent = Option<Pending>;

impl StatePlace {
    /// The place of the settings; a store in S3 is copied, or its copy brought up to date.
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let directory = config.state_dir()?;
        let Some(location) = config.state_location() else {
            return Ok(Self::Directory(directory.to_owned()));
        };
        let owner = &config.state.expected_owner;
        let copy = with_bucket(config, &location, owner, async |bucket| {
            StoreCopy::open(&bucket, directory).await
        })?;
        Ok(Self::Copy(copy, location))
    }

    /// Proves that the store can be written where it is kept in S3. A directory is proven by opening it.
    pub(super) fn prove(&self, config: &Config) -> anyhow::Result<()> {
        let Self::Copy(_, location) = self else {
            return Ok(());
        };
        let owner = &config.state.expected_owner;
        with_bucket(config, location, owner, async |bucket| {
            store_copy::prove(&bucket).await
        })
    }

    /// The directory of the store or its copy.
    pub(super) fn directory(&self) -> &Path {
        match self {
            Self::Directory(path) => path,
            Self::Copy(copy, _) => copy.directory(),
        }
    }

    /// Notes that a run is written to the store.
    pub(super) fn begin(&self, run_id: &str) -> anyhow::Result<Unsent> {
        Ok(match self {
            Self::Directory(_) => None,
            Self::Copy(copy, _) => Some(copy.begin(run_id)?),
        })
    }

    /// Uploads the store, if it is kept in S3.
    ///
    /// # Errors
    ///
    /// Also if another run has written it meanwhile: then this one's is beside it.
    pub(super) fn upload(
        &self,
        config: &Config,
        store: &Store,
        unsent: Unsent,
        run_id: &str,
    ) -> anyhow::Result<()> {
        let (Self::Copy(copy, location), Some(unsent)) = (self, unsent) else {
            return Ok(());
        };
        let owner = &config.state.expected_owner;
        let uploaded = with_bucket(config, location, owner, async |bucket| {
            copy.upload(&bucket, store, unsent, run_id).await
        });
        let path = copy.directory().display();
        let kept = |error: anyhow::Error| {
            anyhow::anyhow!(
                "{}\n\
                 the run {run_id} is in `{path}` alone: the next command with the same --state uses it, \
                 the next that writes to the store uploads it, and `--state-dir {path}` without --state reads it",
                exit::describe(&error)
            )
        };
        match uploaded.map_err(kept)? {
            Uploaded::InPlace => Ok(()),
            Uploaded::Conflict(beside) => anyhow::bail!(
                "the run store in `{location}` has changed since this run began, by another run; the run \
                 {run_id} is in `{beside}`: `vpce-scout report --run {run_id} --state {beside}` writes \
                 its reports"
            ),
        }
    }
}
