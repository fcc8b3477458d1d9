//! The sums of a report.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{coverage::Step, money::Amount};

/// Sums over the organization. A sum of partly unknown figures is the sum of the known ones, and
/// the field `…_unknown` beside it states how many are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Accounts in the organization, or named by hand.
    pub accounts: u64,
    /// Accounts with credentials and at least one region looked at.
    pub accounts_scanned: u64,
    /// Regions looked at in at least one account.
    pub regions: u64,
    /// VPCs, a shared one once.
    pub vpcs: u64,
    /// VPCs with an active query log association.
    pub vpcs_logged: u64,
    /// VPCs of which this could not be read.
    pub vpcs_logging_unknown: u64,
    /// DNS queries of these VPCs; unknown if those of no VPC are known.
    pub dns_queries: Option<u64>,
    /// Those to AWS services.
    pub aws_queries: Option<u64>,
    /// Queries in the logs by VPCs that are not in this report (deleted, or out of scope).
    pub unlisted_vpc_queries: u64,
    /// NAT gateways.
    pub nat_gateways: u64,
    /// What the NAT gateways with a known cost cost a month, US dollars; unknown if none is known.
    pub nat_monthly_usd: Option<Amount>,
    /// NAT gateways whose price or bytes are unknown.
    pub nat_gateways_cost_unknown: u64,
    /// Those of them whose price is unknown.
    pub nat_gateways_price_unknown: u64,
    /// The regions of these.
    pub nat_gateways_price_unknown_regions: u64,
    /// Those of them that are regional. Where both prices are known, a regional NAT gateway costs the same as a
    /// zonal one, in each zone; no cost is calculated from that.
    #[serde(default)]
    pub nat_gateways_regional_price_unknown: u64,
    /// What the public IPv4 addresses of NAT gateways cost a month, US dollars, where it is known.
    pub nat_public_ipv4_monthly_usd: Option<Amount>,
    /// Endpoints.
    pub endpoints: u64,
    /// What the endpoints with a known cost cost a month, US dollars; unknown if none is known.
    pub endpoints_monthly_usd: Option<Amount>,
    /// Endpoints whose hours are in this sum, but not their data, which was not measured.
    pub endpoints_data_unknown: u64,
    /// Endpoints of which not even the hours have a known price.
    pub endpoints_price_unknown: u64,
    /// The regions of these.
    pub endpoints_price_unknown_regions: u64,
    /// NAT gateways whose bytes flow logs show.
    pub nat_gateways_flow_logged: u64,
    /// Bytes through those NAT gateways, as the flow logs have them.
    pub flow_log_bytes: Option<u64>,
    /// Of these, the bytes whose service is known.
    pub attributed_bytes: Option<u64>,
    /// Of these, the bytes of one of several services.
    pub ambiguous_bytes: Option<u64>,
    /// Of these, the bytes that nothing names.
    pub unmatched_bytes: Option<u64>,
    /// `attributed_bytes` of `flow_log_bytes`.
    pub attributed_percent: Option<f64>,
    /// How much more the flow logs have than the metrics, where both are known.
    pub flow_log_difference_percent: Option<f64>,
    /// The format of a flow log that would show the bytes of the VPCs of which they are unknown.
    pub flow_log_format: Option<String>,
    /// Bytes that Logs Insights scanned for this run.
    pub logs_bytes_scanned: u64,
    /// What that costs, US dollars, without the bytes below; unknown if no price is known.
    pub logs_scan_usd: Option<Amount>,
    /// Bytes scanned in regions whose price is not known.
    pub logs_bytes_unpriced: u64,
    /// Metrics of NAT gateways that CloudWatch was asked for.
    pub metrics_requested: u64,
    /// What that costs, US dollars, without those below; unknown if no price is known.
    pub metrics_usd: Option<Amount>,
    /// Metrics asked for in regions whose price is not known.
    pub metrics_unpriced: u64,
    /// GB of query logs a month that the log groups take in, at the rate of the window.
    pub query_logs_gb_month: Option<Amount>,
    /// What taking them in costs a month, US dollars, without those below.
    pub query_logs_monthly_usd: Option<Amount>,
    /// GB of them in regions whose price is not known.
    pub query_logs_gb_month_unpriced: Option<Amount>,
    /// Log groups of query logs of which nobody knows how much they take in.
    pub query_log_groups_unmeasured: u64,
    /// Opportunities to act on: rows whose action is not `none`.
    pub opportunities: u64,
    /// What those with a measured saving save a month, US dollars; unknown if none is measured.
    pub monthly_saving_usd: Option<Amount>,
    /// Opportunities to act on whose saving is not known.
    pub opportunities_saving_unknown: u64,
    /// The hours of what could be removed and was not measured, US dollars a month; not in
    /// `monthly_saving_usd`.
    pub removable_monthly_usd: Option<Amount>,
    /// Gaps by reason: cells that leave out something that was wanted.
    pub gaps: BTreeMap<String, u64>,
    /// What could not be listed in any account and Region (`vpcs`, `nat_gateways`, `endpoints`): the counts
    /// of these are unknown, and no zero.
    #[serde(default)]
    pub not_listed: Vec<String>,
    /// Requests to S3 that listed and read logs for this run.
    #[serde(default)]
    pub object_requests: u64,
    /// Bytes of logs that were fetched from S3, compressed.
    #[serde(default)]
    pub object_bytes: u64,
    /// What these requests cost, and the transfer of the bytes from other Regions, US dollars; unknown if a price is
    /// not known, or if no log is in S3.
    #[serde(default)]
    pub objects_usd: Option<Amount>,
    /// Bytes that Athena bills for this run: at least 10 MB a query.
    #[serde(default)]
    pub athena_bytes_billed: u64,
    /// What that costs, US dollars; unknown if a price is not known, or if no log is in S3.
    #[serde(default)]
    pub athena_usd: Option<Amount>,
    /// Requests to Cost Explorer that read the bill (`scan --bill`).
    #[serde(default)]
    pub bill_requests: u64,
    /// Bytes that Athena bills for reading the bill from a table: at least 10 MB.
    #[serde(default)]
    pub bill_athena_bytes: u64,
    /// What reading the bill cost, US dollars; unknown if none was read, or if the price of Athena is not known.
    #[serde(default)]
    pub bill_usd: Option<Amount>,
    /// NAT gateways that existed for less than 24 hours of the window, or of a shorter window: no figure of a month
    /// is made of that. They are among `nat_gateways_cost_unknown`.
    #[serde(default)]
    pub nat_gateways_young: u64,
}

impl Totals {
    /// Whether the things that a step lists were listed somewhere.
    pub fn is_listed(&self, step: Step) -> bool {
        !self.not_listed.iter().any(|it| it == step.name())
    }
}
