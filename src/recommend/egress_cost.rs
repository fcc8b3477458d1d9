//! What a GB costs on its egress from a VPC today, and what all of them cost: NAT gateways, its own or
//! those of another VPC behind a transit gateway.

use std::collections::BTreeSet;

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
    /// NAT gateways that its traffic may pass, by id: public ones, and private ones on the default route.
    pub(super) gateways: Vec<&'w str>,
    /// Whether a transit gateway lies before one of them.
    pub(super) central: bool,
    /// US dollars that a GB costs at the cheapest of them, and at a private one before it; none if one price
    /// is not known.
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
                RouteTarget::NatGateway(id) => egress.pass(input, id, route.is_default()),
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
                        egress.pass(input, id, false);
                    }
                    egress.central = egress.gateways.len() > own;
                }
                None => egress.known = false,
            }
        }
        if egress.central {
            egress.transit_gb = input.prices.price(PriceItem::TgwGb, &vpc.target.region);
        }
        egress.price(input, vpc);
        egress
    }

    /// Adds a gateway, unless nothing leaves by it: VPC Block Public Access may close its VPC. By a private
    /// one on the default route everything leaves, for other networks and what is behind them.
    fn pass(&mut self, input: &AdvisorInput<'w>, id: &str, is_default: bool) {
        let leads_out = |it: &&NatGateway| {
            let out = match it.connectivity_type {
                ConnectivityType::Private => is_default,
                _ => !input.index.blocks_nat_gateways(&it.vpc_id),
            };
            it.state == ResourceState::Available && out
        };
        let found = input.facts.nat_gateways.get(id).filter(leads_out);
        let found = found.map(|it| it.nat_gateway_id.as_str());
        let place = found.map(|id| (id, self.gateways.binary_search(&id)));
        if let Some((id, Err(place))) = place {
            self.gateways.reserve_exact(1);
            self.gateways.insert(place, id);
        }
    }

    fn price(&mut self, input: &AdvisorInput<'_>, vpc: &Vpc) {
        let cost = |id: &&str| input.nat_costs.get(*id);
        let is_private = |id: &&&str| is_private(input, id);
        let gb = |ids: Vec<&&str>| -> Option<Vec<Decimal>> {
            let prices = ids.into_iter().map(|id| cost(id)?.gb_price_usd);
            prices.collect()
        };
        let (private, public): (Vec<_>, Vec<_>) = self.gateways.iter().partition(is_private);
        // Without a gateway there is nothing to save at one.
        let nothing = (self.known && public.is_empty()).then_some(Decimal::ZERO);
        let public = gb(public).and_then(|prices| prices.into_iter().min());
        let before = if private.is_empty() || !passes_private_alone(input, vpc) {
            Some(Decimal::ZERO)
        } else {
            gb(private).and_then(|prices| prices.into_iter().min())
        };
        self.nat_gb = public
            .or(nothing)
            .zip(before)
            .map(|(public, before)| public + before);
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

fn is_private(input: &AdvisorInput<'_>, id: &str) -> bool {
    let gateway = input.facts.nat_gateways.get(id);
    gateway.is_some_and(|it| it.connectivity_type == ConnectivityType::Private)
}

/// Whether all that goes out by a NAT gateway or a transit gateway passes a private NAT gateway first: no
/// subnet has a default route past them, but those that they are in.
fn passes_private_alone(input: &AdvisorInput<'_>, vpc: &Vpc) -> bool {
    let gateways = input.index.nat_gateways(&vpc.vpc_id).iter();
    let private = gateways.filter(|it| it.connectivity_type == ConnectivityType::Private);
    let homes: BTreeSet<&str> = private.filter_map(|it| it.subnet_id.as_deref()).collect();
    let tables = input.index.route_tables(&vpc.vpc_id);
    let subnets = input.index.subnets(&vpc.vpc_id).iter();
    let mut clients = subnets.filter(|it| !homes.contains(it.subnet_id.as_str()));
    !clients.any(|subnet| {
        let mut own = tables.iter();
        let own = own.find(|table| table.subnet_ids.contains(&subnet.subnet_id));
        let table = own.or_else(|| tables.iter().find(|table| table.main));
        let routes = table.into_iter().flat_map(|table| &table.routes);
        let mut defaults = routes.filter(|it| it.is_default() && !it.blackhole);
        defaults.any(|it| match &it.target {
            RouteTarget::NatGateway(id) => !is_private(input, id),
            RouteTarget::TransitGateway(_) => true,
            _ => false,
        })
    })
}
