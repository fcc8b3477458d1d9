//! DNS usage: every log group once, with the credentials of the account that owns it; then a cell
//! for every target, from what became of the log groups of its VPCs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{
    cells::{Cells, Measured, Scope},
    dns_outcome::{Outcomes, Read, UnknownProfiles, target_cell},
    log_readers::{Division, OtherReaders},
    object_logs::ObjectLogs,
    opened::open,
    planned_query_logs::{PlannedQueryLogs, divided},
    region_logs::{RegionLogs, read_all},
};
use crate::{
    classify::host::{HostRules, partner::PartnerRules},
    config::Config,
    model::{
        coverage::{Cell, Failure, Reason, Step},
        event::Event,
        facts::{Facts, Finished, Found},
        id::{AccountId, Region},
        log_place::LogPlace,
        object_reads::ObjectReads,
        target::Target,
        usage::{GroupRead, GroupUsage, LogGroup},
    },
    store::StoreError,
    usage::{destination::Destinations, dns, insights::Insights, size::Size},
};

/// Reads every log group that a VPC writes to.
pub(super) async fn gather(
    logs: ObjectLogs<'_>,
    others: &OtherReaders,
    planned: PlannedQueryLogs,
) -> Result<(), Arc<StoreError>> {
    let (config, cells) = (logs.config, logs.cells);
    cells.send_event(Event::LogGroups(planned.places.len()));
    logs.athena.plan(planned.places.iter());
    drop(planned.places);
    let rules = HostRules::built_in().ok();
    let zones = zones(config, logs.access.partition(), rules);
    let names = &NameRules {
        zones: &zones,
        rules,
    };
    let once = planned.named_elsewhere.into_iter();
    let once = &once.map(|place| (place, OnceCell::new())).collect();
    let regions = cells.accounts_by_region();
    let planned = regions.iter().map(|(region, accounts)| {
        let (facts, plan, division) = divided(cells, others, Scope::Region(region, accounts));
        RegionQueryLogs {
            logs,
            names,
            once,
            region,
            accounts,
            facts,
            plan,
            division,
            read: Mutex::default(),
        }
    });
    read_all(planned, config.limits.log_groups).await;
    cells.flush().await
}

/// The query logs of a Region.
struct RegionQueryLogs<'l> {
    logs: ObjectLogs<'l>,
    names: &'l NameRules<'l>,
    /// Places that VPCs of other Regions name too, perhaps.
    once: &'l BTreeMap<LogPlace, OnceCell<GroupRead>>,
    region: &'l Region,
    accounts: &'l [AccountId],
    facts: Facts,
    plan: Destinations,
    division: Division,
    read: Mutex<Read>,
}

impl RegionLogs for RegionQueryLogs<'_> {
    fn places(&self) -> usize {
        self.division.places.len()
    }

    async fn read(&self, number: usize) {
        let Some(place) = self.division.places.get(number) else {
            return;
        };
        let work = || async {
            let read = read_once(self.logs, self.names, place).await;
            self.logs.cells.send_event(Event::LogGroupDone);
            read
        };
        let read = match self.once.get(place) {
            Some(once) => once.get_or_init(work).await.clone(),
            None => work().await,
        };
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(place.clone(), read);
    }

    async fn finish(&self) {
        let cells = self.logs.cells;
        // If it fails, every later flush fails too.
        let _ = cells.flush().await;
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let outcomes = Outcomes {
            plan: &self.plan,
            read: &read,
            elsewhere: &self.division.elsewhere,
            window: Some(self.logs.window),
        };
        let targets = Target::all_of(self.region, self.accounts);
        record(cells, &self.facts, outcomes, targets);
    }
}

/// Records that no log group is read, but for those that an earlier process read.
pub(super) fn left_out_for(cells: &Cells, others: &OtherReaders, why: &Failure) {
    let unread = |place: &LogPlace| {
        let unread = GroupRead::failed(place.failed(why.clone()));
        if cells.other_shards().is_some() {
            // The merge shows to VPCs of other shards why their log group was not read.
            let (target, name, reason) = (place.target(), place.name(), Some(why.reason));
            let _ = cells.keep(target, Step::DnsUsage, &name, reason, &unread);
        }
        unread
    };
    for (region, accounts) in &cells.accounts_by_region() {
        let (facts, plan, division) = divided(cells, others, Scope::Region(region, accounts));
        let mut read = Read::new();
        for place in division.places {
            let kept = cells.part::<GroupRead>(place.target(), Step::DnsUsage, &place.name());
            let kept = kept.filter(|(_, again)| !again).map(|(read, _)| read);
            let kept = kept.unwrap_or_else(|| unread(&place));
            read.insert(place, kept);
        }
        let outcomes = Outcomes {
            plan: &plan,
            read: &read,
            elsewhere: &division.elsewhere,
            window: None,
        };
        record(cells, &facts, outcomes, Target::all_of(region, accounts));
    }
}

/// Records that usage was not wanted.
pub(super) fn left_out(cells: &Cells) {
    for target in cells.targets() {
        let why = "left out by --no-usage";
        let (account, region) = (&target.account_id, Some(&target.region));
        for step in [Step::DnsUsage, Step::FlowUsage] {
            cells.skip(account, region, step, Reason::Excluded, why);
        }
    }
}

/// Which names are counted, and how.
struct NameRules<'r> {
    /// The zones whose names are counted one by one.
    zones: &'r [String],
    rules: Option<&'r HostRules>,
}

impl NameRules<'_> {
    /// Counts apart the queries of names that are only the targets of other names.
    fn mark_aliases(&self, usage: &mut GroupUsage) {
        let Some(rules) = self.rules else { return };
        let hosts = usage.vpcs.values_mut().flat_map(|vpc| &mut vpc.hosts);
        for (_, host) in hosts.filter(|(name, _)| rules.is_alias_target(name)) {
            host.mark_alias();
        }
    }
}

/// The zones whose names are counted one by one.
fn zones(config: &Config, partition: &str, rules: Option<&HostRules>) -> Vec<String> {
    if !config.usage.zones.is_empty() {
        return config.usage.zones.clone();
    }
    let of_aws = rules.map(|rules| rules.zones(partition).to_vec());
    let mut zones = of_aws.unwrap_or_default();
    // A name of theirs is no name of AWS's: one question counts both.
    let partners = PartnerRules::built_in();
    zones.extend(partners.iter().flat_map(|it| it.zones()).cloned());
    zones
}

/// Reads a log group and keeps what it held, unless an earlier process did.
async fn read_once(logs: ObjectLogs<'_>, names: &NameRules<'_>, place: &LogPlace) -> GroupRead {
    let (cells, name) = (logs.cells, place.name());
    let kept = cells.part::<GroupRead>(place.target(), Step::DnsUsage, &name);
    let mut read = match kept {
        Some((read, false)) => read,
        again => {
            // What the first try scanned was paid too.
            let spent = again.map(|(before, _)| before.usage);
            let mut read = read_place(logs, names, place).await;
            if let Some(spent) = spent {
                read.usage.bytes_scanned += spent.bytes_scanned;
                ObjectReads::add(&mut read.usage.objects, spent.objects);
            }
            let reason = read.usage.failure.as_ref().map(|failure| failure.reason);
            if let Err(error) = cells.keep(place.target(), Step::DnsUsage, &name, reason, &read) {
                let why = Failure::new(Reason::Other, error.to_string());
                read.usage = GroupUsage::failed(place.failed(why));
            }
            read
        }
    };
    // Names are the most there is; the store has them.
    for vpc in read.usage.vpcs.values_mut() {
        vpc.hosts.clear();
    }
    read
}

async fn read_place(logs: ObjectLogs<'_>, names: &NameRules<'_>, place: &LogPlace) -> GroupRead {
    let read = match place {
        LogPlace::LogGroup(group) => read_group(logs, names, group).await,
        LogPlace::Objects(objects) => {
            let mut read = logs.queries(objects, names.zones).await;
            if let Ok(usage) = &mut read.result {
                names.mark_aliases(usage);
            }
            read
        }
    };
    GroupRead {
        attempts: read.counts.attempts(),
        duration_ms: read.duration_ms,
        usage: read
            .result
            .unwrap_or_else(|failure| GroupUsage::failed(place.failed(failure))),
    }
}

async fn read_group(
    logs: ObjectLogs<'_>,
    names: &NameRules<'_>,
    group: &LogGroup,
) -> Measured<GroupUsage> {
    let window = logs.window;
    let work = async |insights: &Insights<'_>, size: Option<&Size>| {
        let mut usage = dns::read(insights, names.zones, window, size).await;
        names.mark_aliases(&mut usage);
        // Not worth a failure: the counts of what is there are right.
        let missing = size.and_then(|it| it.missing(group, window, Timestamp::now()));
        if let Some(missing) = missing.filter(|_| usage.failure.is_none()) {
            usage.add_remark(&missing.why);
        }
        usage
    };
    ask(logs, group, work).await
}

/// Asks a log group with the credentials of the account that owns it. Its size comes with it, if that
/// could be read.
pub(super) async fn ask<T>(
    logs: ObjectLogs<'_>,
    group: &LogGroup,
    work: impl AsyncFnOnce(&Insights<'_>, Option<&Size>) -> T,
) -> Measured<T> {
    let ObjectLogs {
        access,
        config,
        cells,
        sizes,
        ..
    } = logs;
    let owner = &group.target.account_id;
    let opened = open(access, cells, owner, "assumed to read its log groups").await;
    let asked = cells
        .measure_to_the_end(async {
            let account = opened.result?;
            if let Some(denied) = cells.denied(&group.target) {
                return Err(denied);
            }
            let session = account.session(&group.target.region);
            let size = sizes.read(&session, group).await.ok();
            let insights = Insights {
                session: &session,
                group,
                class: size.map(|it| it.class).unwrap_or_default(),
                settings: &config.usage,
            };
            Ok(work(&insights, size.as_ref()).await)
        })
        .await;
    Measured {
        result: asked.result.flatten(),
        counts: asked.counts,
        duration_ms: asked.duration_ms,
    }
}

/// The cells of targets. No call is made: a run that is resumed computes them anew.
pub(super) fn record(
    cells: &Cells,
    facts: &Facts,
    outcomes: Outcomes<'_>,
    targets: impl IntoIterator<Item = Target>,
) {
    let mut vpcs: BTreeMap<&Target, Vec<&str>> = BTreeMap::new();
    for vpc in facts.distinct_vpcs() {
        vpcs.entry(&vpc.target).or_default().push(&vpc.vpc_id);
    }
    for target in targets {
        let vpcs = vpcs.get(&target).map_or(&[][..], Vec::as_slice);
        let cell = Cell::complete(
            Some(target.account_id.clone()),
            Some(target.region.clone()),
            Step::DnsUsage,
        );
        let incomplete = facts.outcomes.first_incomplete(&target);
        let cell = match incomplete {
            // What VPCs are associated with themselves is known, and read.
            Some(unknown) if unknown.step != Step::Route53Profiles => {
                let why = format!("the step {} is not complete", unknown.step.name());
                cell.skipped(unknown.reason.unwrap_or(Reason::Other), why)
            }
            profiles => {
                let unread = profiles.map(|step| UnknownProfiles {
                    step,
                    vpc_ids: facts.unread_profiles.get(&target),
                });
                target_cell(cell, outcomes, vpcs, unread)
            }
        };
        let found = Found::Nothing;
        cells.record(vec![Finished { cell, found }]);
    }
}
