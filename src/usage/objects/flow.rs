//! Flow logs in objects: the records of one flow log and day, summed into the rows that Logs Insights
//! returns.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{
    Bucket, ObjectReader,
    dns::lateness,
    flow_text, listing,
    workers::{self, Body, Count},
};
use crate::{
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        flow::{FlowSource, FlowUsage},
        log_place::{LogPlace, ObjectPlace, ObjectRecords},
        run::Window,
    },
    usage::flow::{
        self,
        record::{Matcher, START, Table, Values},
        source::Source,
    },
};

/// Groups that a unit may have.
const MOST_GROUPS: usize = 5_000_000;
/// One unreadable record in so many makes a place unreadable.
const READABLE: u64 = 1000;

/// The days whose folders may hold records of the window.
pub fn days(place: &ObjectPlace, window: Window, settings: &Objects) -> Vec<Date> {
    listing::stamps(place, window, settings).days()
}

/// Reads the sources of one flow log in the folders of a day.
pub async fn read_day(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    sources: &[Source],
    (window, day): (Window, Date),
    settings: &Objects,
) -> Result<FlowUsage, Failure> {
    let _turn = reader.turn().await;
    if let Some(why) = reader.refusal() {
        return Err(why.clone());
    }
    let parquet = matches!(&place.records, ObjectRecords::Flows { layout, .. } if layout.parquet);
    if parquet && cfg!(not(feature = "parquet")) {
        let why = "this build cannot read Parquet (feature `parquet`)";
        return Err(Failure::new(Reason::DestinationUnsupported, why));
    }
    let objects = listing::of_day(reader, bucket, place, window, settings, day).await?;
    let matchers: Arc<Vec<Matcher>> = Arc::new(sources.iter().map(Matcher::new).collect());
    let counter = || Flows::new(Arc::clone(&matchers), window, parquet);
    let at_once = (settings.threads(), settings.fetchers);
    let (counters, _) = workers::read(bucket, objects, at_once, counter).await?;
    let mut counted = counter();
    counters.into_iter().for_each(|it| counted.absorb(it));
    counted.check()?;
    let shown = LogPlace::Objects(place.clone()).to_string();
    let rows = counted.tables.iter().map(Table::rows);
    let mut usage = flow::of_rows(&shown, sources, rows);
    if !counted.has_start {
        let why = format!(
            "the records of {shown} lack ${{start}}: those at the ends of the window are chosen by the \
             names of their objects"
        );
        add_remark(&mut usage, why);
    }
    Ok(usage)
}

fn add_remark(usage: &mut FlowUsage, why: String) {
    let before = usage.remark.take();
    usage.remark = Some(before.map_or(why.clone(), |it| format!("{it}; {why}")));
}

/// One usage of the days of a flow log.
pub fn of_days(days: Vec<FlowUsage>, window: Window, settings: &Objects) -> FlowUsage {
    let mut usage = FlowUsage::default();
    let mut remarks: BTreeMap<String, ()> = BTreeMap::new();
    for day in days {
        usage.bytes_scanned += day.bytes_scanned;
        usage.failure = usage.failure.take().or(day.failure);
        remarks.extend(day.remark.map(|it| (it, ())));
        if usage.sources.is_empty() {
            usage.sources = day.sources;
            continue;
        }
        for (source, more) in usage.sources.iter_mut().zip(day.sources) {
            absorb(source, more);
        }
    }
    remarks.extend(lateness(window, settings).map(|it| (it, ())));
    let remarks: Vec<_> = remarks.into_keys().collect();
    usage.remark = (!remarks.is_empty()).then(|| remarks.join("; "));
    if usage.failure.is_some() {
        // Bytes that are too few would be taken for what they are not: no source then.
        usage.sources = Vec::new();
    }
    usage
}

fn absorb(source: &mut FlowSource, more: FlowSource) {
    for (row, bytes) in more.rows {
        let sum = source.rows.entry(row).or_default();
        *sum = sum.saturating_add(bytes);
    }
    for (interface, records) in more.skipped {
        *source.skipped.entry(interface).or_default() += records;
    }
    source.quiet.extend(more.quiet);
    source.part.extend(more.part);
}

/// The sums of the records of a flow log.
pub(super) struct Flows {
    matchers: Arc<Vec<Matcher>>,
    tables: Vec<Table>,
    window: Window,
    parquet: bool,
    key: Vec<u8>,
    pub(super) has_start: bool,
    pub(super) records: u64,
    pub(super) unreadable: u64,
}

impl Flows {
    pub(super) fn new(matchers: Arc<Vec<Matcher>>, window: Window, parquet: bool) -> Self {
        Self {
            tables: matchers.iter().map(|_| Table::default()).collect(),
            matchers,
            window,
            parquet,
            key: Vec::new(),
            has_start: true,
            records: 0,
            unreadable: 0,
        }
    }

    /// Adds a record; false if its time cannot be read.
    pub(super) fn record(&mut self, values: &Values<'_>) -> bool {
        self.records += 1;
        if let Some(start) = values[START] {
            let Ok(start) = start.parse::<i64>() else {
                return false;
            };
            if start < self.window.start.as_second() || start >= self.window.end.as_second() {
                return true;
            }
        }
        for (matcher, table) in self.matchers.iter().zip(&mut self.tables) {
            if matcher.key(values, &mut self.key) {
                table.add(&self.key, values);
            }
        }
        true
    }

    fn absorb(&mut self, other: Self) {
        for (table, more) in self.tables.iter_mut().zip(other.tables) {
            table.absorb(more);
        }
        self.has_start &= other.has_start;
        self.records += other.records;
        self.unreadable += other.unreadable;
    }

    fn check(&self) -> Result<(), Failure> {
        if self.unreadable.saturating_mul(READABLE) > self.records {
            let (unreadable, records) = (self.unreadable, self.records);
            let why = format!("{unreadable} of {records} records cannot be read");
            return Err(Failure::new(Reason::InvalidResponse, why));
        }
        self.check_groups()
    }

    fn check_groups(&self) -> Result<(), Failure> {
        if self.tables.iter().map(Table::len).sum::<usize>() <= MOST_GROUPS {
            return Ok(());
        }
        let why = format!("there are more than {MOST_GROUPS} pairs of addresses to sum");
        Err(Failure::new(Reason::Truncated, why))
    }
}

impl Count for Flows {
    fn object(&mut self, key: &str, body: Body) -> Result<(), Failure> {
        #[cfg(feature = "parquet")]
        if self.parquet {
            super::parquet::read(key, body, self)?;
            return self.check_groups();
        }
        flow_text::read(key, body, self)?;
        self.check_groups()
    }
}

#[cfg(test)]
mod tests;
