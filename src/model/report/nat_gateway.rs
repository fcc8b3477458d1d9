//! Rows of `nat_gateways.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    id::{AccountId, NatGatewayId, Region, VpcId},
    kind::{AvailabilityMode, ConnectivityType, ResourceState},
    money::Amount,
    posture::Finding,
};

/// A row of `nat_gateways.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NatGatewayRow {
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
    /// The gateway.
    pub nat_gateway_id: NatGatewayId,
    /// Its tag `Name`.
    ///
    /// Empty when: it has none.
    pub name: Option<String>,
    /// `available`, `pending`, `failed`, `deleting`, `deleted`.
    pub state: ResourceState,
    /// `public`, `private`.
    pub connectivity_type: ConnectivityType,
    /// `zonal`, `regional`.
    pub availability_mode: AvailabilityMode,
    /// List: zones of its addresses, else of its subnet.
    ///
    /// Empty when: not known.
    pub availability_zones: Vec<String>,
    /// When it was made, RFC 3339.
    ///
    /// Empty when: not returned by AWS.
    pub created_at: Option<String>,
    /// Hours of the window in which it existed.
    ///
    /// Empty when: none.
    pub window_hours: Option<Amount>,
    /// Bytes from the VPC into the gateway, over the window.
    ///
    /// Empty when: CloudWatch has no data point.
    pub bytes_in_from_source: Option<u64>,
    /// Bytes from outside into the gateway, over the window.
    ///
    /// Empty when: CloudWatch has no data point.
    pub bytes_in_from_destination: Option<u64>,
    /// GB a month, both together, at the rate of the window.
    ///
    /// Empty when: one of them or `window_hours` is.
    pub gb_processed_month: Option<Amount>,
    /// USD an hour, of a regional gateway an hour in one zone.
    ///
    /// Empty when: the price is unknown.
    pub hour_price_usd: Option<Amount>,
    /// USD a GB.
    ///
    /// Empty when: the price is unknown.
    pub gb_price_usd: Option<Amount>,
    /// USD/month for its hours, over all its zones.
    ///
    /// Empty when: the price or the zones are unknown.
    pub monthly_hours_usd: Option<Amount>,
    /// USD/month for its GB.
    ///
    /// Empty when: the price or the GB are unknown.
    pub monthly_data_usd: Option<Amount>,
    /// The sum of both.
    ///
    /// Empty when: one of them is unknown.
    pub monthly_total_usd: Option<Amount>,
    /// Whether no byte and no connection passed in the window.
    ///
    /// Empty when: bytes or connections were not counted, and the other is 0; or it existed for less than 24 hours of
    /// the window.
    pub idle: Option<bool>,
    /// Bytes through the gateway by flow logs, both directions, each once.
    ///
    /// Empty when: no flow log measures them: there is none, it has no record of the gateway, or
    /// records of no bytes where CloudWatch counted some.
    pub flow_log_bytes: Option<u64>,
    /// Of these, bytes whose AWS service is known.
    ///
    /// Empty when: as above.
    pub attributed_bytes: Option<u64>,
    /// Of these, bytes of one of several services.
    ///
    /// Empty when: as above.
    pub ambiguous_bytes: Option<u64>,
    /// Of these, bytes that nothing names: no AWS service, or one that was not asked for by name.
    /// The three add up to `flow_log_bytes`.
    ///
    /// Empty when: as above.
    pub unmatched_bytes: Option<u64>,
    /// How much more, in percent, `flow_log_bytes` is than CloudWatch's `bytes_in_from_source` +
    /// `bytes_in_from_destination`.
    ///
    /// Empty when: one of them is unknown, or CloudWatch counted nothing.
    pub flow_log_difference_percent: Option<f64>,
    /// Public IPv4 addresses that it holds; at least 1 if it is public.
    ///
    /// Empty when: the run is older than the count.
    pub public_ipv4_addresses: Option<u64>,
    /// USD/month for these addresses; **not** in `monthly_total_usd`.
    ///
    /// Empty when: the price or the addresses are unknown.
    pub monthly_public_ipv4_usd: Option<Amount>,
    /// Hours of the window as AWS bills them: each begun one whole, in each zone.
    ///
    /// Empty when: `window_hours` or the zones are unknown.
    pub window_billed_hours: Option<Amount>,
    /// USD for these hours and the GB of the window.
    ///
    /// Empty when: a price, the hours or the GB are unknown.
    pub window_usd: Option<Amount>,
    /// Records that stand for flows which were not captured (`SKIPDATA`).
    ///
    /// Empty when: no flow log measures them.
    pub flow_log_skipped_records: Option<u64>,
    /// Why figures are missing: a gateway that existed for less than 24 hours of the window, or of a shorter window, has
    /// no monthly figures; one in a Local or Wavelength Zone has prices of its own.
    ///
    /// Empty when: there is nothing to remark.
    pub remark: Option<String>,
    /// Bytes of partners' products: a part of `attributed_bytes`.
    ///
    /// Empty when: no flow log measures them.
    pub partner_bytes: Option<u64>,
    /// List: what is wrong, by the ids in [findings.md](findings.md): `nat_other_zone`.
    ///
    /// Empty when: nothing is.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// List: subnets in other zones whose default route leads to it.
    ///
    /// Empty when: there is none, or it is regional.
    #[serde(default)]
    pub other_zone_subnets: Vec<String>,
    /// GB a month between these subnets and it, both directions.
    ///
    /// Empty when: its flow logs do not show the subnet of every byte, or lack more than 5 percent of what
    /// CloudWatch counted.
    #[serde(default)]
    pub other_zone_gb_month: Option<Amount>,
    /// USD/month for these GB between zones, which AWS bills in both; **not** in `monthly_total_usd`.
    ///
    /// Empty when: not measured, or the price is not known.
    #[serde(default)]
    pub monthly_other_zone_usd: Option<Amount>,
}

impl Row for NatGatewayRow {
    const TABLE: &'static str = "nat_gateways";
}
