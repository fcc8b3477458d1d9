//! The most that could be saved, counted once for each set of NAT gateways: rows of several services
//! and VPCs are about the same gateways, and their ceilings add up to what these cost for data.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{context::RuleContext, order};
use crate::model::{
    money,
    opportunity::{Action, Opportunity},
};

/// Names the gateways of every ceiling, and keeps each ceiling in its best row alone: a row keeps what
/// the gateways cost that no better row has claimed.
pub(super) fn claim(context: &RuleContext<'_>, rows: &mut [Opportunity]) {
    order::sort(rows);
    let mut claimed: BTreeSet<&str> = BTreeSet::new();
    for row in &mut *rows {
        let about_data = !matches!(row.action, Action::Remove) && row.money.ceiling.is_some();
        let Some(vpc) = context.vpc(&row.vpc_id).filter(|_| about_data) else {
            continue;
        };
        let egress = context.egress_cost(vpc);
        let gateways = &egress.gateways;
        let ids: Vec<&str> = gateways.iter().copied().collect();
        row.ceiling_group = (!ids.is_empty()).then(|| context.texts.share(&ids.join(";")));
        if row.money.ceiling.is_some_and(|it| it.is_zero()) {
            continue;
        }
        let left = gateways.iter().filter(|id| !claimed.contains(*id));
        let costs = left.map(|id| {
            let cost = context.input.nat_costs.get(*id);
            cost.and_then(|it| it.monthly_data_usd)
        });
        let left: Option<Vec<Decimal>> = costs.collect();
        let left = left.filter(|costs| !costs.is_empty());
        row.money.ceiling = left.map(|costs| money::round(costs.into_iter().sum(), 2));
        claimed.extend(gateways);
    }
    order::sort(rows);
}
