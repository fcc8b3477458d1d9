//! The facts of one Region, from the store.

use super::{AssessError, Context};
use crate::{
    model::{
        coverage::Step, facts::Facts, flow::FlowPart, id::Region, log_place::LogPlace,
        usage::GroupRead,
    },
    store::{Store, StoreError},
    usage::destination::{Destinations, destinations},
};

/// Reads the facts of a Region: its cells, then its log groups.
pub(super) fn load(context: &Context<'_>, region: &Region) -> Result<Facts, AssessError> {
    let (run, store) = (context.run, context.store);
    let mut facts = Facts::default();
    let accounts = &context.organization.accounts_with_cells;
    store.each_cell_in(run, region, accounts, None, |cell| facts.absorb(cell))?;
    let plan = destinations(&facts);
    store.each_part_in(
        run,
        Step::DnsUsage,
        region,
        |target, name, read: GroupRead| {
            plan.attribute(&LogPlace::of_dns_part(target, name), read.usage, &mut facts);
        },
    )?;
    load_groups_elsewhere(context, region, &plan, &mut facts)?;
    store.each_part_in(run, Step::FlowUsage, region, |_, _, part: FlowPart| {
        facts.absorb_flows(region, part);
    })?;
    facts.pack();
    Ok(facts)
}

/// Reads the facts of all Regions of a run together.
///
/// # Errors
///
/// If the store cannot be read.
pub fn of_run(store: &Store, run: i64) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    store.each_cell(run, |finished| facts.absorb(finished))?;
    let plan = destinations(&facts);
    store.each_part(run, Step::DnsUsage, |target, name, read: GroupRead| {
        plan.attribute(&LogPlace::of_dns_part(target, name), read.usage, &mut facts);
    })?;
    store.each_part(run, Step::FlowUsage, |target, _, part: FlowPart| {
        facts.absorb_flows(&target.region, part);
    })?;
    facts.pack();
    Ok(facts)
}

/// Log groups of other Regions that configurations name. AWS delivers within a Region; what is stored is
/// read all the same. Their own Region counts what reading them took.
fn load_groups_elsewhere(
    context: &Context<'_>,
    region: &Region,
    plan: &Destinations,
    facts: &mut Facts,
) -> Result<(), AssessError> {
    let places = plan.places.iter();
    for (place, vpcs) in places.filter(|(place, _)| place.target().region != *region) {
        let store = context.store;
        let read =
            store.part::<GroupRead>(context.run, place.target(), Step::DnsUsage, &place.name())?;
        let Some((read, _)) = read else { continue };
        let mut usage = read.usage;
        usage.vpcs.retain(|vpc, _| vpcs.contains(vpc));
        let (scanned, taken_in) = (facts.bytes_scanned.clone(), facts.query_log_bytes.clone());
        let unmeasured = facts.query_log_groups_unmeasured;
        plan.attribute(place, usage, facts);
        facts.bytes_scanned = scanned;
        facts.query_log_bytes = taken_in;
        facts.query_log_groups_unmeasured = unmeasured;
    }
    Ok(())
}
