//! Places in S3 that reports and the run store would be written to.

use super::{Check, Status};
use crate::{
    aws::cancellation::CancellationToken,
    config::Config,
    model::s3_location::S3Location,
    remote::{Bucket, RemoteError, reports, store_copy},
};

/// What is kept at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredContent {
    /// The run store.
    State,
    /// Reports.
    Output,
}

impl StoredContent {
    fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Output => "output",
        }
    }
}

/// Whether a place can be written, without writing it.
pub(super) async fn writable(
    kept: StoredContent,
    config: &Config,
    location: &S3Location,
    stop: CancellationToken,
) -> Check {
    match prove(kept, config, location, stop).await {
        Ok(()) => Check::ok(kept.name(), format!("`{location}` can be written")),
        Err(error) => {
            let flag = match kept {
                StoredContent::State => "--state",
                StoredContent::Output => "--out",
            };
            let text = error.to_string();
            let first = if text.contains("NoSuchBucket") {
                "create the bucket".to_owned()
            } else {
                format!(
                    "attach what `vpce-scout permissions caller-policy {flag} {location}` prints to the \
                     caller"
                )
            };
            let remedy = format!("{first}, or name another place: {flag} s3://BUCKET/PREFIX/");
            Check::new(kept.name(), Status::Failed, text).remedy(remedy)
        }
    }
}

async fn prove(
    kept: StoredContent,
    config: &Config,
    location: &S3Location,
    stop: CancellationToken,
) -> Result<(), RemoteError> {
    let owner = match kept {
        StoredContent::State => &config.state.expected_owner,
        StoredContent::Output => &config.output.expected_owner,
    };
    let bucket = Bucket::open(config, location, Some(owner), stop).await?;
    match kept {
        StoredContent::State => store_copy::prove(&bucket).await,
        StoredContent::Output => reports::prove(&bucket).await,
    }
}
