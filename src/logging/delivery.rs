//! What delivering logs costs: to a log group, or to a bucket.

use rust_decimal::Decimal;

use crate::{
    cost::{log_volume::monthly_usd, price_book::PriceBook},
    model::{id::Region, logging::RequestedLogs, money::PriceItem},
};

/// What takes the logs, and so which price holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    LogGroup,
    Bucket { parquet: bool },
}

impl Delivery {
    pub(super) fn of(wanted: &RequestedLogs) -> Self {
        match (wanted.bucket(), wanted) {
            (None, _) => Self::LogGroup,
            (Some(_), RequestedLogs::Dns { .. }) => Self::Bucket { parquet: false },
            (Some(_), RequestedLogs::Flow { parquet, .. }) => Self::Bucket { parquet: *parquet },
        }
    }

    fn price_item(self) -> PriceItem {
        match self {
            Self::LogGroup => PriceItem::LogsVendedIngestGb,
            Self::Bucket { .. } => PriceItem::LogsVendedS3Gb,
        }
    }

    /// USD/month of so many GB, with the conversion to Parquet; none if a price is not known.
    pub(super) fn monthly_usd(
        self,
        gb_month: Decimal,
        region: &Region,
        prices: &PriceBook,
    ) -> Option<Decimal> {
        let usd = monthly_usd(self.price_item(), gb_month, region, prices)?;
        match self {
            Self::Bucket { parquet: true } => usd.checked_add(monthly_usd(
                PriceItem::LogsParquetGb,
                gb_month,
                region,
                prices,
            )?),
            Self::LogGroup | Self::Bucket { parquet: false } => Some(usd),
        }
    }

    /// What is paid for a GB.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::LogGroup => "ingestion",
            Self::Bucket { .. } => "delivery",
        }
    }

    /// The unit prices in a Region, in words.
    pub(super) fn prices(self, region: &Region, prices: &PriceBook) -> String {
        let price = |item| match prices.price(item, region) {
            Some(usd) => format!("{usd} USD"),
            None => "price unknown".to_owned(),
        };
        let per_gb = price(self.price_item());
        match self {
            Self::LogGroup => format!(
                "{per_gb} per GB ingested, {} per GB-month stored (list prices, first tier)",
                price(PriceItem::LogsStoreGbMonth)
            ),
            Self::Bucket { parquet: false } => format!(
                "{per_gb} per GB delivered to S3 (list price, first tier); the bucket's storage and \
                 requests are not in it"
            ),
            Self::Bucket { parquet: true } => format!(
                "{per_gb} per GB delivered to S3, {} per GB converted to Parquet (list prices, first \
                 tier); the bucket's storage and requests are not in it",
                price(PriceItem::LogsParquetGb)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parquet_costs_its_conversion_besides() {
        let prices = PriceBook::built_in().unwrap();
        let (region, gb) = ("us-east-1".parse().unwrap(), Decimal::from(10));
        let usd = |parquet| {
            let usd = Delivery::Bucket { parquet }.monthly_usd(gb, &region, &prices);
            usd.unwrap().normalize().to_string()
        };
        // 10 x 0.25; 10 x 0.03 besides.
        assert_eq!((usd(false).as_str(), usd(true).as_str()), ("2.5", "2.8"));
        let text = Delivery::Bucket { parquet: true }.prices(&region, &prices);
        assert!(
            text.starts_with(
                "0.25 USD per GB delivered to S3, 0.03 USD per GB converted to Parquet"
            ),
            "{text}"
        );
        let nowhere = "xx-none-1".parse().unwrap();
        let unknown = Delivery::Bucket { parquet: true }.monthly_usd(gb, &nowhere, &prices);
        assert_eq!(unknown, None);
    }
}
