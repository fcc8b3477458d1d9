//! Rows of `bill.csv`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::model::{
    bill::{BillSource, ChargeKind},
    id::{AccountId, NatGatewayId, Region},
    money::Amount,
};

/// A row of `bill.csv`: what AWS billed an account for an item in a Region on the whole days of the
/// window, against what the run computes for these days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BillRow {
    /// The account that used it.
    pub account_id: AccountId,
    /// Its name.
    ///
    /// Empty when: not known.
    pub account_name: Option<String>,
    /// The Region.
    ///
    /// Empty when: the row is of a credit or refund, which is summed over all of them.
    pub region: Option<Region>,
    /// What is billed, as `vpce-scout prices show` names it (`nat_gateway_gb`); `credit` or `refund`.
    pub item: String,
    /// How much was billed, in `usage_unit`.
    ///
    /// Empty when: the bill has none of it, or it is a credit or refund.
    pub usage: Option<Amount>,
    /// The unit, as the source writes it (`Hrs`, `GB`).
    ///
    /// Empty when: `usage` is.
    pub usage_unit: Option<String>,
    /// USD that were billed (unblended cost), discounts of an agreement taken off; credits and refunds
    /// have rows of their own.
    ///
    /// Empty when: the bill has none of it, or is in another currency.
    pub billed_usd: Option<Amount>,
    /// USD that the run computes for these days, at the prices in force.
    ///
    /// Empty when: a quantity or price is not known, see `remark`.
    pub computed_usd: Option<Amount>,
    /// By how much `billed_usd` is above `computed_usd`, in percent of the latter.
    ///
    /// Empty when: one of them is unknown, or nothing was computed.
    pub difference_percent: Option<Amount>,
    /// By how much `billed_usd` is below what `usage` costs by list prices, in percent of that.
    ///
    /// Empty when: the list price is not known, or nothing was billed.
    pub discount_percent: Option<Amount>,
    /// `usage` (discounts included), `credit` or `refund`.
    pub record_type: ChargeKind,
    /// How much the run shows for these days, in `usage_unit`.
    ///
    /// Empty when: it was not measured, see `remark`.
    pub computed_usage: Option<Amount>,
    /// The first day (UTC) that was asked for.
    pub first_day: String,
    /// The last one.
    pub last_day: String,
    /// Days of these with data; `computed_usd` is of as many.
    pub days: u64,
    /// What is not reconciled, and why.
    ///
    /// Empty when: all is.
    pub remark: Option<String>,
    /// The NAT gateway.
    ///
    /// Empty when: the row is of something else, or of all NAT gateways of the account and Region, which Cost
    /// Explorer does not distinguish.
    pub nat_gateway_id: Option<NatGatewayId>,
    /// What was billed in `currency`, as `billed_usd` is in USD.
    ///
    /// Empty when: the bill has none of it, or has it in several currencies.
    pub billed_amount: Option<Amount>,
    /// The currency of the bill.
    ///
    /// Empty when: the bill has none of it.
    pub currency: Option<String>,
    /// `cost_explorer`, or `athena` for a table of a data export (`bill.athena_table`).
    pub source: BillSource,
}

impl Row for BillRow {
    const TABLE: &'static str = "bill";
}
