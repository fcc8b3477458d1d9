//! Reading a report, row by row.

use std::io;

use serde::Serialize;

use super::{
    cells::{Cell, Cells},
    tables::Table,
};
use crate::model::{
    report::{Report, ReportHeader, Row},
    rows::Rows,
};

/// What takes the cells of each row.
pub type Take<'t> = dyn FnMut(&[Cell<'_>]) -> io::Result<()> + 't;

/// A report that is read one row at a time.
#[derive(Clone, Debug)]
pub struct ReportReader {
    header: ReportHeader,
    report: Report,
}

impl ReportReader {
    /// Reads a report.
    pub fn new(report: &Report) -> Self {
        Self {
            header: ReportHeader {
                schema_version: report.schema_version,
                generated_at: report.generated_at,
                tool: report.tool.clone(),
                run: report.run.clone(),
                totals: report.totals.clone(),
                prices: report.prices.clone(),
            },
            report: report.clone(),
        }
    }

    /// Run, totals and prices.
    pub fn header(&self) -> &ReportHeader {
        &self.header
    }

    /// Hands each row of a table to `take`, in the order of the contract: a cell for each column.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or with the first error of `take`.
    pub fn each(&self, table: &Table, take: &mut Take<'_>) -> io::Result<()> {
        self.each_json(table.name, &mut |json| {
            let Cells(cells) = serde_json::from_str(json)?;
            take(&cells)
        })
    }

    /// Hands each row of a table to `take` as what it is, in the order of the contract.
    ///
    /// # Errors
    ///
    /// If a row cannot be read, or with the first error of `take`.
    pub fn each_row<R: Row>(&self, mut take: impl FnMut(R) -> io::Result<()>) -> io::Result<()> {
        self.each_json(R::TABLE, &mut |json| take(serde_json::from_str(json)?))
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
    ///
    /// # Errors
    ///
    /// If the table cannot be read.
    pub fn count(&self, table: &Table) -> io::Result<u64> {
        let mut count = 0;
        self.each_json(table.name, &mut |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    fn each_json(
        &self,
        table: &str,
        take: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let report = &self.report;
        match table {
            "accounts" => held(&report.accounts, take),
            "coverage" => made(&report.coverage, take),
            "vpcs" => made(&report.vpcs, take),
            "vpc_services" => made(&report.vpc_services, take),
            "services" => held(&report.services, take),
            "hosts" => made(&report.hosts, take),
            "nat_gateways" => made(&report.nat_gateways, take),
            "endpoints" => made(&report.endpoints, take),
            "flow_usage" => made(&report.flow_usage, take),
            "findings" => held(&report.findings, take),
            "opportunities" => made(&report.opportunities, take),
            "hub_or_own" => held(&report.hub_or_own, take),
            other => Err(io::Error::other(format!("there is no table `{other}`"))),
        }
    }
}

fn held<T: Serialize>(rows: &[T], take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    rows.iter()
        .try_for_each(|row| take(&serde_json::to_string(row)?))
}

fn made<T: Serialize>(
    rows: &Rows<T>,
    take: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    rows.each(|row| take(&serde_json::to_string(row)?))
}
