//! NAT gateways: hours (per zone for a regional one) and GB, both directions once.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    cost::NatGatewayCost,
    inventory::{NatGateway, NatMetrics},
    money::{BYTES_PER_GB, HOURS_PER_MONTH, PriceItem},
    run::Window,
};

/// States in which AWS bills a gateway.
const BILLED: [&str; 2] = ["available", "pending"];

/// What a gateway costs a month at the rate of the window.
///
/// `zones` are the zones of a regional gateway, each of which is billed like a zonal one.
pub fn cost(
    gateway: &NatGateway,
    metrics: Option<&NatMetrics>,
    zones: usize,
    window: Window,
    prices: &PriceBook,
) -> NatGatewayCost {
    let region = &gateway.target.region;
    let regional = gateway.availability_mode == "regional";
    let (hour, gb) = if regional {
        (
            PriceItem::RegionalNatGatewayHour,
            PriceItem::RegionalNatGatewayGb,
        )
    } else {
        (PriceItem::NatGatewayHour, PriceItem::NatGatewayGb)
    };
    let (hour_price, gb_price) = (prices.price(hour, region), prices.price(gb, region));
    let window_hours = hours_within(gateway, window);
    let bytes = metrics.and_then(processed_bytes);
    let gb_month = bytes
        .zip(window_hours)
        .and_then(|(bytes, hours)| per_month(bytes, hours));
    let billed = BILLED.contains(&gateway.state.as_str());
    let zones = if regional {
        Some(zones).filter(|zones| *zones > 0)
    } else {
        Some(1)
    };
    let monthly_hours = match (billed, hour_price, zones) {
        (false, ..) => Some(Decimal::ZERO),
        (true, Some(price), Some(zones)) => {
            Some(price * Decimal::from(HOURS_PER_MONTH) * Decimal::from(zones))
        }
        (true, ..) => None,
    };
    let monthly_data = match (billed, gb_price, gb_month) {
        (false, ..) => Some(Decimal::ZERO),
        (true, Some(price), Some(gb)) => price.checked_mul(gb),
        (true, ..) => None,
    };
    NatGatewayCost {
        window_hours,
        gb_processed_month: gb_month,
        hour_price_usd: hour_price,
        gb_price_usd: gb_price,
        monthly_hours_usd: monthly_hours,
        monthly_data_usd: monthly_data,
        monthly_total_usd: monthly_hours
            .zip(monthly_data)
            .map(|(hours, data)| hours + data),
        idle: metrics.and_then(is_idle),
    }
}

/// Hours of the window in which the gateway existed.
fn hours_within(gateway: &NatGateway, window: Window) -> Option<Decimal> {
    let start = gateway
        .created_at
        .map_or(window.start, |created| created.max(window.start));
    let end = gateway
        .deleted_at
        .map_or(window.end, |deleted| deleted.min(window.end));
    let seconds = |time: Timestamp| Decimal::from(time.as_second());
    let hours = (seconds(end) - seconds(start)) / Decimal::from(3600);
    Some(hours).filter(|hours| hours.is_sign_positive() && !hours.is_zero())
}

/// Each byte once: what clients sent, and what came back for them.
fn processed_bytes(metrics: &NatMetrics) -> Option<u64> {
    metrics
        .bytes_in_from_source?
        .checked_add(metrics.bytes_in_from_destination?)
}

fn per_month(bytes: u64, hours: Decimal) -> Option<Decimal> {
    let gb = Decimal::from(bytes) / Decimal::from(BYTES_PER_GB);
    gb.checked_mul(Decimal::from(HOURS_PER_MONTH))?
        .checked_div(hours)
}

/// No byte and no connection in the window.
fn is_idle(metrics: &NatMetrics) -> Option<bool> {
    let bytes = processed_bytes(metrics)?;
    Some(bytes == 0 && metrics.active_connections.unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::Target;

    const BOOK: &str = "
[[price]]
region='eu-west-1'
item='nat_gateway_hour'
unit='hour'
tier_from=0
usd='0.05'
source='test'
as_of='2026'
[[price]]
region='eu-west-1'
item='nat_gateway_gb'
unit='GB'
tier_from=0
usd='0.05'
source='test'
as_of='2026'
[[price]]
region='eu-west-1'
item='regional_nat_gateway_hour'
unit='hour per zone'
tier_from=0
usd='0.06'
source='test'
as_of='2026'
";

    fn gateway(mode: &str) -> NatGateway {
        NatGateway {
            target: Target {
                account_id: "123456789012".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            vpc_id: "vpc-1".to_owned(),
            nat_gateway_id: "nat-1".to_owned(),
            name: None,
            state: "available".to_owned(),
            connectivity_type: "public".to_owned(),
            availability_mode: mode.to_owned(),
            subnet_id: None,
            availability_zones: Vec::new(),
            created_at: None,
            deleted_at: None,
        }
    }

    fn metrics(up: u64, down: u64) -> NatMetrics {
        NatMetrics {
            nat_gateway_id: "nat-1".to_owned(),
            bytes_in_from_source: Some(up),
            bytes_in_from_destination: Some(down),
            active_connections: Some(0),
        }
    }

    fn window(days: i64) -> Window {
        let end: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        Window {
            start: end - jiff::SignedDuration::from_hours(24 * days),
            end,
        }
    }

    #[test]
    fn a_hundred_gb_a_day_for_thirty_days_is_186_50_a_month() {
        // 730 hours are 30.4167 days: the data of 720 measured hours is scaled by 730 / 720.
        let book = PriceBook::parse(BOOK).unwrap();
        let measured = metrics(1000 * BYTES_PER_GB, 2000 * BYTES_PER_GB);
        let cost = cost(&gateway("zonal"), Some(&measured), 1, window(30), &book);
        assert_eq!(
            cost.monthly_hours_usd.unwrap().round_dp(2).to_string(),
            "36.50"
        );
        let scaled = cost.monthly_data_usd.unwrap() * Decimal::from(720) / Decimal::from(730);
        assert_eq!(
            (scaled + cost.monthly_hours_usd.unwrap())
                .round_dp(2)
                .to_string(),
            "186.50"
        );
    }

    #[test]
    fn a_young_gateway_is_scaled_from_its_own_life() {
        let book = PriceBook::parse(BOOK).unwrap();
        let young = NatGateway {
            created_at: Some("2026-05-30T00:00:00Z".parse().unwrap()),
            ..gateway("zonal")
        };
        let cost = cost(
            &young,
            Some(&metrics(48 * BYTES_PER_GB, 0)),
            1,
            window(7),
            &book,
        );
        assert_eq!(cost.window_hours.unwrap(), Decimal::from(48));
        assert_eq!(cost.gb_processed_month.unwrap(), Decimal::from(730));
    }

    #[test]
    fn a_regional_gateway_is_billed_by_the_zone_and_its_unknown_gb_price_stays_unknown() {
        let book = PriceBook::parse(BOOK).unwrap();
        let cost = cost(
            &gateway("regional"),
            Some(&metrics(1, 1)),
            3,
            window(7),
            &book,
        );
        assert_eq!(
            cost.monthly_hours_usd.unwrap().round_dp(2).to_string(),
            "131.40"
        );
        assert_eq!(cost.monthly_data_usd, None);
        assert_eq!(cost.monthly_total_usd, None);
    }

    #[test]
    fn without_metrics_neither_bytes_nor_idleness_are_known() {
        let book = PriceBook::parse(BOOK).unwrap();
        let unknown = cost(&gateway("zonal"), None, 1, window(7), &book);
        assert_eq!((unknown.idle, unknown.gb_processed_month), (None, None));
        let idle = cost(&gateway("zonal"), Some(&metrics(0, 0)), 1, window(7), &book);
        assert_eq!(idle.idle, Some(true));
        let deleted = NatGateway {
            state: "deleted".to_owned(),
            ..gateway("zonal")
        };
        let gone = cost(&deleted, None, 1, window(7), &book);
        assert_eq!(gone.monthly_total_usd, Some(Decimal::ZERO));
    }
}
