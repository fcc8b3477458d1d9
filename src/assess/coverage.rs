//! Rows of `coverage.csv`, made from cells that come in the order of their places. There are so many of
//! them that their JSON is written by hand.

use super::{AssessError, tables::Wanted};
use crate::{
    model::{
        coverage::{Reason, Step},
        id::{AccountId, Region},
        report::{CoverageRow, Row},
    },
    store::{ReportRows, StoredCell},
};

/// Writes the row of each cell.
pub(super) struct CoverageWriter<'w> {
    rows: &'w ReportRows,
    wanted: Wanted,
    account: Option<AccountId>,
    region: Option<Region>,
    /// How the rows of the place begin.
    begin: Vec<u8>,
    /// The rows of the place, and where each of them ends.
    buffer: Vec<u8>,
    steps: Vec<(Step, usize, usize)>,
}

impl<'w> CoverageWriter<'w> {
    pub(super) fn new(rows: &'w ReportRows, wanted: Wanted) -> Self {
        Self {
            rows,
            wanted,
            account: None,
            region: None,
            begin: Vec::new(),
            buffer: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Adds a cell and the name of its account.
    pub(super) fn add(
        &mut self,
        cell: &StoredCell<'_>,
        name: Option<&str>,
    ) -> Result<(), AssessError> {
        if self.wanted == Wanted::Advice {
            return Ok(());
        }
        if self.begin.is_empty() || (&self.account, &self.region) != (&cell.account, &cell.region) {
            self.finish()?;
            self.account.clone_from(&cell.account);
            self.region.clone_from(&cell.region);
            self.begin.clear();
            let account = cell.account.as_ref().map(AccountId::as_str);
            field(&mut self.begin, "{\"account_id\":", account)?;
            field(&mut self.begin, ",\"account_name\":", name)?;
            let region = cell.region.as_ref().map(Region::as_str);
            field(&mut self.begin, ",\"region\":", region)?;
        }
        let start = self.buffer.len();
        write_row(&mut self.buffer, &self.begin, cell)?;
        self.steps.push((cell.ended.step, start, self.buffer.len()));
        Ok(())
    }

    /// Writes the rows of the place, in the order of steps.
    pub(super) fn finish(&mut self) -> Result<(), AssessError> {
        self.steps.sort_by_key(|(step, ..)| *step);
        for (_, start, end) in self.steps.drain(..) {
            let row = self.buffer.get(start..end).unwrap_or_default();
            self.rows.add(CoverageRow::TABLE, "", &[], row)?;
        }
        self.buffer.clear();
        Ok(())
    }
}

fn write_row(out: &mut Vec<u8>, begin: &[u8], cell: &StoredCell<'_>) -> serde_json::Result<()> {
    out.extend_from_slice(begin);
    let ended = cell.ended;
    field(out, ",\"step\":", Some(ended.step.name()))?;
    field(out, ",\"outcome\":", Some(ended.outcome.name()))?;
    field(out, ",\"reason\":", ended.reason.map(Reason::name))?;
    field(out, ",\"error_code\":", cell.error_code)?;
    field(out, ",\"message\":", cell.message)?;
    field(out, ",\"request_id\":", cell.request_id)?;
    out.extend_from_slice(b",\"attempts\":");
    serde_json::to_writer(&mut *out, &cell.attempts)?;
    out.extend_from_slice(b",\"duration_ms\":");
    serde_json::to_writer(&mut *out, &cell.duration_ms)?;
    out.push(b'}');
    Ok(())
}

/// Writes a key, as it stands in JSON, and a text.
fn field(out: &mut Vec<u8>, key: &str, text: Option<&str>) -> serde_json::Result<()> {
    out.extend_from_slice(key.as_bytes());
    match text {
        None => out.extend_from_slice(b"null"),
        Some(text) => serde_json::to_writer(out, text)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            coverage::{Cell, Failure},
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
    fn rows(cells: &[Cell]) -> Vec<String> {
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
        let rows = store.report_rows(&[CoverageRow::TABLE]).unwrap();
        let mut coverage = CoverageWriter::new(&rows, Wanted::All);
        let name = |cell: &StoredCell<'_>| cell.account.as_ref().map(|it| format!("\"{it}\""));
        let read = rows.store().facts_by_region(&active.record, |cell| {
            coverage.add(cell, name(cell).as_deref())
        });
        read.unwrap();
        coverage.finish().unwrap();
        let mut found = Vec::new();
        let read = rows.each(CoverageRow::TABLE, &mut |row| {
            found.push(row.to_owned());
            Ok(())
        });
        read.unwrap();
        found
    }

    #[test]
    fn a_row_is_the_json_of_its_type() {
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
            assert!(found.contains(&serde_json::to_string(&row).unwrap()));
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
            let row: CoverageRow = serde_json::from_str(row).unwrap();
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
