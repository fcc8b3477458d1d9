//! Rows of `opportunities.csv` and `hub_or_own.csv`, and the sums over the first.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::{
    network::{fine, usd},
    view::{View, count},
};
use crate::model::{
    money::Amount,
    opportunity::{Action, Opportunity},
    report::{HubOrOwnRow, OpportunityRow, Report},
};

/// Opportunities that the summary names.
const TOP: usize = 5;

impl View<'_> {
    /// In the order of the rules: best first.
    pub(super) fn opportunities(&self, found: Vec<Opportunity>) -> Vec<OpportunityRow> {
        let rows = found.into_iter();
        rows.map(|it| OpportunityRow {
            account_name: self.name(&it.account_id),
            account_id: it.account_id,
            region: it.region,
            vpc_name: self.vpcs.get(&it.vpc_id).and_then(|vpc| vpc.name.clone()),
            vpc_id: it.vpc_id,
            service: it.service,
            endpoint_service_name: it.endpoint_service_name,
            endpoint_type: it.endpoint_type,
            action: it.action,
            reason: it.reason,
            basis: it.basis,
            query_count: it.query_count,
            gb_month: fine(it.money.gb_month),
            monthly_endpoint_usd: usd(it.money.endpoint),
            monthly_nat_usd: usd(it.money.nat),
            monthly_saving_usd: usd(it.money.saving),
            saving_ceiling_usd: usd(it.money.ceiling),
            break_even_gb_month: fine(it.money.break_even),
            hub_account_id: it.hub.as_ref().map(|hub| hub.account_id.clone()),
            hub_vpc_id: it.hub.map(|hub| hub.vpc_id),
            caveats: it.caveats.into_iter().collect(),
        })
        .collect()
    }

    pub(super) fn hub_or_own(&self) -> Vec<HubOrOwnRow> {
        let rows = self.parts.hub_or_own.iter();
        rows.map(|it| {
            let [public, own, hub] = [0, 1, 2].map(|at| it.plan.map(|plan| count(plan[at])));
            HubOrOwnRow {
                region: it.region.clone(),
                service: it.service.clone(),
                vpcs: count(it.vpcs),
                vpcs_measured: count(it.vpcs_measured),
                gb_month: fine(it.gb_month),
                monthly_now_usd: usd(it.now),
                monthly_best_usd: usd(it.best),
                public_vpcs: public,
                own_endpoint_vpcs: own,
                hub_vpcs: hub,
                hub_account_id: it.hub.as_ref().map(|hub| hub.account_id.clone()),
                hub_vpc_id: it.hub.as_ref().map(|hub| hub.vpc_id.clone()),
                hub_endpoint_exists: it.hub_endpoint_exists,
                availability_zones: count(it.zones),
                own_break_even_gb_month: it
                    .own_pays_from
                    .iter()
                    .filter_map(|gb| fine(Some(*gb)))
                    .collect(),
                hub_break_even_gb_month: fine(it.hub_pays_from),
                own_instead_of_hub_gb_month: fine(it.own_beats_hub_from),
                reason: it.reason.clone(),
            }
        })
        .collect()
    }
}

/// Rows that ask for something to be done.
pub(super) fn to_act_on(rows: &[OpportunityRow]) -> impl Iterator<Item = &OpportunityRow> {
    rows.iter().filter(|row| row.action != Action::None)
}

/// The savings of rows, summed as they stand there; unknown if none of them is known.
pub(super) fn saving<'r>(rows: impl Iterator<Item = &'r OpportunityRow>) -> Option<Amount> {
    sum(rows.filter_map(|row| row.monthly_saving_usd))
}

/// The hours of endpoints and NAT gateways that could be removed and whose saving is not measured.
pub(super) fn removable(rows: &[OpportunityRow]) -> Option<Amount> {
    let rows = rows.iter().filter(|row| row.action == Action::Remove);
    sum(rows.filter_map(|row| row.saving_ceiling_usd))
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    let sum = amounts.map(|it| it.0).reduce(|a: Decimal, b| a + b)?;
    Some(Amount(sum.normalize()))
}

/// The lines of the summary: the sums, then the best.
pub(super) fn told(report: &Report) -> Vec<String> {
    let totals = &report.totals;
    let mut sums = totals.opportunities.to_string();
    if let Some(usd) = totals.monthly_saving_usd {
        let _ = write!(sums, ", {:.2} USD a month saved as measured", usd.0);
    }
    if totals.opportunities_saving_unknown > 0 {
        let unknown = totals.opportunities_saving_unknown;
        let _ = write!(sums, ", {unknown} of them without a measured saving");
    }
    if let Some(usd) = totals.removable_monthly_usd {
        let _ = write!(sums, "; what looks idle costs {:.2} USD a month", usd.0);
    }
    let best = to_act_on(&report.opportunities).take(TOP).map(one);
    std::iter::once(sums).chain(best).collect()
}

fn one(row: &OpportunityRow) -> String {
    let action = serde_json::to_value(row.action).unwrap_or_default();
    let action = action.as_str().unwrap_or_default().replace('_', " ");
    let what = row.service.as_deref().unwrap_or("NAT gateways");
    let mut text = format!("{action}: {what}, {} of {}", row.vpc_id, row.account_id);
    match (row.monthly_saving_usd, row.saving_ceiling_usd) {
        (Some(usd), _) => {
            let _ = write!(text, ", {:.2} USD a month", usd.0);
        }
        (None, Some(usd)) => {
            let _ = write!(text, ", not measured, {:.2} USD a month at the most", usd.0);
        }
        (None, None) => {}
    }
    text
}
