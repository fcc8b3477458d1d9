//! Resources of an account that decide what turning logs on or off has to do, with their tags.

use std::collections::BTreeSet;

use super::{Tags, is_ours};
use crate::model::id::{Arn, FlowLogId};

/// A log group that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingLogGroup {
    /// Its name.
    pub name: String,
    /// Days after which its events are deleted; none if they are kept forever.
    pub retention_days: Option<u32>,
    /// Its tags.
    pub tags: Tags,
}

impl ExistingLogGroup {
    /// Whether the program made it.
    pub fn is_ours(&self) -> bool {
        is_ours(&self.tags)
    }
}

/// A resource policy of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// Its name.
    pub name: String,
    /// The document, JSON.
    pub document: String,
}

/// A RAM resource share that the account owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceShare {
    /// Its ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
    /// The principals it is shared with: account ids, or ARNs.
    pub principals: BTreeSet<String>,
    /// ARNs of the shared resources.
    pub resources: BTreeSet<String>,
}

/// A flow log with what proves who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedFlowLog {
    /// `fl-…`.
    pub flow_log_id: FlowLogId,
    /// The logged resource.
    pub resource_id: String,
    /// The log group, if it has one.
    pub log_group: Option<String>,
    /// The role that delivers it.
    pub role_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An IAM role that may deliver flow logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRole {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Its tags.
    pub tags: Tags,
    /// Its trust policy, JSON.
    pub trust_policy: String,
    /// The document of the inline policy with the name that was asked for, JSON.
    pub policy: Option<String>,
}
