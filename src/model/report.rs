//! The view model: the rows of every table, in the order and under the names of the contract
//! (docs/reports.md). The renderers print it and decide nothing.
//!
//! A field is a column; `None` is unknown. Lists are joined by `;` in CSV.
#![expect(
    missing_docs,
    reason = "the columns are described once, in docs/reports.md"
)]

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bytes::FlowUsageRow,
    classified::{Egress, HostKind, Path},
    coverage::{Outcome, Reason, Step},
    id::{AccountId, Region},
    money::{Amount, Price},
    opportunity::{Action, Basis, Caveat},
    posture::Finding,
    rows::Rows,
    run::Run,
};

/// The version of the contract that these tables follow.
pub const SCHEMA_VERSION: u32 = 1;

/// All tables of a run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// When the facts were complete, RFC 3339.
    #[schemars(with = "String")]
    pub generated_at: jiff::Timestamp,
    /// The program and its version.
    pub tool: String,
    /// The run.
    pub run: Run,
    /// Sums over the organization, and what they leave out.
    pub totals: Totals,
    /// Every unit price used.
    pub prices: Vec<Price>,
    /// `accounts.csv`
    pub accounts: Vec<AccountRow>,
    /// `coverage.csv`
    pub coverage: Rows<CoverageRow>,
    /// `vpcs.csv`
    pub vpcs: Rows<VpcRow>,
    /// `vpc_services.csv`
    pub vpc_services: Rows<VpcServiceRow>,
    /// `services.csv`
    pub services: Vec<ServiceRow>,
    /// `hosts.csv`
    pub hosts: Rows<HostRow>,
    /// `nat_gateways.csv`
    pub nat_gateways: Rows<NatGatewayRow>,
    /// `endpoints.csv`
    pub endpoints: Rows<EndpointRow>,
    /// `flow_usage.csv`
    pub flow_usage: Rows<FlowUsageRow>,
    /// `findings.csv`
    pub findings: Vec<FindingRow>,
    /// `opportunities.csv`
    pub opportunities: Rows<OpportunityRow>,
    /// `hub_or_own.csv`
    pub hub_or_own: Vec<HubOrOwnRow>,
    /// `vpc_hosts.json`, which is a file of its own.
    #[serde(skip)]
    pub vpc_hosts: Rows<VpcHosts>,
}

/// Sums over the organization. A sum of partly unknown figures is the sum of the known ones, and
/// the field `…_unknown` beside it says how many are left out.
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
    /// DNS queries of these VPCs.
    pub dns_queries: u64,
    /// Those to AWS services.
    pub aws_queries: u64,
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
    /// NAT gateways whose bytes flow logs tell.
    pub nat_gateways_flow_logged: u64,
    pub flow_log_bytes: Option<u64>,
    pub attributed_bytes: Option<u64>,
    pub ambiguous_bytes: Option<u64>,
    pub unmatched_bytes: Option<u64>,
    pub attributed_percent: Option<f64>,
    pub flow_log_difference_percent: Option<f64>,
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
}

/// A row of `accounts.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub ou_path: Option<String>,
    pub status: Option<String>,
    pub scanned: bool,
    pub regions_scanned: u64,
    pub vpcs: Option<u64>,
    pub reason: Option<String>,
}

/// A row of `coverage.csv`: one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageRow {
    pub account_id: Option<AccountId>,
    #[schemars(with = "Option<String>")]
    pub account_name: Option<Arc<str>>,
    pub region: Option<Region>,
    #[schemars(with = "String")]
    pub step: Step,
    #[schemars(with = "String")]
    pub outcome: Outcome,
    #[schemars(with = "Option<String>")]
    pub reason: Option<Reason>,
    pub error_code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    pub attempts: u32,
    pub duration_ms: u64,
}

/// A row of `vpcs.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VpcRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub region: Region,
    pub vpc_id: String,
    pub vpc_name: Option<String>,
    pub owner_account_id: AccountId,
    pub is_default: bool,
    pub cidrs: Vec<String>,
    pub dns_support: Option<bool>,
    pub dns_hostnames: Option<bool>,
    pub subnets: Option<u64>,
    pub availability_zones: Option<Vec<String>>,
    pub nat_gateways: Option<u64>,
    pub egress: Option<Vec<Egress>>,
    pub query_logging: String,
    pub query_log_destinations: Vec<String>,
    pub flow_logs: Vec<String>,
    pub endpoints: Option<u64>,
    pub dns_queries: Option<u64>,
    pub aws_queries: Option<u64>,
    pub aws_services: Option<u64>,
    pub egress_account_id: Option<AccountId>,
    pub egress_vpc_id: Option<String>,
    pub egress_nat_gateway_ids: Option<Vec<String>>,
}

/// A row of `vpc_services.csv`: a VPC and a service that it calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VpcServiceRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub region: Region,
    pub vpc_id: String,
    pub vpc_name: Option<String>,
    pub service: String,
    pub service_region: Option<String>,
    pub query_count: u64,
    pub query_share: Option<f64>,
    pub hosts: u64,
    pub top_host: String,
    pub sources: Option<u64>,
    pub endpoint_service_name: Option<String>,
    pub endpoint_types: Vec<String>,
    pub endpoint_supported: Option<bool>,
    pub endpoint_exists: Option<bool>,
    pub endpoint_ids: Vec<String>,
    pub path: Path,
    pub private_queries: u64,
    pub public_queries: u64,
    pub answers: Vec<String>,
    pub bytes_to_service: Option<u64>,
    pub bytes_from_service: Option<u64>,
    pub nat_bytes: Option<u64>,
    pub hub_account_id: Option<AccountId>,
    pub hub_vpc_id: Option<String>,
}

/// A row of `services.csv`: a service over the whole organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRow {
    pub service: String,
    pub accounts: u64,
    pub regions: u64,
    pub vpcs: u64,
    pub query_count: u64,
    pub query_share: Option<f64>,
    pub vpcs_with_endpoint: u64,
    pub vpcs_without_endpoint: u64,
    pub public_queries: u64,
    pub private_queries: u64,
    pub bytes: Option<u64>,
    pub monthly_saving_usd: Option<Amount>,
}

/// A row of `hosts.csv`: a VPC and a name in an AWS zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostRow {
    pub account_id: AccountId,
    pub region: Region,
    pub vpc_id: String,
    pub host: String,
    pub kind: HostKind,
    pub service: Option<String>,
    pub service_region: Option<String>,
    pub query_count: u64,
    pub nxdomain_queries: u64,
    pub answers: Vec<String>,
}

/// The hosts of one VPC.
#[derive(Clone, Debug, PartialEq)]
pub struct HostsOfVpc {
    pub account_id: AccountId,
    pub region: Region,
    pub vpc_id: String,
    pub hosts: Vec<HostRow>,
}

/// The same, in `vpc_hosts.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcHosts {
    /// `<account>/<region>/<vpc>`
    pub key: String,
    pub hosts: Vec<HostOfVpc>,
}

/// A host there.
#[derive(Clone, Debug, PartialEq)]
pub struct HostOfVpc {
    pub row: HostRow,
    pub endpoint_supported: Option<bool>,
    pub endpoint_exists: Option<bool>,
}

/// A row of `nat_gateways.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NatGatewayRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub region: Region,
    pub vpc_id: String,
    pub nat_gateway_id: String,
    pub name: Option<String>,
    pub state: String,
    pub connectivity_type: String,
    pub availability_mode: String,
    pub availability_zones: Vec<String>,
    pub created_at: Option<String>,
    pub window_hours: Option<Amount>,
    pub bytes_in_from_source: Option<u64>,
    pub bytes_in_from_destination: Option<u64>,
    pub gb_processed_month: Option<Amount>,
    pub hour_price_usd: Option<Amount>,
    pub gb_price_usd: Option<Amount>,
    pub monthly_hours_usd: Option<Amount>,
    pub monthly_data_usd: Option<Amount>,
    pub monthly_total_usd: Option<Amount>,
    pub idle: Option<bool>,
    pub flow_log_bytes: Option<u64>,
    pub attributed_bytes: Option<u64>,
    pub ambiguous_bytes: Option<u64>,
    pub unmatched_bytes: Option<u64>,
    pub flow_log_difference_percent: Option<f64>,
    pub public_ipv4_addresses: Option<u64>,
    pub monthly_public_ipv4_usd: Option<Amount>,
    pub window_billed_hours: Option<Amount>,
    pub window_usd: Option<Amount>,
    pub flow_log_skipped_records: Option<u64>,
}

/// A row of `endpoints.csv`: an existing endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub region: Region,
    pub vpc_id: String,
    pub endpoint_id: String,
    pub service: String,
    pub endpoint_type: String,
    pub state: String,
    pub private_dns_enabled: Option<bool>,
    pub subnets: Vec<String>,
    pub availability_zones: Option<Vec<String>>,
    pub missing_availability_zones: Option<Vec<String>>,
    pub route_tables: Vec<String>,
    pub missing_route_tables: Option<Vec<String>>,
    pub security_group_allows_443: Option<bool>,
    pub full_access_policy: Option<bool>,
    pub monthly_usd: Option<Amount>,
    pub findings: Vec<Finding>,
    pub monthly_hours_usd: Option<Amount>,
    pub gb_processed_month: Option<Amount>,
    pub monthly_data_usd: Option<Amount>,
}

/// A row of `findings.csv`: what an id in the column `findings` of `endpoints.csv` means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingRow {
    pub finding: Finding,
    pub endpoints: u64,
    pub meaning: String,
}

/// A row of `opportunities.csv`: what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpportunityRow {
    pub account_id: AccountId,
    pub account_name: Option<String>,
    pub region: Region,
    pub vpc_id: String,
    pub vpc_name: Option<String>,
    pub service: Option<String>,
    pub endpoint_service_name: Option<String>,
    pub endpoint_type: Option<String>,
    pub action: Action,
    pub reason: String,
    pub basis: Basis,
    pub query_count: Option<u64>,
    pub gb_month: Option<Amount>,
    pub monthly_endpoint_usd: Option<Amount>,
    pub monthly_nat_usd: Option<Amount>,
    pub monthly_saving_usd: Option<Amount>,
    pub saving_ceiling_usd: Option<Amount>,
    pub break_even_gb_month: Option<Amount>,
    pub hub_account_id: Option<AccountId>,
    pub hub_vpc_id: Option<String>,
    pub caveats: Vec<Caveat>,
}

/// A row of `hub_or_own.csv`: a region, a service, and the cheapest way for the VPCs that call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HubOrOwnRow {
    pub region: Region,
    pub service: String,
    pub vpcs: u64,
    pub vpcs_measured: u64,
    pub gb_month: Option<Amount>,
    pub monthly_now_usd: Option<Amount>,
    pub monthly_best_usd: Option<Amount>,
    pub public_vpcs: Option<u64>,
    pub own_endpoint_vpcs: Option<u64>,
    pub hub_vpcs: Option<u64>,
    pub hub_account_id: Option<AccountId>,
    pub hub_vpc_id: Option<String>,
    pub hub_endpoint_exists: Option<bool>,
    pub availability_zones: u64,
    pub own_break_even_gb_month: Vec<Amount>,
    pub hub_break_even_gb_month: Option<Amount>,
    pub own_instead_of_hub_gb_month: Option<Amount>,
    pub reason: String,
}
