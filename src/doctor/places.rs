//! Places in S3 that reports and the run store would be written to.

use super::{Check, Status};
use crate::{
    aws::cancellation::CancellationToken,
    config::Config,
    model::{coverage::Reason, s3_location::S3Location},
    remote::{Bucket, RemoteError, reports, store_copy},
    store::StoreError,
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
            let first = match &error {
                RemoteError::Call { failure, .. } => match failure.reason {
                    _ if error.to_string().contains("NoSuchBucket") => {
                        "create the bucket".to_owned()
                    }
                    Reason::Throttled | Reason::Unreachable => {
                        "try again: nobody denied it".to_owned()
                    }
                    _ => format!(
                        "attach what `vpce-scout permissions caller-policy {flag} {location}` prints to \
                         the caller"
                    ),
                },
                RemoteError::Store(_) => {
                    "put an earlier version of the object in its place".to_owned()
                }
                _ => "make it usable for this user".to_owned(),
            };
            let text = match error {
                RemoteError::Store(error) => {
                    format!(
                        "`{location}` holds no run store that can be used: {}",
                        why(&error)
                    )
                }
                error => format!("{:#}", anyhow::Error::new(error)),
            };
            let remedy = format!("{first}, or name another place: {flag} s3://BUCKET/PREFIX/");
            Check::new(kept.name(), Status::Failed, text).remedy(remedy)
        }
    }
}

/// What is wrong with a store, without the name of its copy here.
fn why(error: &StoreError) -> String {
    match error {
        StoreError::Foreign { .. } => "it is no run store of vpce-scout".to_owned(),
        StoreError::Damaged { detail, .. } => format!("it is damaged: {detail}"),
        StoreError::Newer { found, known, .. } => {
            format!("it is of version {found}, and this program knows versions up to {known}")
        }
        error => error.to_string(),
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
        StoredContent::State => {
            store_copy::prove(&bucket).await?;
            store_copy::inspect(&bucket).await
        }
        StoredContent::Output => reports::prove(&bucket).await,
    }
}
