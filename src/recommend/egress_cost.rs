//! What a GB costs on its egress from a VPC today, and what all of them cost: NAT gateways, its own or
//! those of another VPC behind a transit gateway.

use rust_decimal::Decimal;

use super::input::AdvisorInput;
use crate::model::{
    coverage::Step,
    inventory::{NatGateway, RouteTarget, Vpc},
    kind::{ConnectivityType, ResourceState},
    money::PriceItem,
};

/// How a VPC goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EgressCost<'w> {
    /// Whether every egress is known.
    pub(super) known: bool,
    /// Public NAT gateways that its traffic may pass, by id.
    pub(super) gateways: Vec<&'w str>,
    /// Whether a transit gateway lies before one of them.
    pub(super) central: bool,
    /// US dollars that a GB costs at the cheapest of them; none if one price is not known.
    pub(super) nat_gb: Option<Decimal>,
    /// US dollars that a GB costs at the transit gateway before them; none if there is none, or its
    /// price is not known.
    pub(super) transit_gb: Option<Decimal>,
    /// US dollars a month for the data of all of them; none if one is not known.
    pub(super) ceiling: Option<Decimal>,
}

impl<'w> EgressCost<'w> {
    pub(super) fn of(input: &AdvisorInput<'w>, vpc: &'w Vpc) -> Self {
        let mut egress = Self {
            known: [Step::RouteTables, Step::Subnets, Step::NatGateways]
                .into_iter()
                .all(|step| input.knows(step, vpc)),
            ..Self::default()
        };
        let routes = input
            .index
            .used_route_tables(&vpc.vpc_id)
            .iter()
            .flat_map(|table| &table.routes)
            .filter(|route| !route.blackhole);
        let mut by_transit_gateway = false;
        for route in routes {
            match &route.target {
                RouteTarget::NatGateway(id) => egress.pass(input, id),
                RouteTarget::TransitGateway(_) => by_transit_gateway |= route.is_default(),
                _ => {}
            }
        }
        let closed = input.closed_beyond_transit_gateway.contains(&vpc.vpc_id);
        if by_transit_gateway && !closed {
            match input.central_egress.get(&vpc.vpc_id) {
                Some(central) => {
                    let own = egress.gateways.len();
                    egress.known &= !central.diverges;
                    for id in &central.nat_gateway_ids {
                        egress.pass(input, id);
                    }
                    egress.central = egress.gateways.len() > own;
                }
                None => egress.known = false,
            }
        }
        if egress.central {
            egress.transit_gb = input.prices.price(PriceItem::TgwGb, &vpc.target.region);
        }
        egress.price(input);
        egress
    }

    /// Adds a gateway, unless nothing leaves by it: VPC Block Public Access may close its VPC.
    fn pass(&mut self, input: &AdvisorInput<'w>, id: &str) {
        let leads_out = |it: &&NatGateway| {
            it.state == ResourceState::Available
                && it.connectivity_type == ConnectivityType::Public
                && !input.index.blocks_nat_gateways(&it.vpc_id)
        };
        let found = input.facts.nat_gateways.get(id).filter(leads_out);
        let found = found.map(|it| it.nat_gateway_id.as_str());
        let place = found.map(|id| (id, self.gateways.binary_search(&id)));
        if let Some((id, Err(place))) = place {
            self.gateways.reserve_exact(1);
            self.gateways.insert(place, id);
        }
    }

    fn price(&mut self, input: &AdvisorInput<'_>) {
        let cost = |id: &&str| input.nat_costs.get(*id);
        let gb: Option<Vec<Decimal>> = self
            .gateways
            .iter()
            .map(|id| cost(id)?.gb_price_usd)
            .collect();
        // Without a gateway there is nothing to save at one.
        let nothing = self.known && self.gateways.is_empty();
        self.nat_gb = gb
            .and_then(|prices| prices.into_iter().min())
            .or(nothing.then_some(Decimal::ZERO));
        let data: Option<Vec<Decimal>> = self
            .gateways
            .iter()
            .map(|id| cost(id)?.monthly_data_usd)
            .collect();
        self.ceiling = data
            .filter(|_| self.known)
            .map(|data| data.into_iter().sum());
    }

    /// US dollars that a GB costs on its egress.
    pub(super) fn gb_usd(&self) -> Option<Decimal> {
        Some(self.nat_gb? + self.transit_gb.unwrap_or_default())
    }

    /// US dollars that so many GB cost on their egress; none of them cost nothing at any price.
    pub(super) fn usd(&self, gb: Decimal) -> Option<Decimal> {
        if gb.is_zero() {
            return Some(Decimal::ZERO);
        }
        self.gb_usd()?.checked_mul(gb)
    }

    /// Whether it is known that no NAT gateway is passed.
    pub(super) fn passes_none(&self) -> bool {
        self.known && self.gateways.is_empty()
    }
}
