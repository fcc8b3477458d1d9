//! From how many GB a month an endpoint pays: its hours against what every GB saves.

use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    id::Region,
    money::{HOURS_PER_MONTH, PriceItem},
};

/// The unit prices of a region that decide between access modes; US dollars, `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitPrices {
    /// An hour of an interface endpoint in one zone.
    pub endpoint_hour: Option<Decimal>,
    /// A GB through an interface endpoint, in the first and dearest tier.
    pub endpoint_gb: Option<Decimal>,
    /// An hour of a VPC's attachment to a transit gateway.
    pub attachment_hour: Option<Decimal>,
    /// A GB through a transit gateway.
    pub transit_gateway_gb: Option<Decimal>,
}

impl UnitPrices {
    /// The prices of a region.
    pub fn of(region: &Region, prices: &PriceBook) -> Self {
        let price = |item| prices.price(item, region);
        Self {
            endpoint_hour: price(PriceItem::InterfaceEndpointHour),
            endpoint_gb: price(PriceItem::InterfaceEndpointGb),
            attachment_hour: price(PriceItem::TgwAttachmentHour),
            transit_gateway_gb: price(PriceItem::TgwGb),
        }
    }

    /// The hours of an interface endpoint in so many zones, US dollars a month.
    pub fn endpoint_hours(&self, zones: usize) -> Option<Decimal> {
        hours_of_month(self.endpoint_hour?, zones)
    }

    /// The hours of one attachment, US dollars a month.
    pub fn attachment_hours(&self) -> Option<Decimal> {
        hours_of_month(self.attachment_hour?, 1)
    }

    /// GB a month from which an endpoint in so many zones pays, against an egress that costs `gb_usd` a GB.
    pub fn own_pays_from(&self, gb_usd: Decimal, zones: usize) -> Option<Decimal> {
        pays_from(self.endpoint_hours(zones)?, gb_usd - self.endpoint_gb?)
    }
}

/// What the hours of so many zones or attachments cost a month at `hour_usd` each.
pub fn hours_of_month(hour_usd: Decimal, count: usize) -> Option<Decimal> {
    let hours = Decimal::from(HOURS_PER_MONTH).checked_mul(Decimal::from(count))?;
    hour_usd.checked_mul(hours)
}

/// GB a month from which `fixed` dollars are earned at `saved` dollars a GB; none if they never are.
pub fn pays_from(fixed: Decimal, saved: Decimal) -> Option<Decimal> {
    (saved > Decimal::ZERO).then(|| fixed.checked_div(saved))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../docs/cost-model.md");

    /// From the built-in list prices: hours a zone * 730 / (NAT GB - endpoint GB).
    #[test]
    fn break_even_for_one_two_and_three_zones_in_three_regions() {
        let book = PriceBook::built_in().unwrap();
        let table = [
            // 0.010 * 730 / (0.045 - 0.010)
            ("us-east-1", ["208.5714", "417.1429", "625.7143"]),
            // 0.011 * 730 / (0.048 - 0.010)
            ("eu-west-1", ["211.3158", "422.6316", "633.9474"]),
            // 0.014 * 730 / (0.062 - 0.010)
            ("ap-northeast-1", ["196.5385", "393.0769", "589.6154"]),
        ];
        for (region, expected) in table {
            let region = region.parse().unwrap();
            let nat_gb = book.price(PriceItem::NatGatewayGb, &region).unwrap();
            let prices = UnitPrices::of(&region, &book);
            let from = |zones| {
                prices
                    .own_pays_from(nat_gb, zones)
                    .unwrap()
                    .round_dp(4)
                    .to_string()
            };
            assert_eq!([1, 2, 3].map(from), expected, "{region}");
            let line = format!("| {region} | {} |", expected.join(" | "));
            assert!(DOCUMENTED.contains(&line), "{line}");
            // At the break-even the endpoint costs what the NAT gateway does, to the cent.
            for zones in 1..=3 {
                let gb = prices.own_pays_from(nat_gb, zones).unwrap();
                let endpoint =
                    prices.endpoint_hours(zones).unwrap() + gb * prices.endpoint_gb.unwrap();
                assert_eq!((gb * nat_gb).round_dp(2), endpoint.round_dp(2));
            }
        }
    }

    #[test]
    fn what_costs_more_a_gb_never_pays_and_an_unknown_price_is_no_answer() {
        let (cent, none) = (Decimal::new(1, 2), Decimal::ZERO);
        assert_eq!(pays_from(cent, none), None);
        assert_eq!(pays_from(cent, -cent), None);
        assert_eq!(pays_from(none, cent), Some(none));
        assert_eq!(UnitPrices::default().own_pays_from(cent, 1), None);
    }
}
