//! The rows on their way from the rules to where they are kept. A Region may have tens of thousands: no
//! more of each is held here than its rank asks for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    context::RuleContext,
    rank::{OpportunityStore, RankedRow},
};
use crate::model::{
    classified::VpcService,
    kind::EndpointType,
    opportunity::{Basis, Caveat, Opportunity},
};

/// The money of the row of a VPC and service, where bytes passed NAT gateways.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowMoney {
    pub(super) saving: Option<Decimal>,
    pub(super) nat: Option<Decimal>,
    pub(super) endpoint: Option<Decimal>,
}

/// The rows of a Region.
pub(super) struct Rows<'r, 'w> {
    pub(super) context: &'r RuleContext<'w>,
    pub(super) kept: &'r mut dyn OpportunityStore,
    pub(super) ranked: Vec<RankedRow<'w>>,
    /// By VPC and service.
    of_measured: BTreeMap<(&'w str, &'w str), RowMoney>,
}

impl<'r, 'w> Rows<'r, 'w> {
    pub(super) fn new(context: &'r RuleContext<'w>, kept: &'r mut dyn OpportunityStore) -> Self {
        Self {
            context,
            kept,
            ranked: Vec::new(),
            of_measured: BTreeMap::new(),
        }
    }

    /// The money of the row of a VPC and service through whose NAT gateways bytes of it passed.
    pub(super) fn of_measured(&self, vpc_id: &str, service: &str) -> Option<RowMoney> {
        self.of_measured.get(&(vpc_id, service)).copied()
    }

    /// Adds a row of a rule.
    pub(super) fn add(&mut self, mut row: Opportunity) {
        let context = self.context;
        let Some(vpc) = context.vpc(&row.vpc_id) else {
            return;
        };
        let service = row.service.as_deref().unwrap_or_default();
        let calls = context.calls_to(&vpc.vpc_id, service);
        if let Some(here) = calls.and_then(|it| it.here) {
            if row.basis == Basis::Unknown && here.bytes.part && here.bytes.nat.is_some() {
                row.caveats.insert(Caveat::PartOfWindow);
            }
            self.note_money(&row, here);
        }
        if context.input.window.is_too_short() {
            row.caveats.insert(Caveat::WindowTooShort);
        }
        let ranked = RankedRow {
            number: self.ranked.len(),
            vpc,
            service: row.service.as_deref().map(|it| context.texts.share(it)),
            action: row.action,
            is_gateway: row.endpoint_type == Some(EndpointType::Gateway),
            saving: row.money.saving,
            ceiling: row.money.ceiling,
            query_count: row.query_count.unwrap_or_default(),
            usage_unknown: row.caveats.contains(Caveat::UsageUnknown),
        };
        if ranked.has_ceiling_of_data() {
            let ids = &context.egress_cost(vpc).gateways;
            row.ceiling_group = (!ids.is_empty()).then(|| context.texts.share(&ids.join(";")));
        }
        self.ranked.push(ranked);
        self.kept.put(row);
    }

    /// Adds rows of a rule.
    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Opportunity>) {
        for row in rows {
            self.add(row);
        }
    }

    /// Notes the money of the row of some calls; of several that with a saving.
    fn note_money(&mut self, row: &Opportunity, here: &'w VpcService) {
        if here.bytes.nat.is_none_or(|bytes| bytes == 0) {
            return;
        }
        let money = RowMoney {
            saving: row.money.saving,
            nat: row.money.nat,
            endpoint: row.money.endpoint,
        };
        let place = (here.vpc_id.as_str(), &*here.names.service);
        let kept = self.of_measured.entry(place).or_insert(money);
        if kept.saving.is_none() && money.saving.is_some() {
            *kept = money;
        }
    }
}
