//! The account of what was looked at: one [`Cell`] for each (account, region, step).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::id::{AccountId, Region};

/// A step of the scan, named as in `coverage.csv`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// Listing the accounts and organizational units.
    Organization,
    /// Getting credentials for the account.
    AssumeRole,
    /// Asking the account which regions it has enabled.
    Regions,
    /// VPCs.
    Vpcs,
    /// Subnets.
    Subnets,
    /// Route tables.
    RouteTables,
    /// NAT gateways.
    NatGateways,
    /// VPC endpoints.
    Endpoints,
    /// Network interfaces of endpoints and NAT gateways.
    NetworkInterfaces,
    /// Security groups of interface endpoints.
    SecurityGroups,
    /// Attachments to transit gateways, and where these lead.
    TransitGateways,
    /// Endpoint services that the region offers.
    EndpointServices,
    /// Resolver query log configurations and their associations.
    QueryLogging,
    /// Flow logs.
    FlowLogs,
    /// Counting the DNS queries of the VPCs.
    DnsUsage,
    /// Summing the bytes of the flow logs.
    FlowUsage,
    /// NAT gateway metrics.
    NatMetrics,
    /// Metrics of interface and Gateway Load Balancer endpoints.
    EndpointMetrics,
    /// Internet gateways and egress-only internet gateways.
    InternetGateways,
    /// VPC Block Public Access of the Region, and its exclusions.
    VpcBlockPublicAccess,
    /// DNS attributes of the VPCs where a judgement depends on them.
    VpcDnsAttributes,
    /// Route 53 Profiles of the VPCs, and the query log configurations that they carry.
    Route53Profiles,
    /// Published endpoint services of partners that a VPC calls: only where one does.
    PartnerServices,
    /// What AWS billed on the days of the window: only if it is asked for.
    Bill,
}

impl Step {
    /// The steps that run in every enabled region of an account.
    pub const REGIONAL: [Self; 19] = [
        Self::Vpcs,
        Self::Subnets,
        Self::RouteTables,
        Self::NatGateways,
        Self::Endpoints,
        Self::NetworkInterfaces,
        Self::SecurityGroups,
        Self::TransitGateways,
        Self::EndpointServices,
        Self::QueryLogging,
        Self::FlowLogs,
        Self::DnsUsage,
        Self::FlowUsage,
        Self::NatMetrics,
        Self::EndpointMetrics,
        Self::InternetGateways,
        Self::VpcBlockPublicAccess,
        Self::VpcDnsAttributes,
        Self::Route53Profiles,
    ];

    /// The steps that show where VPCs send their query logs.
    pub const QUERY_LOGGING: [Self; 3] = [Self::Vpcs, Self::QueryLogging, Self::Route53Profiles];

    /// The step's name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Why a cell is not complete, named as in `coverage.csv`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// The account is suspended, closing or closed.
    AccountSuspended,
    /// A filter left it out.
    Excluded,
    /// The role of the account could not be assumed.
    RoleDenied,
    /// The call was denied.
    AccessDenied,
    /// The call was denied by a service control policy.
    ScpDenied,
    /// The region is not enabled in the account.
    RegionDisabled,
    /// Throttled until the attempts ran out.
    Throttled,
    /// No answer: connection refused, dropped or timed out, or a 5xx status.
    Unreachable,
    /// The credentials expired.
    Expired,
    /// An answer that could not be understood.
    InvalidResponse,
    /// No VPC of the cell has the logs that the step reads.
    NotLogged,
    /// The log group that the configuration names does not exist.
    LogGroupMissing,
    /// The bucket that the configuration names does not exist.
    BucketMissing,
    /// Objects are in an archive storage class and have to be restored before they can be read.
    Archived,
    /// The table in Athena is missing, or has other columns than the statements expect.
    TableMismatch,
    /// The logs go to a place that is not read (Firehose).
    DestinationUnsupported,
    /// More rows than could be fetched: what is there is incomplete.
    Truncated,
    /// The limit on scanned data was reached.
    Budget,
    /// Stopped by the user.
    Cancelled,
    /// The shard of the account is missing in the runs that were merged.
    ShardMissing,
    /// Anything else; see the error code.
    Other,
}

impl Reason {
    /// The reason's name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether something that was wanted is missing. A suspended account, a filter, a region that
    /// is off and a VPC that logs nothing are states of the organization, not gaps of the scan.
    pub fn is_gap(self) -> bool {
        !matches!(
            self,
            Self::AccountSuspended | Self::Excluded | Self::RegionDisabled | Self::NotLogged
        )
    }

    /// Whether the scan was broken off rather than refused: what was wanted is asked again when
    /// the run continues.
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::Expired | Self::Cancelled)
    }
}

/// How a cell ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// All of it was read.
    Complete,
    /// Not tried, for the reason given.
    Skipped,
    /// Tried, and missing or incomplete.
    Failed,
}

impl Outcome {
    /// The outcome's name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What went wrong with a call, in the words of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class of the failure.
    pub reason: Reason,
    /// The error code of the service, `UnauthorizedOperation` and so on.
    pub code: Option<String>,
    /// What happened, in one line.
    pub message: String,
    /// The request id, for AWS support.
    pub request_id: Option<String>,
}

impl std::error::Error for Failure {}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(out, "{} ({code})", self.message),
            None => out.write_str(&self.message),
        }
    }
}

impl Failure {
    /// A failure that no service reported.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            code: None,
            message: message.into(),
            request_id: None,
        }
    }
}

/// One (account, region, step) and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The account; none for the step `organization`.
    pub account_id: Option<AccountId>,
    /// The region; none for steps of a whole account.
    pub region: Option<Region>,
    /// The step.
    pub step: Step,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it is not complete.
    pub reason: Option<Reason>,
    /// The service's error code.
    pub error_code: Option<String>,
    /// One line for people; also a remark on a complete cell.
    pub message: Option<String>,
    /// The request id of the call that failed.
    pub request_id: Option<String>,
    /// HTTP attempts made, repeats and pages included.
    pub attempts: u32,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

impl Cell {
    /// A complete cell without calls yet.
    pub fn complete(account_id: Option<AccountId>, region: Option<Region>, step: Step) -> Self {
        Self {
            account_id,
            region,
            step,
            outcome: Outcome::Complete,
            reason: None,
            error_code: None,
            message: None,
            request_id: None,
            attempts: 0,
            duration_ms: 0,
        }
    }

    /// The same cell, skipped for `reason`.
    #[must_use]
    pub fn skipped(self, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Skipped,
            reason: Some(reason),
            message: Some(message.into()),
            ..self
        }
    }

    /// The same cell, failed with `failure`.
    #[must_use]
    pub fn failed(self, failure: Failure) -> Self {
        Self {
            outcome: Outcome::Failed,
            reason: Some(failure.reason),
            error_code: failure.code,
            message: Some(failure.message),
            request_id: failure.request_id,
            ..self
        }
    }

    /// The same cell with a remark.
    #[must_use]
    pub fn remark(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }

    /// Why the cell is not complete, if it is not.
    pub fn failure(&self) -> Option<Failure> {
        (self.outcome != Outcome::Complete).then(|| Failure {
            reason: self.reason.unwrap_or(Reason::Other),
            code: self.error_code.clone(),
            message: self.message.clone().unwrap_or_default(),
            request_id: self.request_id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialized_names() {
        for step in Step::VARIANTS {
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
        }
        for reason in Reason::VARIANTS {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
