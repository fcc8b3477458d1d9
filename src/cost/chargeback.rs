//! What the NAT gateways of a hub cost each VPC that goes out by them.
//!
//! The cost of a gateway is split by measured bytes alone, to the cent. The part that no record assigns
//! to a VPC is one of its own, so that the parts of a gateway always add up to its cost.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::model::{
    bytes::Attribution,
    chargeback::{Charge, ChargebackBasis, ChargedGateways, EgressClient},
    classified::CentralEgress,
    cost::NatGatewayCost,
    facts::Facts,
    id::{NatGatewayId, VpcId},
    inventory::NatGateway,
    kind::{ConnectivityType, ResourceState},
    money,
};

/// Decimal places of a cent.
const CENTS: u32 = 2;

/// What the split looks at.
#[derive(Clone, Copy, Debug)]
pub struct ChargebackInput<'c> {
    /// What was read.
    pub facts: &'c Facts,
    /// The VPCs that go out through another one.
    pub central_egress: &'c BTreeMap<VpcId, CentralEgress>,
    /// The bytes of the flow logs.
    pub attribution: &'c Attribution,
    /// Costs by NAT gateway.
    pub nat_costs: &'c BTreeMap<NatGatewayId, NatGatewayCost>,
}

/// The NAT gateways of every VPC that others go out by, by account, VPC and id.
pub fn of_hubs(input: ChargebackInput<'_>) -> Vec<ChargedGateways> {
    let mut spokes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (spoke, hub) in input.central_egress {
        if !hub.nat_gateway_ids.is_empty() {
            spokes.entry(&hub.vpc_id).or_default().insert(spoke);
        }
    }
    let mut egress: BTreeMap<&str, Vec<(&EgressClient, u64)>> = BTreeMap::new();
    for (client, bytes) in &input.attribution.egress {
        let hub = client.hub_vpc_id.as_str();
        egress.entry(hub).or_default().push((client, *bytes));
        if client.vpc_id != hub {
            spokes.entry(hub).or_default().insert(&client.vpc_id);
        }
    }
    let mut found: Vec<ChargedGateways> = Vec::new();
    for (vpc_id, spokes) in &spokes {
        let hub = Hub {
            input,
            vpc_id,
            spokes,
            egress: egress.get(vpc_id).map_or(&[][..], Vec::as_slice),
        };
        found.extend(hub.groups().iter().map(|group| hub.charge(group)));
    }
    found.sort_by(|a, b| {
        let key = |it: &ChargedGateways| (it.target.clone(), it.hub_vpc_id.clone());
        (key(a), &a.nat_gateway_ids).cmp(&(key(b), &b.nat_gateway_ids))
    });
    found
}

/// A VPC that others go out by.
struct Hub<'c> {
    input: ChargebackInput<'c>,
    vpc_id: &'c str,
    spokes: &'c BTreeSet<&'c str>,
    egress: &'c [(&'c EgressClient, u64)],
}

impl<'c> Hub<'c> {
    /// Whether the records of a gateway itself show the clients.
    fn is_recorded(&self, gateway: &NatGateway) -> bool {
        let recorded = &self.input.attribution.nat_clients_recorded;
        recorded.contains(&gateway.nat_gateway_id)
    }

    /// Its public gateways that are billed, or that bytes are known of; together those that no record
    /// distinguishes.
    fn groups(&self) -> Vec<Vec<&'c NatGateway>> {
        const BILLED: [ResourceState; 2] = [ResourceState::Available, ResourceState::Pending];
        let named = |it: &NatGateway| {
            let id = Some(it.nat_gateway_id.as_str());
            let mut egress = self.egress.iter();
            egress.any(|(client, _)| client.nat_gateway_id.as_deref() == id)
        };
        let all = self.input.facts.nat_gateways.values();
        let all = all.filter(|it| {
            it.vpc_id == self.vpc_id && it.connectivity_type == ConnectivityType::Public
        });
        let (recorded, others): (Vec<_>, Vec<_>) = all
            .filter(|it| BILLED.contains(&it.state) || named(it))
            .partition(|it| self.is_recorded(it));
        let mut groups: Vec<_> = recorded.into_iter().map(|it| vec![it]).collect();
        let mut egress = self.egress.iter();
        if egress.any(|(client, _)| client.nat_gateway_id.is_none()) && !others.is_empty() {
            groups.push(others);
        } else {
            groups.extend(others.into_iter().map(|it| vec![it]));
        }
        groups
    }

    fn charge(&self, gateways: &[&NatGateway]) -> ChargedGateways {
        let recorded = gateways.iter().all(|it| self.is_recorded(it));
        let mut clients: BTreeMap<&str, (u64, ChargebackBasis)> = BTreeMap::new();
        for (client, bytes) in self.egress {
            let here = match &client.nat_gateway_id {
                Some(id) => gateways.iter().any(|it| it.nat_gateway_id == *id),
                None => !recorded,
            };
            if here {
                let new = (0, client.basis);
                let sum = clients.entry(&client.vpc_id).or_insert(new);
                *sum = (sum.0.saturating_add(*bytes), sum.1.min(client.basis));
            }
        }
        let assigned: u64 = clients.values().map(|(bytes, _)| bytes).sum();
        let logged = self.logged(gateways).filter(|_| recorded);
        let whole = [self.metered(gateways), logged];
        let whole = whole.into_iter().flatten().max();
        let whole = whole.map(|bytes| bytes.max(assigned));
        let is_part = self.input.attribution.part.contains(self.vpc_id);
        if logged == Some(assigned) && !is_part {
            // All clients are known: the others sent nothing.
            for vpc in self.spokes.iter().chain([&self.vpc_id]) {
                let none = (0, ChargebackBasis::NatGatewayFlowLog);
                clients.entry(vpc).or_insert(none);
            }
        }
        let cost = |of: fn(&NatGatewayCost) -> Option<Decimal>| -> Option<Decimal> {
            let costs = &self.input.nat_costs;
            let each = gateways.iter().map(|it| {
                let cost = costs.get(&it.nat_gateway_id).and_then(of)?;
                Some(money::round(cost, CENTS))
            });
            each.sum()
        };
        let amounts = [
            cost(|it| it.monthly_data_usd),
            cost(|it| it.monthly_hours_usd),
        ];
        let ids = gateways.iter().map(|it| it.nat_gateway_id.clone());
        ChargedGateways {
            target: gateways[0].target.clone(),
            hub_vpc_id: self.vpc_id.into(),
            nat_gateway_ids: ids.collect(),
            bytes: whole,
            charges: charges(&clients, whole, assigned, amounts),
        }
    }

    /// Bytes that CloudWatch counted, which are those that AWS bills.
    fn metered(&self, gateways: &[&NatGateway]) -> Option<u64> {
        let metrics = &self.input.facts.nat_metrics;
        let each = gateways.iter().map(|it| {
            let metrics = metrics.get(&it.nat_gateway_id)?;
            let down = metrics.bytes_in_from_destination?;
            metrics.bytes_in_from_source?.checked_add(down)
        });
        each.sum()
    }

    /// Bytes in the flow logs of the gateways themselves.
    fn logged(&self, gateways: &[&NatGateway]) -> Option<u64> {
        let logged = &self.input.attribution.nat_gateways;
        let each = gateways.iter().map(|it| logged.get(&it.nat_gateway_id));
        each.map(|shares| shares.map(|it| it.bytes)).sum()
    }
}

/// The parts of the clients, and of what is left.
fn charges(
    clients: &BTreeMap<&str, (u64, ChargebackBasis)>,
    whole: Option<u64>,
    assigned: u64,
    amounts: [Option<Decimal>; 2],
) -> Vec<Charge> {
    let rest = whole.map(|bytes| bytes.saturating_sub(assigned));
    let mut weights: Vec<u64> = clients.values().map(|(bytes, _)| *bytes).collect();
    weights.extend(rest);
    let parts = amounts.map(|amount| match whole {
        Some(bytes) if bytes > 0 => amount.map(|it| split(it, &weights)),
        _ => None,
    });
    let part = |of: usize, at: usize| parts[of].as_ref()?.get(at).copied();
    let of_clients = clients.iter().enumerate();
    let mut found: Vec<Charge> = of_clients
        .map(|(at, (vpc, (bytes, basis)))| Charge {
            vpc_id: Some((*vpc).into()),
            bytes: Some(*bytes),
            data_usd: part(0, at),
            hours_usd: part(1, at),
            basis: *basis,
        })
        .collect();
    if rest != Some(0) || whole == Some(0) {
        // Without the bytes of all there is no share of any: the whole cost is left.
        let left = |of: usize| {
            parts[of]
                .as_ref()
                .map_or(amounts[of], |it| it.last().copied())
        };
        found.push(Charge {
            vpc_id: None,
            bytes: rest,
            data_usd: left(0),
            hours_usd: left(1),
            basis: ChargebackBasis::Unassigned,
        });
    }
    found
}

/// Splits an amount by weights to whole cents that add up to it: each part rounded down, then a cent
/// more for those that lost most by that, of equal ones for the first.
pub fn split(amount: Decimal, weights: &[u64]) -> Vec<Decimal> {
    let cents = money::round(amount, CENTS) * Decimal::ONE_HUNDRED;
    let cents = cents.to_u128().unwrap_or_default();
    let whole: u128 = weights.iter().copied().map(u128::from).sum();
    // What is left over is less than a cent a part, so that it is small.
    let exact = |weight: &u64| {
        let product = cents * u128::from(*weight);
        (
            product.checked_div(whole).unwrap_or_default(),
            product.checked_rem(whole).unwrap_or_default(),
        )
    };
    let exact: Vec<(u128, u128)> = weights.iter().map(exact).collect();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact[*at].1));
    let given: u128 = exact.iter().map(|(part, _)| part).sum();
    let left = usize::try_from(cents.saturating_sub(given)).unwrap_or_default();
    let more: BTreeSet<usize> = order.into_iter().take(left).collect();
    let parts = exact.iter().enumerate().map(|(at, (part, _))| {
        let cents = part + u128::from(more.contains(&at));
        Decimal::from(cents) / Decimal::ONE_HUNDRED
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
