//! Rows of `opportunities.csv` and `hub_or_own.csv`, and the sums over the first.

use std::collections::BTreeMap;

use super::{
    figures::{count, fine, usd},
    view::RegionView,
};
use crate::{
    model::{
        money::Amount,
        opportunity::{Action, HubOrOwn, Opportunity},
        report::{HubOrOwnRow, OpportunityRow},
    },
    recommend::RankedRow,
};

impl RegionView<'_> {
    pub(super) fn opportunity(&self, it: &Opportunity) -> OpportunityRow {
        OpportunityRow {
            account_id: it.account_id.clone(),
            account_name: self.name(&it.account_id),
            region: it.region.clone(),
            vpc_id: it.vpc_id.clone(),
            vpc_name: self.vpc(&it.vpc_id).and_then(|vpc| vpc.name.clone()),
            service: it.service.clone(),
            endpoint_service_name: it.endpoint_service_name.as_deref().map(str::to_owned),
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
            caveats: it.caveats.iter().collect(),
            ceiling_group: it.ceiling_group.as_deref().map(str::to_owned),
        }
    }
}

/// By service.
pub(super) fn hub_or_own(rows: &[HubOrOwn]) -> impl Iterator<Item = HubOrOwnRow> {
    rows.iter().map(|it| {
        let [now, best] = it
            .billed
            .map_or([None; 2], |[now, best]| [Some(now), Some(best)]);
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
            now_nat_gb_month: fine(now.map(|it| it.nat_gb)),
            now_transit_gateway_gb_month: fine(now.map(|it| it.transit_gateway_gb)),
            now_endpoint_gb_month: fine(now.map(|it| it.endpoint_gb)),
            now_endpoint_zones: now.map(|it| count(it.endpoint_zones)),
            best_nat_gb_month: fine(best.map(|it| it.nat_gb)),
            best_transit_gateway_gb_month: fine(best.map(|it| it.transit_gateway_gb)),
            best_endpoint_gb_month: fine(best.map(|it| it.endpoint_gb)),
            best_endpoint_zones: best.map(|it| count(it.endpoint_zones)),
            best_attachments: fine(best.map(|it| it.attachments)),
        }
    })
}

/// The sums over all rows, as they stand there.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    /// Rows that ask for something to be done.
    pub(super) to_act_on: u64,
    /// What they save; unknown if none of it is known.
    pub(super) saving: Option<Amount>,
    /// How many of them have no known saving.
    pub(super) saving_unknown: u64,
    /// The hours of endpoints and NAT gateways that could be removed, as far as no saving is measured.
    pub(super) removable: Option<Amount>,
    /// The savings by service, where any is known.
    pub(super) by_service: BTreeMap<String, Amount>,
}

impl Sums {
    /// Adds an opportunity.
    pub(super) fn add(&mut self, it: &RankedRow<'_>) {
        let saving = usd(it.saving);
        self.saving = sum(self.saving, saving);
        if it.action != Action::None {
            self.to_act_on += 1;
            self.saving_unknown += u64::from(saving.is_none());
        }
        if it.action == Action::Remove {
            self.removable = sum(self.removable, usd(it.ceiling));
        }
        if let Some(saving) = saving {
            let service = it.service.as_deref().unwrap_or_default();
            self.add_service(service, saving);
        }
    }

    /// Adds the sums of another Region.
    pub(super) fn merge(&mut self, other: Self) {
        self.to_act_on += other.to_act_on;
        self.saving = sum(self.saving, other.saving);
        self.saving_unknown += other.saving_unknown;
        self.removable = sum(self.removable, other.removable);
        for (service, saving) in other.by_service {
            self.add_service(&service, saving);
        }
    }

    fn add_service(&mut self, service: &str, saving: Amount) {
        let known = self.by_service.get(service).copied();
        if let Some(all) = sum(known, Some(saving)) {
            self.by_service.insert(service.to_owned(), all);
        }
    }
}

/// The sum of what is known; unknown if nothing is.
fn sum(one: Option<Amount>, other: Option<Amount>) -> Option<Amount> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Amount((one.0 + other.0).normalize())),
        (known, None) | (None, known) => known,
    }
}
