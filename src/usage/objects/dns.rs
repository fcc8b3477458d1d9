//! Query logs in objects: the records of one VPC, counted into the rows that Logs Insights returns.
//!
//! Members are looked up as the questions to Logs Insights do (`usage/dns/question.rs`): a quote within a
//! text is escaped in JSON, so that a member's name is found by its quotes. Only what several records in
//! one line need is read by serde.

mod answers;
mod groups;
mod head;
mod record;
mod zones;

use std::ops::Range;

use jiff::Timestamp;

use self::{
    groups::{Groups, Name},
    head::{Head, RepeatedRecord},
    record::{ASKED_NAMES, Members, TIME, VPC_NAMES, member, seconds},
    zones::Zones,
};
use super::{
    bucket::Bucket,
    gunzip, listing,
    reader::ObjectReader,
    workers::{self, Body, Count, Origin},
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
    usage::dns,
};

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
    let mut taken = ObjectCounts::default();
    let mut counted = Queries::new(zones, window);
    for day in listing::stamps(place, window, settings).days() {
        // Day by day, so that the keys of one are in memory.
        let listed = listing::of_day(reader, bucket, place, window, settings, day).await?;
        let day = listed.counts();
        if day.gets > 0 {
            let (origin, empty) = (Origin::Bucket(bucket), || Queries::new(zones, window));
            let at_once = (settings.threads(), settings.fetchers);
            let (more, bytes) = workers::read(origin, listed.objects, at_once, empty).await?;
            counted.absorb(more);
            taken.bytes = taken.bytes.saturating_add(bytes);
        }
        taken.absorb(ObjectCounts { bytes: 0, ..day });
    }
    let none = taken.gets == 0;
    counted.check()?;
    let shown = LogPlace::Objects(place.clone()).to_string();
    let mut usage = counted.usage(&shown);
    usage.objects = Some(bucket.reads(taken));
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

/// The counts of the records of a VPC.
#[derive(Debug)]
pub(super) struct Queries {
    zones: Zones,
    /// The seconds of the window.
    window: Range<i64>,
    groups: Groups,
    head: Head,
    lines: u64,
    unreadable: u64,
}

impl Queries {
    pub(super) fn new(zones: &[String], window: Window) -> Self {
        Self {
            zones: Zones::new(zones),
            window: window.start.as_second()..window.end.as_second(),
            groups: Groups::default(),
            head: Head::default(),
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
        if let Some(record) = self.head.split(text) {
            self.count_repeated(record);
            return;
        }
        let mut times = TIME.find_iter(line);
        if times.next().is_some() && times.next().is_none() {
            if self.record(text).is_none() {
                self.unreadable += 1;
            } else {
                let groups = &mut self.groups;
                self.head = Head::of(text, |vpc| groups.vpc(vpc));
            }
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

    /// Counts a record that begins as the one before.
    fn count_repeated(&mut self, record: RepeatedRecord<'_>) {
        if self.window.contains(&record.second) {
            self.groups.event(record.vpc, record.second, true);
            if self.zones.has(record.asked) {
                let members = Members::usual(record.rest);
                let members = members.unwrap_or_else(|| Members::of(record.rest));
                self.name(record.vpc, record.asked, record.second, members);
            }
        }
    }

    /// Counts a record; none if it has no time, or is none.
    fn record(&mut self, record: &str) -> Option<()> {
        let is_object = record.trim_start().starts_with('{') && record.trim_end().ends_with('}');
        let time = member(record, &[&TIME]).filter(|_| is_object)?;
        let second = seconds(time)?;
        if !self.window.contains(&second) {
            return Some(());
        }
        let vpc = member(record, &VPC_NAMES).filter(|it| it.starts_with("vpc-"));
        let vpc = self.groups.vpc(vpc);
        let asked = member(record, &ASKED_NAMES);
        self.groups.event(vpc, second, asked.is_some());
        if let Some(asked) = asked.filter(|name| self.zones.has(name)) {
            self.name(vpc, asked, second, Members::of(record));
        }
        Some(())
    }

    /// Counts a name in a zone, with the other members of its record.
    fn name(&mut self, vpc: u32, asked: &str, second: i64, members: Members<'_>) {
        let name = Name {
            vpc,
            asked,
            code: members.code.unwrap_or_default(),
            address: members.address.unwrap_or_default(),
        };
        let group = self.groups.count(name, 1);
        if let Some(source) = members.source {
            self.groups.source(group, source);
        }
        if let Some(answers) = members.answers {
            self.groups.answered(group, second, answers);
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.lines += other.lines;
        self.unreadable += other.unreadable;
        self.groups.absorb(other.groups);
    }

    /// That the records can be read, and are not too many.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.unreadable.saturating_mul(READABLE) > self.lines {
            let why = format!(
                "{} of {} lines are no query log records",
                self.unreadable, self.lines
            );
            return Err(Failure::new(Reason::InvalidResponse, why));
        }
        self.groups.check_size()
    }

    /// How many names, with codes and first addresses, there are.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The usage that the counts show. `place` is shown in messages.
    pub(super) fn usage(&self, place: &str) -> GroupUsage {
        dns::of_rows(place, self.groups.by_name(), self.groups.totals())
    }
}

impl Count for Queries {
    fn object(&mut self, key: &str, body: Body) -> Result<(), Failure> {
        gunzip::lines(key, body, |line| {
            self.line(line);
            self.groups.check_size()
        })?;
        self.groups.flush();
        Ok(())
    }

    fn absorb(&mut self, other: Self) {
        Self::absorb(self, other);
    }
}

#[cfg(test)]
mod tests;
