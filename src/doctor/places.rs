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
pub(super) enum Kept {
    /// The run store.
    State,
    /// Reports.
    Output,
}

impl Kept {
    fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Output => "output",
        }
    }
}

/// Whether a place can be written, without writing it.
pub(super) async fn writable(
    kept: Kept,
    config: &Config,
    location: &S3Location,
    stop: CancellationToken,
) -> Check {
    match prove(kept, config, location, stop).await {
        Ok(()) => Check::ok(kept.name(), format!("`{location}` can be written")),
        Err(error) => {
            let flag = match kept {
                Kept::State => "--state",
                Kept::Output => "--out",
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
    kept: Kept,
    config: &Config,
    location: &S3Location,
    stop: CancellationToken,
) -> Result<(), RemoteError> {
    let owner = match kept {
        Kept::State => &config.state.expected_owner,
        Kept::Output => &config.output.expected_owner,
    };
    let bucket = Bucket::open(config, location, Some(owner), stop).await?;
    match kept {
        Kept::State => store_copy::prove(&bucket).await,
        Kept::Output => reports::prove(&bucket).await,
    }
}
