//! DNS usage: every log group once, with the credentials of the account that owns it; then a cell
//! for every target, from what became of the log groups of its VPCs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use jiff::Timestamp;

use super::{
    cells::{Cells, Measured},
    estimate::Wanted,
};
use crate::{
    classify::host::HostRules,
    config::Config,
    model::{
        coverage::{Cell, Failure, Reason, Step},
        event::Event,
        facts::{Facts, Finished, Found},
        id::AccountId,
        run::Window,
        target::Target,
        usage::{GroupRead, GroupUsage, LogGroup},
    },
    org::session::{Access, AccountAccess},
    store::{Place, StoreError},
    usage::{
        destination::{Destination, Destinations, destinations},
        dns,
        insights::Insights,
        size,
    },
};

/// What became of each log group; what it held is in the store alone.
type Read<'p> = BTreeMap<&'p LogGroup, GroupRead>;

/// Reads every log group that a VPC writes to.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    window: Window,
    cells: &Cells,
) -> Result<(), Arc<StoreError>> {
    let facts = cells.facts_of(&[Step::Vpcs, Step::QueryLogging]);
    let plan = destinations(&facts);
    cells.tell(Event::LogGroups(plan.log_groups.len()));
    let zones = zones(config, access.partition());
    let zones = &zones;
    let read: Read<'_> = stream::iter(plan.log_groups.keys())
        .map(|group| async move {
            let read = settle_group(access, config, zones, window, cells, group).await;
            cells.tell(Event::LogGroupDone);
            (group, read)
        })
        .buffer_unordered(config.limits.log_groups)
        .collect()
        .await;
    cells.flush().await?;
    record(cells, &facts, &plan, &read);
    Ok(())
}

/// The log groups that [`gather`] would read.
pub(super) fn wanted(cells: &Cells) -> Vec<Wanted> {
    let plan = destinations(&cells.facts_of(&[Step::Vpcs, Step::QueryLogging]));
    let groups = plan.log_groups.into_keys();
    let wanted = |group| Wanted {
        step: Step::DnsUsage,
        group,
        queries: dns::QUERIES,
    };
    groups.map(wanted).collect()
}

/// Records that no log group is read, but for those that an earlier process read.
pub(super) fn left_out_for(cells: &Cells, why: &Failure) {
    let facts = cells.facts_of(&[Step::Vpcs, Step::QueryLogging]);
    let plan = destinations(&facts);
    let unread = |group: &LogGroup| GroupRead {
        usage: GroupUsage::failed(group, why.clone()),
        attempts: 0,
        duration_ms: 0,
    };
    let mut read = Read::new();
    for group in plan.log_groups.keys() {
        let kept = cells.part::<GroupRead>(&group.target, Step::DnsUsage, &group.name);
        let kept = kept.filter(|(_, again)| !again);
        read.insert(group, kept.map_or_else(|| unread(group), |(read, _)| read));
    }
    record(cells, &facts, &plan, &read);
}

/// Records that usage was not wanted.
pub(super) fn left_out(cells: &Cells) {
    for target in cells.targets().0 {
        let why = "left out by --no-usage";
        let (account, region) = (&target.account_id, Some(&target.region));
        for step in [Step::DnsUsage, Step::FlowUsage] {
            cells.skip(account, region, step, Reason::Excluded, why);
        }
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

/// Reads a log group and keeps what it held, unless an earlier process did.
async fn settle_group(
    access: &Access,
    config: &Config,
    zones: &[String],
    window: Window,
    cells: &Cells,
    group: &LogGroup,
) -> GroupRead {
    let kept = cells.part::<GroupRead>(&group.target, Step::DnsUsage, &group.name);
    let mut read = match kept {
        Some((read, false)) => read,
        again => {
            // What the first try scanned was paid too.
            let spent = again.map_or(0, |(before, _)| before.usage.bytes_scanned);
            let mut read = read_group(access, config, zones, window, cells, group).await;
            read.usage.bytes_scanned += spent;
            let reason = read.usage.failure.as_ref().map(|failure| failure.reason);
            if let Err(error) =
                cells.keep(&group.target, Step::DnsUsage, &group.name, reason, &read)
            {
                let why = Failure::new(Reason::Other, error.to_string());
                read.usage = GroupUsage::failed(group, why);
            }
            read
        }
    };
    read.usage.vpcs.clear();
    read
}

/// The account that owns a log group, opened. That may be no target of the scan, but its role is
/// assumed: then the coverage says so.
async fn open(access: &Access, cells: &Cells, group: &LogGroup) -> Measured<AccountAccess> {
    let owner = &group.target.account_id;
    let opened = cells.measure(access.account(owner)).await;
    let cell = opened.on(Cell::complete(Some(owner.clone()), None, Step::AssumeRole));
    let known = cells.recorded(Place::of(&cell));
    if known.is_none_or(|cell| cell.reason == Some(Reason::Excluded)) {
        let cell = match &opened.result {
            Ok(_) => cell.remark("assumed to read its log groups"),
            Err(failure) => cell.failed(failure.clone()),
        };
        let found = Found::Nothing;
        cells.record(vec![Finished { cell, found }]);
    }
    opened
}

async fn read_group(
    access: &Access,
    config: &Config,
    zones: &[String],
    window: Window,
    cells: &Cells,
    group: &LogGroup,
) -> GroupRead {
    let work = async |insights: &Insights<'_>| {
        let mut usage = dns::read(insights, zones, window).await;
        // Not worth a failure: the counts of what is there are right.
        if usage.failure.is_none()
            && let Ok(size) = size::read(insights.session, group).await
            && let Some(missing) = size.missing(group, window, Timestamp::now())
        {
            usage.add_remark(&missing);
        }
        usage
    };
    let read = ask(access, config, cells, group, work).await;
    GroupRead {
        attempts: read.counts.attempts(),
        duration_ms: read.duration_ms,
        usage: read
            .result
            .unwrap_or_else(|failure| GroupUsage::failed(group, failure)),
    }
}

/// Asks a log group with the credentials of the account that owns it.
pub(super) async fn ask<T>(
    access: &Access,
    config: &Config,
    cells: &Cells,
    group: &LogGroup,
    work: impl AsyncFnOnce(&Insights<'_>) -> T,
) -> Measured<T> {
    let opened = open(access, cells, group).await;
    let asked = cells
        .measure_to_the_end(async {
            let account = opened.result?;
            if let Some(denied) = cells.denied(&group.target) {
                return Err(denied);
            }
            let session = account.session(&group.target.region);
            let insights = Insights {
                session: &session,
                group,
                settings: &config.usage,
            };
            Ok(work(&insights).await)
        })
        .await;
    Measured {
        result: asked.result.flatten(),
        counts: asked.counts,
        duration_ms: asked.duration_ms,
    }
}

/// What became of one VPC.
enum VpcOutcome<'p> {
    Read,
    Failed(&'p Failure),
    Unsupported(String),
    NotLogged,
    OwnerNotScanned(&'p AccountId),
}

/// The cell of every target. No call is made: a run that is resumed computes them anew.
fn record(cells: &Cells, facts: &Facts, plan: &Destinations, read: &Read<'_>) {
    let mut vpcs: BTreeMap<&Target, Vec<&str>> = BTreeMap::new();
    for vpc in facts.distinct_vpcs() {
        vpcs.entry(&vpc.target).or_default().push(&vpc.vpc_id);
    }
    for target in cells.targets().0 {
        let vpcs = vpcs.get(&target).map_or(&[][..], Vec::as_slice);
        let cell = Cell::complete(
            Some(target.account_id.clone()),
            Some(target.region.clone()),
            Step::DnsUsage,
        );
        let cell = match facts.outcomes.first_incomplete(&target) {
            Some(unknown) => {
                let reason = unknown.reason.unwrap_or(Reason::Other);
                let why = format!("the step {} is not complete", unknown.step.name());
                cell.skipped(reason, why)
            }
            None => target_cell(cell, plan, read, vpcs),
        };
        let found = Found::Nothing;
        cells.record(vec![Finished { cell, found }]);
    }
}

/// The cell of a target from what became of its VPCs.
fn target_cell(mut cell: Cell, plan: &Destinations, read: &Read<'_>, vpcs: &[&str]) -> Cell {
    let mut outcomes: Vec<(&str, VpcOutcome<'_>)> = Vec::new();
    let mut remarks = BTreeSet::new();
    let mut counted = BTreeSet::new();
    for vpc in vpcs {
        if let Some(problem) = plan.not_active.get(*vpc) {
            remarks.insert(format!(
                "the query log association of {vpc} is not active ({problem})"
            ));
        }
        if let Some(times) = plan.repeated.get(*vpc) {
            remarks.insert(format!(
                "{times} query log associations of {vpc} deliver to one log group, so that its \
                 counts may be {times} times too high"
            ));
        }
        let outcome = match plan.of_vpc.get(*vpc) {
            None | Some(Destination::NotLogged) => VpcOutcome::NotLogged,
            Some(Destination::Unsupported(arn)) => VpcOutcome::Unsupported(arn.to_string()),
            Some(Destination::UnknownConfig(config)) => {
                VpcOutcome::Unsupported(format!("configuration {config}, which cannot be seen"))
            }
            Some(Destination::OwnerNotScanned(owner)) => VpcOutcome::OwnerNotScanned(owner),
            Some(Destination::LogGroup(group)) => match read.get(group) {
                None => VpcOutcome::NotLogged,
                Some(read) => {
                    // Several VPCs here may write to one log group, which was read once.
                    if counted.insert(group) {
                        cell.attempts += read.attempts;
                        cell.duration_ms += read.duration_ms;
                    }
                    remarks.extend(read.usage.remark.clone());
                    let failure = read.usage.failure.as_ref();
                    failure.map_or(VpcOutcome::Read, VpcOutcome::Failed)
                }
            },
        };
        outcomes.push((vpc, outcome));
    }
    outcome(cell, &outcomes, remarks)
}

/// One row for all VPCs of a target: the worst that happened to one of them, and then the rest.
fn outcome(cell: Cell, outcomes: &[(&str, VpcOutcome<'_>)], mut remarks: BTreeSet<String>) -> Cell {
    let failed: Vec<(&str, &Failure)> = outcomes
        .iter()
        .filter_map(|(vpc, outcome)| match outcome {
            VpcOutcome::Failed(failure) => Some((*vpc, *failure)),
            _ => None,
        })
        .collect();
    let unsupported = collect_messages(outcomes, |vpc, outcome| match outcome {
        VpcOutcome::Unsupported(place) => Some(format!("{vpc} logs to {place}")),
        _ => None,
    });
    let silent = collect_messages(outcomes, |vpc, outcome| {
        matches!(outcome, VpcOutcome::NotLogged).then(|| vpc.to_owned())
    });
    let unseen = collect_messages(outcomes, |vpc, outcome| match outcome {
        VpcOutcome::OwnerNotScanned(owner) => Some(format!("{vpc} of account {owner}")),
        _ => None,
    });
    if !outcomes.is_empty() && silent.len() == outcomes.len() {
        return cell.skipped(Reason::NotLogged, "no VPC here logs its DNS queries");
    }
    let mut remark = |what: &str, vpcs: &[String], between: &str| {
        if !vpcs.is_empty() {
            remarks.insert(format!("{what}: {}", vpcs.join(between)));
        }
    };
    remark("without query logging", &silent, ", ");
    remark(
        "shared by accounts that were not scanned, which alone know whether they log",
        &unseen,
        ", ",
    );
    if let [(vpc, failure), others @ ..] = failed.as_slice() {
        let others: Vec<_> = others.iter().map(|(vpc, _)| (*vpc).to_owned()).collect();
        remark("missing or incomplete as well", &others, ", ");
        remark("only log groups are read", &unsupported, "; ");
        let message = with(format!("{vpc}: {}", failure.message), remarks);
        // Nothing was asked: it was expected to take too much.
        if failure.reason == Reason::Budget && cell.attempts == 0 {
            return cell.skipped(Reason::Budget, message);
        }
        return cell.failed(Failure {
            message,
            ..(*failure).clone()
        });
    }
    if !unsupported.is_empty() {
        let why = format!("only log groups are read: {}", unsupported.join("; "));
        return cell.skipped(Reason::DestinationUnsupported, with(why, remarks));
    }
    let message = remarks.into_iter().collect::<Vec<_>>().join("; ");
    if !unseen.is_empty() && silent.len() + unseen.len() == outcomes.len() {
        return cell.skipped(Reason::Excluded, message);
    }
    if message.is_empty() {
        return cell;
    }
    cell.remark(message)
}

/// A message with all remarks behind it.
fn with(message: String, remarks: BTreeSet<String>) -> String {
    std::iter::once(message)
        .chain(remarks)
        .collect::<Vec<_>>()
        .join("; ")
}

/// The messages of those VPCs that have one.
fn collect_messages(
    outcomes: &[(&str, VpcOutcome<'_>)],
    message: impl Fn(&str, &VpcOutcome<'_>) -> Option<String>,
) -> Vec<String> {
    let of = |(vpc, outcome): &(&str, VpcOutcome<'_>)| message(vpc, outcome);
    outcomes.iter().filter_map(of).collect()
}
