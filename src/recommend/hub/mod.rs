//! Interface endpoints: for each region and service the cheapest access of all VPCs that call it, and
//! what that means for each of them.
//!
//! Words: a VPC is *open* if it calls the service publicly and has no endpoint of it; a *hub works* if
//! answers to other VPCs came from its endpoint.

mod candidates;
mod consumer_advice;
mod consumers;
mod interface_endpoint;
mod joint_plans;
mod plan;
mod quantities;
mod table;
mod use_hub;

use self::consumers::Callers;
pub(super) use self::consumers::{Obstacle, zones as zones_offered};
use super::{context::RuleContext, rows::Rows};
use crate::model::{inventory::Vpc, opportunity::HubOrOwn};

/// Adds the rows of interface endpoints of all VPCs, and returns the comparison of hub and own. Nothing is
/// compared over regions, and the consumers of one service at a time are held.
pub(super) fn all(context: &RuleContext<'_>, rows: &mut Rows<'_, '_>) -> Vec<HubOrOwn> {
    let mut table = Vec::new();
    for vpcs in context.vpcs_by_region().values() {
        of_region(context, vpcs, rows, &mut table);
    }
    table
}

fn of_region<'w>(
    context: &RuleContext<'w>,
    vpcs: &[&'w Vpc],
    rows: &mut Rows<'_, '_>,
    table: &mut Vec<HubOrOwn>,
) {
    let callers = Callers::new(context, vpcs);
    let plans = joint_plans::plans(context, &callers.services);
    for (callers, plan) in callers.services.iter().zip(plans) {
        let (service, plan) = (callers.service, &plan);
        let consumers = callers.consumers(context);
        for (at, consumer) in consumers.iter().enumerate() {
            let row = interface_endpoint::row_of(context, service, consumer, plan.choice(at), plan);
            rows.extend(row);
        }
        let new_hub = use_hub::new_hub(context, service, &consumers, plan);
        rows.extend(new_hub);
        let row = table::row(context, callers.region, service, &consumers, plan);
        table.push(row);
    }
    for (vpc, service, why) in &callers.out_of_reach {
        let calls = context.calls_to(&vpc.vpc_id, service);
        let row = |calls| interface_endpoint::out_of_reach(context, vpc, (service, *why), &calls);
        rows.extend(calls.map(row));
    }
}
