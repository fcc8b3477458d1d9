//! Interface endpoints: for each region and service the cheapest way of all VPCs that call it, and
//! what that means for each of them.
//!
//! Words: a VPC is *open* if it calls the service publicly and has no endpoint of it; a *hub works* if
//! answers to other VPCs came from its endpoint.

mod candidates;
mod consumer_advice;
mod consumers;
mod interface_endpoint;
mod plan;
mod quantities;
mod table;
mod together;
mod use_hub;

pub(super) use self::consumers::zones as zones_offered;
use super::{context::RuleContext, rows::Rows};
use crate::model::{inventory::Vpc, opportunity::HubOrOwn};

/// Adds the rows of interface endpoints of all VPCs, and returns the comparison of hub and own. Nothing is compared
/// over regions, so that the consumers of one at a time are held.
pub(super) fn all(context: &RuleContext<'_>, rows: &mut Rows<'_, '_>) -> Vec<HubOrOwn> {
    let mut table = Vec::new();
    for vpcs in context.vpcs_by_region().values() {
        of_region(context, vpcs, rows, &mut table);
    }
    table
}

fn of_region(
    context: &RuleContext<'_>,
    vpcs: &[&Vpc],
    rows: &mut Rows<'_, '_>,
    table: &mut Vec<HubOrOwn>,
) {
    let consumers = consumers::Consumers::new(context, vpcs);
    let plans = together::plans(context, &consumers.by_service);
    // What is planned makes room for its rows.
    for (((region, service), consumers), plan) in consumers.by_service.into_iter().zip(plans) {
        let (consumers, plan) = (consumers.as_slice(), &plan);
        for (at, consumer) in consumers.iter().enumerate() {
            let choice = plan.choices.get(at).copied().flatten();
            let row = interface_endpoint::row_of(context, service, consumer, choice, plan);
            row.into_iter().for_each(|row| rows.add(row));
        }
        let new_hub = use_hub::new_hub(context, service, consumers, plan);
        new_hub.into_iter().for_each(|row| rows.add(row));
        table.push(table::row(context, region, service, consumers, plan));
    }
    for (vpc, service, calls) in &consumers.out_of_reach {
        rows.add(interface_endpoint::out_of_reach(
            context, vpc, service, calls,
        ));
    }
}
