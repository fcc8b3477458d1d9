//! What reading logs in S3 took: requests and bytes that AWS bills.

use serde::{Deserialize, Serialize};

use super::id::Region;

/// Requests and bytes of reading objects of one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectCounts {
    /// Requests that listed keys.
    pub lists: u64,
    /// Requests that read objects.
    pub gets: u64,
    /// Bytes that were fetched, compressed.
    pub bytes: u64,
    /// Bytes that Athena bills: what it scanned, and at least [`ATHENA_LEAST`] a query.
    pub athena_bytes: u64,
}

/// The least that Athena bills for a query, bytes (<https://aws.amazon.com/athena/pricing/>).
pub const ATHENA_LEAST: u64 = 10 << 20;

impl ObjectCounts {
    /// Adds what was read besides.
    pub fn absorb(&mut self, other: Self) {
        self.lists = self.lists.saturating_add(other.lists);
        self.gets = self.gets.saturating_add(other.gets);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.athena_bytes = self.athena_bytes.saturating_add(other.athena_bytes);
    }

    /// What Athena bills for a query that scanned so many bytes; one that scanned none is free.
    pub fn billed(scanned: u64) -> u64 {
        match scanned {
            0 => 0,
            scanned => scanned.max(ATHENA_LEAST),
        }
    }
}

/// What was read of a bucket, and from where to where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectRoute {
    /// The Region of the bucket.
    pub bucket: Region,
    /// The Region that reads: that of the caller's configuration, or of Athena's workgroup.
    pub reader: Region,
}

/// What reading one place took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectReads {
    /// From where to where.
    pub route: ObjectRoute,
    /// How much.
    pub counts: ObjectCounts,
}

impl ObjectReads {
    /// Adds what an earlier try took.
    pub fn add(sum: &mut Option<Self>, other: Option<Self>) {
        match (sum, other) {
            (Some(sum), Some(other)) => sum.counts.absorb(other.counts),
            (none, other) => *none = none.take().or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_athena_is_billed_at_least_ten_megabytes() {
        assert_eq!(ObjectCounts::billed(0), 0);
        assert_eq!(ObjectCounts::billed(1), 10_485_760);
        assert_eq!(ObjectCounts::billed(10_485_761), 10_485_761);
    }
}
