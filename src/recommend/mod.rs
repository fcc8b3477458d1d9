//! What to do, each with its reason: one file a rule, pure, from inventory, usage and prices. What is
//! wrong with endpoints that exist is not found again here: the findings of `classify::posture` are
//! made into advice.
//!
//! For a VPC and a service there is one row of money at most, so that sums claim nothing twice.
//! Money is claimed only where bytes were measured; otherwise the row shows the most that it could be
//! and from when it pays. `docs/opportunities.md` describes the rows, `docs/cost-model.md` the sums.

mod calls;
mod caveats;
mod ceilings;
mod context;
mod egress_cost;
mod estimate;
mod gateway_endpoint;
mod hub;
mod idle_endpoint;
mod input;
mod nat_gateway;
mod order;
mod partner;
mod private_dns;
mod rank;
mod row;
mod rows;
mod traffic;
mod uncovered_names;
mod zone_crossing;
mod zones;

use self::{context::RuleContext, rows::Rows};
pub use self::{
    estimate::{RegionEstimate, estimate},
    input::{AdvisorInput, NatTraffic},
    order::sort_key,
    rank::{OpportunityStore, RankedRow},
};
use crate::model::{opportunity::HubOrOwn, partner::PartnerMoney};

/// The results of all rules.
#[derive(Clone, Debug, Default)]
pub struct Recommendations<'w> {
    /// What to do, best first: the rank of each row that was made.
    pub opportunities: Vec<RankedRow<'w>>,
    /// Hub or own, by region and service.
    pub hub_or_own: Vec<HubOrOwn>,
    /// What endpoints for partners' products cost and save, in the order of the products.
    pub partners: Vec<PartnerMoney>,
}

/// Applies every rule. The rows go to `kept` as they are made.
pub fn advise<'w>(
    input: &'w AdvisorInput<'w>,
    kept: &mut dyn OpportunityStore,
) -> Recommendations<'w> {
    let context = RuleContext::new(input);
    let mut rows = Rows::new(&context, kept);
    let hub_or_own = hub::all(&context, &mut rows);
    for vpc in context.vpcs() {
        let of_vpc = gateway_endpoint::rows(&context, vpc)
            .into_iter()
            .chain(private_dns::rows(&context, vpc))
            .chain(zones::rows(&context, vpc))
            .chain(idle_endpoint::rows(&context, vpc));
        rows.extend(of_vpc);
    }
    nat_gateway::add_rows(&context, &mut rows);
    Recommendations {
        opportunities: ceilings::claim(rows),
        hub_or_own,
        partners: partner::all(&context),
    }
}

#[cfg(test)]
mod tests;
