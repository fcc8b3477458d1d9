//! What AWS billed, as Cost Explorer or a table of a data export has it: by account and usage type,
//! summed over whole days.

use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{AccountId, NatGatewayId, Region};

/// What a request to the Cost Explorer API costs, US dollars
/// (<https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/>).
pub const REQUEST_USD: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Where a bill was read.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BillSource {
    /// The Cost Explorer API.
    #[default]
    CostExplorer,
    /// A table of a data export (CUR 2.0), by Athena.
    Athena,
}

/// What a charge is.
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
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ChargeKind {
    /// Usage, less the discounts of an agreement.
    Usage,
    /// A discount, which is part of what the usage costs.
    Discount,
    /// A credit.
    Credit,
    /// A refund.
    Refund,
}

impl ChargeKind {
    /// As in the column `record_type`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A charge of an account over the days of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The account that used it.
    pub account_id: AccountId,
    /// What it is.
    pub kind: ChargeKind,
    /// The usage type; none of credits and refunds, which are summed over all that were asked for.
    pub usage_type: Option<String>,
    /// How much was used, in its unit; none of what has none.
    pub usage: Option<Decimal>,
    /// The unit of the usage, as the source writes it.
    pub usage_unit: Option<String>,
    /// The unblended cost, in its currency.
    pub amount: Decimal,
    /// The currency.
    pub currency: String,
    /// The NAT gateway; none of other charges, and of none where the source does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_gateway_id: Option<NatGatewayId>,
    /// The Region, where the source names it: its billing prefix need not be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// The bill of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The first day (UTC) that was asked for.
    pub first_day: Date,
    /// The last one.
    pub last_day: Date,
    /// Days of these of which the source has no data.
    pub missing_days: Vec<Date>,
    /// Days of these whose charges are not final.
    pub estimated_days: Vec<Date>,
    /// Requests to Cost Explorer that were made; each is billed.
    pub requests: u64,
    /// Where it was read.
    #[serde(default)]
    pub source: BillSource,
    /// Bytes that Athena bills for reading it, and the Region in which it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub athena: Option<(Region, u64)>,
    /// By account, kind and usage type.
    pub charges: Vec<Charge>,
}

impl Bill {
    /// Days with data.
    pub fn days(&self) -> u32 {
        let all = self
            .first_day
            .until(self.last_day)
            .map_or(0, |it| it.get_days() + 1);
        let all = u32::try_from(all).unwrap_or_default();
        all.saturating_sub(u32::try_from(self.missing_days.len()).unwrap_or(u32::MAX))
    }

    /// What so many requests cost, US dollars.
    pub fn requests_usd(requests: u64) -> Decimal {
        REQUEST_USD * Decimal::from(requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_data_do_not_count() {
        let day = |text: &str| text.parse().unwrap();
        let bill = Bill {
            first_day: day("2026-02-27"),
            last_day: day("2026-03-02"),
            missing_days: vec![day("2026-03-01")],
            estimated_days: Vec::new(),
            requests: 3,
            source: BillSource::CostExplorer,
            athena: None,
            charges: Vec::new(),
        };
        assert_eq!(bill.days(), 3);
        assert_eq!(Bill::requests_usd(bill.requests).to_string(), "0.03");
    }
}
