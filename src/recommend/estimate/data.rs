//! What the data of all lines of a Region costs together.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::line::{Line, Lines};
use crate::{
    cost::endpoint,
    model::{id::Region, kind::EndpointType},
    recommend::context::RuleContext,
};

/// What the data of all lines costs: the tiers count all interface endpoints that are billed together.
pub(super) struct DataPrice {
    /// GB a month of all lines that are measured.
    gb: Decimal,
    /// US dollars for them; none if the price is not known.
    usd: Option<Decimal>,
}

impl DataPrice {
    /// Prices the GB of all lines behind those of the endpoints that stay as they are.
    pub(super) fn of(context: &RuleContext<'_>, region: &Region, lines: &Lines<'_>) -> Self {
        let billed = || lines.iter().filter(|line| line.is_billed_for_data());
        let replaced: BTreeSet<&str> = billed()
            .flat_map(|line| &line.existing)
            .map(|it| it.endpoint_id.as_str())
            .collect();
        let stays = context.input.facts.endpoints.values().filter(|it| {
            it.endpoint_type == EndpointType::Interface
                && it.requester_managed != Some(true)
                && !replaced.contains(it.endpoint_id.as_str())
        });
        let costs = context.input.endpoint_costs;
        let before = stays
            .filter_map(|it| costs.get(&it.endpoint_id)?.gb_month)
            .sum();
        let gb = billed()
            .filter_map(|line| Some(line.gb(context)?.all))
            .sum();
        Self {
            gb,
            usd: endpoint::data(
                &EndpointType::Interface,
                region,
                before,
                gb,
                context.input.prices,
            ),
        }
    }

    /// The share of a line: a GB costs the same in each.
    pub(super) fn of_line(&self, line: &Line<'_>, gb: Decimal) -> Option<Decimal> {
        if !line.is_billed_for_data() || gb.is_zero() {
            return Some(Decimal::ZERO);
        }
        self.usd?.checked_mul(gb)?.checked_div(self.gb)
    }
}
