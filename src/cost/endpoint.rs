//! Existing endpoints: the hours of interface endpoints, per zone. Gateway endpoints are free.
//! What passes an endpoint is billed too; that part is not in the figure.

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    inventory::Endpoint,
    money::{HOURS_PER_MONTH, PriceItem},
};

/// US dollars a month for the hours; none if the type or the price is not known.
pub fn monthly_hours(endpoint: &Endpoint, prices: &PriceBook) -> Option<Decimal> {
    match endpoint.endpoint_type.as_str() {
        "Gateway" => Some(Decimal::ZERO),
        "Interface" => {
            let price = prices.price(PriceItem::InterfaceEndpointHour, &endpoint.target.region)?;
            let zones = Decimal::from(endpoint.subnet_ids.len());
            Some(price * Decimal::from(HOURS_PER_MONTH) * zones)
        }
        _ => None,
    }
}
