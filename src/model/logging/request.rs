//! What `logging enable` was asked for.

use serde::{Deserialize, Serialize};

use super::bucket::LogBucket;
use crate::model::id::{AccountId, VpcId};

/// Where logs go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "where", deny_unknown_fields)]
pub enum Destination {
    /// A log group in each account and region.
    Own {},
    /// A log group a region in one account.
    Central {
        /// That account.
        account_id: AccountId,
        /// Whether the configurations are shared with the organization, or with single accounts.
        with_organization: bool,
    },
    /// A bucket.
    S3 {
        /// That bucket.
        bucket: LogBucket,
    },
}

/// What is to be turned on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what", deny_unknown_fields)]
pub enum RequestedLogs {
    /// Resolver query logs.
    Dns {
        /// Where they go.
        destination: Destination,
    },
    /// VPC flow logs.
    Flow {
        /// Of NAT gateways alone.
        nat_only: bool,
        /// 60 or 600.
        aggregation_seconds: u32,
        /// The IAM role that delivers them to log groups.
        delivery_role: String,
        /// The bucket that takes them; none for log groups.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bucket: Option<LogBucket>,
        /// Whether the objects are Parquet.
        #[serde(default)]
        parquet: bool,
    },
}

impl RequestedLogs {
    /// The bucket that takes the logs; none if log groups do.
    pub fn bucket(&self) -> Option<&LogBucket> {
        match self {
            Self::Dns {
                destination: Destination::S3 { bucket },
            } => Some(bucket),
            Self::Dns { .. } => None,
            Self::Flow { bucket, .. } => bucket.as_ref(),
        }
    }
}

/// What `logging enable` was asked for, scope apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What is to be turned on.
    pub wanted: RequestedLogs,
    /// The log group; it takes nothing if a bucket does.
    pub log_group: String,
    /// Days after which events of log groups of ours are deleted.
    pub retention_days: u32,
    /// These VPCs only; empty for all.
    pub vpc_ids: Vec<VpcId>,
}
