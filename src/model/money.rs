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
    /// A GB through resource endpoints.
    ResourceEndpointGb,
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
    /// A metric that GetMetricData is asked for.
    CloudwatchMetricRequested,
}

impl PriceItem {
    /// Every item, in order.
    pub const ALL: [Self; 22] = [
        Self::NatGatewayHour,
        Self::NatGatewayGb,
        Self::RegionalNatGatewayHour,
        Self::RegionalNatGatewayGb,
        Self::NatGatewayPrvdGbpsHour,
        Self::InterfaceEndpointHour,
        Self::InterfaceEndpointGb,
        Self::GatewayEndpointHour,
        Self::GatewayEndpointGb,
        Self::GwlbEndpointHour,
        Self::GwlbEndpointGb,
        Self::ResourceEndpointHour,
        Self::ResourceEndpointGb,
        Self::PublicIpv4Hour,
        Self::TgwAttachmentHour,
        Self::TgwGb,
        Self::InterAzGb,
        Self::LogsIngestGb,
        Self::LogsVendedIngestGb,
        Self::LogsStoreGbMonth,
        Self::LogsInsightsScanGb,
        Self::CloudwatchMetricRequested,
    ];

    /// The name in settings, price files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NatGatewayHour => "nat_gateway_hour",
            Self::NatGatewayGb => "nat_gateway_gb",
            Self::RegionalNatGatewayHour => "regional_nat_gateway_hour",
            Self::RegionalNatGatewayGb => "regional_nat_gateway_gb",
            Self::NatGatewayPrvdGbpsHour => "nat_gateway_prvd_gbps_hour",
            Self::InterfaceEndpointHour => "interface_endpoint_hour",
            Self::InterfaceEndpointGb => "interface_endpoint_gb",
            Self::GatewayEndpointHour => "gateway_endpoint_hour",
            Self::GatewayEndpointGb => "gateway_endpoint_gb",
            Self::GwlbEndpointHour => "gwlb_endpoint_hour",
            Self::GwlbEndpointGb => "gwlb_endpoint_gb",
            Self::ResourceEndpointHour => "resource_endpoint_hour",
            Self::ResourceEndpointGb => "resource_endpoint_gb",
            Self::PublicIpv4Hour => "public_ipv4_hour",
            Self::TgwAttachmentHour => "tgw_attachment_hour",
            Self::TgwGb => "tgw_gb",
            Self::InterAzGb => "inter_az_gb",
            Self::LogsIngestGb => "logs_ingest_gb",
            Self::LogsVendedIngestGb => "logs_vended_ingest_gb",
            Self::LogsStoreGbMonth => "logs_store_gb_month",
            Self::LogsInsightsScanGb => "logs_insights_scan_gb",
            Self::CloudwatchMetricRequested => "cloudwatch_metric_requested",
        }
    }

    /// The unit that its price is per.
    pub fn unit(self) -> &'static str {
        match self {
            Self::NatGatewayHour | Self::GatewayEndpointHour | Self::PublicIpv4Hour => "hour",
            Self::RegionalNatGatewayHour
            | Self::InterfaceEndpointHour
            | Self::GwlbEndpointHour
            | Self::ResourceEndpointHour => "hour per zone",
            Self::NatGatewayPrvdGbpsHour => "Gbps-hour",
            Self::TgwAttachmentHour => "hour per attachment",
            Self::InterAzGb => "GB each direction",
            Self::LogsStoreGbMonth => "GB-month",
            Self::CloudwatchMetricRequested => "metric",
            Self::NatGatewayGb
            | Self::RegionalNatGatewayGb
            | Self::InterfaceEndpointGb
            | Self::GatewayEndpointGb
            | Self::GwlbEndpointGb
            | Self::ResourceEndpointGb
            | Self::TgwGb
            | Self::LogsIngestGb
            | Self::LogsVendedIngestGb
            | Self::LogsInsightsScanGb => "GB",
        }
    }

    /// The item of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.name() == name)
    }

    /// All names, for those who mistyped one.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

/// A unit price with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// The region it holds in; `*` is every region that has none of its own.
    pub region: String,
    /// What is priced.
    pub item: PriceItem,
    /// The unit it is per.
    pub unit: String,
    /// Where the tier begins, in units a month; 0 for a price without tiers.
    pub tier_from: u64,
    /// US dollars per unit, as reckoned with: the list price less the discount.
    pub usd: Amount,
    /// Where the price was read.
    pub source: String,
    /// When it held: a date, or a year where no more is known.
    pub as_of: String,
    /// Where the tier ends, in units a month; none for the last one.
    pub tier_to: Option<u64>,
    /// The list price, US dollars per unit.
    pub list_usd: Amount,
    /// The discount that the settings name for the item, in percent of the list price.
    pub discount_percent: Option<Amount>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_the_name_that_it_is_written_with() {
        for item in PriceItem::ALL {
            let written = serde_json::to_value(item).unwrap();
            assert_eq!(written, item.name());
            assert_eq!(PriceItem::of_name(item.name()), Some(item));
        }
        assert_eq!(PriceItem::of_name("nat"), None);
    }
}
