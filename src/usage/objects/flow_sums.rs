//! The sums of the records of a flow log, row by row of what Logs Insights would return.

use std::sync::Arc;

use crate::{
    model::{
        coverage::{Failure, Reason},
        run::Window,
    },
    usage::flow::record::{Matcher, START, Table, Values},
};

/// Groups that a unit may have.
const MOST_GROUPS: usize = 5_000_000;
/// One unreadable record in so many makes a place unreadable.
const READABLE: u64 = 1000;

/// The sums of the records of a flow log.
pub(super) struct Flows {
    pub(super) matchers: Arc<Vec<Matcher>>,
    pub(super) tables: Vec<Table>,
    window: Window,
    #[cfg_attr(
        not(feature = "parquet"),
        expect(dead_code, reason = "such objects are refused before")
    )]
    pub(super) parquet: bool,
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

    pub(super) fn absorb(&mut self, other: Self) {
        for (table, more) in self.tables.iter_mut().zip(other.tables) {
            table.absorb(more);
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
        self.check_groups()
    }

    pub(super) fn check_groups(&self) -> Result<(), Failure> {
        if self.tables.iter().map(Table::len).sum::<usize>() <= MOST_GROUPS {
            return Ok(());
        }
        let why = format!("there are more than {MOST_GROUPS} pairs of addresses to sum");
        Err(Failure::new(Reason::Truncated, why))
    }
}
