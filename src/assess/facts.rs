//! The facts of one Region, from the store.

use std::collections::BTreeMap;

use super::{AssessError, Context, organization::Organization};
use crate::{
    model::{
        coverage::Step,
        facts::Facts,
        flow::{FlowPart, FlowSource},
        id::{Region, VpcId},
        log_place::LogPlace,
        usage::GroupRead,
        vpc_logging::VpcLogging,
    },
    store::{Store, StoreError},
    usage::destination::{Destinations, destinations},
};

/// What is known of the logs of a Region: each is needed for a part of the assessment alone.
#[derive(Debug)]
pub(super) struct Logs {
    /// What flow logs hold.
    pub(super) flows: Vec<FlowSource>,
    /// What VPCs log.
    pub(super) of_vpcs: BTreeMap<VpcId, VpcLogging>,
}

/// Reads the facts of a Region: its cells, then its log groups. One is packed before the next is read, so
/// that they are not together when they take most.
pub(super) fn load(context: &Context<'_>, region: &Region) -> Result<(Facts, Logs), AssessError> {
    let stored = context.facts;
    let mut facts = Facts::default();
    stored.each_cell(region, None, |cell| facts.absorb(cell))?;
    facts.pack();
    let plan = destinations(&facts);
    stored.each_part(region, Step::DnsUsage, |target, name, read: GroupRead| {
        plan.attribute(&LogPlace::of_dns_part(target, name), read.usage, &mut facts);
    })?;
    load_groups_elsewhere(context, region, &plan, &mut facts)?;
    drop(plan);
    facts.pack_dns();
    let of_vpcs = facts.take_logging();
    stored.each_part(region, Step::FlowUsage, |_, _, part: FlowPart| {
        facts.absorb_flows(region, part);
    })?;
    let flows = std::mem::take(&mut facts.flows);
    Ok((facts, Logs { flows, of_vpcs }))
}

/// What there is in the networks of a run, for the templates: read one Region at a time.
#[derive(Debug)]
pub struct Inventory {
    store: Store,
    run: i64,
    organization: Organization,
}

impl Inventory {
    /// Prepares reading a run.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn open(store: Store, run: i64) -> Result<Self, StoreError> {
        let organization = Organization::load(&store, run)?;
        Ok(Self {
            store,
            run,
            organization,
        })
    }

    /// The Regions of the run, by name.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.organization.regions.iter()
    }

    /// `o-…`, where it is known.
    pub fn organization_id(&self) -> Option<&str> {
        let mut accounts = self.organization.accounts.iter();
        accounts.find_map(|it| it.organization_id.as_deref())
    }

    /// VPCs, subnets, route tables and endpoints of a Region, what it offers, and all accounts.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn load(&self, region: &Region) -> Result<Facts, StoreError> {
        const STEPS: [Step; 4] = [
            Step::Vpcs,
            Step::Subnets,
            Step::RouteTables,
            Step::Endpoints,
        ];
        let mut facts = self.facts_of(region, &STEPS)?;
        let offered = self.organization.endpoint_services.get(region).cloned();
        facts
            .endpoint_services
            .extend(offered.map(|all| (region.clone(), all)));
        facts.pack();
        Ok(facts)
    }

    /// VPCs of a Region, and where they send their query logs and flow logs; and all accounts.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn load_log_destinations(&self, region: &Region) -> Result<Facts, StoreError> {
        let steps = Step::QUERY_LOGGING.into_iter().chain([Step::FlowLogs]);
        self.facts_of(region, &steps.collect::<Vec<_>>())
    }

    fn facts_of(&self, region: &Region, steps: &[Step]) -> Result<Facts, StoreError> {
        let mut facts = Facts {
            accounts: self.organization.accounts.clone(),
            ..Facts::default()
        };
        let accounts = &self.organization.accounts_with_cells;
        self.store
            .each_cell_in(self.run, region, accounts, Some(steps), |cell| {
                facts.absorb(cell);
            })?;
        Ok(facts)
    }
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
        let reads = facts.object_reads.clone();
        let unmeasured = facts.query_log_groups_unmeasured;
        plan.attribute(place, usage, facts);
        facts.bytes_scanned = scanned;
        facts.query_log_bytes = taken_in;
        facts.object_reads = reads;
        facts.query_log_groups_unmeasured = unmeasured;
    }
    Ok(())
}
