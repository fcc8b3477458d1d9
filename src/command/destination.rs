//! Where the reports of a command go: a directory, or S3 by way of a temporary directory.

use std::path::{Path, PathBuf};

use super::remote::with_bucket;
use crate::{
    config::Config,
    exit,
    model::s3_location::S3Location,
    remote::reports,
    report::{Directory, WriteError},
    temporary,
};

/// A place that reports can be written to, proven before the first call of a scan.
#[derive(Debug)]
pub(super) struct Destination {
    directory: Directory,
    remote: Option<Remote>,
}

#[derive(Debug)]
struct Remote {
    location: S3Location,
    /// Whether reports were written there before.
    holds_reports: bool,
    /// Removed once its files are in S3.
    temporary: temporary::Directory,
}

impl Destination {
    /// The place of the settings.
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let Some(location) = &config.output.location else {
            return Ok(Self {
                directory: Directory::open(&config.output.dir)?,
                remote: None,
            });
        };
        let owner = &config.output.expected_owner;
        let holds_reports = with_bucket(config, location, owner, async |bucket| {
            reports::prove(&bucket).await?;
            reports::exist(&bucket).await
        })?;
        let temporary = temporary::Directory::make()?;
        Ok(Self {
            directory: Directory::open(temporary.path())?,
            remote: Some(Remote {
                location: location.clone(),
                holds_reports,
                temporary,
            }),
        })
    }

    /// Where files are written first.
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether reports were written here before.
    pub(super) fn holds_reports(&self) -> bool {
        let remote = self.remote.as_ref();
        remote.map_or_else(|| self.directory.holds_reports(), |it| it.holds_reports)
    }

    /// A place below this one for the reports of a run that was stopped.
    pub(super) fn of_interrupted(mut self, run_id: &str) -> Result<Self, WriteError> {
        match &mut self.remote {
            Some(remote) => {
                remote.location = remote.location.below(&format!("interrupted-{run_id}"));
            }
            None => self.directory = self.directory.of_interrupted(run_id)?,
        }
        Ok(self)
    }

    /// The place as it is shown: a path, or a URL.
    pub(super) fn shown(&self) -> PathBuf {
        match &self.remote {
            Some(remote) => remote.location.to_string().into(),
            None => self.directory.path().to_owned(),
        }
    }

    /// Brings the files to where they belong, and returns their names there. `run`: with the flags of its store.
    pub(super) fn deliver(
        self,
        config: &Config,
        files: Vec<PathBuf>,
        run: &str,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let Some(remote) = self.remote else {
            return Ok(files);
        };
        let (location, owner) = (&remote.location, &config.output.expected_owner);
        let sent = with_bucket(config, location, owner, async |bucket| {
            reports::write(&bucket, location, &files).await
        });
        match sent {
            Ok(urls) => Ok(urls.into_iter().map(PathBuf::from).collect()),
            Err(error) => Err(kept(
                &error,
                &remote.temporary.keep("vpce-scout-reports-"),
                location,
                run,
            )),
        }
    }
}

/// What is left of reports that could not be uploaded.
fn kept(error: &anyhow::Error, path: &Path, location: &S3Location, run: &str) -> anyhow::Error {
    let (error, path) = (exit::describe(error), path.display());
    anyhow::anyhow!(
        "{error}\n\
         the reports are in `{path}`; `vpce-scout report --run {run} --out {location}` uploads them"
    )
}
