//! A bucket with the caller's credentials: its Region, its keys, its objects.

use std::{path::Path, time::Duration};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::{
    Client,
    config::{Builder, StalledStreamProtectionConfig},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, timeout::TimeoutConfig};

use super::error::RemoteError;
use crate::{
    aws::{
        self,
        attempts::CountAttempts,
        cancellation::{CancellationToken, unless_cancelled},
        error::failure,
        quota::QuotaIsNoThrottling,
    },
    config::Config,
    model::{
        coverage::{Failure, Reason},
        s3_location::S3Location,
    },
};

/// How often an object is asked for again from where its body broke off.
const BODY_ATTEMPTS: u32 = 5;

/// A bucket that this program writes to, and the place in it.
#[derive(Debug)]
pub struct Bucket {
    pub(super) client: Client,
    pub(super) location: S3Location,
    /// The account that has to own it, if that is set.
    pub(super) owner: Option<String>,
    pub(super) stop: CancellationToken,
}

/// An object as S3 lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) etag: String,
    pub(super) size: u64,
}

impl Bucket {
    /// Finds the Region of the bucket. Whoever may not ask for it may be allowed to write all the
    /// same, so only a bucket that does not exist is an error.
    pub async fn open(
        config: &Config,
        location: &S3Location,
        owner: Option<&str>,
        stop: CancellationToken,
    ) -> Result<Self, RemoteError> {
        let caller = Box::pin(aws::caller_config(config)).await?;
        let own = caller.region().map(ToString::to_string);
        let mut bucket = Self {
            client: client(config, &caller, None),
            location: location.clone(),
            owner: owner.filter(|it| !it.is_empty()).map(str::to_owned),
            stop,
        };
        if let Some(region) = bucket.region().await?
            && own.as_ref() != Some(&region)
        {
            bucket.client = client(config, &caller, Some(region));
        }
        Ok(bucket)
    }

    /// The URL of a key.
    pub(super) fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.location.bucket())
    }

    /// One call, which the user may cancel.
    pub(super) async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let call = async { call.await.map_err(|error| failure(&error)) };
        unless_cancelled(&self.stop, call).await
    }

    pub(super) fn failed(&self, action: &'static str, key: &str, failure: Failure) -> RemoteError {
        RemoteError::Call {
            action,
            url: self.url(key),
            failure,
        }
    }

    /// The Region of the bucket, which S3 names even where it refuses the call
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
    async fn region(&self) -> Result<Option<String>, RemoteError> {
        let head = self
            .client
            .head_bucket()
            .bucket(self.location.bucket())
            .set_expected_bucket_owner(self.owner.clone());
        let head = async {
            match Box::pin(head.send()).await {
                Ok(answer) => Ok(answer.bucket_region().map(str::to_owned)),
                Err(error) => {
                    let answer = error.raw_response();
                    let status = answer.map_or(0, |it| it.status().as_u16());
                    let region = answer.and_then(|it| it.headers().get("x-amz-bucket-region"));
                    match (status, region) {
                        (404, _) => Err(Failure::new(
                            Reason::BucketMissing,
                            "NoSuchBucket: there is no bucket of this name",
                        )),
                        (300..=499, region) => Ok(region.map(str::to_owned)),
                        _ => Err(failure(&error)),
                    }
                }
            }
        };
        let head = unless_cancelled(&self.stop, head).await;
        head.map_err(|failure| self.failed("use", self.location.prefix(), failure))
    }

    /// The objects below the place, by key.
    pub(super) async fn objects(&self) -> Result<Vec<Object>, RemoteError> {
        self.list(self.location.prefix()).await
    }

    /// An object; none if there is none of this key. Found by listing: HeadObject returns 403 for a key
    /// that does not exist, unless the caller may list the whole bucket
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>).
    pub(super) async fn find(&self, key: &str) -> Result<Option<Object>, RemoteError> {
        let found = self.list(key).await?;
        Ok(found.into_iter().find(|object| object.key == key))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Object>, RemoteError> {
        let (mut token, mut found) = (None, Vec::new());
        loop {
            let page = Box::pin(
                self.client
                    .list_objects_v2()
                    .bucket(self.location.bucket())
                    .prefix(prefix)
                    .set_continuation_token(token)
                    .set_expected_bucket_owner(self.owner.clone())
                    .send(),
            );
            let page = self.call(page).await;
            let page = page.map_err(|it| self.failed("list", prefix, it))?;
            for object in page.contents() {
                if let (Some(key), Some(etag)) = (object.key(), object.e_tag()) {
                    found.push(Object {
                        key: key.to_owned(),
                        etag: etag.to_owned(),
                        size: object.size().and_then(|it| it.try_into().ok()).unwrap_or(0),
                    });
                }
            }
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Writes an object to a file, which is whole or an error. A body that breaks off is asked for
    /// again from there, as long as the object is the same.
    pub(super) async fn download(&self, object: &Object, path: &Path) -> Result<(), RemoteError> {
        use std::io::Write as _;
        let mut file = std::fs::File::create(path).map_err(RemoteError::file(path))?;
        let (mut got, mut attempts) = (0_u64, 0);
        while got < object.size {
            let get = Box::pin(
                self.client
                    .get_object()
                    .bucket(self.location.bucket())
                    .key(&object.key)
                    .if_match(&object.etag)
                    .set_range((got > 0).then(|| format!("bytes={got}-")))
                    .set_expected_bucket_owner(self.owner.clone())
                    .send(),
            );
            let get = self.call(get).await;
            let mut body = get
                .map_err(|failure| self.failed("read", &object.key, failure))?
                .body;
            let broke_off = loop {
                let chunk = tokio::select! {
                    biased;
                    () = self.stop.cancelled() => {
                        let failure = aws::cancellation::cancelled();
                        return Err(self.failed("read", &object.key, failure));
                    }
                    chunk = body.try_next() => chunk,
                };
                match chunk {
                    Ok(Some(bytes)) => {
                        file.write_all(&bytes).map_err(RemoteError::file(path))?;
                        got += bytes.len() as u64;
                    }
                    Ok(None) => break false,
                    Err(_) => break true,
                }
            };
            attempts += 1;
            if got != object.size && (!broke_off || attempts >= BODY_ATTEMPTS || got > object.size)
            {
                return Err(RemoteError::Incomplete {
                    url: self.url(&object.key),
                    got,
                    expected: object.size,
                });
            }
        }
        file.sync_all().map_err(RemoteError::file(path))
    }
}

/// A client for whole files: an answer may take as long as a call, since it comes after all bytes of
/// a part were sent, and the parts of a call have no time limit in all.
fn client(config: &Config, caller: &SdkConfig, region: Option<String>) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(config.timeouts.connect_seconds))
        .read_timeout(Duration::from_secs(config.timeouts.call_seconds))
        .build();
    let mut builder = Builder::from(caller)
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
        .retry_classifier(QuotaIsNoThrottling)
        .interceptor(CountAttempts)
        .force_path_style(caller.endpoint_url().is_some());
    if let Some(region) = region {
        builder = builder.region(Region::new(region));
    }
    Client::from_conf(builder.build())
}
