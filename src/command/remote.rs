//! Calls to a bucket that the user names, as the caller.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::{
    aws::cancellation::CancellationToken,
    config::Config,
    model::s3_location::S3Location,
    remote::{Bucket, RemoteError, store_copy},
    runtime,
};

/// Does something with the bucket of a place, as the caller. `owner` has to own it, if it is not empty.
pub(super) fn with_bucket<T>(
    config: &Config,
    location: &S3Location,
    owner: &str,
    work: impl AsyncFnOnce(Bucket) -> Result<T, RemoteError>,
) -> anyhow::Result<T> {
    let on_cancel = || tracing::warn!("stopping; what is being sent to S3 is given up");
    let done = runtime::block_on(0, on_cancel, async |stop: CancellationToken| {
        let bucket = Bucket::open(config, location, Some(owner), stop).await?;
        work(bucket).await
    });
    match done.context("cannot start the asynchronous runtime")? {
        Err(RemoteError::Settings(error)) => Err(error.into()),
        done => Ok(done?),
    }
}

/// Downloads the run stores below `s3://bucket/prefix/` into directories below `into`: the URL and
/// the file of each.
pub(super) fn download_parts(
    config: &Config,
    location: &S3Location,
    into: &Path,
) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let owner = &config.state.expected_owner;
    with_bucket(config, location, owner, async |bucket| {
        store_copy::download_parts(&bucket, into).await
    })
}
