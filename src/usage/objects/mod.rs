//! The embedded engine: query logs and flow logs in S3, listed, fetched and summed here, into the same
//! rows that Logs Insights returns.
//!
//! A unit is one VPC (query logs), or one flow log and day. What is in memory follows the largest
//! unit: chunks of objects under way, the keys of the unit, and its sums.

mod bucket;
pub mod dns;
pub mod flow;
mod flow_text;
mod gunzip;
mod key;
mod listing;
#[cfg(feature = "parquet")]
mod parquet;
mod workers;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

pub use self::{
    bucket::Bucket,
    listing::{Listing, count},
};
use crate::{config::Objects, model::coverage::Failure};

/// IAM actions that reading objects needs on the buckets; with `kms:Decrypt` on the key of encrypted ones.
pub const ACTIONS: &[&str] = &["s3:GetObject", "s3:ListBucket"];

/// Units read at once: more would only add memory, as one keeps all workers busy.
const UNITS: usize = 2;

/// What all units of a scan share.
#[derive(Debug)]
pub struct ObjectReader {
    units: Semaphore,
    /// The prefixes of each VPC's objects, by bucket and prefix.
    vpc_prefixes: Mutex<HashMap<(String, String), Arc<PrefixCell>>>,
    refused: OnceLock<Failure>,
}

type VpcPrefixes = BTreeMap<String, Vec<String>>;
type PrefixCell = OnceCell<Result<VpcPrefixes, Failure>>;

impl Default for ObjectReader {
    fn default() -> Self {
        Self {
            units: Semaphore::new(UNITS),
            vpc_prefixes: Mutex::default(),
            refused: OnceLock::new(),
        }
    }
}

impl ObjectReader {
    /// Waits for its turn to read a unit.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.units.acquire().await.ok()
    }

    /// Lets no object be read: there are more than may be.
    pub fn refuse(&self, why: Failure) {
        let _ = self.refused.set(why);
    }

    /// Why no object may be read.
    pub fn refusal(&self) -> Option<&Failure> {
        self.refused.get()
    }

    fn prefix_cell(&self, bucket: &Bucket) -> Arc<PrefixCell> {
        let at = (bucket.name.clone(), bucket.prefix.clone());
        let mut all = self
            .vpc_prefixes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(at).or_default())
    }
}

impl Objects {
    /// Threads that unpack and count.
    fn threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => workers,
        }
    }

    /// Where objects are read that are delivered to a bucket and prefix: the place of `objects.mirror` if
    /// one is set for the bucket.
    fn read_from(&self, bucket: &str, prefix: &str) -> (String, String) {
        let arn = format!("arn:aws:s3:::{bucket}");
        let mirrored = self.mirror.iter().find_map(|(from, to)| {
            let pattern = glob::Pattern::new(from).ok()?;
            let to = to.as_str()?.strip_prefix("s3://")?;
            pattern.matches(&arn).then_some(to)
        });
        let Some(to) = mirrored else {
            return (bucket.to_owned(), prefix.to_owned());
        };
        let (bucket, folder) = to.split_once('/').unwrap_or((to, ""));
        let folder = folder.trim_matches('/');
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        (bucket.to_owned(), format!("{folder}{prefix}"))
    }
}
