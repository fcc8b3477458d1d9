//! NAT gateways: hours (by the zone for a regional one), GB (both directions once) and the public
//! IPv4 addresses they hold. Quantities first, as components; then each times its price.
//!
//! A month is what the gateway costs if it continues as it did in the part of the window in which it
//! existed. What the window itself cost is shown apart: there each begun hour counts whole
//! (<https://aws.amazon.com/vpc/pricing/>).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{component, price_book::PriceBook};
use crate::model::{
    cost::{Component, NatGatewayCost},
    inventory::{NatGateway, NatMetrics},
    kind::{ConnectivityType, ResourceState},
    money::{BYTES_PER_GB, HOURS_PER_MONTH, PriceItem, SHORTEST_LIFE_SECONDS},
    run::Window,
};

/// States in which AWS bills a gateway.
const BILLED: [ResourceState; 2] = [ResourceState::Available, ResourceState::Pending];

/// What a gateway costs a month at the rate of the window, and what it cost in the window.
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
    let usage = Usage::of(gateway, metrics, zones, window);
    let [hours, data, addresses] = usage.month();
    let [window_hours, window_data] = usage.window();
    // What is not billed costs nothing, whatever the price.
    let billed = |component: &Component| {
        if usage.billed {
            component::cost(component, region, prices).filter(|_| !usage.young)
        } else {
            Some(Decimal::ZERO)
        }
    };
    let (monthly_hours_usd, monthly_data_usd) = (billed(&hours), billed(&data));
    let in_window = |component: &Component| {
        if gateway.state == ResourceState::Failed {
            Some(Decimal::ZERO)
        } else {
            component::cost(component, region, prices)
        }
    };
    NatGatewayCost {
        window_hours: usage.hours,
        gb_processed_month: usage.gb_month(),
        hour_price_usd: component::unit_price(hours.item, region, prices),
        gb_price_usd: component::unit_price(data.item, region, prices),
        monthly_hours_usd,
        monthly_data_usd,
        monthly_total_usd: sum(monthly_hours_usd, monthly_data_usd),
        young: usage.young,
        // What runs once a night would not show in less than a day.
        idle: metrics
            .and_then(is_idle)
            .filter(|idle| !*idle || !usage.young),
        public_ipv4_addresses: usage.addresses,
        monthly_public_ipv4_usd: match usage.addresses {
            Some(0) => Some(Decimal::ZERO),
            _ => billed(&addresses),
        },
        window_billed_hours: window_hours.quantity,
        window_usd: sum(in_window(&window_hours), in_window(&window_data)),
    }
}

/// The same for a gateway in a Local or a Wavelength Zone, which has prices of its own
/// (<https://aws.amazon.com/vpc/pricing/>): those of the Region are not its.
pub fn without_prices(cost: &NatGatewayCost) -> NatGatewayCost {
    // Nothing costs nothing at any price.
    let nothing = |usd: Option<Decimal>| usd.filter(Decimal::is_zero);
    let (hours, data) = (
        nothing(cost.monthly_hours_usd),
        nothing(cost.monthly_data_usd),
    );
    NatGatewayCost {
        hour_price_usd: None,
        gb_price_usd: None,
        monthly_hours_usd: hours,
        monthly_data_usd: data,
        monthly_total_usd: sum(hours, data),
        window_usd: nothing(cost.window_usd),
        ..cost.clone()
    }
}

/// What there is to bill, before any price.
struct Usage {
    regional: bool,
    billed: bool,
    /// Whether it existed for too short a part of the window to make a rate.
    young: bool,
    /// Zones with hours of their own.
    zones: Option<Decimal>,
    /// Hours of the window in which the gateway existed.
    hours: Option<Decimal>,
    /// GB in the window.
    gb: Option<Decimal>,
    addresses: Option<u64>,
}

impl Usage {
    fn of(
        gateway: &NatGateway,
        metrics: Option<&NatMetrics>,
        zones: usize,
        window: Window,
    ) -> Self {
        let regional = gateway.is_regional();
        let zones = if regional { zones } else { 1 };
        Self {
            regional,
            billed: BILLED.contains(&gateway.state),
            zones: Some(zones).filter(|zones| *zones > 0).map(Decimal::from),
            young: is_young(gateway, window),
            hours: hours_within(gateway, window),
            gb: metrics.and_then(processed_bytes).map(gb),
            addresses: addresses(gateway),
        }
    }

    /// Hours, GB and public addresses of a month.
    fn month(&self) -> [Component; 3] {
        let month = Decimal::from(HOURS_PER_MONTH);
        let addresses = Component {
            name: "public IPv4 addresses",
            item: PriceItem::PublicIpv4Hour,
            quantity: self.addresses.map(|count| month * Decimal::from(count)),
        };
        let hours = self.zones.map(|zones| month * zones);
        let [hours, data] = self.components(hours, self.gb_month());
        [hours, data, addresses]
    }

    /// Hours and GB of the window; a begun hour is a whole one, in each zone.
    fn window(&self) -> [Component; 2] {
        let hours = self.hours.zip(self.zones);
        self.components(hours.map(|(hours, zones)| hours.ceil() * zones), self.gb)
    }

    fn components(&self, hours: Option<Decimal>, data: Option<Decimal>) -> [Component; 2] {
        let items = if self.regional {
            [
                PriceItem::RegionalNatGatewayHour,
                PriceItem::RegionalNatGatewayGb,
            ]
        } else {
            [PriceItem::NatGatewayHour, PriceItem::NatGatewayGb]
        };
        let component = |name, item, quantity| Component {
            name,
            item,
            quantity,
        };
        [
            component("NAT gateway hours", items[0], hours),
            component("NAT gateway GB processed", items[1], data),
        ]
    }

    /// GB of a month at the rate of the gateway's own life in the window.
    fn gb_month(&self) -> Option<Decimal> {
        self.gb
            .filter(|_| !self.young)?
            .checked_mul(Decimal::from(HOURS_PER_MONTH))?
            .checked_div(self.hours?)
    }
}

/// Hours of the window in which the gateway existed; none if there are none or nobody knows.
fn hours_within(gateway: &NatGateway, window: Window) -> Option<Decimal> {
    let start = gateway
        .created_at
        .map_or(window.start, |created| created.max(window.start));
    let end = match gateway.deleted_at {
        Some(deleted) => deleted.min(window.end),
        None if gateway.state == ResourceState::Deleted => return None,
        None => window.end,
    };
    let seconds = |time: Timestamp| Decimal::from(time.as_second());
    let hours = (seconds(end) - seconds(start)) / Decimal::from(3600);
    Some(hours).filter(|hours| hours.is_sign_positive() && !hours.is_zero())
}

/// Whether the gateway existed for less than a day of the window, because it was created or deleted within it
/// or because the window is shorter: what it did in minutes is no rate of a month.
fn is_young(gateway: &NatGateway, window: Window) -> bool {
    let shortest = Decimal::from(SHORTEST_LIFE_SECONDS) / Decimal::from(3600);
    hours_within(gateway, window).is_some_and(|hours| hours < shortest)
}

/// A public gateway has at least one address, listed or not; a private one has none.
fn addresses(gateway: &NatGateway) -> Option<u64> {
    match gateway.connectivity_type {
        ConnectivityType::Private => Some(0),
        _ => gateway.public_ipv4_addresses.map(|count| count.max(1)),
    }
}

/// Each byte once: what clients sent, and what came back for them.
fn processed_bytes(metrics: &NatMetrics) -> Option<u64> {
    metrics
        .bytes_in_from_source?
        .checked_add(metrics.bytes_in_from_destination?)
}

fn gb(bytes: u64) -> Decimal {
    Decimal::from(bytes) / Decimal::from(BYTES_PER_GB)
}

fn sum(one: Option<Decimal>, other: Option<Decimal>) -> Option<Decimal> {
    one?.checked_add(other?)
}

/// No byte and no connection in the window; unknown if either was not counted and the other is none.
fn is_idle(metrics: &NatMetrics) -> Option<bool> {
    let counted = [processed_bytes(metrics), metrics.active_connections];
    if counted.iter().flatten().any(|count| *count > 0) {
        return Some(false);
    }
    counted.iter().all(Option::is_some).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::AvailabilityMode;
    use crate::model::tests::sample;

    const GB: u64 = BYTES_PER_GB;

    /// Prices of eu-west-1 that no region has; none of its public addresses.
    fn book() -> PriceBook {
        let price = |item: &str, usd: &str| {
            format!(
                "[[price]]\nregion='eu-west-1'\nitem='{item}'\nunit='u'\nusd='{usd}'\n\
                 source='test'\nas_of='2026'\n"
            )
        };
        let text = [
            price("nat_gateway_hour", "0.05"),
            price("nat_gateway_gb", "0.05"),
            price("regional_nat_gateway_hour", "0.06"),
            price("public_ipv4_hour", "0.005"),
        ];
        PriceBook::parse(&text.concat()).unwrap()
    }

    fn gateway() -> NatGateway {
        NatGateway {
            public_ipv4_addresses: Some(1),
            ..sample::nat_gateway(&sample::target(), "vpc-1", "nat-1")
        }
    }

    fn regional() -> NatGateway {
        NatGateway {
            availability_mode: AvailabilityMode::Regional,
            public_ipv4_addresses: Some(3),
            ..gateway()
        }
    }

    fn metrics(up: u64, down: u64) -> NatMetrics {
        NatMetrics {
            nat_gateway_id: "nat-1".into(),
            bytes_in_from_source: Some(up),
            bytes_in_from_destination: Some(down),
            active_connections: Some(0),
            metrics_requested: None,
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// So many hours up to 2026-06-01.
    fn window(hours: i64) -> Window {
        let end = time("2026-06-01T00:00:00Z");
        let start = end - jiff::SignedDuration::from_hours(hours);
        Window { start, end }
    }

    /// To the cent, "-" for what is not known.
    fn cents(amounts: &[Option<Decimal>]) -> String {
        let cent =
            |it: &Option<Decimal>| it.map_or("-".to_owned(), |it| format!("{:.2}", it.round_dp(2)));
        amounts.iter().map(cent).collect::<Vec<_>>().join(" ")
    }

    fn month(it: &NatGatewayCost) -> String {
        cents(&[
            it.monthly_hours_usd,
            it.monthly_data_usd,
            it.monthly_total_usd,
            it.monthly_public_ipv4_usd,
        ])
    }

    #[test]
    fn a_hundred_gb_a_day_for_thirty_days_is_186_50_a_month() {
        // 730 hours x 0.05 + 3,000 GB x 0.05: the quantities of the example, in a window of a month.
        let measured = metrics(1_000 * GB, 2_000 * GB);
        let actual = cost(&gateway(), Some(&measured), 1, window(730), &book());
        assert_eq!(month(&actual), "36.50 150.00 186.50 3.65");
        // Thirty days are ten hours less: the same GB in 720 hours are 3,041.67 GB a month.
        let actual = cost(&gateway(), Some(&measured), 1, window(720), &book());
        assert_eq!(month(&actual), "36.50 152.08 188.58 3.65");
        assert_eq!(cents(&[actual.gb_processed_month]), "3041.67");
    }

    #[test]
    fn the_published_example_of_an_hour_and_a_gb_costs_nine_cents() {
        // https://aws.amazon.com/vpc/pricing/: 0.045 for the hour, 0.045 for a GB to S3.
        let mut example = gateway();
        example.target.region = "us-east-1".parse().unwrap();
        let book = PriceBook::built_in().unwrap();
        let actual = cost(&example, Some(&metrics(GB, 0)), 1, window(1), &book);
        assert_eq!(actual.window_usd, Some(Decimal::new(90, 3)));
        assert_eq!(actual.window_billed_hours, Some(Decimal::ONE));
    }

    #[test]
    fn each_kind_of_gateway_costs_what_its_components_come_to() {
        let private = NatGateway {
            connectivity_type: ConnectivityType::Private,
            public_ipv4_addresses: Some(0),
            ..gateway()
        };
        let two_addresses = NatGateway {
            public_ipv4_addresses: Some(2),
            ..gateway()
        };
        let uncounted = NatGateway {
            public_ipv4_addresses: None,
            ..gateway()
        };
        let untold = NatGateway {
            public_ipv4_addresses: Some(0),
            ..gateway()
        };
        // 168 hours with 84 GB each way are 730 GB a month.
        let measured = metrics(84 * GB, 84 * GB);
        for (name, gateway, zones, expected) in [
            ("zonal", gateway(), 1, "36.50 36.50 73.00 3.65"),
            ("private", private, 1, "36.50 36.50 73.00 0.00"),
            ("two addresses", two_addresses, 1, "36.50 36.50 73.00 7.30"),
            ("no address listed", untold, 1, "36.50 36.50 73.00 3.65"),
            ("addresses not counted", uncounted, 1, "36.50 36.50 73.00 -"),
            // No price of a GB, three zones, an address in each.
            ("regional", regional(), 3, "131.40 - - 10.95"),
            ("zones unknown", regional(), 0, "- - - 10.95"),
        ] {
            let actual = cost(&gateway, Some(&measured), zones, window(168), &book());
            assert_eq!(month(&actual), expected, "{name}");
            assert_eq!(cents(&[actual.gb_processed_month]), "730.00", "{name}");
        }
    }

    #[test]
    fn a_young_or_deleted_gateway_is_scaled_from_its_own_life() {
        // Two days old: 48 GB in 48 hours, in a window of seven days.
        let young = NatGateway {
            created_at: Some(time("2026-05-30T00:00:00Z")),
            ..gateway()
        };
        let actual = cost(
            &young,
            Some(&metrics(24 * GB, 24 * GB)),
            1,
            window(168),
            &book(),
        );
        assert_eq!(actual.window_hours, Some(Decimal::from(48)));
        assert_eq!(actual.gb_processed_month, Some(Decimal::from(730)));
        assert_eq!(month(&actual), "36.50 36.50 73.00 3.65");
    }

    #[test]
    fn minutes_of_a_life_make_no_rate_of_a_month() {
        // Two minutes old, with 3 GB: no 32,850 USD/month.
        let young = NatGateway {
            created_at: Some(time("2026-05-31T23:58:00Z")),
            ..gateway()
        };
        let actual = cost(&young, Some(&metrics(3 * GB, 0)), 1, window(168), &book());
        assert!(actual.young);
        assert_eq!(month(&actual), "- - - -");
        assert_eq!(actual.gb_processed_month, None);
        assert_eq!(cents(&[actual.window_usd]), "0.20");
        // Gone since, after 90 minutes: next month it costs nothing, but two hours were billed.
        let gone = NatGateway {
            state: ResourceState::Deleted,
            created_at: Some(time("2026-05-30T00:00:00Z")),
            deleted_at: Some(time("2026-05-30T01:30:00Z")),
            ..gateway()
        };
        let actual = cost(&gone, Some(&metrics(3 * GB, 0)), 1, window(168), &book());
        assert_eq!(actual.window_hours, Some(Decimal::new(15, 1)));
        assert_eq!(actual.gb_processed_month, None);
        assert_eq!(actual.window_billed_hours, Some(Decimal::TWO));
        assert_eq!(cents(&[actual.window_usd]), "0.25");
        assert_eq!(month(&actual), "0.00 0.00 0.00 0.00");
    }

    #[test]
    fn a_window_of_less_than_a_day_makes_no_month_of_an_old_gateway() {
        let old = NatGateway {
            created_at: Some(time("2025-01-01T00:00:00Z")),
            ..gateway()
        };
        let unused = metrics(0, 0);
        for created in [old.created_at, None] {
            let gateway = NatGateway {
                created_at: created,
                ..old.clone()
            };
            let short = cost(&gateway, Some(&metrics(3 * GB, 0)), 1, window(23), &book());
            assert!(short.young);
            assert_eq!(short.gb_processed_month, None);
            assert_eq!(month(&short), "- - - -");
            // The window itself is known: 23 hours and 3 GB.
            assert_eq!(cents(&[short.window_usd]), "1.30");
            assert_eq!(short.idle, Some(false));
            let day = cost(&gateway, Some(&metrics(3 * GB, 0)), 1, window(24), &book());
            assert_eq!(month(&day), "36.50 4.56 41.06 3.65");
            let idle = |hours| cost(&gateway, Some(&unused), 1, window(hours), &book()).idle;
            assert_eq!((idle(23), idle(24)), (None, Some(true)));
        }
    }

    #[test]
    fn a_gateway_in_a_local_zone_has_no_price_of_the_region() {
        let measured = metrics(84 * GB, 84 * GB);
        let there = cost(&gateway(), Some(&measured), 1, window(168), &book());
        let local = without_prices(&there);
        assert_eq!(month(&there), "36.50 36.50 73.00 3.65");
        assert_eq!(month(&local), "- - - 3.65");
        assert_eq!((local.gb_price_usd, local.window_usd), (None, None));
        assert_eq!(local.gb_processed_month, there.gb_processed_month);
        let idle = cost(&gateway(), Some(&metrics(0, 0)), 1, window(168), &book());
        assert_eq!(month(&without_prices(&idle)), "- 0.00 - 3.65");
    }

    #[test]
    fn a_begun_hour_is_billed_whole_in_each_zone() {
        let young = NatGateway {
            created_at: Some(time("2026-05-31T21:59:59Z")),
            ..regional()
        };
        let actual = cost(&young, None, 3, window(168), &book());
        assert_eq!(actual.window_billed_hours, Some(Decimal::from(9)));
        let failed = NatGateway {
            state: ResourceState::Failed,
            ..gateway()
        };
        let actual = cost(&failed, None, 1, window(168), &book());
        assert_eq!(actual.window_usd, Some(Decimal::ZERO));
    }

    #[test]
    fn idle_is_known_only_where_bytes_and_connections_were_counted() {
        let counted = |bytes: Option<u64>, connections: Option<u64>| {
            let metrics = NatMetrics {
                bytes_in_from_source: bytes,
                bytes_in_from_destination: bytes,
                active_connections: connections,
                metrics_requested: None,
                ..metrics(0, 0)
            };
            cost(&gateway(), Some(&metrics), 1, window(168), &book()).idle
        };
        assert_eq!(counted(Some(0), Some(0)), Some(true));
        assert_eq!(counted(Some(0), Some(1)), Some(false));
        assert_eq!(counted(Some(1), Some(0)), Some(false));
        assert_eq!(counted(Some(1), None), Some(false));
        assert_eq!(counted(None, Some(1)), Some(false));
        assert_eq!(counted(Some(0), None), None);
        assert_eq!(counted(None, Some(0)), None);
    }

    #[test]
    fn without_metrics_or_price_nothing_is_zero() {
        let actual = cost(&gateway(), None, 1, window(168), &book());
        assert_eq!(month(&actual), "36.50 - - 3.65");
        assert_eq!((actual.idle, actual.gb_processed_month), (None, None));
        let mut nowhere = gateway();
        nowhere.target.region = "cn-north-1".parse().unwrap();
        let actual = cost(&nowhere, Some(&metrics(0, 0)), 1, window(168), &book());
        assert_eq!(month(&actual), "- - - -");
        assert_eq!(
            (
                actual.hour_price_usd,
                actual.gb_price_usd,
                actual.window_usd
            ),
            (None, None, None)
        );
    }
}
