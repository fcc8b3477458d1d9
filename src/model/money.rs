//! US dollars, and how a price is known.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hours that a month is reckoned at.
pub const HOURS_PER_MONTH: u32 = 730;

/// Bytes of a GB as AWS bills them: 1 PB is 1,048,576 GB in the price list, hence 2^30.
pub const BYTES_PER_GB: u64 = 1 << 30;

/// A decimal figure of a report: US dollars, GB or hours. A plain number in JSON and CSV.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Amount(
    #[serde(with = "rust_decimal::serde::float")]
    #[schemars(with = "f64")]
    pub Decimal,
);

/// What is priced.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PriceItem {
    /// An hour of a zonal NAT gateway.
    NatGatewayHour,
    /// A GB through a zonal NAT gateway, either direction.
    NatGatewayGb,
    /// An hour of a regional NAT gateway in one zone.
    RegionalNatGatewayHour,
    /// A GB through a regional NAT gateway.
    RegionalNatGatewayGb,
    /// An hour of provisioned NAT gateway bandwidth, per Gbps.
    NatGatewayPrvdGbpsHour,
    /// An hour of an interface endpoint in one zone.
    InterfaceEndpointHour,
    /// A GB through interface endpoints, in tiers.
    InterfaceEndpointGb,
    /// An hour of a gateway endpoint.
    GatewayEndpointHour,
    /// A GB through a gateway endpoint.
    GatewayEndpointGb,
    /// An hour of a Gateway Load Balancer endpoint in one zone.
    GwlbEndpointHour,
    /// A GB through a Gateway Load Balancer endpoint.
    GwlbEndpointGb,
    /// An hour of a resource endpoint in one zone.
    ResourceEndpointHour,
    /// An hour of a public IPv4 address.
    PublicIpv4Hour,
    /// An hour of a transit gateway attachment.
    TgwAttachmentHour,
    /// A GB through a transit gateway.
    TgwGb,
    /// A GB between availability zones, in each direction.
    InterAzGb,
    /// A GB of custom logs taken in.
    LogsIngestGb,
    /// A GB of vended logs (flow logs, query logs) taken in, in tiers.
    LogsVendedIngestGb,
    /// A GB of logs kept for a month.
    LogsStoreGbMonth,
    /// A GB that Logs Insights scans.
    LogsInsightsScanGb,
}

/// A unit price with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// The region it holds in.
    pub region: String,
    /// What is priced.
    pub item: PriceItem,
    /// The unit it is per.
    pub unit: String,
    /// Where the tier begins, in units a month; 0 for a price without tiers.
    pub tier_from: u64,
    /// US dollars per unit.
    pub usd: Amount,
    /// Where the price was read.
    pub source: String,
    /// When it held: a date, or a year where no more is known.
    pub as_of: String,
}
