//! Formulas of the tables that compare and split: `hub_or_own`, `partner_services` and
//! `egress_chargeback`.

use rust_decimal::Decimal;

use super::{
    super::{
        expression::{Expression, add, divide, multiply, round, subtract},
        row::Row,
    },
    CENTS, FINE, Maybe, Money, PARTS,
};
use crate::model::money::{BYTES_PER_GB, PriceItem};

impl Money {
    pub(super) fn hub_or_own(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let price = |item| self.price(item, row.text("region"));
        match column {
            "monthly_now_usd" => self.billed("now", row, value),
            "monthly_best_usd" => self.billed("best", row, value),
            "hub_break_even_gb_month" => {
                let saved = subtract(
                    subtract(
                        price(PriceItem::NatGatewayGb),
                        price(PriceItem::InterfaceEndpointGb),
                    ),
                    price(PriceItem::TgwGb),
                );
                self.pays_from(row, value, saved.as_ref())
            }
            "own_instead_of_hub_gb_month" => {
                self.pays_from(row, value, price(PriceItem::TgwGb).as_ref())
            }
            _ => vec![self.measured_gb(value)],
        }
    }

    /// GB from which the hours of an endpoint are earned by what a GB saves: in the zones of the calculation,
    /// or in as many as the hub has.
    fn pays_from(&self, row: &Row<'_>, value: Decimal, saved: Option<&Expression>) -> Vec<Maybe> {
        if value.is_zero() {
            return Vec::new();
        }
        let hour = self.price(PriceItem::InterfaceEndpointHour, row.text("region"));
        let hours = |zones| multiply(multiply(Self::hours(), zones), hour.clone());
        let pays = |zones| round(divide(hours(zones), saved.cloned()), FINE);
        let earned = saved.and_then(|it| it.value().checked_mul(value));
        let zones = super::opportunity::zones_in(earned.unwrap_or_default(), hour.as_ref());
        let zones = zones.map(|it| Expression::number(Decimal::from(it)));
        vec![pays(row.cell("availability_zones")), pays(zones)]
    }

    /// Every quantity that is billed times its price; those that are zero need no price.
    fn billed(&self, when: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let region = row.text("region");
        let price = |item| self.price(item, region);
        let quantity = |name: &str| {
            let cell = row.cell(&format!("{when}_{name}"));
            cell.filter(|it| !it.value().is_zero())
        };
        let hours = |name: &str, item| {
            quantity(name).map(|it| multiply(multiply(Self::hours(), Some(it)), price(item)))
        };
        let gb = |name: &str, price: Maybe| quantity(name).map(|it| multiply(Some(it), price));
        let others = [
            gb("transit_gateway_gb_month", price(PriceItem::TgwGb)),
            hours("endpoint_zones", PriceItem::InterfaceEndpointHour),
            hours("attachments", PriceItem::TgwAttachmentHour),
        ];
        let endpoint = price(PriceItem::InterfaceEndpointGb);
        let mut found = Vec::new();
        for nat in [PriceItem::NatGatewayGb, PriceItem::RegionalNatGatewayGb] {
            let mut parts = others.to_vec();
            parts.push(gb("nat_gb_month", price(nat)));
            let without = sum(parts.clone());
            let rest = value - without.as_ref().map_or(Decimal::ZERO, Expression::value);
            parts.push(gb("endpoint_gb_month", endpoint.clone()));
            found.push(round(sum(parts.clone()), CENTS));
            let cell = quantity("endpoint_gb_month");
            for price in self.tiered(PriceItem::InterfaceEndpointGb, region, cell, rest) {
                parts.pop();
                parts.push(gb("endpoint_gb_month", price));
                found.push(round(sum(parts.clone()), CENTS));
            }
        }
        found
    }

    pub(super) fn partner(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        match column {
            "gb_month" => {
                let gb = divide(
                    row.cell("nat_bytes"),
                    Some(Expression::number(BYTES_PER_GB)),
                );
                vec![
                    round(multiply(gb, self.factor()), FINE),
                    self.measured_gb(value),
                ]
            }
            "monthly_saving_usd" => vec![subtract(
                row.cell("monthly_nat_usd"),
                row.cell("monthly_endpoint_usd"),
            )],
            _ => self.opportunity(column, row, value),
        }
    }

    /// A part of what the NAT gateway costs.
    pub(super) fn charge(&self, column: &str, row: &Row<'_>, value: Decimal) -> Vec<Maybe> {
        let ids = row.text("nat_gateway_id").split(';');
        let gateways: Option<Vec<_>> = ids.map(|id| self.gateways.get(id)).collect();
        let costs = gateways.into_iter().flatten().map(|it| {
            Some(match column {
                "data_usd" => it.data.clone(),
                _ => it.hours.clone(),
            })
        });
        let all = sum(costs.collect());
        let part = all.as_ref().and_then(|it| value.checked_div(it.value()));
        let part = part.map(|it| Expression::number(it.round_dp(PARTS)));
        vec![
            all.clone().filter(|it| it.value() == value),
            round(multiply(all.clone(), row.cell("share")), CENTS),
            round(multiply(all, part), CENTS),
        ]
    }
}

/// The sum of the parts that there are; none if one of them is not known, or there is none.
fn sum(parts: Vec<Option<Maybe>>) -> Maybe {
    let mut parts = parts.into_iter().flatten();
    let first = parts.next()?;
    parts.fold(first, add)
}
