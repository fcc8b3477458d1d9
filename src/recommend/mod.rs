//! What to do, each with its reason: one file a rule, pure, from inventory, usage and prices. What is
//! wrong with endpoints that exist is not found again here: the findings of `classify::posture` are
//! made into advice.
//!
//! For a VPC and a service there is one row of money at most, so that sums claim nothing twice.
//! Money is claimed only where bytes were measured; otherwise the row shows the most that it could be
//! and from when it pays. `docs/opportunities.md` describes the rows, `docs/cost-model.md` the sums.

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
mod row;
mod traffic;
mod zone_crossing;
mod zones;

use crate::model::opportunity::{Basis, Caveat};

use self::context::RuleContext;
pub use self::{
    estimate::{RegionEstimate, estimate},
    input::{AdvisorInput, NatTraffic, Recommendations},
    order::sort_key,
};

/// Applies every rule.
pub fn advise(input: &AdvisorInput<'_>) -> Recommendations {
    let context = RuleContext::new(input);
    let (mut opportunities, hub_or_own) = hub::all(&context);
    for vpc in context.vpcs() {
        opportunities.extend(gateway_endpoint::rows(&context, vpc));
        opportunities.extend(private_dns::rows(&context, vpc));
        opportunities.extend(zones::rows(&context, vpc));
        opportunities.extend(idle_endpoint::rows(&context, vpc));
        opportunities.extend(zone_crossing::rows(&context, vpc));
    }
    opportunities.extend(nat_gateway::rows(&context, &opportunities));
    for row in &mut opportunities {
        let service = row.service.as_deref().unwrap_or_default();
        if row.basis == Basis::Unknown && context.has_partial_bytes(&row.vpc_id, service) {
            row.caveats.insert(Caveat::PartOfWindow);
        }
    }
    if input.window.is_too_short() {
        for row in &mut opportunities {
            row.caveats.insert(Caveat::WindowTooShort);
        }
    }
    ceilings::claim(&context, &mut opportunities);
    Recommendations {
        opportunities,
        hub_or_own,
        partners: partner::all(&context),
    }
}

#[cfg(test)]
mod tests;
