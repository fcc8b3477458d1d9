//! DNS usage: every log group once, with the credentials of the account that owns it; then a cell
//! for every target, from what became of the log groups of its VPCs.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::cells::{Cells, Measured};
use crate::{
    classify::host::HostRules,
    config::Config,
    model::{
        coverage::{Cell, Failure, Outcome, Reason, Step},
        event::Event,
        facts::{Facts, Found},
        run::Window,
        target::Target,
        usage::{LogScan, VpcDns},
    },
    org::session::Access,
    usage::{
        destination::{Destination, Destinations, LogGroup, destinations},
        dns::{self, GroupUsage},
        insights::Insights,
    },
};

/// Reads every log group that a VPC writes to.
pub(super) async fn gather(access: &Access, config: &Config, window: Window, cells: &Cells) {
    let plan = destinations(&cells.facts());
    cells.tell(Event::LogGroups(plan.log_groups.len()));
    let zones = zones(config, access.partition());
    let zones = &zones;
    let read: BTreeMap<_, _> = stream::iter(plan.log_groups.keys())
        .map(|group| async move {
            let usage = read_group(access, config, zones, window, cells, group).await;
            cells.tell(Event::LogGroupDone);
            (group, usage)
        })
        .buffer_unordered(config.limits.accounts)
        .collect()
        .await;
    record(cells, &plan, read);
}

/// Records that usage was not wanted.
pub(super) fn left_out(cells: &Cells) {
    for target in cells.targets() {
        let why = "left out by --no-usage";
        let (account, region) = (&target.account_id, Some(&target.region));
        cells.skip(account, region, Step::DnsUsage, Reason::Excluded, why);
    }
}

/// The zones whose names are counted one by one.
fn zones(config: &Config, partition: &str) -> Vec<String> {
    if !config.usage.zones.is_empty() {
        return config.usage.zones.clone();
    }
    HostRules::built_in()
        .map(|rules| rules.zones(partition).to_vec())
        .unwrap_or_default()
}

async fn read_group(
    access: &Access,
    config: &Config,
    zones: &[String],
    window: Window,
    cells: &Cells,
    group: &LogGroup,
) -> Measured<GroupUsage> {
    let owner = &group.target.account_id;
    let opened = cells.measure(access.account(owner)).await;
    let known = |cell: &Cell| {
        cell.step == Step::AssumeRole
            && cell.account_id.as_ref() == Some(owner)
            && cell.reason != Some(Reason::Excluded)
    };
    if !cells.facts().cells.iter().any(known) {
        // The owner of the logs is no target of the scan, but its role was assumed.
        let cell = opened.on(Cell::complete(Some(owner.clone()), None, Step::AssumeRole));
        let cell = match &opened.result {
            Ok(_) => cell.remark("assumed to read its log groups"),
            Err(failure) => cell.failed(failure.clone()),
        };
        cells.record(cell, Found::Nothing);
    }
    cells
        .measure_to_the_end(async {
            let account = match opened.result {
                Ok(account) => account,
                Err(failure) => return GroupUsage::failed(group, failure),
            };
            let session = account.session(&group.target.region);
            let insights = Insights {
                session: &session,
                group,
                settings: &config.usage,
            };
            dns::read(&insights, zones, window).await
        })
        .await
}

/// What became of one VPC.
enum Fate<'p> {
    Read,
    Failed(&'p Failure),
    Unsupported(String),
    NotLogged,
}

fn record(cells: &Cells, plan: &Destinations, mut read: BTreeMap<&LogGroup, Measured<GroupUsage>>) {
    let mut usage: BTreeMap<String, VpcDns> = BTreeMap::new();
    let mut scans: Vec<(Target, LogScan)> = Vec::new();
    for (group, measured) in &mut read {
        let Ok(group_usage) = &mut measured.result else {
            continue;
        };
        take_vpcs(plan, group, group_usage, &mut usage);
        let scan = LogScan {
            region: group.target.region.clone(),
            bytes_scanned: group_usage.bytes_scanned,
        };
        scans.push((group.target.clone(), scan));
    }
    let inventory = Inventory::new(&cells.facts());
    let finished: Vec<_> = cells
        .targets()
        .into_iter()
        .map(|target| (target_cell(&inventory, plan, &read, &target), target))
        .collect();
    for (cell, target) in finished {
        let vpcs = inventory.vpcs.get(&target).into_iter().flatten();
        let dns = vpcs.filter_map(|vpc| usage.remove(vpc)).collect();
        let scan = scans.iter().position(|(owner, _)| *owner == target);
        cells.record(
            cell,
            Found::DnsUsage(dns, scan.map(|index| scans.remove(index).1)),
        );
    }
    // What is left belongs to VPCs that are not listed, and to owners that are no target.
    let mut facts = cells.facts();
    facts.dns.extend(usage);
    for (_, scan) in scans {
        *facts.bytes_scanned.entry(scan.region).or_default() += scan.bytes_scanned;
    }
}

/// A VPC's rows count from its own log group; from any other only if it has none (any more).
fn take_vpcs(
    plan: &Destinations,
    group: &LogGroup,
    group_usage: &mut GroupUsage,
    usage: &mut BTreeMap<String, VpcDns>,
) {
    let incomplete = group_usage.failure.is_some();
    for vpc_id in plan.log_groups.get(group).into_iter().flatten() {
        let empty = || VpcDns {
            vpc_id: vpc_id.clone(),
            queries: Some(0),
            ..VpcDns::default()
        };
        if !incomplete {
            group_usage.vpcs.entry(vpc_id.clone()).or_insert_with(empty);
        }
    }
    for (vpc_id, found) in std::mem::take(&mut group_usage.vpcs) {
        match plan.of_vpc.get(&vpc_id) {
            Some(Destination::LogGroup(own)) if own != group => {}
            _ => {
                let kept = usage.entry(vpc_id).or_insert_with_key(|vpc_id| VpcDns {
                    vpc_id: vpc_id.clone(),
                    ..VpcDns::default()
                });
                kept.absorb(found);
            }
        }
    }
}

/// What the cells are made from, by target.
struct Inventory {
    vpcs: BTreeMap<Target, Vec<String>>,
    /// The step without which usage cannot be known, and why it is not complete.
    unknown: BTreeMap<Target, (Step, Reason)>,
}

impl Inventory {
    fn new(facts: &Facts) -> Self {
        let mut vpcs: BTreeMap<Target, Vec<String>> = BTreeMap::new();
        for vpc in facts.distinct_vpcs() {
            vpcs.entry(vpc.target.clone())
                .or_default()
                .push(vpc.vpc_id.clone());
        }
        let mut unknown = BTreeMap::new();
        for cell in facts
            .cells
            .iter()
            .filter(|cell| cell.outcome != Outcome::Complete)
        {
            if let (Step::Vpcs | Step::QueryLogging, Some(account_id), Some(region)) =
                (cell.step, cell.account_id.clone(), cell.region.clone())
            {
                let why = (cell.step, cell.reason.unwrap_or(Reason::Other));
                unknown.entry(Target { account_id, region }).or_insert(why);
            }
        }
        Self { vpcs, unknown }
    }
}

/// The cell of a target.
fn target_cell(
    inventory: &Inventory,
    plan: &Destinations,
    read: &BTreeMap<&LogGroup, Measured<GroupUsage>>,
    target: &Target,
) -> Cell {
    let mut cell = Cell::complete(
        Some(target.account_id.clone()),
        Some(target.region.clone()),
        Step::DnsUsage,
    );
    if let Some((step, reason)) = inventory.unknown.get(target) {
        return cell.skipped(*reason, format!("the step {} is not complete", step.name()));
    }
    let mut fates: Vec<(&str, Fate<'_>)> = Vec::new();
    let mut remark = None;
    let mut counted = BTreeSet::new();
    for vpc in inventory.vpcs.get(target).into_iter().flatten() {
        let fate = match plan.of_vpc.get(vpc) {
            None | Some(Destination::NotLogged) => Fate::NotLogged,
            Some(Destination::Unsupported(arn)) => Fate::Unsupported(arn.to_string()),
            Some(Destination::Unseen(config)) => {
                Fate::Unsupported(format!("configuration {config}, which cannot be seen"))
            }
            Some(Destination::LogGroup(group)) => match read.get(group) {
                None => Fate::NotLogged,
                Some(measured) => {
                    // Several VPCs here may write to one log group, which was read once.
                    if counted.insert(group) {
                        cell = measured.on(cell);
                    }
                    match &measured.result {
                        Err(failure) => Fate::Failed(failure),
                        Ok(usage) => {
                            remark = remark.or_else(|| usage.remark.clone());
                            usage.failure.as_ref().map_or(Fate::Read, Fate::Failed)
                        }
                    }
                }
            },
        };
        fates.push((vpc, fate));
    }
    outcome(cell, &fates, remark)
}

/// One row for all VPCs of a target: the worst that happened to one of them.
fn outcome(cell: Cell, fates: &[(&str, Fate<'_>)], remark: Option<String>) -> Cell {
    let failed = fates.iter().find_map(|(vpc, fate)| match fate {
        Fate::Failed(failure) => Some((vpc, *failure)),
        _ => None,
    });
    if let Some((vpc, failure)) = failed {
        let message = format!("{vpc}: {}", failure.message);
        return cell.failed(Failure {
            message,
            ..failure.clone()
        });
    }
    let unsupported: Vec<String> = fates
        .iter()
        .filter_map(|(vpc, fate)| match fate {
            Fate::Unsupported(place) => Some(format!("{vpc} logs to {place}")),
            _ => None,
        })
        .collect();
    if !unsupported.is_empty() {
        let why = format!("only log groups are read: {}", unsupported.join("; "));
        return cell.skipped(Reason::DestinationUnsupported, why);
    }
    let silent: Vec<&str> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::NotLogged))
        .map(|(vpc, _)| *vpc)
        .collect();
    match (silent.len(), fates.len()) {
        (0, _) => Cell {
            message: remark,
            ..cell
        },
        (silent, all) if silent == all => {
            cell.skipped(Reason::NotLogged, "no VPC here logs its DNS queries")
        }
        _ => cell.remark(format!("without query logging: {}", silent.join(", "))),
    }
}
