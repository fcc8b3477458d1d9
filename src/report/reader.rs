//! Reading a report, row by row.

use std::{fmt, io};

use super::{
    cells::{Cell, Cells},
    tables::Table,
};
use crate::{
    model::{
        id::Region,
        report::{ReportHeader, Row},
    },
    store::{ReportRows, StoredRow},
};

/// What takes the cells of each row.
pub type RowSink<'t> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 't;

/// A report that is read one row at a time.
pub struct ReportReader {
    header: ReportHeader,
    pub(super) rows: ReportRows,
    interrupted: bool,
    pub(super) action_templates: Vec<Option<String>>,
}

impl fmt::Debug for ReportReader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReportReader").finish_non_exhaustive()
    }
}

impl ReportReader {
    /// Reads the report of a run: `rows` holds its tables; `interrupted`: some of it was broken off.
    pub fn new(header: ReportHeader, rows: ReportRows, interrupted: bool) -> Self {
        Self {
            header,
            rows,
            interrupted,
            action_templates: Vec::new(),
        }
    }

    /// Adds the CloudFormation templates of the first opportunities that ask for something to be done, in their
    /// order.
    pub fn add_action_templates(&mut self, templates: Vec<Option<String>>) {
        self.action_templates = templates;
    }

    /// Run, totals and prices.
    pub fn header(&self) -> &ReportHeader {
        &self.header
    }

    /// Whether a step of the run was broken off.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Hands each row of a table to `take`, in the order of the contract: a cell for each column.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or with the first error of `take`.
    pub fn each(&self, table: &Table, take: &mut RowSink<'_>) -> io::Result<()> {
        self.rows.each(table.name, &mut |row| {
            let Cells(cells) = row.read()?;
            take(&cells)
        })
    }

    /// Hands each row of a table to `take` as it stands in the file of the rows.
    pub(super) fn each_stored(
        &self,
        table: &Table,
        take: &mut dyn FnMut(StoredRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.rows.each(table.name, take)
    }

    /// Hands each row of a table to `take` as what it is, in the order of the contract.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or with the first error of `take`.
    pub fn each_row<R: Row>(&self, mut take: impl FnMut(R) -> io::Result<()>) -> io::Result<()> {
        self.rows.each(R::TABLE, &mut |row| take(row.read()?))
    }

    /// Hands each row of a table that belongs to a Region to `take`, in the order of the contract.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or with the first error of `take`.
    pub fn each_row_in<R: Row>(
        &self,
        region: &Region,
        mut take: impl FnMut(R) -> io::Result<()>,
    ) -> io::Result<()> {
        let table = R::TABLE;
        self.rows
            .each_in(table, region, &mut |row| take(row.read()?))
    }

    /// The rows of a table that belong to a Region and are wanted, held in memory.
    ///
    /// # Errors
    ///
    /// If a row cannot be read.
    pub fn collect_in<R: Row>(
        &self,
        region: &Region,
        mut wanted: impl FnMut(&R) -> bool,
    ) -> io::Result<Vec<R>> {
        let mut rows = Vec::new();
        self.each_row_in(region, |row| {
            if wanted(&row) {
                rows.push(row);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first rows of a table that are wanted, at most `count`.
    ///
    /// # Errors
    ///
    /// If a row cannot be read.
    pub fn first<R: Row>(
        &self,
        count: usize,
        mut wanted: impl FnMut(&R) -> bool,
    ) -> io::Result<Vec<R>> {
        let mut found = Vec::new();
        let read = self.each_row(|row: R| {
            if found.len() == count {
                return Err(io::ErrorKind::Other.into());
            }
            if wanted(&row) {
                found.push(row);
            }
            Ok(())
        });
        // Having enough is no error of the source.
        if found.len() < count {
            read?;
        }
        Ok(found)
    }

    /// Every row of a table, held in memory.
    ///
    /// # Errors
    ///
    /// If a row cannot be read.
    pub fn collect<R: Row>(&self) -> io::Result<Vec<R>> {
        let mut rows = Vec::new();
        self.each_row(|row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// How many rows a table has.
    pub fn count(&self, table: &Table) -> u64 {
        self.rows.count(table.name)
    }
}
