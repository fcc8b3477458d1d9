//! What delivering logs costs: to a log group, or to a bucket.

use crate::{
    cost::price_book::PriceBook,
    model::{id::Region, logging::Wanted, money::PriceItem},
};

/// What takes the logs, and so which price holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    LogGroup,
    Bucket { parquet: bool },
}

impl Delivery {
    pub(super) fn of(wanted: &Wanted) -> Self {
        match (wanted.bucket(), wanted) {
            (None, _) => Self::LogGroup,
            (Some(_), Wanted::Dns { .. }) => Self::Bucket { parquet: false },
            (Some(_), Wanted::Flow { parquet, .. }) => Self::Bucket { parquet: *parquet },
        }
    }

    pub(super) fn price_item(self) -> PriceItem {
        match self {
            Self::LogGroup => PriceItem::LogsVendedIngestGb,
            Self::Bucket { .. } => PriceItem::LogsVendedS3Gb,
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
            Self::Bucket { parquet } => {
                let conversion = if parquet {
                    ", its conversion to Parquet,"
                } else {
                    ""
                };
                format!(
                    "{per_gb} per GB delivered to S3 (list price, first tier);{conversion} the bucket's \
                     storage and requests are not in it"
                )
            }
        }
    }
}
