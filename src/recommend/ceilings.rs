//! The most that could be saved, counted once for each set of NAT gateways: rows of several services
//! and VPCs are about the same gateways, and their ceilings add up to what these cost for data.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{order, rank::RankedRow, rows::Rows};
use crate::model::money;

/// Keeps each ceiling in its best row alone: a row keeps what the gateways cost that no better row has
/// claimed. Returns the rows, best first.
pub(super) fn claim<'w>(rows: Rows<'_, 'w>) -> Vec<RankedRow<'w>> {
    let Rows {
        context,
        kept,
        mut ranked,
        ..
    } = rows;
    order::sort(&mut ranked, kept);
    let mut claimed: BTreeSet<&str> = BTreeSet::new();
    for row in &mut ranked {
        if !row.has_ceiling_of_data() || row.ceiling.is_some_and(|it| it.is_zero()) {
            continue;
        }
        let egress = context.egress_cost(row.vpc);
        let gateways = &egress.gateways;
        let left = gateways.iter().filter(|id| !claimed.contains(*id));
        let costs = left.map(|id| {
            let cost = context.input.nat_costs.get(*id);
            cost.and_then(|it| it.monthly_data_usd)
        });
        let left: Option<Vec<Decimal>> = costs.collect();
        let left = left.filter(|costs| !costs.is_empty());
        row.ceiling = left.map(|costs| money::round(costs.into_iter().sum(), 2));
        claimed.extend(gateways);
    }
    order::sort(&mut ranked, kept);
    ranked
}
