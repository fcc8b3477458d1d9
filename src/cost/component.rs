//! The lines of a bill: a price is looked up, then multiplied. What is printed is the report's
//! business.

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{cost::Component, id::Region, money::PriceItem};

/// The price of a unit, US dollars; none if it is not known.
pub fn unit_price(item: PriceItem, region: &Region, prices: &PriceBook) -> Option<Decimal> {
    prices.flat_price(item, region)
}

/// Units times their price; none if either is not known.
pub fn multiply(quantity: Option<Decimal>, price: Option<Decimal>) -> Option<Decimal> {
    quantity?.checked_mul(price?)
}

/// What a component costs in a region, US dollars; none if its quantity or its price is not known.
pub fn cost(component: &Component, region: &Region, prices: &PriceBook) -> Option<Decimal> {
    multiply(
        component.quantity,
        unit_price(component.item, region, prices),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_price_or_quantity_makes_the_cost_unknown_and_never_zero() {
        let book = PriceBook::built_in().unwrap();
        let cost = |region: &str, quantity: Option<u64>| {
            let component = Component {
                name: "hours",
                item: PriceItem::NatGatewayHour,
                quantity: quantity.map(Decimal::from),
            };
            cost(&component, &region.parse().unwrap(), &book)
        };
        assert_eq!(cost("eu-west-1", Some(10)), Some(Decimal::new(480, 3)));
        assert_eq!(cost("eu-west-1", None), None);
        assert_eq!(cost("cn-north-1", Some(0)), None);
    }
}
