//! Costs: always of something measured, at a known price, else unknown.

use rust_decimal::Decimal;

use super::money::PriceItem;

/// A line of a bill: so many units of one thing. Its unit is that of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// What it is, for people.
    pub name: &'static str,
    /// The key of its price.
    pub item: PriceItem,
    /// How many units; none if that is not known.
    pub quantity: Option<Decimal>,
}

/// What quantities in several regions cost, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownCost {
    /// All of them.
    pub quantity: Decimal,
    /// Those in regions without a known price.
    pub unpriced: Decimal,
    /// US dollars for the others; none if there are some and no price is known.
    pub usd: Option<Decimal>,
}

/// What an endpoint costs a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointCost {
    /// Its hours in all its zones, US dollars.
    pub monthly_hours_usd: Option<Decimal>,
    /// GB a month through it; none if they were not measured.
    pub gb_month: Option<Decimal>,
    /// What they cost, US dollars.
    pub monthly_data_usd: Option<Decimal>,
}

impl EndpointCost {
    /// What is known of it: the hours, and the data where it was measured; none without the hours,
    /// or if the data was measured and has no known price.
    pub fn known_usd(&self) -> Option<Decimal> {
        match (self.monthly_hours_usd?, self.gb_month) {
            (hours, None) => Some(hours),
            (hours, Some(_)) => hours.checked_add(self.monthly_data_usd?),
        }
    }
}

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
    /// Whether it existed for less than a day of the window, so that there is no monthly rate.
    pub young: bool,
    /// Whether nothing passed in the window; unknown without metrics, and of less than a day.
    pub idle: Option<bool>,
    /// Public IPv4 addresses that it holds.
    pub public_ipv4_addresses: Option<u64>,
    /// What they cost a month. Not in the total: the price is the address's, not the gateway's.
    pub monthly_public_ipv4_usd: Option<Decimal>,
    /// Hours of the window as they are billed: each begun one whole, in each zone.
    pub window_billed_hours: Option<Decimal>,
    /// What these hours and the GB of the window cost.
    pub window_usd: Option<Decimal>,
}
