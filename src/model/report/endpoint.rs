//! Rows of `endpoints.csv` and `findings.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    id::{AccountId, Region, VpcEndpointId, VpcId},
    kind::{EndpointType, ResourceState},
    money::Amount,
    posture::{Finding, MissingProof},
};

/// A row of `endpoints.csv`: an existing endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointRow {
    /// The account that has it.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The Region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// The endpoint.
    pub endpoint_id: VpcEndpointId,
    /// As in `vpc_services.csv`; the full name for a service that is not AWS's own; an ARN for a
    /// resource or service network endpoint.
    pub service: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`.
    pub endpoint_type: EndpointType,
    /// AWS's word in lower case: `available`, `pendingacceptance`, ...
    pub state: ResourceState,
    /// Whether the service's own names lead to it within the VPC.
    ///
    /// Empty when: not returned by AWS.
    pub private_dns_enabled: Option<bool>,
    /// List: subnet ids.
    ///
    /// Empty when: it has none.
    pub subnets: Vec<String>,
    /// List: zones of these subnets.
    ///
    /// Empty when: the step `subnets` is not complete, or it has none.
    pub availability_zones: Option<Vec<String>>,
    /// List: zones with subnets of the VPC, in which the service is offered and the endpoint has no
    /// interface.
    ///
    /// Empty when: none is missing; or it is no interface endpoint, or the subnets or the zones of
    /// the service are not known.
    pub missing_availability_zones: Option<Vec<String>>,
    /// List: route table ids of a gateway endpoint.
    ///
    /// Empty when: it has none.
    pub route_tables: Vec<String>,
    /// List: route tables that subnets use, without a gateway endpoint of the service.
    ///
    /// Empty when: none is missing; or it is no gateway endpoint, or route tables or subnets are
    /// not known.
    pub missing_route_tables: Option<Vec<String>>,
    /// Whether its security groups let TCP 443 in from every block of the VPC (IPv6 blocks where it
    /// has IPv6 addresses).
    ///
    /// Empty when: it is no interface endpoint of AWS's services, the groups could not be read, or
    /// they name other groups or prefix lists.
    pub security_group_allows_443: Option<bool>,
    /// Whether its policy lets everyone do everything.
    ///
    /// Empty when: the service takes no policies, or that is not known.
    pub full_access_policy: Option<bool>,
    /// USD/month: its hours, and its data where that was measured; see
    /// [cost-model.md](cost-model.md#endpoints).
    ///
    /// Empty when: the type or a price is not known.
    pub monthly_usd: Option<Amount>,
    /// List: what is wrong with it, by the ids of [findings.md](findings.md).
    ///
    /// Empty when: nothing was found.
    pub findings: Vec<Finding>,
    /// USD/month for its hours in all its zones.
    ///
    /// Empty when: the type or the price is not known.
    pub monthly_hours_usd: Option<Amount>,
    /// GB a month through it.
    ///
    /// Empty when: not measured.
    pub gb_processed_month: Option<Amount>,
    /// USD/month for these GB: its share of what the tiers come to for all such endpoints of the
    /// Region.
    ///
    /// Empty when: not measured, or the price is not known.
    pub monthly_data_usd: Option<Amount>,
    /// The tag `Name`.
    ///
    /// Empty when: it has none.
    pub name: Option<String>,
    /// When it was created.
    ///
    /// Empty when: not read, in runs of before 2026-11-27, like the columns that follow.
    pub created_at: Option<String>,
    /// Whether an AWS service created it and manages it.
    ///
    /// Empty when: not returned by AWS.
    pub requester_managed: Option<bool>,
    /// The Region of the service: another than `region` for a cross-Region endpoint.
    ///
    /// Empty when: not returned by AWS.
    pub service_region: Option<Region>,
    /// `ipv4`, `dualstack` or `ipv6`.
    ///
    /// Empty when: not returned by AWS.
    pub ip_address_type: Option<String>,
    /// Which records its names have: `ipv4` (A), `dualstack` (A and AAAA), `ipv6` (AAAA) or
    /// `service-defined`.
    ///
    /// Empty when: not returned by AWS.
    pub dns_record_ip_type: Option<String>,
    /// The last error of the endpoint, as `CODE: message`.
    ///
    /// Empty when: there was none.
    pub last_error: Option<String>,
    /// Why it could not be created.
    ///
    /// Empty when: it could be.
    pub failure_reason: Option<String>,
    /// Whether it is proven that nothing used it in the window, or that something did.
    ///
    /// Empty when: a proof is missing, see `idle_missing_proof`; or it is neither an interface nor a
    /// gateway endpoint of AWS's services.
    pub idle: Option<bool>,
    /// List: what is missing to prove that nothing used it, by the ids in
    /// [findings.md](findings.md#idle).
    ///
    /// Empty when: `idle` is known, or it is not judged.
    #[serde(default)]
    pub idle_missing_proof: Vec<MissingProof>,
    /// The partner whose published endpoint service it leads to.
    ///
    /// Empty when: it leads to a service of AWS's, or its service is in no table.
    #[serde(default)]
    pub provider: Option<String>,
    /// The partner's product.
    ///
    /// Empty when: as `provider`.
    #[serde(default)]
    pub product: Option<String>,
    /// GB a month from which it pays: its hours against what a NAT gateway of the Region charges more for a GB.
    /// Compare it with `gb_processed_month`.
    ///
    /// Empty when: it is no interface endpoint that is billed, it never pays, or a price is not known.
    #[serde(default)]
    pub break_even_gb_month: Option<Amount>,
}

impl Row for EndpointRow {
    const TABLE: &'static str = "endpoints";
}

/// A row of `findings.csv`: what an id in the column `findings` of `endpoints.csv` and `nat_gateways.csv`
/// means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingRow {
    /// The id.
    pub finding: Finding,
    /// Number of endpoints that have it.
    pub endpoints: u64,
    /// One sentence.
    pub meaning: String,
    /// Number of NAT gateways that have it.
    #[serde(default)]
    pub nat_gateways: u64,
}

impl Row for FindingRow {
    const TABLE: &'static str = "findings";
}
