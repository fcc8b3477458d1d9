//! Rows of `vpcs.csv` and `flow_usage.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    bytes::FlowRoute,
    classified::Egress,
    id::{AccountId, NatGatewayId, Region, VpcId},
    money::Amount,
};

/// A row of `vpcs.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VpcRow {
    /// The account whose view this is, the owner's if possible.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The Region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: VpcId,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub vpc_name: Option<String>,
    /// The account that owns the VPC.
    pub owner_account_id: AccountId,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
    /// List: address blocks in use, IPv4 and IPv6.
    pub cidrs: Vec<String>,
    /// The attribute `enableDnsSupport`.
    ///
    /// Empty when: nothing depends on it (the VPC has no interface endpoint and no logs), or the owner
    /// was not scanned.
    pub dns_support: Option<bool>,
    /// The attribute `enableDnsHostnames`.
    ///
    /// Empty when: nothing depends on it, as `dns_support`.
    pub dns_hostnames: Option<bool>,
    /// Number of subnets.
    ///
    /// Empty when: the step `subnets` is not complete.
    pub subnets: Option<u64>,
    /// List: zones of the subnets, by the account's zone names.
    ///
    /// Empty when: the step `subnets` is not complete.
    pub availability_zones: Option<Vec<String>>,
    /// Number of available NAT gateways.
    ///
    /// Empty when: the step `nat_gateways` is not complete, or the owner was not scanned.
    pub nat_gateways: Option<u64>,
    /// List: where the default routes of the route tables in use lead: `nat`, `transit_gateway`,
    /// `internet_gateway`, `nat_instance` (a network interface), `other` (a peer, a VPN, an
    /// inspection endpoint), or `none`.
    ///
    /// Empty when: `route_tables` or `subnets` is not complete.
    pub egress: Option<Vec<Egress>>,
    /// `own` (a configuration of the owner's), `shared` (another account's), `failed` (AWS logs
    /// nothing, `query_logging_message` gives the reason), `none`, `unknown`: also where the owner
    /// was not scanned, as participants do not see it.
    pub query_logging: String,
    /// List: ARNs that the queries are logged to.
    ///
    /// Empty when: none, or not known.
    pub query_log_destinations: Vec<String>,
    /// List: where flow logs of the VPC or its subnets go: `cloudwatch`, `s3`, `firehose`; or
    /// `none`, or `unknown`, also where the owner was not scanned. Flow logs of single interfaces
    /// are not shown.
    pub flow_logs: Vec<String>,
    /// Number of VPC endpoints, in any state.
    ///
    /// Empty when: the step `endpoints` is not complete, or the owner was not scanned.
    pub endpoints: Option<u64>,
    /// DNS queries in the window, whatever the name and the answer. Resolver logs the names that it
    /// follows by CNAME as records of their own: they are in this sum too.
    ///
    /// Empty when: its logs were not read.
    pub dns_queries: Option<u64>,
    /// Of these, answered ones to names of AWS services; those of `alias_queries` and of errors are
    /// left out.
    ///
    /// Empty when: its logs were not read.
    pub aws_queries: Option<u64>,
    /// Number of AWS services called.
    ///
    /// Empty when: its logs were not read.
    pub aws_services: Option<u64>,
    /// The account of the VPC behind the transit gateway through which this one goes out.
    ///
    /// Empty when: `egress` has no `transit_gateway`, or the VPC behind it is not known.
    pub egress_account_id: Option<AccountId>,
    /// That VPC.
    ///
    /// Empty when: as above.
    pub egress_vpc_id: Option<VpcId>,
    /// List: its public NAT gateways.
    ///
    /// Empty when: as above, or it has none.
    pub egress_nat_gateway_ids: Option<Vec<NatGatewayId>>,
    /// Hours of the window that its query log covers: from its own first event to its last, with
    /// what may be a pause at either end, within what the association, the log group's creation and
    /// its retention allow; 0 without any event. Less than `window_hours` proves nothing of the rest.
    ///
    /// Empty when: its logs were not read, or by an older version.
    pub logged_hours: Option<Amount>,
    /// Hours of the window.
    pub window_hours: Amount,
    /// Why an association with a query logging configuration failed, in AWS's words.
    ///
    /// Empty when: none failed.
    pub query_logging_message: Option<String>,
}

impl Row for VpcRow {
    const TABLE: &'static str = "vpcs";
}

/// A row of `flow_usage.csv`: what flow logs show of a VPC's bytes by one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowUsageRow {
    /// The account of the VPC, or of the NAT gateway or endpoint if the VPC is not known.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The Region.
    pub region: Region,
    /// The VPC of the client.
    ///
    /// Empty when: the client's address fits no VPC, or several.
    pub vpc_id: Option<VpcId>,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub vpc_name: Option<String>,
    /// `nat_gateway` (also one of another VPC behind a transit gateway), `interface_endpoint`,
    /// `gateway_endpoint`, `internet_gateway`, `other`, or `unknown`.
    pub way: FlowRoute,
    /// Bytes in both directions, each once.
    pub bytes: u64,
    /// Of these, bytes whose service or partner the VPC's DNS answers name.
    pub dns_bytes: u64,
    /// Bytes that the record names (`pkt-src-aws-service`, `pkt-dst-aws-service`), S3 and DynamoDB
    /// only.
    pub service_tag_bytes: u64,
    /// Bytes that AWS's address ranges of S3 and DynamoDB name.
    pub prefix_list_bytes: u64,
    /// Bytes that the interface of an endpoint names.
    pub endpoint_bytes: u64,
    /// Bytes of one of several services.
    pub ambiguous_bytes: u64,
    /// Bytes that nothing names. These six add up to `bytes`.
    pub unmatched_bytes: u64,
    /// The first four of the six in percent of `bytes`.
    ///
    /// Empty when: there are no bytes.
    pub attributed_percent: Option<f64>,
    /// Bytes of partners' products: a part of `dns_bytes` and `endpoint_bytes`.
    pub partner_bytes: u64,
}

impl Row for FlowUsageRow {
    const TABLE: &'static str = "flow_usage";
}
