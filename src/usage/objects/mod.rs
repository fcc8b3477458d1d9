//! The embedded engine: query logs and flow logs in S3, listed, fetched and summed here, into the same
//! rows that Logs Insights returns.
//!
//! A unit is one VPC (query logs), or one flow log and day. What is in memory follows the largest
//! unit: chunks of objects under way, the keys of the unit, and its sums.

mod bucket;
pub mod dns;
pub mod files;
pub mod flow;
mod flow_sums;
mod flow_text;
mod gunzip;
mod gzip;
pub mod key;
pub(in crate::usage) mod listing;
mod object_list;
#[cfg(feature = "parquet")]
mod parquet;
mod reader;
mod settings;
mod workers;

pub(in crate::usage) use self::dns::lateness;
pub use self::{
    bucket::Bucket,
    listing::{Listing, count},
    reader::ObjectReader,
};

/// IAM actions that reading objects needs on the buckets; with `kms:Decrypt` on the key of encrypted ones.
pub const ACTIONS: &[&str] = &["s3:GetObject", "s3:ListBucket"];
