//! Bytes of the flow logs: every log group once, with the credentials of the account that owns it;
//! then a cell for every target, from what became of the log groups of its VPCs.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use ipnet::IpNet;
use jiff::Timestamp;

use super::{
    cells::{Cells, Scope},
    client_interfaces,
    dns_usage::ask,
    flow_outcome::{LogEvidence, Read, outcome, summed},
    hub_interfaces,
    object_logs::ObjectLogs,
    planned_read::PlannedRead,
    prefix_lists::prefix_lists,
    region_logs::{RegionLogs, read_all},
};
use crate::{
    model::{
        coverage::{Cell, Failure, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        flow::{FlowPart, FlowRead, FlowUsage},
        id::{AccountId, Region, VpcId},
        inventory::{RouteTarget, is_private},
        log_place::LogPlace,
        object_reads::ObjectReads,
        run::Window,
        target::Target,
        usage::GroupRead,
    },
    store::StoreError,
    usage::{
        destination::destinations,
        flow::{
            self, is_shorter_than_a_client_block,
            plan::{CrossVpcCalls, Plan},
            source::Source,
        },
        insights::Insights,
        size::Size,
    },
};

/// Steps without which it is not known whose interfaces the records are of.
const NEEDED: [Step; 6] = [
    Step::Vpcs,
    Step::Subnets,
    Step::NatGateways,
    Step::Endpoints,
    Step::NetworkInterfaces,
    Step::FlowLogs,
];

/// The same, which transit gateways attachments are of, and where subnets lead to: what is not known of
/// these is not missed.
const ASKED: [Step; 8] = [
    NEEDED[0],
    NEEDED[1],
    NEEDED[2],
    NEEDED[3],
    NEEDED[4],
    NEEDED[5],
    Step::TransitGateways,
    Step::RouteTables,
];

/// Reads every log group that a flow log worth reading delivers to. `log_groups`: how many there are.
pub(super) async fn gather(logs: ObjectLogs<'_>, log_groups: usize) -> Result<(), Arc<StoreError>> {
    let (config, cells) = (logs.config, logs.cells);
    cells.send_event(Event::LogGroups(log_groups));
    let blocks = &address_blocks(cells);
    let regions = cells.accounts_by_region();
    let planned = regions.iter().map(|(region, accounts)| {
        let scope = Scope::Region(region, accounts);
        let (mut plan, incomplete) = planned(cells, scope, logs.window, blocks);
        RegionFlowLogs {
            logs,
            region,
            accounts,
            places: std::mem::take(&mut plan.places).into_iter().collect(),
            plan,
            incomplete,
            read: Mutex::default(),
        }
    });
    read_all(planned, config.limits.log_groups).await;
    cells.flush().await
}

/// The flow logs of a Region.
struct RegionFlowLogs<'l> {
    logs: ObjectLogs<'l>,
    region: &'l Region,
    accounts: &'l [AccountId],
    places: Vec<(LogPlace, Vec<Source>)>,
    plan: Plan,
    incomplete: BTreeMap<Target, Cell>,
    read: Mutex<Read>,
}

impl RegionLogs for RegionFlowLogs<'_> {
    fn places(&self) -> usize {
        self.places.len()
    }

    async fn read(&self, number: usize) {
        let Some((place, sources)) = self.places.get(number) else {
            return;
        };
        let read = read_once(self.logs, &self.plan, (place, sources)).await;
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(place.clone(), read);
        self.logs.cells.send_event(Event::LogGroupDone);
    }

    async fn finish(&self) {
        let (access, config, cells) = (self.logs.access, self.logs.config, self.logs.cells);
        let unlisted = prefix_lists(access, config, cells, &self.plan).await;
        // If it fails, every later flush fails too.
        let _ = cells.flush().await;
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let targets = Target::all_of(self.region, self.accounts);
        record(
            cells,
            &self.plan,
            &self.incomplete,
            &read,
            unlisted.as_ref(),
            targets,
        );
    }
}

/// The log groups that [`gather`] would read.
pub(super) fn wanted(cells: &Cells, window: Window) -> Vec<PlannedRead> {
    let blocks = address_blocks(cells);
    let mut wanted = Vec::new();
    for (region, accounts) in &cells.accounts_by_region() {
        let scope = Scope::Region(region, accounts);
        let (plan, _) = planned(cells, scope, window, &blocks);
        let places = plan.places.into_iter();
        wanted.extend(places.map(|(place, sources)| PlannedRead {
            step: Step::FlowUsage,
            place,
            queries: flow::queries(&sources),
        }));
    }
    wanted
}

/// Records that no log group is read, but for those that an earlier process read.
pub(super) fn left_out_for(cells: &Cells, window: Window, why: &Failure) {
    let blocks = address_blocks(cells);
    for (region, accounts) in &cells.accounts_by_region() {
        let scope = Scope::Region(region, accounts);
        let (plan, incomplete) = planned(cells, scope, window, &blocks);
        let mut read = Read::new();
        for (place, sources) in &plan.places {
            let (kept, _) = kept(cells, place, sources);
            let unread = || FlowRead {
                usage: failed(place, why.clone()),
                ..FlowRead::default()
            };
            read.insert(place.clone(), summed(kept.unwrap_or_else(unread)));
        }
        let targets = Target::all_of(region, accounts);
        record(cells, &plan, &incomplete, &read, None, targets);
    }
}

/// The address blocks of all VPCs: a transit gateway may lead to other Regions.
fn address_blocks(cells: &Cells) -> BTreeSet<IpNet> {
    let mut blocks = BTreeSet::new();
    cells.each_target(Scope::All, &[Step::Vpcs], |_, facts, _| {
        blocks.extend(facts.vpcs.iter().flat_map(|vpc| vpc.cidrs.iter().copied()));
    });
    blocks
}

/// The cell of every target. No call is made: a run that is resumed computes them anew.
fn record(
    cells: &Cells,
    plan: &Plan,
    incomplete: &BTreeMap<Target, Cell>,
    read: &Read,
    unlisted: Option<&(Target, Failure)>,
    targets: impl IntoIterator<Item = Target>,
) {
    for target in targets {
        let cell = Cell::complete(
            Some(target.account_id.clone()),
            Some(target.region.clone()),
            Step::FlowUsage,
        );
        let vpcs = plan.targets.get(&target).map_or(&[][..], Vec::as_slice);
        let cell = if let Some(unknown) = incomplete.get(&target) {
            let reason = unknown.reason.unwrap_or(Reason::Other);
            let why = format!("the step {} is not complete", unknown.step.name());
            cell.skipped(reason, why)
        } else {
            let unlisted = unlisted.filter(|(at, _)| *at == target);
            outcome(cell, vpcs, read, unlisted.map(|(_, failure)| failure))
        };
        let found = Found::Nothing;
        cells.record(vec![Finished { cell, found }]);
    }
}

/// What is to be read, and the targets where that is not known. A place is of one Region, and so is all
/// that its sources are about, but for the address blocks behind transit gateways.
pub(super) fn planned(
    cells: &Cells,
    scope: Scope<'_>,
    window: Window,
    blocks: &BTreeSet<IpNet>,
) -> (Plan, BTreeMap<Target, Cell>) {
    let mut small: BTreeSet<Region> = BTreeSet::new();
    cells.each_target(scope, &[Step::Vpcs], |target, facts, _| {
        let mut blocks = facts.vpcs.iter().flat_map(|vpc| &vpc.cidrs);
        if blocks.any(is_shorter_than_a_client_block) {
            small.insert(target.region);
        }
    });
    let mut plan = Plan::new(window.start);
    let mut incomplete = BTreeMap::new();
    cells.each_target(scope, &ASKED, |target, facts, missing| {
        let missing = missing
            .into_iter()
            .filter(|cell| NEEDED.contains(&cell.step));
        match missing.min_by_key(|cell| cell.step) {
            Some(cell) => drop(incomplete.insert(target, cell)),
            None => plan.add(&target, facts, small.contains(&target.region)),
        }
    });
    let reach = if plan.has_clients() {
        let interfaces = hub_interfaces::listed(cells);
        let mut connected = connected(cells, scope);
        connected.extend(interfaces.iter().map(|it| it.vpc_id.clone()));
        plan.add_endpoints(&interfaces);
        CrossVpcCalls {
            answers: private_answers(cells, scope),
            connected,
        }
    } else {
        CrossVpcCalls::default()
    };
    plan.complete(&reach, blocks);
    (plan, incomplete)
}

/// The VPCs with a route to other networks.
fn connected(cells: &Cells, scope: Scope<'_>) -> BTreeSet<VpcId> {
    let leads_away = |target: &RouteTarget| {
        matches!(
            target,
            RouteTarget::TransitGateway(_) | RouteTarget::Other(_)
        )
    };
    let mut found = BTreeSet::new();
    cells.each_target(scope, &[Step::RouteTables], |_, facts, _| {
        let tables = facts.route_tables.values();
        let connected = tables.filter(|it| it.routes.iter().any(|route| leads_away(&route.target)));
        found.extend(connected.map(|it| it.vpc_id.clone()));
    });
    found
}

/// The private addresses outside of a VPC that names of AWS had for it: endpoints in other VPCs, whoever
/// owns these. Only VPCs whose query log was read are there.
fn private_answers(cells: &Cells, scope: Scope<'_>) -> BTreeMap<VpcId, BTreeSet<IpAddr>> {
    let facts = cells.facts_within(scope, &Step::QUERY_LOGGING);
    let blocks: BTreeMap<&str, &[IpNet]> = facts
        .distinct_vpcs()
        .into_iter()
        .map(|vpc| (vpc.vpc_id.as_str(), vpc.cidrs.as_slice()))
        .collect();
    let mut found: BTreeMap<VpcId, BTreeSet<IpAddr>> = BTreeMap::new();
    for place in destinations(&facts).places.keys() {
        let part = cells.any_part::<GroupRead>(place.target(), Step::DnsUsage, &place.name());
        let Some((read, false)) = part else { continue };
        if read.usage.failure.is_some() {
            continue;
        }
        for (vpc_id, dns) in read.usage.vpcs {
            let blocks = blocks.get(vpc_id.as_str()).copied().unwrap_or_default();
            let answers = dns.hosts.values().flat_map(|it| it.answers.iter());
            let outside = answers.map(|(address, _)| address).filter(|address| {
                is_private(*address) && !blocks.iter().any(|block| block.contains(address))
            });
            found.entry(vpc_id).or_default().extend(outside);
        }
    }
    found
}

/// Reads a log group and keeps what it held, unless an earlier process did, by the same questions.
async fn read_once(
    logs: ObjectLogs<'_>,
    plan: &Plan,
    (place, sources): (&LogPlace, &[Source]),
) -> (FlowRead, LogEvidence) {
    let (access, cells) = (logs.access, logs.cells);
    let (kept, spent) = kept(cells, place, sources);
    let read = if let Some(read) = kept {
        read
    } else {
        let mut read = read_place(logs, place, sources).await;
        client_interfaces::name_vpcs(access, cells, plan, &mut read.usage).await;
        read.question = flow::fingerprint(sources);
        if cells.other_shards().is_some() {
            let elsewhere = sources.iter().flat_map(Source::elsewhere);
            read.elsewhere = elsewhere.collect();
        }
        read.usage.bytes_scanned += spent.bytes_scanned;
        ObjectReads::add(&mut read.usage.objects, spent.objects);
        keep(cells, place, read)
    };
    summed(read)
}

/// What an earlier process read by the same questions; else what it took in vain.
fn kept(cells: &Cells, place: &LogPlace, sources: &[Source]) -> (Option<FlowRead>, FlowUsage) {
    match cells.part::<FlowPart>(place.target(), Step::FlowUsage, &place.name()) {
        Some((FlowPart::Read(before), again)) => {
            if again || before.question != flow::fingerprint(sources) {
                // What the first try scanned was paid too.
                (None, before.usage)
            } else {
                (Some(before), FlowUsage::default())
            }
        }
        _ => (None, FlowUsage::default()),
    }
}

fn keep(cells: &Cells, place: &LogPlace, read: FlowRead) -> FlowRead {
    let reason = read.usage.failure.as_ref().map(|failure| failure.reason);
    let part = FlowPart::Read(read);
    let kept = cells.keep(
        place.target(),
        Step::FlowUsage,
        &place.name(),
        reason,
        &part,
    );
    match (part, kept) {
        (FlowPart::Read(read), Ok(())) => read,
        (_, Err(error)) => FlowRead {
            usage: failed(place, Failure::new(Reason::Other, error.to_string())),
            ..FlowRead::default()
        },
        (_, Ok(())) => FlowRead::default(),
    }
}

async fn read_place(logs: ObjectLogs<'_>, place: &LogPlace, sources: &[Source]) -> FlowRead {
    let read = match place {
        LogPlace::LogGroup(group) => {
            let work = async |insights: &Insights<'_>, size: Option<&Size>| {
                let mut usage = flow::read(insights, sources, logs.window).await;
                let missing = size.and_then(|it| it.missing(group, logs.window, Timestamp::now()));
                if let Some(missing) = missing {
                    flow::mark_as_part(&mut usage, sources, &missing);
                }
                usage
            };
            ask(logs, group, work).await
        }
        LogPlace::Objects(objects) => logs.flows(objects, sources).await,
    };
    FlowRead {
        attempts: read.counts.attempts(),
        duration_ms: read.duration_ms,
        question: 0,
        elsewhere: BTreeSet::new(),
        usage: read.result.unwrap_or_else(|failure| failed(place, failure)),
    }
}

/// The usage of a place that cannot be read at all.
fn failed(place: &LogPlace, failure: Failure) -> FlowUsage {
    FlowUsage {
        failure: Some(place.failed(failure)),
        ..FlowUsage::default()
    }
}
