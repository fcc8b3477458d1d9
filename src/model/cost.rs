//! Costs: always of something measured, at a known price, else unknown.

use rust_decimal::Decimal;

/// What a NAT gateway costs a month at the rate of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NatGatewayCost {
    /// Hours of the window in which the gateway existed.
    pub window_hours: Option<Decimal>,
    /// GB processed, both directions once, scaled to a month of 730 hours.
    pub gb_processed_month: Option<Decimal>,
    /// Price of an hour, in one zone for a regional gateway.
    pub hour_price_usd: Option<Decimal>,
    /// Price of a GB.
    pub gb_price_usd: Option<Decimal>,
    /// Hours of a month times their price, over all zones.
    pub monthly_hours_usd: Option<Decimal>,
    /// GB of a month times their price.
    pub monthly_data_usd: Option<Decimal>,
    /// Both together; unknown if either is.
    pub monthly_total_usd: Option<Decimal>,
    /// Whether nothing passed in the window; unknown without metrics.
    pub idle: Option<bool>,
}
