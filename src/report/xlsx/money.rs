//! Money and GB as live formulas: each figure is written as quantity times price, on the cells of its
//! row and of the sheet `Prices`, if that formula gives the figure of the report to its last digit.
//! What no formula here gives (a discount by volume) stays a number. Where GB have prices of two tiers, or a row has
//! a share of a central endpoint's hours, the parts are numbers in the formula.

mod comparison;
mod opportunity;

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use super::{
    super::cells::Cell,
    expression::{Expression, add, divide, multiply, round, subtract},
    row::Row,
};
use crate::model::{
    kind::{AvailabilityMode, EndpointType},
    money::{BYTES_PER_GB, HOURS_PER_MONTH, Price, PriceItem},
};

/// Decimal places of money in a row.
const CENTS: u32 = 2;
/// Decimal places of GB and hours.
const FINE: u32 = 4;
/// Decimal places of parts of a tier, and of shares.
const PARTS: u32 = 12;
/// The names of the settings that stand in the sheet `Summary`.
pub(super) const HOURS: &str = "hours_per_month";
/// Hours of the window.
pub(super) const WINDOW: &str = "window_hours";
/// What a figure of the window is multiplied by to make one of a month.
pub(super) const FACTOR: &str = "window_factor";

type Maybe = Option<Expression>;

/// What the NAT gateways of VPCs cost, for the most that can be saved there.
#[derive(Default)]
struct Gateway {
    data: Maybe,
    /// The same, not rounded to the cent.
    exact: Maybe,
    hours: Maybe,
}

/// What formulas refer to outside their row.
pub(super) struct Money {
    /// The price of the first tier, then those of the others.
    prices: BTreeMap<(PriceItem, String), Vec<Expression>>,
    window: Decimal,
    gateways: HashMap<String, Gateway>,
    gateways_of_vpc: HashMap<String, Vec<String>>,
}

impl Money {
    /// `window` is in hours.
    pub(super) fn new(prices: &[Price], window: Decimal) -> Self {
        let mut by_tier: Vec<(&Price, u32)> = prices.iter().zip(2..).collect();
        by_tier.retain(|(price, _)| price.to_region.is_none());
        by_tier.sort_by_key(|(price, _)| price.tier_from);
        let mut prices: BTreeMap<_, Vec<Expression>> = BTreeMap::new();
        for (price, row) in by_tier {
            let cell = Expression::reference(format!("Prices!$E${row}"), price.usd.0);
            let key = (price.item, price.region.clone());
            prices.entry(key).or_default().push(cell);
        }
        Self {
            prices,
            window,
            gateways: HashMap::new(),
            gateways_of_vpc: HashMap::new(),
        }
    }

    /// The formula of a figure; none if none gives it.
    pub(super) fn formula(&self, table: &str, column: &str, row: &Row<'_>) -> Maybe {
        let value = row.view.decimal(column)?;
        let found = match table {
            "nat_gateways" if column == "other_zone_gb_month" => vec![self.measured_gb(value)],
            "nat_gateways" => self.nat_gateway(column, row),
            "endpoints" => self.endpoint(column, row, value),
            "opportunities" => self.opportunity(column, row, value),
            "hub_or_own" => self.hub_or_own(column, row, value),
            "partner_services" => self.partner(column, row, value),
            "egress_chargeback" => self.charge(column, row, value),
            _ => Vec::new(),
        };
        found.into_iter().flatten().find(|it| it.value() == value)
    }

    /// Remembers what later rows refer to.
    pub(super) fn note(&mut self, table: &str, row: &Row<'_>) {
        match table {
            "nat_gateways" => {
                let id = row.text("nat_gateway_id").to_owned();
                let vpc = row.text("vpc_id").to_owned();
                self.gateways_of_vpc
                    .entry(vpc)
                    .or_default()
                    .push(id.clone());
                let gateway = Gateway {
                    data: row.reference("monthly_data_usd"),
                    exact: multiply(
                        row.reference("gb_processed_month"),
                        row.reference("gb_price_usd"),
                    ),
                    hours: row.reference("monthly_hours_usd"),
                };
                self.gateways.insert(id, gateway);
            }
            "vpcs" => {
                let ids = row.view.items("egress_nat_gateway_ids").iter();
                let ids: Vec<String> = ids.filter_map(Cell::as_str).map(str::to_owned).collect();
                if !ids.is_empty() {
                    let vpc = row.text("vpc_id").to_owned();
                    self.gateways_of_vpc.entry(vpc).or_default().extend(ids);
                }
            }
            _ => {}
        }
    }

    /// Hours of a month.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "a factor like the others, which may be unknown"
    )]
    fn hours() -> Maybe {
        Some(Expression::reference(HOURS, Decimal::from(HOURS_PER_MONTH)))
    }

    /// From the window to a month.
    pub(super) fn factor(&self) -> Maybe {
        let value = Decimal::from(HOURS_PER_MONTH).checked_div(self.window)?;
        Some(Expression::reference(FACTOR, value))
    }

    /// The price of the first tier.
    fn price(&self, item: PriceItem, region: &str) -> Maybe {
        self.tiers(item, region).first().cloned()
    }

    fn tiers(&self, item: PriceItem, region: &str) -> &[Expression] {
        let of = |region: &str| self.prices.get(&(item, region.to_owned()));
        of(region).or_else(|| of("*")).map_or(&[], Vec::as_slice)
    }

    /// The price of a GB from one zone to another one: AWS bills it in both.
    fn both_zones(&self, region: &str) -> Maybe {
        multiply(
            Some(Expression::number(2)),
            self.price(PriceItem::InterAzGb, region),
        )
    }

    /// Prices of a GB that come to `usd` for so many GB, part of which is in one tier and the rest in the next.
    fn tiered(&self, item: PriceItem, region: &str, gb: Maybe, usd: Decimal) -> Vec<Maybe> {
        let mean = gb.and_then(|gb| usd.checked_div(gb.value()));
        let pairs = self.tiers(item, region).windows(2);
        let price = |pair: &[Expression]| {
            let [first, second] = pair else { return None };
            let part = (first.value() - mean?).checked_div(first.value() - second.value())?;
            let part = part.round_dp(PARTS);
            if part <= Decimal::ZERO || part > Decimal::ONE {
                return None;
            }
            let of = |price: &Expression, part: Decimal| {
                multiply(Some(price.clone()), Some(Expression::number(part)))
            };
            add(of(first, Decimal::ONE - part), of(second, part))
        };
        pairs.map(price).collect()
    }

    /// GB of a month that were measured in the window: their bytes are in no column.
    fn measured_gb(&self, value: Decimal) -> Maybe {
        let factor = self.factor()?;
        let in_window = value.checked_div(factor.value())?.round_dp(10);
        round(
            multiply(Some(Expression::number(in_window)), Some(factor)),
            FINE,
        )
    }

    fn nat_gateway(&self, column: &str, row: &Row<'_>) -> Vec<Maybe> {
        let region = row.text("region");
        let regional =
            AvailabilityMode::from(row.text("availability_mode")) == AvailabilityMode::Regional;
        let (hour_item, gb_item) = if regional {
            (
                PriceItem::RegionalNatGatewayHour,
                PriceItem::RegionalNatGatewayGb,
            )
        } else {
            (PriceItem::NatGatewayHour, PriceItem::NatGatewayGb)
        };
        let cell = |column: &str| row.cell(column);
        let month = || {
            let hours = Self::hours();
            if regional {
                multiply(hours, row.items("availability_zones"))
            } else {
                hours
            }
        };
        let bytes = || {
            add(
                cell("bytes_in_from_source"),
                cell("bytes_in_from_destination"),
            )
        };
        let gb = || divide(bytes(), Some(Expression::number(BYTES_PER_GB)));
        let hours_usd = || multiply(month(), cell("hour_price_usd"));
        let data_usd = |gb: Maybe| multiply(gb, cell("gb_price_usd"));
        let exact = || self.gb_month(gb(), cell("window_hours"));
        match column {
            "hour_price_usd" => vec![self.price(hour_item, region)],
            "gb_price_usd" => vec![self.price(gb_item, region)],
            "gb_processed_month" => exact().map(|it| round(it, FINE)).to_vec(),
            "monthly_hours_usd" => vec![round(hours_usd(), CENTS)],
            "monthly_data_usd" => {
                let [whole, part] = exact().map(|it| round(data_usd(it), CENTS));
                vec![
                    round(data_usd(cell("gb_processed_month")), CENTS),
                    whole,
                    part,
                ]
            }
            "monthly_total_usd" => {
                let [whole, part] = exact().map(|it| round(add(hours_usd(), data_usd(it)), CENTS));
                vec![
                    add(cell("monthly_hours_usd"), cell("monthly_data_usd")),
                    round(
                        add(hours_usd(), data_usd(cell("gb_processed_month"))),
                        CENTS,
                    ),
                    whole,
                    part,
                ]
            }
            "monthly_public_ipv4_usd" => {
                let hours = multiply(Self::hours(), cell("public_ipv4_addresses"));
                vec![round(
                    multiply(hours, self.price(PriceItem::PublicIpv4Hour, region)),
                    CENTS,
                )]
            }
            "monthly_other_zone_usd" => {
                let gb = cell("other_zone_gb_month");
                vec![round(multiply(gb, self.both_zones(region)), CENTS)]
            }
            "window_usd" => {
                let hours = multiply(cell("window_billed_hours"), cell("hour_price_usd"));
                vec![round(add(hours, data_usd(gb())), CENTS)]
            }
            _ => Vec::new(),
        }
    }

    /// GB of a month from those of the window: of a gateway that existed all the time, and of one
    /// that existed for a part of it, whose hours stand in its row rounded from whole seconds.
    fn gb_month(&self, gb: Maybe, lived: Maybe) -> [Maybe; 2] {
        let whole = multiply(gb, self.factor());
        let seconds =
            lived.and_then(|it| round(multiply(Some(it), Some(Expression::number(3600))), 0));
        let hours = divide(seconds, Some(Expression::number(3600)));
        let window = Some(Expression::reference(WINDOW, self.window));
        let part = divide(multiply(whole.clone(), window), hours);
        [whole, part]
    }

    fn endpoint(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let region = row.text("region");
        let Some((hour_item, gb_item)) = endpoint_items(&row.text("endpoint_type").into()) else {
            return Vec::new();
        };
        let cell = |column: &str| row.cell(column);
        let hours = || {
            let month = Self::hours();
            let hours = if hour_item == PriceItem::GatewayEndpointHour {
                month
            } else {
                multiply(month, row.items("subnets"))
            };
            multiply(hours, self.price(hour_item, region))
        };
        let data = || multiply(cell("gb_processed_month"), self.price(gb_item, region));
        match column {
            "gb_processed_month" => vec![self.measured_gb(value)],
            "monthly_hours_usd" => vec![round(hours(), CENTS)],
            "monthly_data_usd" => {
                let gb = || cell("gb_processed_month");
                let tiered = self.tiered(gb_item, region, gb(), value).into_iter();
                let tiered = tiered.map(|price| round(multiply(gb(), price), CENTS));
                [round(data(), CENTS)].into_iter().chain(tiered).collect()
            }
            "break_even_gb_month" => {
                let saved = subtract(
                    self.price(PriceItem::NatGatewayGb, region),
                    self.price(gb_item, region),
                );
                vec![round(divide(hours(), saved), FINE)]
            }
            "monthly_usd" if row.cell("monthly_data_usd").is_none() => {
                vec![cell("monthly_hours_usd")]
            }
            "monthly_usd" => vec![
                add(cell("monthly_hours_usd"), cell("monthly_data_usd")),
                round(add(hours(), data()), CENTS),
            ],
            _ => Vec::new(),
        }
    }
}

/// The prices of an hour and a GB of an endpoint.
fn endpoint_items(endpoint_type: &EndpointType) -> Option<(PriceItem, PriceItem)> {
    Some(match endpoint_type {
        EndpointType::Interface => (
            PriceItem::InterfaceEndpointHour,
            PriceItem::InterfaceEndpointGb,
        ),
        EndpointType::Gateway => (PriceItem::GatewayEndpointHour, PriceItem::GatewayEndpointGb),
        EndpointType::GatewayLoadBalancer => {
            (PriceItem::GwlbEndpointHour, PriceItem::GwlbEndpointGb)
        }
        EndpointType::Resource => (
            PriceItem::ResourceEndpointHour,
            PriceItem::ResourceEndpointGb,
        ),
        _ => return None,
    })
}
