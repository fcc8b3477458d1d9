//! US dollars, and how a price is known.

use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Hours of a month in every calculation.
pub const HOURS_PER_MONTH: u32 = 730;

/// Hours of the window in which a gateway or an endpoint must have existed before its rate is scaled
/// to a month: minutes of a life show no rate.
pub const SHORTEST_LIFE_SECONDS: i64 = 24 * 3600;

/// Bytes of a GB as AWS bills them: 1 PB is 1,048,576 GB in the price list, hence 2^30.
pub const BYTES_PER_GB: u64 = 1 << 30;

/// Rounds a figure for output, half away from zero: the one rounding of reports and reasons.
pub fn round(figure: Decimal, places: u32) -> Decimal {
    figure.round_dp_with_strategy(places, MidpointAwayFromZero)
}

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
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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
    /// A GB through a NAT gateway with provisioned bandwidth.
    NatGatewayPrvdGb,
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
    /// An hour of a public IPv4 address that is not in use.
    PublicIpv4IdleHour,
    /// An hour of a transit gateway attachment.
    TgwAttachmentHour,
    /// A GB through a transit gateway.
    TgwGb,
    /// A GB between availability zones, in each direction.
    InterAzGb,
    /// A GB from a Region to another one; the price names the other one.
    InterRegionGb,
    /// A GB of custom logs ingested.
    LogsIngestGb,
    /// A GB of vended logs (flow logs, query logs) ingested, in tiers.
    LogsVendedIngestGb,
    /// A GB of vended logs delivered to S3, in tiers.
    LogsVendedS3Gb,
    /// A GB of vended logs delivered to Firehose, in tiers.
    LogsVendedFirehoseGb,
    /// A GB of logs delivered to S3 that is converted to Parquet.
    LogsParquetGb,
    /// A GB of logs kept for a month.
    LogsStoreGbMonth,
    /// A GB that Logs Insights scans.
    LogsInsightsScanGb,
    /// A metric that GetMetricData is asked for.
    CloudwatchMetricRequested,
    /// A thousand metrics that GetMetricData is asked for.
    #[serde(rename = "cloudwatch_getmetricdata_per_1000")]
    #[strum(serialize = "cloudwatch_getmetricdata_per_1000")]
    CloudwatchGetmetricdataPer1000,
    /// A thousand requests to S3 that list or write objects.
    #[serde(rename = "s3_list_per_1000")]
    #[strum(serialize = "s3_list_per_1000")]
    S3ListPer1000,
    /// A thousand requests to S3 that read objects.
    #[serde(rename = "s3_get_per_1000")]
    #[strum(serialize = "s3_get_per_1000")]
    S3GetPer1000,
    /// A TB that Athena scans.
    AthenaScanTb,
}

impl PriceItem {
    /// The name in settings, price files and reports.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The unit that its price is per.
    pub fn unit(self) -> &'static str {
        match self {
            Self::NatGatewayHour
            | Self::GatewayEndpointHour
            | Self::PublicIpv4Hour
            | Self::PublicIpv4IdleHour => "hour",
            Self::RegionalNatGatewayHour
            | Self::InterfaceEndpointHour
            | Self::GwlbEndpointHour
            | Self::ResourceEndpointHour => "hour per zone",
            Self::NatGatewayPrvdGbpsHour => "Gbps-hour",
            Self::TgwAttachmentHour => "hour per attachment",
            Self::InterAzGb => "GB each direction",
            Self::InterRegionGb => "GB out",
            Self::LogsStoreGbMonth => "GB-month",
            Self::CloudwatchGetmetricdataPer1000 => "1000 metrics",
            Self::S3ListPer1000 | Self::S3GetPer1000 => "1000 requests",
            Self::AthenaScanTb => "TB",
            Self::CloudwatchMetricRequested => "metric",
            Self::NatGatewayGb
            | Self::NatGatewayPrvdGb
            | Self::LogsVendedS3Gb
            | Self::LogsVendedFirehoseGb
            | Self::LogsParquetGb
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
        name.parse().ok()
    }

    /// All names, for those who mistyped one.
    pub fn names() -> String {
        Self::VARIANTS
            .iter()
            .map(|it| it.name())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The currency of all amounts that are added up.
pub const USD: &str = "USD";

fn usd() -> String {
    USD.to_owned()
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
    /// The price per unit that costs are calculated with: the list price less the discount, in the
    /// currency named last.
    pub usd: Amount,
    /// Where the price was read.
    pub source: String,
    /// When it held: a date, or a year where no more is known.
    pub as_of: String,
    /// Where the tier ends, in units a month; none for the last one.
    pub tier_to: Option<u64>,
    /// The list price per unit, in the currency named last.
    pub list_usd: Amount,
    /// The discount that the settings name for the item, in percent of the list price.
    pub discount_percent: Option<Amount>,
    /// The currency of the price. Costs are calculated in `USD` alone: a price in another currency
    /// leaves them unknown.
    #[serde(default = "usd")]
    pub currency: String,
    /// The Region that the data goes to, for data between Regions.
    #[serde(default)]
    pub to_region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_the_name_that_it_is_written_with() {
        for &item in PriceItem::VARIANTS {
            let written = serde_json::to_value(item).unwrap();
            assert_eq!(written, item.name());
            assert_eq!(PriceItem::of_name(item.name()), Some(item));
        }
        assert_eq!(PriceItem::of_name("nat"), None);
    }
}
