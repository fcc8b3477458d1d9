//! Interface endpoints: for each region and service the cheapest way of all VPCs that call it, and
//! what that means for each of them.
//!
//! Words: a VPC is *open* if it calls the service publicly and has no endpoint of it; a *hub works* if
//! answers to other VPCs came from its endpoint.

mod candidates;
mod cases;
mod plan;
mod table;
mod together;

use super::{interface_endpoint, use_hub, world::World};
use crate::model::{
    inventory::Vpc,
    opportunity::{HubOrOwn, Opportunity},
};

pub(super) use self::{
    candidates::{Connection, connection},
    cases::{Case, State},
    plan::{Choice, Plan},
};

/// The rows of interface endpoints of all VPCs, and the comparison of hub and own. Nothing is compared
/// over regions, so that the cases of one at a time are held.
pub(super) fn all(world: &World<'_>) -> (Vec<Opportunity>, Vec<HubOrOwn>) {
    let (mut rows, mut table) = (Vec::new(), Vec::new());
    for vpcs in world.vpcs_by_region().values() {
        of_region(world, vpcs, &mut rows, &mut table);
    }
    (rows, table)
}

fn of_region(
    world: &World<'_>,
    vpcs: &[&Vpc],
    rows: &mut Vec<Opportunity>,
    table: &mut Vec<HubOrOwn>,
) {
    let cases = cases::Cases::new(world, vpcs);
    let plans = together::plans(world, &cases.by_service);
    for (((region, service), cases), plan) in cases.by_service.iter().zip(&plans) {
        for (at, case) in cases.iter().enumerate() {
            let choice = plan.choices.get(at).copied().flatten();
            rows.extend(interface_endpoint::row_of(
                world, service, case, choice, plan,
            ));
        }
        rows.extend(use_hub::new_hub(world, service, cases, plan));
        table.push(table::row(world, region, service, cases, plan));
    }
    for (vpc, service, calls) in &cases.out_of_reach {
        rows.push(interface_endpoint::out_of_reach(world, vpc, service, calls));
    }
}
