//! What the summary, the ticket, the workbook and the page begin with: the totals where they are known,
//! what to do first, and the services and NAT gateways that matter most. Read in one pass over each
//! table; what is kept does not grow with the organization.

use std::{cmp::Reverse, io};

use super::{
    meaning,
    reader::ReportReader,
    row::{KeptRow, RowView},
    tables,
};
use crate::model::{coverage::Step, money::Amount};
use rust_decimal::Decimal;

/// Actions that are kept.
pub(super) const ACTIONS: usize = 100;
/// Services and NAT gateways that are kept.
pub(super) const TOP: usize = 10;

/// The figures.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// DNS queries, and those to AWS services; none if no VPC's queries were read.
    pub(super) queries: Option<(u64, u64)>,
    /// USD/month for all NAT gateways with a known cost.
    pub(super) nat_monthly: Option<Decimal>,
    /// Of this, the data processing charges: the most that endpoints can save.
    pub(super) nat_data_monthly: Option<Decimal>,
    /// USD/month for all endpoints with a known cost.
    pub(super) endpoints_monthly: Option<Decimal>,
    /// USD/month that measured bytes show can be saved.
    pub(super) saving: Option<Decimal>,
    /// Rows of `opportunities` to act on, best first.
    pub(super) actions: Vec<KeptRow>,
    /// Rows of `services` with the most queries.
    pub(super) by_queries: Vec<KeptRow>,
    /// Rows of `services` with the most bytes.
    pub(super) by_bytes: Vec<KeptRow>,
    /// Rows of `nat_gateways` that cost most.
    pub(super) gateways: Vec<KeptRow>,
    /// Whether flow logs of some VPC were read.
    pub(super) flow_logs: bool,
}

impl Figures {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If a table cannot be read.
    pub(super) fn of(report: &ReportReader) -> io::Result<Self> {
        let totals = &report.header().totals;
        let mut figures = Self::default();
        each(report, "services", |row| {
            if row.count("bytes") > 0 {
                keep(&mut figures.by_bytes, row, "bytes");
            }
            keep(&mut figures.by_queries, row, "query_count");
        })?;
        each(report, "nat_gateways", |row| {
            if let Some(usd) = row.decimal("monthly_data_usd") {
                let sum = figures.nat_data_monthly.unwrap_or_default();
                figures.nat_data_monthly = Some(sum + usd);
            }
            if row.decimal("monthly_total_usd").is_some() {
                keep(&mut figures.gateways, row, "monthly_total_usd");
            }
        })?;
        read_until(report, "opportunities", |row| {
            if meaning::is_to_do(row) {
                figures.actions.push(row.kept());
            }
            figures.actions.len() == ACTIONS
        })?;
        read_until(report, "flow_usage", |_| {
            figures.flow_logs = true;
            true
        })?;
        let usd = |amount: Option<Amount>| amount.map(|it| it.0);
        figures.queries = totals.dns_queries.zip(totals.aws_queries);
        figures.nat_monthly = usd(totals.nat_monthly_usd);
        figures.endpoints_monthly = usd(totals.endpoints_monthly_usd);
        figures.saving = usd(totals.monthly_saving_usd);
        if totals.nat_gateways == 0 && totals.is_listed(Step::NatGateways) {
            // Where there is no NAT gateway, endpoints save nothing of it: that is known.
            figures.nat_data_monthly = Some(Decimal::ZERO);
        }
        Ok(figures)
    }
}

/// Hands each row of a table to a function.
pub(super) fn each(
    report: &ReportReader,
    name: &str,
    mut take: impl FnMut(RowView<'_>),
) -> io::Result<()> {
    read_until(report, name, |row| {
        take(row);
        false
    })
}

/// Hands the rows of a table to a function, until it has enough.
fn read_until(
    report: &ReportReader,
    name: &str,
    mut enough: impl FnMut(RowView<'_>) -> bool,
) -> io::Result<()> {
    let Some(table) = tables::table(name) else {
        return Err(io::Error::other(format!("there is no table `{name}`")));
    };
    let mut done = false;
    let read = report.each(table, &mut |cells| {
        done = enough(RowView { table, cells });
        if done {
            Err(io::ErrorKind::Other.into())
        } else {
            Ok(())
        }
    });
    // Having enough is no error of the source.
    if done { Ok(()) } else { read }
}

/// Keeps a row if it is one of the largest; among equals the earlier one comes first.
fn keep(rows: &mut Vec<KeptRow>, row: RowView<'_>, column: &str) {
    let size = |row: RowView<'_>| Reverse(row.decimal(column));
    let at = rows.partition_point(|its| size(its.view()) <= size(row));
    if at < TOP {
        rows.insert(at, row.kept());
        rows.truncate(TOP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Cell;

    #[test]
    fn the_largest_rows_are_kept_in_order_and_no_more_than_the_limit() {
        let table = tables::table("findings").unwrap();
        let mut rows = Vec::new();
        for (place, size) in (0..).zip([3, 1, 7, 7, 2, 9, 4, 8, 5, 6, 11, 10]) {
            let cells = [Cell::Integer(place), Cell::Integer(size)];
            keep(
                &mut rows,
                RowView {
                    table,
                    cells: &cells,
                },
                "endpoints",
            );
        }
        let column = |name| {
            rows.iter()
                .map(|row| row.view().count(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(column("endpoints"), [11, 10, 9, 8, 7, 7, 6, 5, 4, 3]);
        let places = column("finding");
        assert!(places[4] < places[5]);
    }
}
