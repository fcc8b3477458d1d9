//! Existing endpoints: the hours of interface endpoints, per zone. Gateway endpoints are free.
//! What passes an endpoint is billed too; that part is not in the figure.

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    inventory::Endpoint,
    money::{HOURS_PER_MONTH, PriceItem},
};

/// States in which an endpoint does not, or does not yet, exist
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>), in lower case.
const NOT_BILLED: [&str; 5] = [
    "deleted",
    "expired",
    "failed",
    "pendingacceptance",
    "rejected",
];

/// US dollars a month for the hours; none if the type or the price is not known.
pub fn monthly_hours(endpoint: &Endpoint, prices: &PriceBook) -> Option<Decimal> {
    match endpoint.endpoint_type.as_str() {
        _ if NOT_BILLED.contains(&endpoint.state.as_str()) => Some(Decimal::ZERO),
        "Gateway" => Some(Decimal::ZERO),
        "Interface" => {
            let price = prices.price(PriceItem::InterfaceEndpointHour, &endpoint.target.region)?;
            let zones = Decimal::from(endpoint.subnet_ids.len());
            Some(price * Decimal::from(HOURS_PER_MONTH) * zones)
        }
        _ => None,
    }
}
