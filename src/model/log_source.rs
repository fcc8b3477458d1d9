//! What makes logs: query logging configurations with their associations, and flow logs.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    flow_format::{self, FormatError, LogFormat},
    id::{AccountId, Arn, FlowLogId, ProfileId, QueryLogConfigId, VpcId},
    kind::{DeliveryStatus, LogDestinationType, QueryLogStatus, TrafficType},
    target::Target,
};

/// A Resolver query log configuration, own or shared over RAM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryLogConfig {
    /// `rqlc-…`.
    pub config_id: QueryLogConfigId,
    /// The account that owns it.
    pub owner_account_id: AccountId,
    /// Its name.
    pub name: Option<String>,
    /// Where the logs go: a log group, a bucket or a delivery stream.
    pub destination: Arn,
    /// `CREATING`, `CREATED`, `DELETING` or `FAILED`.
    pub status: QueryLogStatus,
}

/// The association of a VPC with a query log configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryLogAssociation {
    /// Where it was seen.
    pub target: Target,
    /// The configuration.
    pub config_id: QueryLogConfigId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// `CREATING`, `ACTIVE`, `ACTION_NEEDED`, `DELETING` or `FAILED`.
    pub status: QueryLogStatus,
    /// `NONE`, `DESTINATION_NOT_FOUND`, `ACCESS_DENIED` or `INTERNAL_SERVICE_ERROR`.
    pub error: Option<String>,
    /// AWS's words on the error; not read in runs of before 2026-11-27.
    #[serde(default)]
    pub error_message: Option<String>,
    /// When it was made; not read in runs of before 2026-11-22.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// The Route 53 Profile that carries the configuration to the VPC; none if the VPC is associated
    /// with the configuration itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_id: Option<ProfileId>,
}

/// What the status of an association means for the logs of its VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssociationState {
    /// `ACTIVE`: queries are logged.
    Logging,
    /// `CREATING`.
    Starting,
    /// `DELETING`.
    Stopping,
    /// `FAILED`, `ACTION_NEEDED` or a status that AWS adds later: no query is logged.
    Failed,
}

impl QueryLogAssociation {
    /// What its status means.
    pub fn state(&self) -> AssociationState {
        match self.status {
            QueryLogStatus::Active => AssociationState::Logging,
            QueryLogStatus::Creating => AssociationState::Starting,
            QueryLogStatus::Deleting => AssociationState::Stopping,
            _ => AssociationState::Failed,
        }
    }

    /// Why a failed association logs nothing, in AWS's words; none if it has not failed.
    pub fn failure(&self) -> Option<String> {
        if self.state() != AssociationState::Failed {
            return None;
        }
        let mut text = match &self.profile_id {
            None => format!("{} is {}", self.config_id, self.status),
            Some(profile) => format!("{} of {profile} is {}", self.config_id, self.status),
        };
        if let Some(error) = self.error.as_deref().filter(|error| *error != "NONE") {
            let _ = write!(text, " ({error})");
        }
        if let Some(message) = &self.error_message {
            let _ = write!(text, ": {message}");
        }
        Some(text)
    }
}

/// How a flow log writes to S3 (`DestinationOptions`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(default)]
pub struct FlowLayout {
    /// Apache Parquet instead of text (`FileFormat`).
    pub parquet: bool,
    /// Folders as Hive names them (`HiveCompatiblePartitions`).
    pub hive: bool,
    /// A folder an hour (`PerHourPartition`).
    pub hourly: bool,
}

/// A flow log of a VPC, a subnet, a network interface, a transit gateway or an attachment to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// Where it is.
    pub target: Target,
    /// `fl-…`.
    pub flow_log_id: FlowLogId,
    /// `vpc-…`, `subnet-…`, `eni-…` and so on.
    pub resource_id: String,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    pub destination_type: LogDestinationType,
    /// The log group's name, or the destination's ARN.
    pub destination: Option<String>,
    /// The format, `${version} ${account-id} …`.
    pub log_format: Option<String>,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub traffic_type: Option<TrafficType>,
    /// `SUCCESS` or `FAILED`.
    pub deliver_logs_status: Option<DeliveryStatus>,
    /// What stops the delivery.
    pub deliver_logs_error: Option<String>,
    /// When it was made; not read in runs of before 2026-11-22.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Seconds that it gathers before it writes; not read in runs of before 2026-11-22.
    #[serde(default)]
    pub aggregation_seconds: Option<u32>,
    /// How it writes to S3; not read in runs of before 2026-11-27.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<FlowLayout>,
}

impl FlowLog {
    /// The fields of its records. A flow log without a format has AWS's default.
    ///
    /// # Errors
    ///
    /// If the format cannot be read.
    pub fn format(&self) -> Result<LogFormat, FormatError> {
        let default = if self.is_of_transit_gateway() {
            flow_format::TRANSIT_GATEWAY_DEFAULT
        } else {
            flow_format::DEFAULT
        };
        LogFormat::parse(self.log_format.as_deref().unwrap_or(default))
    }

    /// Whether it is of a transit gateway or an attachment to one.
    pub fn is_of_transit_gateway(&self) -> bool {
        self.resource_id.starts_with("tgw-")
    }

    /// Whether its records are those of accepted and rejected traffic, and do not show which is which.
    /// Flow logs of transit gateways have no traffic type.
    pub fn mixes_rejected_traffic(&self, format: &LogFormat) -> bool {
        let one_sort = [Some(TrafficType::Accept), Some(TrafficType::Reject)];
        let all = !one_sort.contains(&self.traffic_type) && !self.is_of_transit_gateway();
        all && !format.has("action")
    }
}
