//! Rows of `coverage.csv`, made from cells that come in the order of their places. There are so many of
//! them that what the cells of a place have in common is written once.

use super::{AssessError, tables::WantedRows};
use crate::{
    model::{
        coverage::Step,
        id::{AccountId, Region},
        report::{CoverageRow, Row},
    },
    store::{ReportRows, RowBuffer, StoredCell},
};

/// Writes the row of each cell.
pub(super) struct CoverageWriter<'w> {
    rows: &'w ReportRows,
    wanted: WantedRows,
    /// Whether there was a cell.
    begun: bool,
    account: Option<AccountId>,
    region: Option<Region>,
    /// How the rows of the place begin.
    begin: RowBuffer,
    /// The rows of the place, and behind them room for more.
    buffers: Vec<RowBuffer>,
    steps: Vec<(Step, usize)>,
}

impl<'w> CoverageWriter<'w> {
    pub(super) fn new(rows: &'w ReportRows, wanted: WantedRows) -> Self {
        Self {
            rows,
            wanted,
            begun: false,
            account: None,
            region: None,
            begin: RowBuffer::default(),
            buffers: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Adds a cell. `name` gives the name of an account.
    pub(super) fn add<'n>(
        &mut self,
        cell: &StoredCell<'_>,
        name: impl Fn(&AccountId) -> Option<&'n str>,
    ) -> Result<(), AssessError> {
        if self.wanted == WantedRows::Advice {
            return Ok(());
        }
        if !self.begun || (&self.account, &self.region) != (&cell.account, &cell.region) {
            self.finish()?;
            self.begun = true;
            self.account.clone_from(&cell.account);
            self.region.clone_from(&cell.region);
            self.begin.clear();
            self.begin.add(&cell.account)?;
            self.begin.add(&cell.account.as_ref().and_then(name))?;
            self.begin.add(&cell.region)?;
        }
        let at = self.steps.len();
        if at == self.buffers.len() {
            self.buffers.push(RowBuffer::default());
        }
        if let Some(row) = self.buffers.get_mut(at) {
            row.begin_with(&self.begin);
            write_rest(row, cell)?;
        }
        self.steps.push((cell.ended.step, at));
        Ok(())
    }

    /// Writes the rows of the place, in the order of steps.
    pub(super) fn finish(&mut self) -> Result<(), AssessError> {
        self.steps.sort_by_key(|(step, _)| *step);
        for (_, at) in self.steps.drain(..) {
            if let Some(row) = self.buffers.get(at) {
                self.rows.add(CoverageRow::TABLE, "", &[], row)?;
            }
        }
        Ok(())
    }
}

/// Adds what the cells of a place do not have in common.
fn write_rest(row: &mut RowBuffer, cell: &StoredCell<'_>) -> serde_json::Result<()> {
    let ended = cell.ended;
    row.add(&ended.step)?;
    row.add(&ended.outcome)?;
    row.add(&ended.reason)?;
    row.add(&cell.error_code)?;
    row.add(&cell.message)?;
    row.add(&cell.request_id)?;
    row.add(&cell.attempts)?;
    row.add(&cell.duration_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::tables::columns_of,
        model::{
            coverage::{Cell, Failure, Reason},
            facts::{Finished, Found},
            run::Run,
        },
        store::Store,
    };

    fn cell(account: Option<&str>, region: Option<&str>, step: Step) -> Cell {
        let region = region.map(|it| it.parse().unwrap());
        Cell::complete(account.map(|it| it.parse().unwrap()), region, step)
    }

    /// The rows of a run with these cells.
    fn rows(cells: &[Cell]) -> Vec<CoverageRow> {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let at: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let run = Run {
            id: "one".to_owned(),
            started_at: at,
            finished_at: at,
            window_start: at,
            window_end: at,
            arguments: Vec::new(),
            shard: None,
        };
        let active = store.begin(&run, "").unwrap();
        let writer = store.writer(active.record.key, |_| {}, || {}).unwrap();
        let found = Found::Nothing;
        let finished = cells.iter().cloned().map(|cell| Finished {
            cell,
            found: found.clone(),
        });
        writer.cells(finished.collect());
        drop(writer);
        let rows = store.report_rows(&[columns_of::<CoverageRow>()]).unwrap();
        let mut coverage = CoverageWriter::new(&rows, WantedRows::All);
        let read = rows.store().facts_by_region(&active.record, |cell| {
            let name = cell.account.as_ref().map(|it| format!("\"{it}\""));
            coverage.add(cell, |_| name.as_deref())
        });
        read.unwrap();
        coverage.finish().unwrap();
        let mut found = Vec::new();
        let read = rows.each(CoverageRow::TABLE, &mut |row| {
            found.push(row.read()?);
            Ok(())
        });
        read.unwrap();
        found
    }

    #[test]
    fn a_row_has_what_its_cell_has() {
        let (account, region) = (Some("111111111111"), Some("eu-west-1"));
        let plain = cell(account, region, Step::Vpcs);
        let cells = [
            Cell {
                attempts: 2,
                duration_ms: 17,
                ..plain.clone().remark("line\nline \"x\"")
            },
            cell(account, None, Step::Regions).skipped(Reason::ScpDenied, "no"),
            cell(account, region, Step::Subnets).failed(Failure {
                reason: Reason::AccessDenied,
                code: Some("UnauthorizedOperation".to_owned()),
                message: "no".to_owned(),
                request_id: Some("1f".to_owned()),
            }),
        ];
        let found = rows(&cells);
        assert_eq!(found.len(), cells.len());
        for cell in cells {
            let row = CoverageRow {
                account_name: Some("\"111111111111\"".into()),
                account_id: cell.account_id,
                region: cell.region,
                step: cell.step,
                outcome: cell.outcome,
                reason: cell.reason,
                error_code: cell.error_code,
                message: cell.message,
                request_id: cell.request_id,
                attempts: cell.attempts,
                duration_ms: cell.duration_ms,
            };
            assert!(found.contains(&row), "{row:?}");
        }
    }

    #[test]
    fn the_rows_of_a_place_come_in_the_order_of_steps_and_the_places_in_their_own() {
        let (one, two) = (Some("111111111111"), Some("222222222222"));
        let (here, there) = (Some("eu-west-1"), Some("us-east-1"));
        let found = rows(&[
            cell(two, there, Step::FlowLogs),
            cell(two, there, Step::Endpoints),
            cell(one, None, Step::Regions),
            cell(one, None, Step::AssumeRole),
            cell(one, here, Step::DnsUsage),
            cell(None, None, Step::Organization),
            cell(one, here, Step::Vpcs),
            cell(one, there, Step::Vpcs),
        ]);
        let found = found.iter().map(|row| {
            let account = row.account_id.as_ref().map_or("", AccountId::as_str);
            format!("{account:.1} {}", row.step.name())
        });
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                " organization",
                "1 assume_role",
                "1 regions",
                "1 vpcs",
                "1 dns_usage",
                "1 vpcs",
                "2 endpoints",
                "2 flow_logs",
            ]
        );
    }
}
