//! What all units of a scan share.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use super::bucket::Bucket;
use crate::model::coverage::Failure;

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

pub(super) type VpcPrefixes = BTreeMap<String, Vec<String>>;
pub(super) type PrefixCell = OnceCell<Result<VpcPrefixes, Failure>>;

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
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
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

    pub(super) fn prefix_cell(&self, bucket: &Bucket) -> Arc<PrefixCell> {
        let at = (bucket.name.clone(), bucket.prefix.clone());
        let mut all = self
            .vpc_prefixes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(at).or_default())
    }
}
