//! The view model: the rows of every table, in the order and under the names of the contract
//! (docs/reports.md). The renderers print it and decide nothing.
//!
//! A field is a column; `None` is unknown. Lists are joined by `;` in CSV.
#![expect(
    missing_docs,
    reason = "the columns are described once, in docs/reports.md"
)]

use std::sync::Arc;

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
    totals::Totals,
    vpc_hosts::VpcHosts,
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
