//! What the logs that a plan turns on are expected to take in, as far as the run store knows: the
//! mean of what the organization's own logs of the same sort took in.
//!
//! The latest finished run that measured such logs is asked, and no call is made. Where none did,
//! the volume is unknown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{
    cost::{
        log_volume::{Volume, monthly_usd},
        price_book::PriceBook,
    },
    model::{
        coverage::Step,
        facts::Facts,
        flow::FlowPart,
        flow_format::RECOMMENDED,
        id::Region,
        inventory::FlowLog,
        logging::{Action, Wanted, Work},
        run::Window,
        usage::{GroupRead, LogGroup},
    },
    store::{Record, Store, StoreError},
    usage::destination::{Destinations, destinations},
};

/// What logs of one sort are expected to take in.
#[derive(Debug)]
pub(super) struct Expected {
    sort: Sort,
    basis: Option<Basis>,
}

/// A sort of logs, each with a volume of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    QueryLogs,
    /// Of NAT gateways alone, or of whole VPCs.
    FlowLogs {
        nat_only: bool,
        aggregation_seconds: u32,
    },
}

/// What was measured, when and by which run.
#[derive(Debug)]
struct Basis {
    run: String,
    window: Window,
    volume: Volume,
    /// Whether all of it was written in the format and at the interval that are planned.
    alike: bool,
}

/// Asks the stored runs, the latest first.
pub(super) fn expected(store: Option<&Store>, wanted: &Wanted) -> Result<Expected, StoreError> {
    let sort = Sort::of(wanted);
    let mut basis = None;
    if let Some(store) = store {
        let runs = store.list()?.into_iter().map(|listed| listed.record);
        for record in runs.filter(|record| record.finished) {
            basis = match sort {
                Sort::QueryLogs => query_logs(store, &record)?.map(|volume| (volume, true)),
                Sort::FlowLogs { .. } => flow_logs(store, &record, sort)?,
            }
            .map(|(volume, alike)| Basis {
                window: record.window(),
                run: record.run.id,
                volume,
                alike,
            });
            if basis.is_some() {
                break;
            }
        }
    }
    Ok(Expected { sort, basis })
}

impl Sort {
    fn of(wanted: &Wanted) -> Self {
        match *wanted {
            Wanted::Dns { .. } => Self::QueryLogs,
            Wanted::Flow {
                nat_only,
                aggregation_seconds,
                ..
            } => Self::FlowLogs {
                nat_only,
                aggregation_seconds,
            },
        }
    }

    /// One of what logs, and all of them.
    fn loggers(self) -> (&'static str, &'static str) {
        match self {
            Self::QueryLogs => ("VPC", "VPCs that log their DNS queries"),
            Self::FlowLogs {
                nat_only: false, ..
            } => ("flow log of a VPC", "flow logs of whole VPCs"),
            Self::FlowLogs { nat_only: true, .. } => (
                "flow log of a NAT gateway",
                "flow logs of NAT gateways alone",
            ),
        }
    }

    /// Whether a flow log is of this sort.
    fn has(self, log: &FlowLog, nat_interfaces: &BTreeSet<&str>) -> bool {
        let id = log.resource_id.as_str();
        match self {
            Self::QueryLogs => false,
            Self::FlowLogs {
                nat_only: false, ..
            } => id.starts_with("vpc-"),
            Self::FlowLogs { nat_only: true, .. } => {
                id.starts_with("nat-") || nat_interfaces.contains(id)
            }
        }
    }

    /// Whether it writes what a planned one would.
    fn is_alike(self, log: &FlowLog) -> bool {
        match self {
            Self::QueryLogs => true,
            Self::FlowLogs {
                aggregation_seconds,
                ..
            } => {
                log.aggregation_seconds == Some(aggregation_seconds)
                    && log.log_format.as_deref() == Some(RECOMMENDED)
                    && log.traffic_type.as_deref() == Some("ALL")
            }
        }
    }
}

fn facts(store: &Store, record: &Record, steps: &[Step]) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    store.each_of(record.key, steps, |finished| facts.absorb(finished))?;
    Ok(facts)
}

/// What query logs took in; none if the run measured none.
fn query_logs(store: &Store, record: &Record) -> Result<Option<Volume>, StoreError> {
    let mut groups: BTreeMap<LogGroup, BTreeSet<String>> = BTreeMap::new();
    let mut volume = Volume::default();
    store.each_part(
        record.key,
        Step::DnsUsage,
        |target, name, read: GroupRead| {
            if let Some(bytes) = read.usage.window_bytes {
                let seen = read.usage.vpcs.into_keys().collect();
                volume.bytes = volume.bytes.saturating_add(bytes);
                groups.insert(LogGroup { target, name }, seen);
            }
        },
    )?;
    if groups.is_empty() {
        return Ok(None);
    }
    let facts = facts(store, record, &[Step::Vpcs, Step::QueryLogging])?;
    for since in since(&facts, &destinations(&facts), groups).into_values() {
        volume.add(record.window(), since);
    }
    Ok(volume.gb_month().map(|_| volume))
}

/// The VPCs that log to measured groups, and since when, where that is known. Those whose records
/// are there although they are associated no more have logged for some time too.
fn since(
    facts: &Facts,
    plan: &Destinations,
    groups: BTreeMap<LogGroup, BTreeSet<String>>,
) -> BTreeMap<String, Option<Timestamp>> {
    let mut since = BTreeMap::new();
    for association in &facts.query_log_associations {
        let config = facts.query_log_configs.get(&association.config_id);
        let group = config.and_then(|it| LogGroup::of_arn(&it.destination));
        let Some((group, seen)) = group.and_then(|group| groups.get_key_value(&group)) else {
            continue;
        };
        let vpc_id = &association.vpc_id;
        let own = plan.log_groups.get(group);
        let arrives = seen.contains(vpc_id) || !plan.not_active.contains_key(vpc_id);
        if arrives && own.is_some_and(|vpcs| vpcs.contains(vpc_id)) {
            since.insert(vpc_id.clone(), association.created_at);
        }
    }
    for vpc_id in groups.into_values().flatten() {
        since.entry(vpc_id).or_insert(None);
    }
    since
}

/// What flow logs took in, and whether they are written as the planned ones; none if the run
/// measured none. Log groups into which others write too tell nothing.
fn flow_logs(
    store: &Store,
    record: &Record,
    sort: Sort,
) -> Result<Option<(Volume, bool)>, StoreError> {
    let mut groups: BTreeMap<LogGroup, u64> = BTreeMap::new();
    let take = |target, name, part: FlowPart| {
        if let FlowPart::Read(read) = part
            && let Some(bytes) = read.usage.window_bytes
        {
            groups.insert(LogGroup { target, name }, bytes);
        }
    };
    store.each_part(record.key, Step::FlowUsage, take)?;
    if groups.is_empty() {
        return Ok(None);
    }
    let facts = facts(store, record, &[Step::FlowLogs, Step::NetworkInterfaces])?;
    let nat = facts.network_interfaces.values();
    let nat = nat.filter(|it| it.interface_type == "nat_gateway");
    let nat: BTreeSet<&str> = nat.map(|it| it.network_interface_id.as_str()).collect();
    let mut logs: BTreeMap<LogGroup, Vec<&FlowLog>> = BTreeMap::new();
    for log in facts.flow_logs.values() {
        let group = log.destination.as_deref();
        let group = group.filter(|_| log.destination_type == "cloud-watch-logs");
        if let Some(group) = group.and_then(|it| LogGroup::of_destination(it, &log.target)) {
            logs.entry(group).or_default().push(log);
        }
    }
    let measured = |alike: bool| {
        let mut volume = Volume::default();
        for (group, bytes) in &groups {
            let logs = logs.get(group).map_or(&[][..], Vec::as_slice);
            let fits = |log: &&FlowLog| sort.has(log, &nat) && (!alike || sort.is_alike(log));
            if logs.iter().all(fits) {
                volume.bytes = volume.bytes.saturating_add(*bytes);
                for log in logs {
                    volume.add(record.window(), log.created_at);
                }
            }
        }
        volume.gb_month().map(|_| (volume, alike))
    };
    Ok(measured(true).or_else(|| measured(false)))
}

impl Expected {
    /// GB a month of one of what the plan turns on; none if that is not known.
    pub(super) fn gb_month(&self) -> Option<Decimal> {
        self.basis.as_ref()?.volume.gb_month()
    }

    /// GB a month of what an action turns on, and US dollars, as far as they are known.
    pub(super) fn of(
        &self,
        action: &Action,
        prices: &PriceBook,
    ) -> Option<(Decimal, Option<Decimal>)> {
        let region = action.region.as_ref().filter(|_| begins_to_log(action))?;
        let gb_month = self.gb_month()?;
        Some((gb_month, monthly_usd(gb_month, region, prices)))
    }

    /// What a plan expects in a region, in a clause; the price of it follows.
    pub(super) fn in_region(&self, count: usize, region: &Region, prices: &PriceBook) -> String {
        let Some(gb_month) = self.gb_month() else {
            return format!("{count} more to log, of a volume that is unknown");
        };
        let gb_month = gb_month * Decimal::from(count);
        let usd = match monthly_usd(gb_month, region, prices) {
            Some(usd) if usd < Decimal::new(1, 2) => "less than USD 0.01".to_owned(),
            Some(usd) => format!("USD {:.2}", usd.round_dp(2)),
            None => "at a price that is unknown".to_owned(),
        };
        let gb = gb(gb_month);
        format!("{count} more to log, {gb} a month expected, {usd} a month to be taken in")
    }

    /// What the figures rest on; none if there are none.
    pub(super) fn basis(&self) -> Option<String> {
        let (basis, gb_month) = (self.basis.as_ref()?, self.gb_month()?);
        let other = if basis.alike {
            ""
        } else {
            ", in other formats or at other intervals than planned"
        };
        let of = match basis.volume.loggers {
            1 => format!("what 1 {} wrote", self.sort.loggers().0),
            number => format!("the mean of {number} {}", self.sort.loggers().1),
        };
        Some(format!(
            "{} a month is {of} in run {} ({} to {}){other}",
            gb(gb_month),
            basis.run,
            basis.window.start,
            basis.window.end,
        ))
    }

    /// The same in a sentence of its own; where nothing is known, how to find out.
    pub(super) fn told(&self) -> String {
        let (logger, loggers) = self.sort.loggers();
        match self.basis() {
            Some(basis) => format!(
                "  expected: {basis}; a single {logger} may write many times more, or less\n"
            ),
            None => format!(
                "  no stored run has measured {loggers}. To find out: turn one typical VPC on (--vpcs), \
                 let it log for a day, run `vpce-scout scan`, and plan the others: the mean of what \
                 was written is told then\n"
            ),
        }
    }
}

/// Whether logs begin to come in with an action.
pub(super) fn begins_to_log(action: &Action) -> bool {
    matches!(
        action.work,
        Work::AssociateQueryLogConfig { .. } | Work::CreateFlowLogs { .. }
    )
}

/// GB with three places, or as many as tell it from nothing.
fn gb(gb: Decimal) -> String {
    if gb < Decimal::new(1, 3) {
        format!("{} GB", gb.round_sf(2).unwrap_or(gb).normalize())
    } else {
        format!("{:.3} GB", gb.round_dp(3))
    }
}
