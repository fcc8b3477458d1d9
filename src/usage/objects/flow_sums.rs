//! The sums of the records of a flow log, row by row of what Logs Insights would return.

use std::sync::Arc;

use crate::{
    model::{
        coverage::{Failure, Reason},
        flow::FlowUsage,
        run::Window,
    },
    usage::flow::{
        self, matcher::Matcher, record::Record, source::Source, sums::Table, texts::Texts,
    },
};

/// Groups that a unit may have, and texts.
const MOST_GROUPS: usize = 5_000_000;
/// Bytes of its texts.
const MOST_TEXT: usize = 1 << 30;
/// One unreadable record in so many makes a place unreadable.
const READABLE: u64 = 1000;

/// The sums of the records of a flow log.
#[derive(Debug)]
pub(super) struct Flows {
    matchers: Arc<Vec<Matcher>>,
    tables: Vec<Table>,
    pub(super) texts: Texts,
    /// The seconds of the window.
    window: std::ops::Range<i64>,
    #[cfg_attr(
        not(feature = "parquet"),
        expect(dead_code, reason = "such objects are refused before")
    )]
    pub(super) parquet: bool,
    pub(super) has_start: bool,
    pub(super) records: u64,
    pub(super) unreadable: u64,
}

/// When a record starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Its format does not have it.
    Unknown,
    Unreadable,
    /// In seconds since 1970.
    At(i64),
}

impl Flows {
    pub(super) fn new(matchers: Arc<Vec<Matcher>>, window: Window, parquet: bool) -> Self {
        Self {
            tables: matchers.iter().map(|_| Table::default()).collect(),
            matchers,
            texts: Texts::default(),
            window: window.start.as_second()..window.end.as_second(),
            parquet,
            has_start: true,
            records: 0,
            unreadable: 0,
        }
    }

    /// Adds a record, if it starts in the window.
    pub(super) fn record(&mut self, start: Start, record: &impl Record) {
        if self.starts(start) {
            self.add(record);
        }
    }

    /// Counts a record. Returns whether it starts in the window, and is to be added.
    #[inline]
    pub(super) fn starts(&mut self, start: Start) -> bool {
        self.records += 1;
        match start {
            Start::Unknown => true,
            Start::At(second) => self.window.contains(&second),
            Start::Unreadable => {
                self.unreadable += 1;
                false
            }
        }
    }

    /// Adds a record that starts in the window.
    pub(super) fn add(&mut self, record: &impl Record) {
        for (matcher, table) in self.matchers.iter().zip(&mut self.tables) {
            table.add(matcher, record, &mut self.texts);
        }
    }

    /// Whether anything depends on a field of records.
    pub(super) fn needs(&self, field: usize) -> bool {
        self.matchers.iter().any(|it| it.needs(field))
    }

    /// Adds what is pending, so that [`groups`](Self::groups) is exact.
    pub(super) fn flush(&mut self) {
        self.tables.iter_mut().for_each(Table::flush);
    }

    /// Counts what is no record.
    pub(super) fn no_record(&mut self) {
        self.records += 1;
        self.unreadable += 1;
    }

    pub(super) fn absorb(&mut self, other: Self) {
        let ids = self.texts.absorb(&other.texts);
        for (table, more) in self.tables.iter_mut().zip(other.tables) {
            table.absorb(more, &ids);
        }
        self.has_start &= other.has_start;
        self.records += other.records;
        self.unreadable += other.unreadable;
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.unreadable.saturating_mul(READABLE) > self.records {
            let (unreadable, records) = (self.unreadable, self.records);
            let why = format!("{unreadable} of {records} records cannot be read");
            return Err(Failure::new(Reason::InvalidResponse, why));
        }
        self.check_size()
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        self.tables.iter().map(Table::len).sum()
    }

    /// That what is summed fits into memory.
    pub(super) fn check_size(&self) -> Result<(), Failure> {
        let groups = self.groups();
        let (texts, bytes) = self.texts.size();
        if groups <= MOST_GROUPS && texts <= MOST_GROUPS && bytes <= MOST_TEXT {
            return Ok(());
        }
        let why = format!("there are more than {MOST_GROUPS} pairs of addresses to sum");
        Err(Failure::new(Reason::Truncated, why))
    }

    /// The usage that the sums show. `place` is shown in messages.
    pub(super) fn usage(self, place: &str, sources: &[Source]) -> FlowUsage {
        let mut usage = flow::of_tables(place, sources, self.tables, &self.texts);
        if !self.has_start {
            let why = format!(
                "the records of {place} lack ${{start}}: those at the ends of the window are chosen by the \
                 names of their objects"
            );
            let before = usage.remark.take();
            usage.remark = Some(before.map_or_else(|| why.clone(), |it| format!("{it}; {why}")));
        }
        usage
    }
}
