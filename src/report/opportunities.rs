//! Rows of `opportunities.csv` and `hub_or_own.csv`, and the sums over the first.

use std::collections::BTreeMap;

use super::{
    network::{fine, usd},
    view::{View, count},
};
use crate::model::{
    money::Amount,
    opportunity::{Action, Opportunity},
    report::{HubOrOwnRow, OpportunityRow},
};

impl View<'_> {
    /// In the order of the rules: best first.
    pub(super) fn opportunities(&self) -> impl Iterator<Item = OpportunityRow> {
        self.judged
            .opportunities
            .iter()
            .map(|it| self.opportunity(it))
    }

    fn opportunity(&self, it: &Opportunity) -> OpportunityRow {
        OpportunityRow {
            account_id: it.account_id.clone(),
            account_name: self.name(&it.account_id),
            region: it.region.clone(),
            vpc_id: it.vpc_id.clone(),
            vpc_name: self.vpc(&it.vpc_id).and_then(|vpc| vpc.name.clone()),
            service: it.service.clone(),
            endpoint_service_name: it.endpoint_service_name.clone(),
            endpoint_type: it.endpoint_type.clone(),
            action: it.action,
            reason: it.reason.clone(),
            basis: it.basis,
            query_count: it.query_count,
            gb_month: fine(it.money.gb_month),
            monthly_endpoint_usd: usd(it.money.endpoint),
            monthly_nat_usd: usd(it.money.nat),
            monthly_saving_usd: usd(it.money.saving),
            saving_ceiling_usd: usd(it.money.ceiling),
            break_even_gb_month: fine(it.money.break_even),
            hub_account_id: it.hub.as_ref().map(|hub| hub.account_id.clone()),
            hub_vpc_id: it.hub.as_ref().map(|hub| hub.vpc_id.clone()),
            caveats: it.caveats.iter().copied().collect(),
            ceiling_group: it.ceiling_group.clone(),
        }
    }

    pub(super) fn hub_or_own(&self) -> Vec<HubOrOwnRow> {
        let rows = self.judged.hub_or_own.iter();
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

/// The sums over all rows, as they stand there.
#[derive(Default)]
pub(super) struct Sums {
    /// Rows that ask for something to be done.
    pub(super) to_act_on: u64,
    /// What they save; unknown if none of it is known.
    pub(super) saving: Option<Amount>,
    /// How many of them have no known saving.
    pub(super) saving_unknown: u64,
    /// The hours of endpoints and NAT gateways that could be removed, as far as no saving is measured.
    pub(super) removable: Option<Amount>,
}

impl Sums {
    pub(super) fn of(opportunities: &[Opportunity]) -> Self {
        let mut sums = Self::default();
        for it in opportunities {
            let saving = usd(it.money.saving);
            sums.saving = sum(sums.saving, saving);
            if it.action != Action::None {
                sums.to_act_on += 1;
                sums.saving_unknown += u64::from(saving.is_none());
            }
            if it.action == Action::Remove {
                sums.removable = sum(sums.removable, usd(it.money.ceiling));
            }
        }
        sums
    }
}

/// The savings by service, where any is known.
pub(super) fn saving_by_service(opportunities: &[Opportunity]) -> BTreeMap<&str, Amount> {
    let mut savings = BTreeMap::new();
    for it in opportunities {
        let service = it.service.as_deref().unwrap_or_default();
        if let Some(known) = sum(savings.get(service).copied(), usd(it.money.saving)) {
            savings.insert(service, known);
        }
    }
    savings
}

/// The sum of what is known; unknown if nothing is.
fn sum(one: Option<Amount>, other: Option<Amount>) -> Option<Amount> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Amount((one.0 + other.0).normalize())),
        (known, None) | (None, known) => known,
    }
}
