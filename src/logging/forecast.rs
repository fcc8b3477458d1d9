//! Forecasts the volume and the cost of the logs that a plan turns on: the mean of what the
//! organization's own logs of the same type ingested, as a stored run measured it.
//!
//! The latest finished run that measured such logs is used; no call is made. Where there is none,
//! the volume is unknown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use super::delivery::Delivery;
use crate::{
    cost::{log_volume::Volume, price_book::PriceBook},
    model::{
        coverage::Step,
        facts::Facts,
        flow::FlowPart,
        flow_format::RECOMMENDED,
        id::{Region, VpcId},
        inventory::FlowLog,
        kind::{InterfaceType, LogDestinationType, TrafficType},
        log_place::LogPlace,
        logging::{Action, Plan, RequestedLogs},
        run::Window,
        usage::{GroupRead, LogGroup},
    },
    store::{Record, Store, StoreError},
    usage::destination::{Destinations, destinations},
};

/// What logs of one type are expected to ingest.
#[derive(Debug)]
pub struct Forecast {
    log_type: LogType,
    delivery: Delivery,
    basis: Option<Basis>,
}

/// A type of logs with a volume of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogType {
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
    /// Whether all of it was written in the planned format and at the planned interval.
    same_format: bool,
}

/// Forecasts what is asked for from the stored runs, the latest first.
///
/// # Errors
///
/// If the store cannot be read.
pub fn forecast(store: Option<&Store>, wanted: &RequestedLogs) -> Result<Forecast, StoreError> {
    let log_type = LogType::of(wanted);
    let mut basis = None;
    if let Some(store) = store {
        let runs = store.list()?.into_iter().map(|listed| listed.record);
        for record in runs.filter(|record| record.finished) {
            basis = match log_type {
                LogType::QueryLogs => query_logs(store, &record)?.map(|volume| (volume, true)),
                LogType::FlowLogs { .. } => flow_logs(store, &record, log_type)?,
            }
            .map(|(volume, same_format)| Basis {
                window: record.window(),
                run: record.run.id,
                volume,
                same_format,
            });
            if basis.is_some() {
                break;
            }
        }
    }
    Ok(Forecast {
        log_type,
        delivery: Delivery::of(wanted),
        basis,
    })
}

impl LogType {
    fn of(wanted: &RequestedLogs) -> Self {
        match *wanted {
            RequestedLogs::Dns { .. } => Self::QueryLogs,
            RequestedLogs::Flow {
                nat_only,
                aggregation_seconds,
                ..
            } => Self::FlowLogs {
                nat_only,
                aggregation_seconds,
            },
        }
    }

    /// One logger, and all of them, in words.
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

    /// Whether a flow log is of this type.
    fn includes(self, log: &FlowLog, nat_interfaces: &BTreeSet<&str>) -> bool {
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

    /// Whether it has the planned format and interval.
    fn is_same_format(self, log: &FlowLog) -> bool {
        match self {
            Self::QueryLogs => true,
            Self::FlowLogs {
                aggregation_seconds,
                ..
            } => {
                log.aggregation_seconds == Some(aggregation_seconds)
                    && log.log_format.as_deref() == Some(RECOMMENDED)
                    && log.traffic_type == Some(TrafficType::All)
            }
        }
    }
}

fn facts(store: &Store, record: &Record, steps: &[Step]) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    store.each_of(record.key, steps, |finished| facts.absorb(finished))?;
    Ok(facts)
}

/// What query logs ingested; none if the run measured none.
fn query_logs(store: &Store, record: &Record) -> Result<Option<Volume>, StoreError> {
    let mut groups: BTreeMap<LogGroup, BTreeSet<VpcId>> = BTreeMap::new();
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
    let facts = facts(store, record, &Step::QUERY_LOGGING)?;
    for since in since(&facts, &destinations(&facts), groups).into_values() {
        volume.add(record.window(), since);
    }
    Ok(volume.gb_month().map(|_| volume))
}

/// The VPCs that log to measured groups, and since when, where that is known. VPCs with records that
/// are not associated any more logged for some time, too.
fn since(
    facts: &Facts,
    plan: &Destinations,
    groups: BTreeMap<LogGroup, BTreeSet<VpcId>>,
) -> BTreeMap<VpcId, Option<Timestamp>> {
    let mut since = BTreeMap::new();
    for association in &facts.query_log_associations {
        let config = facts.query_log_configs.get(&association.config_id);
        let group = config.and_then(|it| LogGroup::of_arn(&it.destination));
        let Some((group, seen)) = group.and_then(|group| groups.get_key_value(&group)) else {
            continue;
        };
        let vpc_id = &association.vpc_id;
        let own = plan.places.get(&LogPlace::LogGroup(group.clone()));
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

/// What flow logs ingested, and whether they have the planned format and interval; none if the run
/// measured none. Log groups that others write to as well are left out.
fn flow_logs(
    store: &Store,
    record: &Record,
    log_type: LogType,
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
    let nat = nat.filter(|it| it.interface_type == InterfaceType::NatGateway);
    let nat: BTreeSet<&str> = nat.map(|it| it.network_interface_id.as_str()).collect();
    let mut logs: BTreeMap<LogGroup, Vec<&FlowLog>> = BTreeMap::new();
    for log in facts.flow_logs.values() {
        let group = log.destination.as_deref();
        let group = group.filter(|_| log.destination_type == LogDestinationType::CloudWatchLogs);
        if let Some(group) = group.and_then(|it| LogGroup::of_destination(it, &log.target)) {
            logs.entry(group).or_default().push(log);
        }
    }
    let measured = |same_format: bool| {
        let mut volume = Volume::default();
        for (group, bytes) in &groups {
            let logs = logs.get(group).map_or(&[][..], Vec::as_slice);
            let fits = |log: &&FlowLog| {
                log_type.includes(log, &nat) && (!same_format || log_type.is_same_format(log))
            };
            if logs.iter().all(fits) {
                volume.bytes = volume.bytes.saturating_add(*bytes);
                for log in logs {
                    volume.add(record.window(), log.created_at);
                }
            }
        }
        volume.gb_month().map(|_| (volume, same_format))
    };
    Ok(measured(true).or_else(|| measured(false)))
}

impl Forecast {
    /// GB a month of one log; none if that is not known.
    pub fn gb_month(&self) -> Option<Decimal> {
        self.basis.as_ref()?.volume.gb_month()
    }

    /// GB a month of what an action turns on, and USD/month, as far as they are known.
    pub fn of_action(
        &self,
        action: &Action,
        prices: &PriceBook,
    ) -> Option<(Decimal, Option<Decimal>)> {
        let region = action
            .region
            .as_ref()
            .filter(|_| action.work.starts_logging())?;
        let gb_month = self.gb_month()?;
        Some((
            gb_month,
            self.delivery.monthly_usd(gb_month, region, prices),
        ))
    }

    /// What a plan adds in a Region, in words, without the unit prices.
    fn in_region(&self, count: usize, region: &Region, prices: &PriceBook) -> String {
        let logs = if count == 1 {
            "1 log"
        } else {
            &format!("{count} logs")
        };
        let Some(gb_month) = self.gb_month() else {
            return format!("{logs}, volume unknown");
        };
        let gb_month = gb_month * Decimal::from(count);
        let usd = match self.delivery.monthly_usd(gb_month, region, prices) {
            Some(usd) if usd < Decimal::new(1, 2) => "less than 0.01 USD/month".to_owned(),
            Some(usd) => format!("{} USD/month", two_places(usd)),
            None => "price unknown".to_owned(),
        };
        let verb = self.delivery.verb();
        format!("{logs}, {}/month expected, {verb} {usd}", gb(gb_month))
    }

    /// What the figures are based on; none if there are none.
    pub fn basis(&self) -> Option<String> {
        let (basis, gb_month) = (self.basis.as_ref()?, self.gb_month()?);
        let other = if basis.same_format {
            ""
        } else {
            ", in other formats or at other intervals than planned"
        };
        let of = match basis.volume.loggers {
            1 => format!("what 1 {} wrote", self.log_type.loggers().0),
            number => format!("the mean of {number} {}", self.log_type.loggers().1),
        };
        Some(format!(
            "{}/month is {of} in run {} ({} to {}){other}",
            gb(gb_month),
            basis.run,
            basis.window.start,
            basis.window.end,
        ))
    }

    /// What the logs of a plan cost, as text: the prices are known in most Regions, the volume if a
    /// run measured it. Empty if the plan turns nothing on.
    pub fn text(&self, plan: &Plan, prices: &PriceBook) -> String {
        let mut regions = BTreeMap::new();
        for action in plan.actions.iter().filter(|it| it.work.starts_logging()) {
            if let Some(region) = &action.region {
                *regions.entry(region).or_insert(0_usize) += 1;
            }
        }
        if regions.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        for (region, count) in regions {
            let _ = writeln!(
                text,
                "  {region}: {}; {}",
                self.in_region(count, region, prices),
                self.delivery.prices(region, prices),
            );
        }
        let (logger, loggers) = self.log_type.loggers();
        text + &match self.basis() {
            Some(basis) => {
                format!("  basis: {basis}; one {logger} may write many times more, or less\n")
            }
            None => format!(
                "  no stored run has measured {loggers}. To find out, turn one typical VPC on (--vpcs), \
                 let it log for a day, run `vpce-scout scan`, and plan again: the forecast then uses \
                 what was written\n"
            ),
        }
    }
}

/// GB with three places, or two significant digits below 0.001.
fn gb(gb: Decimal) -> String {
    if gb < Decimal::new(1, 3) {
        format!("{} GB", gb.round_sf(2).unwrap_or(gb).normalize())
    } else {
        let rounded = gb.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero);
        format!("{rounded:.3} GB")
    }
}

fn two_places(usd: Decimal) -> String {
    let rounded = usd.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.2}")
}
