//! The rows of every table, in the order and under the names of the contract (docs/reports.md).
//!
//! A field is a column. Its doc comment gives the column's meaning, and behind `Empty when:` why it may
//! be unknown (`None`; an empty list): docs/reports.md and the JSON Schema are made from these. Lists
//! are joined by `;` in CSV.

mod account;
mod bill;
mod chargeback;
mod endpoint;
mod field_names;
mod nat_gateway;
mod opportunity;
mod partner;
mod service;
mod vpc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::{
    account::{AccountRow, CoverageRow},
    bill::BillRow,
    chargeback::EgressChargebackRow,
    endpoint::{EndpointRow, FindingRow},
    field_names::field_names,
    nat_gateway::NatGatewayRow,
    opportunity::{HubOrOwnRow, OpportunityRow},
    partner::PartnerServiceRow,
    service::{HostRow, ServiceRow, VpcServiceRow},
    vpc::{FlowUsageRow, VpcRow},
};
use super::{money::Price, run::Run, totals::Totals};

/// The version of the contract that these tables follow.
pub const SCHEMA_VERSION: u32 = 1;

/// A row of a table.
pub trait Row: Serialize + DeserializeOwned + JsonSchema {
    /// The table's name: the CSV file's, and the key in `report.json`.
    const TABLE: &'static str;
}

/// What a report holds besides its tables.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportHeader {
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
}

/// `report.json`: the run, its totals, the prices used, and every table as a list of rows.
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
    pub coverage: Vec<CoverageRow>,
    /// `vpcs.csv`
    pub vpcs: Vec<VpcRow>,
    /// `vpc_services.csv`
    pub vpc_services: Vec<VpcServiceRow>,
    /// `services.csv`
    pub services: Vec<ServiceRow>,
    /// `hosts.csv`
    pub hosts: Vec<HostRow>,
    /// `nat_gateways.csv`
    pub nat_gateways: Vec<NatGatewayRow>,
    /// `endpoints.csv`
    pub endpoints: Vec<EndpointRow>,
    /// `flow_usage.csv`
    pub flow_usage: Vec<FlowUsageRow>,
    /// `findings.csv`
    pub findings: Vec<FindingRow>,
    /// `opportunities.csv`
    pub opportunities: Vec<OpportunityRow>,
    /// `hub_or_own.csv`
    pub hub_or_own: Vec<HubOrOwnRow>,
    /// `partner_services.csv`
    pub partner_services: Vec<PartnerServiceRow>,
    /// `egress_chargeback.csv`
    #[serde(default)]
    pub egress_chargeback: Vec<EgressChargebackRow>,
    /// `bill.csv`
    #[serde(default)]
    pub bill: Vec<BillRow>,
}
