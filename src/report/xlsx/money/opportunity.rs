//! Formulas of the figures of `opportunities`: what GB cost at their egress, what an endpoint costs,
//! what is saved, and from how many GB it pays.

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    super::{
        expression::{Expression, add, divide, multiply, round, subtract},
        row::Row,
    },
    CENTS, FINE, Gateway, Maybe, Money, PARTS,
};
use crate::model::{
    kind::EndpointType,
    money::{HOURS_PER_MONTH, PriceItem},
};

/// More zones than an endpoint has.
const MOST_ZONES: u64 = 40;
/// Zones that are tried where the GB have prices of more than one tier.
const MOST_TIERED_ZONES: u32 = 6;

impl Money {
    pub(super) fn opportunity(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let cell = |column: &str| row.cell(column);
        if row.text("action") == "add_availability_zones" && row.text("service").is_empty() {
            return self.own_zone(column, row, value);
        }
        match column {
            "gb_month" => vec![self.measured_gb(value)],
            "monthly_nat_usd" => {
                let of = |price| of_rounded(cell("gb_month"), &price, value);
                self.egress_prices(row).into_iter().flat_map(of).collect()
            }
            "monthly_endpoint_usd" => self.endpoint_cost(row, value),
            "monthly_saving_usd" => vec![
                subtract(cell("monthly_nat_usd"), cell("monthly_endpoint_usd")),
                cell("monthly_endpoint_usd"),
            ],
            "saving_ceiling_usd" => self.ceiling(row),
            "break_even_gb_month" => self.break_even(row, value),
            _ => Vec::new(),
        }
    }

    /// Subnets that go out by a NAT gateway in another zone: hours of those that are missing, against GB
    /// between zones.
    fn own_zone(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let region = row.text("region");
        let hour = self.price(PriceItem::NatGatewayHour, region);
        let hours = |usd| {
            let missing = zones_in(usd, hour.as_ref())?;
            let missing = Some(Expression::number(Decimal::from(missing)));
            multiply(multiply(Self::hours(), missing), hour.clone())
        };
        let (gb, between) = (row.cell("gb_month"), self.both_zones(region));
        match column {
            "gb_month" => vec![self.measured_gb(value)],
            "monthly_endpoint_usd" => vec![round(hours(value), CENTS)],
            "monthly_nat_usd" => of_rounded(gb, &between, value),
            "monthly_saving_usd" => vec![subtract(
                row.cell("monthly_nat_usd"),
                row.cell("monthly_endpoint_usd"),
            )],
            "break_even_gb_month" => {
                let usd = row.cell("monthly_endpoint_usd");
                let usd = usd.map_or(Decimal::ZERO, |it| it.value());
                vec![round(divide(hours(usd), between), FINE)]
            }
            _ => Vec::new(),
        }
    }

    /// Prices of a GB at its egress: at either kind of NAT gateway, after a transit gateway or not.
    fn egress_prices(&self, row: &Row<'_>) -> [Maybe; 4] {
        let price = |item| self.price(item, row.text("region"));
        let (zonal, regional) = (
            price(PriceItem::NatGatewayGb),
            price(PriceItem::RegionalNatGatewayGb),
        );
        let transit = || price(PriceItem::TgwGb);
        [
            zonal.clone(),
            add(zonal, transit()),
            regional.clone(),
            add(regional, transit()),
        ]
    }

    /// Hours of an endpoint in so many zones as the figure shows, and its GB; or by a hub.
    fn endpoint_cost(&self, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let region = row.text("region");
        let price = |item| self.price(item, region);
        if EndpointType::from(row.text("endpoint_type")) == EndpointType::Gateway {
            let hours = multiply(Self::hours(), price(PriceItem::GatewayEndpointHour));
            return vec![round(hours, CENTS)];
        }
        let gb = || row.cell("gb_month");
        let endpoint_gb = || price(PriceItem::InterfaceEndpointGb);
        let hub_gb = || add(price(PriceItem::TgwGb), endpoint_gb());
        let mut found = Vec::new();
        let hub = !row.text("hub_vpc_id").is_empty();
        let costs = match (hub, row.text("action")) {
            (false, _) => vec![
                None,
                multiply(gb(), endpoint_gb()),
                multiply(gb(), hub_gb()),
            ],
            (true, "create") => vec![multiply(gb(), endpoint_gb())],
            (true, _) => vec![multiply(gb(), hub_gb())],
        };
        for data in costs {
            let rest = value - data.as_ref().map_or(Decimal::ZERO, Expression::value);
            let hour = price(PriceItem::InterfaceEndpointHour);
            found.push(round(data.clone(), CENTS));
            let parts = if hub {
                // What this row pays of the hub, in hours of one zone: its part is that of today.
                hour.as_ref()
                    .and_then(|hour| {
                        rest.checked_div(hour.value() * Decimal::from(HOURS_PER_MONTH))
                    })
                    .filter(Decimal::is_sign_positive)
                    .map(|part| Expression::number(part.round_dp(PARTS)))
            } else {
                let zones = zones_in(rest, hour.as_ref());
                zones.map(|zones| Expression::number(Decimal::from(zones)))
            };
            let hours = multiply(multiply(Self::hours(), parts), hour);
            let both = if data.is_some() {
                add(hours, data)
            } else {
                hours
            };
            found.push(round(both, CENTS));
        }
        found.extend(self.tiered_endpoint(row, value));
        found
    }

    /// Hours of an endpoint in so many zones as a row may have, and GB of which a part is in a second tier.
    fn tiered_endpoint(&self, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let region = row.text("region");
        let item = PriceItem::InterfaceEndpointGb;
        let mut found = Vec::new();
        for zones in 0..=MOST_TIERED_ZONES {
            let hour = self.price(PriceItem::InterfaceEndpointHour, region);
            let zones = (zones > 0).then(|| Expression::number(Decimal::from(zones)));
            let hours = multiply(multiply(Self::hours(), zones.clone()), hour);
            let rest = value - hours.as_ref().map_or(Decimal::ZERO, Expression::value);
            for price in self.tiered(item, region, row.cell("gb_month"), rest) {
                let data = multiply(row.cell("gb_month"), price);
                let both = if zones.is_some() {
                    add(hours.clone(), data)
                } else {
                    data
                };
                found.push(round(both, CENTS));
            }
        }
        found
    }

    /// GB at which an endpoint in one zone or more costs what its GB cost at their egress.
    fn break_even(&self, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        if value.is_zero() {
            return Vec::new();
        }
        let price = |item| self.price(item, row.text("region"));
        let hour = price(PriceItem::InterfaceEndpointHour);
        let pays = |out: Maybe| {
            let saved = subtract(out, price(PriceItem::InterfaceEndpointGb))?;
            let zones = zones_in(value.checked_mul(saved.value())?, hour.as_ref())?;
            let zones = Some(Expression::number(Decimal::from(zones)));
            let hours = multiply(multiply(Self::hours(), zones), hour.clone());
            round(divide(hours, Some(saved)), FINE)
        };
        self.egress_prices(row).map(pays).to_vec()
    }

    /// The most that can be saved: what the NAT gateways that it passes cost for data, or the hours of
    /// what can be removed.
    fn ceiling(&self, row: &Row<'_>) -> Vec<Maybe> {
        let ids = self.gateways_of_vpc.get(row.text("vpc_id"));
        let gateways: Vec<&Gateway> = ids
            .into_iter()
            .flatten()
            .filter_map(|id| self.gateways.get(id))
            .collect();
        let sum = |of: fn(&Gateway) -> &Maybe| {
            let mut parts = gateways.iter().filter_map(|it| of(it).clone());
            let first = parts.next();
            parts.fold(first, |sum, part| add(sum, Some(part)))
        };
        let mut found = if row.text("action") == "remove" {
            vec![row.cell("monthly_endpoint_usd"), sum(|it| &it.hours)]
        } else {
            vec![sum(|it| &it.data), round(sum(|it| &it.exact), CENTS)]
        };
        for gateway in gateways {
            found.push(gateway.data.clone());
            found.push(gateway.hours.clone());
        }
        found
    }
}

/// Whole zones whose hours come to about so much.
pub(super) fn zones_in(usd: Decimal, hour: Option<&Expression>) -> Option<u64> {
    let month = hour?.value().checked_mul(Decimal::from(HOURS_PER_MONTH))?;
    let zones = usd.checked_div(month)?.round().to_u64()?;
    (1..=MOST_ZONES).contains(&zones).then_some(zones)
}

/// GB times a price, to the cent. The cell of the GB holds four decimal places; where the rest decides
/// a cent, it is added.
fn of_rounded(gb: Maybe, price: &Maybe, value: Decimal) -> Vec<Maybe> {
    let usd = |gb| round(multiply(gb, price.clone()), CENTS);
    let plain = usd(gb.clone());
    if plain.as_ref().is_none_or(|it| it.value() == value) {
        return vec![plain];
    }
    let rest = Some(Expression::number(Decimal::new(49, 6)));
    vec![usd(add(gb.clone(), rest.clone())), usd(subtract(gb, rest))]
}
