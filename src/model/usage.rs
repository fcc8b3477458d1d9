//! DNS usage as the query logs show it. Counts are of *uncached* lookups: Resolver logs only
//! queries that it does not answer from its cache, so they are neither calls nor bytes.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{coverage::Failure, id::Arn, run::Window, target::Target};

/// What one VPC asked of its resolver in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDns {
    /// The VPC.
    pub vpc_id: String,
    /// All queries, whatever the name and the answer.
    pub queries: Option<u64>,
    /// The names in AWS zones, by name.
    pub hosts: BTreeMap<String, HostQueries>,
    /// How much of the window the logs of this VPC cover; not recorded in runs of before 2026-11-27,
    /// and then not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<LogCoverage>,
}

/// Evidence of the part of the window that the query log of one VPC covers. A missing field is
/// unknown: it proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCoverage {
    /// The first event of this VPC in the window, whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_event: Option<Timestamp>,
    /// The last event of this VPC in the window, whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event: Option<Timestamp>,
    /// When the log group was created (`creationTime`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group_created: Option<Timestamp>,
    /// After how many days the log group drops events (`retentionInDays`); none if it keeps them
    /// or if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// When the log group was read: what retention drops is counted from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}

impl LogCoverage {
    /// Seconds without an event at either end of the window that still count as logged. Instances
    /// and agents look up names at least once in an hour, and Resolver delivers within minutes.
    const QUIET_SECONDS: i64 = 3600;

    /// Whether the logs cover the whole window, but for times at its ends in which the VPC may have looked
    /// nothing up: a quarter of the window, at most two days; a tenth if the log group could hold nothing
    /// before the first event. Not if no event is known.
    pub fn is_whole(&self, window: Window) -> bool {
        let length = window.end.as_second() - window.start.as_second();
        let Some((missing, first)) = self
            .logged_seconds(window)
            .map(|logged| length - logged)
            .zip(self.first_event)
        else {
            return false;
        };
        let possible = self.possible_from(window);
        let cut = window.start.as_second() < possible && possible <= first.as_second();
        let tolerated = if cut { length / 10 } else { length / 4 };
        missing <= tolerated.min(48 * 3600)
    }

    /// The second from which the log group can hold events of the window.
    fn possible_from(&self, window: Window) -> i64 {
        let start = window.start.as_second();
        let created = self.log_group_created.map_or(start, Timestamp::as_second);
        let kept = self
            .read_at
            .zip(self.retention_days)
            .map(|(at, days)| at.as_second() - i64::from(days) * 24 * 3600);
        start.max(created).max(kept.unwrap_or(start))
    }

    /// Seconds of the window between the first and the last event of the VPC; none if no event is
    /// known. Time before the first event counts only if the log group could hold an event then.
    pub fn logged_seconds(&self, window: Window) -> Option<i64> {
        let (start, end) = (window.start.as_second(), window.end.as_second());
        let (first, last) = (self.first_event?.as_second(), self.last_event?.as_second());
        let until = if end - last <= Self::QUIET_SECONDS {
            end
        } else {
            last
        };
        // An event that is there proves its hour, whatever the log group says of itself.
        let possible = self.possible_from(window);
        let from = if first - start <= Self::QUIET_SECONDS {
            possible.min(first)
        } else {
            first
        };
        Some((until.min(end) - from.max(start)).max(0))
    }

    /// Combines what two readings of the same VPC show.
    pub fn absorb(&mut self, other: &Self) {
        let earliest = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        let latest = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).max();
        self.first_event = earliest(self.first_event, other.first_event);
        self.last_event = latest(self.last_event, other.last_event);
        self.log_group_created = earliest(self.log_group_created, other.log_group_created);
        self.retention_days = self.retention_days.max(other.retention_days);
        self.read_at = earliest(self.read_at, other.read_at);
    }
}

impl VpcDns {
    /// Whether its queries are known over the whole window.
    pub fn is_whole(&self, window: Window) -> bool {
        let coverage = self.coverage.as_ref();
        self.queries.is_some() && coverage.is_some_and(|it| it.is_whole(window))
    }

    /// Adds what another log group holds of the same VPC.
    pub fn absorb(&mut self, other: Self) {
        self.queries = match (self.queries, other.queries) {
            (Some(here), Some(there)) => Some(here + there),
            (known, other) => known.or(other),
        };
        for (name, host) in other.hosts {
            self.hosts.entry(name).or_default().absorb(host);
        }
        match (&mut self.coverage, other.coverage) {
            (Some(here), Some(there)) => here.absorb(&there),
            (here, there) => *here = here.take().or(there),
        }
    }
}

/// What was asked of one host name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostQueries {
    /// Queries, those answered with NXDOMAIN left out.
    pub queries: u64,
    /// Queries answered with NXDOMAIN.
    pub nxdomain_queries: u64,
    /// Queries by the first address of their answer. An address that was only seen behind another
    /// has the count 0. Queries without an address (AAAA of an IPv4 name, TXT) are in none.
    pub answers: Answers,
    /// At least so many distinct source addresses asked.
    pub sources: u64,
}

impl HostQueries {
    /// Adds what another part of the window, or another spelling of the name, saw.
    pub fn absorb(&mut self, other: Self) {
        self.queries += other.queries;
        self.nxdomain_queries += other.nxdomain_queries;
        self.sources = self.sources.max(other.sources);
        self.answers.absorb(other.answers);
    }
}

/// Queries by address. Most names have one or two addresses, for which a map takes ten times the
/// memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(Vec<(IpAddr, u64)>);

impl Answers {
    /// Adds queries of an address.
    pub fn add(&mut self, address: IpAddr, queries: u64) {
        match self.0.binary_search_by_key(&address, |(it, _)| *it) {
            Ok(at) => {
                if let Some((_, counted)) = self.0.get_mut(at) {
                    *counted += queries;
                }
            }
            Err(at) => self.0.insert(at, (address, queries)),
        }
    }

    /// Adds all of `other`.
    pub fn absorb(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            self.0.shrink_to_fit();
            return;
        }
        for (address, queries) in other.0 {
            self.add(address, queries);
        }
    }

    /// Addresses with their queries, by address.
    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, u64)> {
        self.0.iter().copied()
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answers = BTreeMap::deserialize(deserializer)?;
        Ok(Self(answers.into_iter().collect()))
    }
}

/// A log group in the account and region that own it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogGroup {
    /// The owning account and the region.
    pub target: Target,
    /// Its name.
    pub name: String,
}

impl LogGroup {
    /// The log group of an ARN; none if it is something else.
    pub fn of_arn(arn: &Arn) -> Option<Self> {
        let name = arn.resource().strip_prefix("log-group:")?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        if arn.service() != "logs" || name.is_empty() {
            return None;
        }
        let target = Target {
            account_id: arn.account().parse().ok()?,
            region: arn.region().parse().ok()?,
        };
        Some(Self {
            target,
            name: name.to_owned(),
        })
    }

    /// The log group that a flow log of a target names: by ARN, or by name alone in that target.
    pub fn of_destination(destination: &str, target: &Target) -> Option<Self> {
        match destination.parse() {
            Ok(arn) => Self::of_arn(&arn),
            Err(_) if destination.is_empty() || destination.starts_with("arn:") => None,
            Err(_) => Some(Self {
                target: target.clone(),
                name: destination.to_owned(),
            }),
        }
    }
}

/// What a log group holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupUsage {
    /// By VPC; also VPCs that were not asked about.
    pub vpcs: BTreeMap<String, VpcDns>,
    /// Bytes scanned by all queries.
    pub bytes_scanned: u64,
    /// Bytes that the group took in over the window; none if no single query read them all.
    #[serde(default)]
    pub window_bytes: Option<u64>,
    /// Why it is not all.
    pub failure: Option<Failure>,
    /// Remarks although nothing failed.
    pub remark: Option<String>,
}

impl GroupUsage {
    /// The usage of a group that cannot be read at all.
    pub fn failed(group: &LogGroup, failure: Failure) -> Self {
        let message = format!(
            "log group `{}` of {}: {}",
            group.name, group.target, failure.message
        );
        Self {
            failure: Some(Failure { message, ..failure }),
            ..Self::default()
        }
    }

    /// Adds a remark.
    pub fn add_remark(&mut self, what: &str) {
        match &mut self.remark {
            Some(remarks) => *remarks = format!("{remarks}; {what}"),
            none => *none = Some(what.to_owned()),
        }
    }
}

/// A log group that was read, as it is kept: reading it again would cost again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRead {
    /// What it holds.
    pub usage: GroupUsage,
    /// HTTP attempts made, the credentials' included.
    pub attempts: u32,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logged_part_of_a_window_ends_at_its_events_and_at_what_the_log_group_can_hold() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let window = Window {
            start: at("2026-05-01T00:00:00Z"),
            end: at("2026-05-08T00:00:00Z"),
        };
        let hours = |coverage: &LogCoverage| coverage.logged_seconds(window).map(|it| it / 3600);
        let whole = LogCoverage {
            first_event: Some(at("2026-05-01T00:59:00Z")),
            last_event: Some(at("2026-05-07T23:01:00Z")),
            ..LogCoverage::default()
        };
        assert_eq!(hours(&whole), Some(168));
        let recent = LogCoverage {
            first_event: Some(at("2026-05-07T23:00:00Z")),
            ..whole.clone()
        };
        assert_eq!(hours(&recent), Some(1));
        let stopped = LogCoverage {
            last_event: Some(at("2026-05-03T00:00:00Z")),
            ..whole.clone()
        };
        assert_eq!(hours(&stopped), Some(48));
        let new_group = LogCoverage {
            log_group_created: Some(at("2026-05-01T00:58:00Z")),
            ..whole.clone()
        };
        assert_eq!(hours(&new_group), Some(167));
        assert_eq!(hours(&LogCoverage::default()), None);
        let proven = [&whole, &new_group].map(|it| it.is_whole(window));
        assert_eq!(proven, [true, true]);
        let unproven = [&recent, &stopped, &LogCoverage::default()].map(|it| it.is_whole(window));
        assert_eq!(unproven, [false, false, false]);
    }

    #[test]
    fn answers_are_kept_and_counted_as_a_map_of_them_would_be() {
        let mut map = BTreeMap::new();
        let mut answers = Answers::default();
        for (address, queries) in [
            ("10.0.0.9", 2),
            ("10.0.0.1", 5),
            ("::1", 0),
            ("10.0.0.9", 3),
        ] {
            let address: IpAddr = address.parse().unwrap();
            *map.entry(address).or_default() += queries;
            let mut one = Answers::default();
            one.add(address, queries);
            answers.absorb(one);
        }
        assert_eq!(answers.iter().collect::<BTreeMap<_, u64>>(), map);
        let json = serde_json::to_string(&answers).unwrap();
        assert_eq!(json, serde_json::to_string(&map).unwrap());
        assert_eq!(serde_json::from_str::<Answers>(&json).unwrap(), answers);
    }
}
