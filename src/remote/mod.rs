//! Reports and run stores in S3.
//!
//! Owns what is written to and read from a bucket that the user names: the files of a report
//! ([`reports`]), and the run store ([`store_copy`]), each made as a local file first. The caller's
//! credentials are used, whichever role the scan assumes elsewhere.
//!
//! Every object is a multipart upload, whatever its size: parts are invisible until the upload is
//! completed, so that all bytes are in S3 before the first object is replaced. An upload that
//! fails is aborted. Encryption is that of the bucket; every part carries a checksum.

mod bucket;
mod error;
pub mod reports;
pub mod store_copy;
mod upload;

pub use self::{bucket::Bucket, error::RemoteError};

/// What reports and run stores need on their keys. Reading is needed for reports too: it shows whether
/// an upload arrived whose answer was lost.
pub const OBJECT_ACTIONS: &[&str] = &["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
/// What they need on the bucket, below the prefix.
pub const BUCKET_ACTIONS: &[&str] = &["s3:ListBucket"];
