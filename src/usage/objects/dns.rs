//! Query logs in objects: the records of one VPC, counted into the rows that Logs Insights returns.
//!
//! Members are looked up as the questions to Logs Insights do (`usage/dns/question.rs`): a quote within a
//! text is escaped in JSON, so that a member's name is found by its quotes. Only what several records in
//! one line need is read by serde.

mod record;

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use memchr::memmem;

use self::record::{answers, first_address, is_in, member, seconds, source_number};
use super::{
    bucket::Bucket,
    gunzip, listing,
    reader::ObjectReader,
    workers::{self, Body, Count},
};
use crate::{
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        log_place::{LogPlace, ObjectPlace},
        object_reads::ObjectCounts,
        run::Window,
        usage::GroupUsage,
    },
    usage::{dns, insights::Row},
};

/// Groups that a unit may have.
const MOST_GROUPS: usize = 5_000_000;
/// One unreadable line in so many makes a place unreadable.
const READABLE: u64 = 1000;

/// Reads the usage of a VPC.
pub async fn read(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    zones: &[String],
    window: Window,
    settings: &Objects,
) -> Result<GroupUsage, Failure> {
    let _turn = reader.turn().await;
    if let Some(why) = reader.refusal() {
        return Err(why.clone());
    }
    let (mut objects, mut taken) = (Vec::new(), ObjectCounts::default());
    for day in listing::stamps(place, window, settings).days() {
        let listed = listing::of_day(reader, bucket, place, window, settings, day).await?;
        taken.absorb(listed.counts());
        objects.extend(listed.objects);
    }
    let none = objects.is_empty();
    let at_once = (settings.threads(), settings.fetchers);
    let empty = || Queries::new(zones, window);
    let (counters, bytes) = workers::read(bucket, objects, at_once, empty).await?;
    let mut counters = counters.into_iter();
    let mut counted = counters
        .next()
        .unwrap_or_else(|| Queries::new(zones, window));
    counters.for_each(|it| counted.absorb(it));
    counted.check()?;
    let shown = LogPlace::Objects(place.clone()).to_string();
    let mut usage = dns::of_rows(&shown, counted.by_name(), counted.totals());
    usage.objects = Some(bucket.reads(ObjectCounts { bytes, ..taken }));
    if none {
        usage.add_remark(&format!("{shown} has no object of the window"));
    }
    if let Some(remark) = lateness(window, settings) {
        usage.add_remark(&remark);
    }
    Ok(usage)
}

/// That the newest objects may not have been delivered yet.
pub(in crate::usage) fn lateness(window: Window, settings: &Objects) -> Option<String> {
    let age = Timestamp::now().as_second() - window.end.as_second();
    let late = i64::from(settings.late_minutes);
    (age < late * 60).then(|| {
        format!(
            "objects may be delivered up to {late} minutes late (objects.late_minutes): the end of the \
             window may be incomplete"
        )
    })
}

/// Counts of one spelling of a name with one response code and one first address.
#[derive(Debug, Default)]
struct Group {
    queries: u64,
    sources: HashSet<u128>,
    first: Option<(i64, Box<str>)>,
    last: Option<(i64, Box<str>)>,
}

/// VPC, name, response code, first address, each as the record writes it.
type Key = (Box<str>, Box<str>, Option<Box<str>>, Option<Box<str>>);

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    events: u64,
    named: u64,
    first: Option<i64>,
    last: Option<i64>,
}

/// The counts of the records of a VPC.
#[derive(Debug)]
pub(super) struct Queries {
    zones: Vec<String>,
    window: Window,
    groups: HashMap<Key, Group>,
    /// By VPC; none for records that name no VPC.
    vpcs: BTreeMap<Option<Box<str>>, Total>,
    lines: u64,
    unreadable: u64,
}

impl Queries {
    pub(super) fn new(zones: &[String], window: Window) -> Self {
        Self {
            zones: zones.iter().map(|it| it.to_ascii_lowercase()).collect(),
            window,
            groups: HashMap::new(),
            vpcs: BTreeMap::new(),
            lines: 0,
            unreadable: 0,
        }
    }

    /// Counts a line: one record, or several without anything between them.
    fn line(&mut self, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.lines += 1;
        let Ok(text) = std::str::from_utf8(line) else {
            self.unreadable += 1;
            return;
        };
        let mut names = memmem::find_iter(line, b"\"query_timestamp\"");
        if names.next().is_some() && names.next().is_none() {
            self.unreadable += u64::from(self.record(text).is_none());
            return;
        }
        let mut documents =
            serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
        let mut from = 0;
        while let Some(document) = documents.next() {
            let to = documents.byte_offset();
            let record = document.ok().and_then(|_| text.get(from..to));
            if record.and_then(|record| self.record(record)).is_none() {
                self.unreadable += 1;
                return;
            }
            from = to;
        }
    }

    /// Counts a record; none if it has no time, or is none.
    fn record(&mut self, record: &str) -> Option<()> {
        let is_object = record.trim_start().starts_with('{') && record.trim_end().ends_with('}');
        let time = member(record, &["query_timestamp"]).filter(|_| is_object)?;
        let time = seconds(time)?;
        if time < self.window.start.as_second() || time >= self.window.end.as_second() {
            return Some(());
        }
        let vpc = member(record, &["vpc_id", "vpc_uid"]).filter(|it| it.starts_with("vpc-"));
        let asked = member(record, &["query_name", "hostname"]);
        let total = match self.vpcs.get_mut(&vpc.map(Box::from) as &Option<Box<str>>) {
            Some(total) => total,
            None => self.vpcs.entry(vpc.map(Box::from)).or_default(),
        };
        total.events += 1;
        total.named += u64::from(asked.is_some());
        total.first = total.first.into_iter().chain([time]).min();
        total.last = total.last.max(Some(time));
        let Some(asked) = asked.filter(|name| is_in(name, &self.zones)) else {
            return Some(());
        };
        let (code, source) = (
            member(record, &["rcode"]),
            member(record, &["srcaddr", "ip"]),
        );
        let key = (
            Box::from(vpc.unwrap_or_default()),
            Box::from(asked),
            code.map(Box::from),
            first_address(record).map(Box::from),
        );
        let group = self.groups.entry(key).or_default();
        group.queries += 1;
        group.sources.extend(source.map(source_number));
        if let Some(answers) = answers(record) {
            group.answered(time, answers);
        }
        Some(())
    }

    fn absorb(&mut self, other: Self) {
        self.lines += other.lines;
        self.unreadable += other.unreadable;
        for (key, group) in other.groups {
            let kept = self.groups.entry(key).or_default();
            kept.queries += group.queries;
            kept.sources.extend(group.sources);
            for (time, answers) in [group.first, group.last].into_iter().flatten() {
                kept.answered(time, &answers);
            }
        }
        for (vpc, total) in other.vpcs {
            let kept = self.vpcs.entry(vpc).or_default();
            kept.events += total.events;
            kept.named += total.named;
            kept.first = kept.first.into_iter().chain(total.first).min();
            kept.last = kept.last.max(total.last);
        }
    }

    /// That the records can be read, and are not too many.
    fn check(&self) -> Result<(), Failure> {
        if self.unreadable.saturating_mul(READABLE) > self.lines {
            let why = format!(
                "{} of {} lines are no query log records",
                self.unreadable, self.lines
            );
            return Err(Failure::new(Reason::InvalidResponse, why));
        }
        self.check_groups()
    }

    fn check_groups(&self) -> Result<(), Failure> {
        if self.groups.len() <= MOST_GROUPS {
            return Ok(());
        }
        let why = format!("there are more than {MOST_GROUPS} names and answers to count");
        Err(Failure::new(Reason::Truncated, why))
    }

    /// Rows as the question by names has them.
    fn by_name(&self) -> impl Iterator<Item = Row> {
        self.groups
            .iter()
            .map(|((vpc, asked, code, address), group)| {
                let list =
                    |it: &Option<(i64, Box<str>)>| it.as_ref().map(|(_, list)| list.to_string());
                row([
                    ("vpc", (!vpc.is_empty()).then(|| vpc.to_string())),
                    ("asked", Some(asked.to_string())),
                    ("code", code.as_deref().map(str::to_owned)),
                    ("address", address.as_deref().map(str::to_owned)),
                    ("queries", Some(group.queries.to_string())),
                    ("sources", Some(group.sources.len().to_string())),
                    ("first_answers", list(&group.first)),
                    ("last_answers", list(&group.last)),
                ])
            })
    }

    /// Rows as the question for totals has them.
    fn totals(&self) -> impl Iterator<Item = Row> {
        self.vpcs.iter().map(|(vpc, total)| {
            let time = |at: Option<i64>| at.map(|at| (at * 1000).to_string());
            row([
                ("vpc", vpc.as_deref().map(str::to_owned)),
                ("events", Some(total.events.to_string())),
                ("named", Some(total.named.to_string())),
                ("first_event", time(total.first)),
                ("last_event", time(total.last)),
            ])
        })
    }
}

impl Group {
    /// Notes the answers of a record. Of several at the same time, the smaller text counts as the first and
    /// the greater as the last.
    fn answered(&mut self, time: i64, answers: &str) {
        let at = (time, answers);
        let is_first = |it: &(i64, Box<str>)| at < (it.0, &*it.1);
        if self.first.as_ref().is_none_or(is_first) {
            self.first = Some((time, answers.into()));
        }
        let is_last = |it: &(i64, Box<str>)| at > (it.0, &*it.1);
        if self.last.as_ref().is_none_or(is_last) {
            self.last = Some((time, answers.into()));
        }
    }
}

impl Count for Queries {
    fn object(&mut self, key: &str, body: Body) -> Result<(), Failure> {
        gunzip::lines(key, body, |line| {
            self.line(line);
            self.check_groups()
        })
    }
}

fn row<const N: usize>(fields: [(&str, Option<String>); N]) -> Row {
    let known = fields.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests;
