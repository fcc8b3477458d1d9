//! Multipart uploads: staged, then completed or aborted.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use aws_sdk_s3::{
    operation::head_object::builders::HeadObjectFluentBuilder,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};

use super::{
    bucket::{Bucket, Object},
    error::{RemoteError, changed_meanwhile},
};
use crate::{
    aws::error::failure,
    model::coverage::{Failure, Reason},
};

/// The size of a part: at least 5 MiB, at most 10,000 parts an object
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 10_000;

/// The metadata that distinguishes uploads of an object.
const UPLOAD: &str = "vpce-scout-upload";

/// What must hold of an object for an upload to replace it
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Whatever is there is replaced.
    None,
    /// Nothing is there.
    Absent,
    /// What is there has this entity tag.
    Unchanged(String),
}

/// An upload of which all parts are in S3, and which nobody sees.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) key: String,
    id: String,
    parts: Vec<CompletedPart>,
    /// The value of [`UPLOAD`].
    pub(super) name: String,
}

impl Bucket {
    /// Uploads the parts of a file. If one fails, the upload is aborted.
    pub(super) async fn stage(&self, path: &Path, key: &str) -> Result<Staged, RemoteError> {
        let name = unique_name();
        let created = Box::pin(
            self.client
                .create_multipart_upload()
                .bucket(self.location.bucket())
                .key(key)
                .content_type(content_type(key))
                .metadata(UPLOAD, &name)
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .set_expected_bucket_owner(self.owner.clone())
                .send(),
        );
        let created = self.call(created).await;
        let created = created.map_err(|failure| self.failed("write", key, failure))?;
        let Some(id) = created.upload_id else {
            let failure = Failure::new(
                Reason::InvalidResponse,
                "CreateMultipartUpload returned no upload id",
            );
            return Err(self.failed("write", key, failure));
        };
        let mut staged = Staged {
            key: key.to_owned(),
            id,
            parts: Vec::new(),
            name,
        };
        match self.parts(path, &mut staged).await {
            Ok(()) => Ok(staged),
            Err(error) => {
                self.abort(staged).await;
                Err(error)
            }
        }
    }

    async fn parts(&self, path: &Path, staged: &mut Staged) -> Result<(), RemoteError> {
        let mut file = File::open(path).map_err(RemoteError::file(path))?;
        let size = file.metadata().map_err(RemoteError::file(path))?.len();
        let part = size.div_ceil(MOST_PARTS).max(PART);
        // An empty object has one empty part.
        for number in 1..=i32::try_from(size.div_ceil(part).max(1)).unwrap_or(i32::MAX) {
            let bytes = read_part(&mut file, part).map_err(RemoteError::file(path))?;
            let sent = Box::pin(
                self.client
                    .upload_part()
                    .bucket(self.location.bucket())
                    .key(&staged.key)
                    .upload_id(&staged.id)
                    .part_number(number)
                    .checksum_algorithm(ChecksumAlgorithm::Crc32)
                    .set_expected_bucket_owner(self.owner.clone())
                    .body(ByteStream::from(bytes))
                    .send(),
            );
            let sent = self.call(sent).await;
            let sent = sent.map_err(|failure| self.failed("write", &staged.key, failure))?;
            let part = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32);
            staged.parts.push(part.build());
        }
        Ok(())
    }

    /// Makes a staged upload the object, if the condition holds; returns its entity tag. If that
    /// fails, the upload is aborted.
    pub(super) async fn complete(
        &self,
        staged: Staged,
        condition: &Condition,
    ) -> Result<String, RemoteError> {
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(staged.parts.clone()))
            .build();
        let (absent, unchanged) = match condition {
            Condition::None => (None, None),
            Condition::Absent => (Some("*".to_owned()), None),
            Condition::Unchanged(etag) => (None, Some(etag.clone())),
        };
        let completed = Box::pin(
            self.client
                .complete_multipart_upload()
                .bucket(self.location.bucket())
                .key(&staged.key)
                .upload_id(&staged.id)
                .multipart_upload(parts)
                .set_if_none_match(absent)
                .set_if_match(unchanged)
                .set_expected_bucket_owner(self.owner.clone())
                .send(),
        );
        // Not cancelled: whether a call that was broken off has replaced the object is unknown.
        let error = match completed.await {
            Ok(done) => return Ok(done.e_tag.unwrap_or_default()),
            Err(error) => failure(&error),
        };
        // The answer of an earlier attempt may have been lost, and a repeated one is refused.
        if let Some(etag) = self.arrived(&staged).await {
            return Ok(etag);
        }
        let url = self.url(&staged.key);
        let changed = *condition != Condition::None && changed_meanwhile(&error);
        let error = if changed {
            RemoteError::Changed { url }
        } else {
            self.failed("write", &staged.key, error)
        };
        self.abort(staged).await;
        Err(error)
    }

    fn head(&self, key: &str) -> HeadObjectFluentBuilder {
        self.client
            .head_object()
            .bucket(self.location.bucket())
            .key(key)
            .set_expected_bucket_owner(self.owner.clone())
    }

    /// The entity tag of the object, if it is that of this upload.
    async fn arrived(&self, staged: &Staged) -> Option<String> {
        let head = Box::pin(self.head(&staged.key).send()).await.ok()?;
        let name = head.metadata()?.get(UPLOAD)?;
        (*name == staged.name).then(|| head.e_tag().unwrap_or_default().to_owned())
    }

    /// Whether an object is that of the upload of this name.
    pub(super) async fn is_of_upload(
        &self,
        object: &Object,
        name: &str,
    ) -> Result<bool, RemoteError> {
        let head = Box::pin(self.head(&object.key).if_match(&object.etag).send());
        let head = self.call(head).await;
        let head = head.map_err(|failure| self.failed("read", &object.key, failure))?;
        let metadata = head.metadata.unwrap_or_default();
        Ok(metadata.get(UPLOAD).is_some_and(|it| it == name))
    }

    /// Proves that a key can be written, without writing it: begins an upload and aborts it.
    pub(super) async fn prove(&self, key: &str) -> Result<(), RemoteError> {
        let created = Box::pin(
            self.client
                .create_multipart_upload()
                .bucket(self.location.bucket())
                .key(key)
                .set_expected_bucket_owner(self.owner.clone())
                .send(),
        );
        let created = self.call(created).await;
        let created = created.map_err(|failure| self.failed("write", key, failure))?;
        let aborted = Box::pin(
            self.client
                .abort_multipart_upload()
                .bucket(self.location.bucket())
                .key(key)
                .set_upload_id(created.upload_id)
                .set_expected_bucket_owner(self.owner.clone())
                .send(),
        );
        let aborted = self.call(aborted).await.map(drop);
        aborted.map_err(|failure| self.failed("abort an upload of", key, failure))
    }

    /// Removes the parts of an upload. What cannot be removed is invisible, and a lifecycle rule for
    /// incomplete multipart uploads removes it.
    pub(super) async fn abort(&self, staged: Staged) {
        let key = staged.key;
        let aborted = Box::pin(
            self.client
                .abort_multipart_upload()
                .bucket(self.location.bucket())
                .key(&key)
                .upload_id(staged.id)
                .set_expected_bucket_owner(self.owner.clone())
                .send(),
        )
        .await;
        if let Err(error) = aborted {
            tracing::debug!(
                "cannot abort the upload of `{}`: {}",
                self.url(&key),
                failure(&error)
            );
        }
    }

    /// Stages files, then completes them in this order once all of them are there. If one cannot be
    /// staged, all are aborted and nothing has changed in the bucket.
    pub(super) async fn upload(
        &self,
        files: &[(PathBuf, String)],
        condition: &Condition,
    ) -> Result<Vec<String>, RemoteError> {
        let mut staged = Vec::new();
        for (path, key) in files {
            match self.stage(path, key).await {
                Ok(upload) => staged.push(upload),
                Err(error) => {
                    self.abort_all(staged).await;
                    return Err(error);
                }
            }
        }
        let mut etags = Vec::new();
        let mut left = staged.into_iter();
        while let Some(upload) = left.next() {
            match self.complete(upload, condition).await {
                Ok(etag) => etags.push(etag),
                Err(error) => {
                    self.abort_all(left.collect()).await;
                    return Err(error);
                }
            }
        }
        Ok(etags)
    }

    async fn abort_all(&self, staged: Vec<Staged>) {
        for upload in staged {
            self.abort(upload).await;
        }
    }
}

/// A name that no other upload has.
fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = jiff::Timestamp::now().as_nanosecond();
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{now}-{process}-{count}")
}

/// The next part of a file; shorter at its end.
fn read_part(file: &mut File, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The content type of a file by its name, so that a browser shows a page as one.
fn content_type(key: &str) -> &'static str {
    let ending = key.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "csv" => "text/csv; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
