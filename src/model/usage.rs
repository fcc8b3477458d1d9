//! DNS usage as the query logs show it. Counts are of *uncached* lookups: Resolver logs only
//! queries that it does not answer from its cache, so they are neither calls nor bytes.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    coverage::Failure,
    id::{Arn, VpcId},
    object_reads::ObjectReads,
    run::Window,
    target::Target,
};

/// What one VPC asked of its resolver in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDns {
    /// The VPC.
    pub vpc_id: VpcId,
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
///
/// From outside, the log is bounded by when the VPC was associated with its configuration, when the
/// log group was created, and what its retention still holds. From inside, it is proven by the events
/// of the VPC itself. Between the two lies the time in which the VPC asked nothing, or in which the
/// log was not delivered; see [`LogCoverage::logged_seconds`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCoverage {
    /// Events of this VPC in the window, whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// The first event of this VPC in the window, whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_event: Option<Timestamp>,
    /// The last event of this VPC in the window, whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event: Option<Timestamp>,
    /// When the VPC was associated with the configuration that delivers to the log group
    /// (`CreationTime`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated: Option<Timestamp>,
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
    /// How late a bound may lie and still count as the start of the window: a window begins before
    /// its scan does, and retention drops events some time later.
    const SLACK_SECONDS: i64 = 3600;
    /// A pause at either end of the window counts as a quiet VPC up to this part of the window (a
    /// night of seven days), and for a VPC that asks seldom up to so many of its usual pauses, but
    /// never beyond a quarter of the window.
    const QUIET_PART: i64 = 10;
    const QUIET_PAUSES: i64 = 3;
    const MOST_QUIET_PART: i64 = 4;

    /// Seconds of the window that the log covers: from the first to the last event of the VPC, with
    /// what may be a pause of it at either end, within what the log group can hold. 0 without an
    /// event; none if the log was not read.
    pub fn logged_seconds(&self, window: Window) -> Option<i64> {
        let (start, end) = (window.start.as_second(), window.end.as_second());
        let Some((first, last)) = self.first_event.zip(self.last_event) else {
            return self.read_at.map(|_| 0);
        };
        let (first, last) = (first.as_second(), last.as_second());
        let quiet = self.quiet_seconds(end - start, last - first);
        let from = if first - start <= quiet { start } else { first };
        let until = if end - last <= quiet { end } else { last };
        let from = from
            .max(self.held_since(window).unwrap_or(start))
            .max(start);
        Some((until.min(end) - from).max(0))
    }

    /// The second of the window before which the log group can hold nothing; none if it can hold all.
    fn held_since(&self, window: Window) -> Option<i64> {
        let kept = self
            .read_at
            .zip(self.retention_days)
            .map(|(at, days)| at.as_second() - i64::from(days) * 24 * 3600);
        let bounds = [self.associated, self.log_group_created];
        let bounds = bounds.into_iter().flatten().map(Timestamp::as_second);
        bounds
            .chain(kept)
            .filter(|since| since - window.start.as_second() > Self::SLACK_SECONDS)
            .max()
    }

    /// Whether the logs cover the whole window, but for times at its ends in which the VPC may have looked
    /// nothing up: a quarter of the window, at most two days; a tenth if the log group can hold only a
    /// part of it. Not if no event is known.
    pub fn is_whole(&self, window: Window) -> bool {
        let length = window.end.as_second() - window.start.as_second();
        let logged = self.first_event.and_then(|_| self.logged_seconds(window));
        let part = if self.held_since(window).is_some() {
            10
        } else {
            4
        };
        logged.is_some_and(|logged| length - logged <= (length / part).min(48 * 3600))
    }

    /// The longest pause at an end of a window that is no gap; `span` lies between the first and the
    /// last event.
    fn quiet_seconds(&self, window: i64, span: i64) -> i64 {
        let pauses = self.events.and_then(|it| i64::try_from(it).ok());
        let pauses = pauses.map_or(0, |events| events - 1);
        let usual = if pauses > 0 {
            span.saturating_mul(Self::QUIET_PAUSES) / pauses
        } else {
            0
        };
        usual
            .min(window / Self::MOST_QUIET_PART)
            .max(window / Self::QUIET_PART)
    }

    /// Combines what two readings of the same VPC show.
    pub fn absorb(&mut self, other: &Self) {
        let earliest = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        let latest = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).max();
        self.events = match (self.events, other.events) {
            (Some(here), Some(there)) => Some(here.saturating_add(there)),
            (known, other) => known.or(other),
        };
        self.first_event = earliest(self.first_event, other.first_event);
        self.last_event = latest(self.last_event, other.last_event);
        self.associated = earliest(self.associated, other.associated);
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
    /// Queries that were answered (`NOERROR`).
    pub queries: u64,
    /// Queries answered with NXDOMAIN.
    pub nxdomain_queries: u64,
    /// Queries answered with another error, such as SERVFAIL or REFUSED: somebody tried to call. In
    /// runs of before 2026-11-27 they are among `queries`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_queries: u64,
    /// Queries of a name that is only the target of other names of AWS: Resolver logs each CNAME
    /// that it follows as a record of its own, so that they are no calls, and not among `queries`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alias_queries: u64,
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
        self.failed_queries += other.failed_queries;
        self.alias_queries += other.alias_queries;
        self.sources = self.sources.max(other.sources);
        self.answers.absorb(other.answers);
    }
}

impl HostQueries {
    /// Counts the queries as those of a name that is only the target of others.
    pub fn mark_alias(&mut self) {
        self.alias_queries += std::mem::take(&mut self.queries);
        for (_, queries) in &mut self.answers.0 {
            *queries = 0;
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
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

/// The class of a log group: what can be done with its events, and at what price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogGroupClass {
    /// `STANDARD`, or one that is not known.
    #[default]
    Standard,
    /// `INFREQUENT_ACCESS`: no fields are discovered, and few queries run at once.
    InfrequentAccess,
}

/// What a log group holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupUsage {
    /// By VPC; also VPCs that were not asked about.
    pub vpcs: BTreeMap<VpcId, VpcDns>,
    /// What the log group itself shows of the window that it can hold: the same for all its VPCs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<LogCoverage>,
    /// Bytes scanned by all queries.
    pub bytes_scanned: u64,
    /// What reading objects in S3 took; none for a log group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<ObjectReads>,
    /// Bytes that the group took in over the window; none if no single query read them all.
    #[serde(default)]
    pub window_bytes: Option<u64>,
    /// Why it is not all.
    pub failure: Option<Failure>,
    /// Remarks although nothing failed.
    pub remark: Option<String>,
}

impl GroupUsage {
    /// The usage of a place that cannot be read at all.
    pub fn failed(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
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

/// Remarks in one line, each once: those of two places often have one in common.
pub fn join_remarks(remarks: impl IntoIterator<Item = String>) -> String {
    let mut all = Vec::new();
    for remark in remarks {
        for one in remark.split("; ") {
            if !all.iter().any(|it| it == one) {
                all.push(one.to_owned());
            }
        }
    }
    all.join("; ")
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

impl GroupRead {
    /// A place that cannot be read at all, without a call.
    pub fn failed(failure: Failure) -> Self {
        Self {
            usage: GroupUsage::failed(failure),
            attempts: 0,
            duration_ms: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logged_part_of_a_window_is_proven_by_events_and_bounded_by_what_the_log_group_can_hold()
    {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let window = Window {
            start: at("2026-05-01T00:00:00Z").unwrap(),
            end: at("2026-05-08T00:00:00Z").unwrap(),
        };
        let hours = |coverage: &LogCoverage| coverage.logged_seconds(window).map(|it| it / 3600);
        let busy = LogCoverage {
            events: Some(50_000),
            first_event: at("2026-05-01T09:00:00Z"),
            last_event: at("2026-05-07T23:01:00Z"),
            read_at: at("2026-05-08T00:10:00Z"),
            ..LogCoverage::default()
        };
        assert_eq!(hours(&busy), Some(168), "a night is no gap");
        assert!(busy.is_whole(window));
        let stopped = LogCoverage {
            last_event: at("2026-05-06T00:00:00Z"),
            ..busy.clone()
        };
        assert_eq!(hours(&stopped), Some(120));
        let begun = LogCoverage {
            first_event: at("2026-05-07T23:00:00Z"),
            ..busy.clone()
        };
        assert_eq!(hours(&begun), Some(1), "an hour of events");
        let seldom = LogCoverage {
            events: Some(5),
            first_event: at("2026-05-02T06:00:00Z"),
            last_event: at("2026-05-07T00:00:00Z"),
            ..busy.clone()
        };
        assert_eq!(
            hours(&seldom),
            Some(168),
            "pauses like those between its events"
        );
        let once = LogCoverage {
            events: Some(1),
            first_event: at("2026-05-04T00:00:00Z"),
            last_event: at("2026-05-04T00:00:00Z"),
            ..busy.clone()
        };
        assert_eq!(hours(&once), Some(0));
        let bounded = [
            LogCoverage {
                log_group_created: at("2026-05-06T00:00:00Z"),
                ..busy.clone()
            },
            LogCoverage {
                associated: at("2026-05-06T00:00:00Z"),
                ..busy.clone()
            },
            LogCoverage {
                retention_days: Some(3),
                read_at: at("2026-05-09T00:00:00Z"),
                ..busy.clone()
            },
        ];
        assert_eq!(bounded.map(|it| hours(&it)), [Some(48); 3]);
        let kept = LogCoverage {
            retention_days: Some(7),
            log_group_created: at("2026-04-01T00:00:00Z"),
            associated: at("2026-05-01T00:30:00Z"),
            ..busy.clone()
        };
        assert_eq!(
            hours(&kept),
            Some(168),
            "the minutes of the scan are no gap"
        );
        let empty = LogCoverage {
            read_at: busy.read_at,
            log_group_created: at("2026-01-01T00:00:00Z"),
            ..LogCoverage::default()
        };
        assert_eq!(hours(&empty), Some(0), "no event proves nothing");
        assert_eq!(hours(&LogCoverage::default()), None);
        let unproven = [&stopped, &begun, &once, &empty, &LogCoverage::default()];
        assert!(unproven.iter().all(|it| !it.is_whole(window)));
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
