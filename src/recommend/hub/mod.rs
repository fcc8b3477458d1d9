//! Interface endpoints: for each region and service the cheapest way of all VPCs that call it, and
//! what that means for each of them.
//!
//! Words: a VPC is *open* if it calls the service publicly and has no endpoint of it; a *hub works* if
//! answers to other VPCs came from its endpoint.

mod candidates;
mod cases;
mod plan;
mod table;

use super::{interface_endpoint, use_hub, world::World};
use crate::model::opportunity::{HubOrOwn, Opportunity};

pub(super) use self::{
    candidates::{Connection, connection},
    cases::{Case, State},
    plan::{Choice, Plan},
};

/// The rows of interface endpoints of all VPCs, and the comparison of hub and own.
pub(super) fn all(world: &World<'_>) -> (Vec<Opportunity>, Vec<HubOrOwn>) {
    let cases = cases::Cases::new(world);
    let (mut rows, mut table) = (Vec::new(), Vec::new());
    for ((region, service), cases) in &cases.by_service {
        let plan = Plan::of(world, region, service, cases);
        for (at, case) in cases.iter().enumerate() {
            let choice = plan.choices.get(at).copied().flatten();
            rows.extend(interface_endpoint::row_of(
                world, service, case, choice, &plan,
            ));
        }
        rows.extend(use_hub::new_hub(world, service, cases, &plan));
        table.push(table::row(world, region, service, cases, &plan));
    }
    for (vpc, service, calls) in &cases.out_of_reach {
        rows.push(interface_endpoint::out_of_reach(world, vpc, service, calls));
    }
    (rows, table)
}
