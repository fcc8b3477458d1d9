//! Rows of `coverage.csv`, made from cells that come in the order of their places.

use std::{borrow::Cow, collections::BTreeMap, io, sync::Arc};

use super::cells;
use crate::{
    model::{
        coverage::{Cell, Reason},
        id::{AccountId, Region},
        report::CoverageRow,
    },
    store::Store,
};

/// Names of accounts, where known.
pub(super) type Names = BTreeMap<AccountId, Arc<str>>;

/// Hands the row of each cell of a run to `take`.
pub(super) fn each(
    store: &Store,
    run: i64,
    names: &Names,
    take: &mut dyn FnMut(&CoverageRow) -> io::Result<()>,
) -> io::Result<()> {
    let mut places = Places {
        names,
        take,
        cells: Vec::new(),
    };
    let mut failed = None;
    let read = store.each_cell_alone(run, |cell| {
        places
            .add(cell)
            .map_err(|error| failed = Some(error))
            .is_ok()
    });
    match failed {
        Some(error) => Err(error),
        None => read.map_err(io::Error::other).and_then(|()| places.emit()),
    }
}

/// The cells of a row, one for each column, as they would be read from its JSON.
pub(super) fn cells_of(row: &CoverageRow) -> [cells::Cell<'_>; 11] {
    [
        text(row.account_id.as_ref().map(AccountId::as_str)),
        text(row.account_name.as_deref()),
        text(row.region.as_ref().map(Region::as_str)),
        word(row.step.name()),
        word(row.outcome.name()),
        text(row.reason.map(Reason::name)),
        text(row.error_code.as_deref()),
        text(row.message.as_deref()),
        text(row.request_id.as_deref()),
        cells::Cell::Integer(row.attempts.into()),
        cells::Cell::Integer(row.duration_ms),
    ]
}

fn word(text: &str) -> cells::Cell<'_> {
    cells::Cell::Text(Cow::Borrowed(text))
}

fn text(text: Option<&str>) -> cells::Cell<'_> {
    text.map_or(cells::Cell::Unknown, word)
}

/// The cells of one account and Region, which come one after the other.
struct Places<'p> {
    names: &'p Names,
    take: &'p mut dyn FnMut(&CoverageRow) -> io::Result<()>,
    cells: Vec<Cell>,
}

impl Places<'_> {
    fn add(&mut self, cell: Cell) -> io::Result<()> {
        let elsewhere =
            |it: &Cell| (&it.account_id, &it.region) != (&cell.account_id, &cell.region);
        if self.cells.last().is_some_and(elsewhere) {
            self.emit()?;
        }
        self.cells.push(cell);
        Ok(())
    }

    /// The rows of the place, in the order of steps.
    fn emit(&mut self) -> io::Result<()> {
        self.cells.sort_by_key(|cell| cell.step);
        self.cells.drain(..).try_for_each(|cell| {
            let name = cell.account_id.as_ref().and_then(|id| self.names.get(id));
            (self.take)(&CoverageRow {
                account_name: name.cloned(),
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
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coverage::{Outcome, Step};

    #[test]
    fn the_cells_of_a_row_are_those_of_its_json() {
        for step in [Step::Organization, Step::DnsUsage, Step::NatGateways] {
            for outcome in [Outcome::Complete, Outcome::Skipped, Outcome::Failed] {
                let row = CoverageRow {
                    account_id: Some("111111111111".parse().unwrap()),
                    account_name: Some("a \"b\"".into()),
                    region: None,
                    step,
                    outcome,
                    reason: Some(Reason::ScpDenied),
                    error_code: Some("AccessDenied".to_owned()),
                    message: Some("line\nline".to_owned()),
                    request_id: None,
                    attempts: 2,
                    duration_ms: 17,
                };
                let json = serde_json::to_string(&row).unwrap();
                let cells::Cells(expected) = serde_json::from_str(&json).unwrap();
                assert_eq!(cells_of(&row).as_slice(), expected);
            }
        }
    }

    #[test]
    fn the_rows_of_a_place_come_in_the_order_of_steps_and_the_places_in_their_own() {
        let cell = |account: Option<&str>, region: Option<&str>, step| {
            let region = region.map(|it| it.parse().unwrap());
            Cell::complete(account.map(|it| it.parse().unwrap()), region, step)
        };
        let (one, two) = (Some("111111111111"), Some("222222222222"));
        let (here, there) = (Some("eu-west-1"), Some("us-east-1"));
        let mut found = Vec::new();
        let mut places = Places {
            names: &Names::new(),
            take: &mut |row| {
                let account = row.account_id.as_ref().map_or("", AccountId::as_str);
                found.push(format!("{account:.1} {}", row.step.name()));
                Ok(())
            },
            cells: Vec::new(),
        };
        for cell in [
            cell(None, None, Step::Organization),
            cell(one, None, Step::Regions),
            cell(one, None, Step::AssumeRole),
            cell(one, here, Step::DnsUsage),
            cell(one, here, Step::Vpcs),
            cell(one, there, Step::Vpcs),
            cell(two, there, Step::FlowLogs),
            cell(two, there, Step::Endpoints),
        ] {
            places.add(cell).unwrap();
        }
        places.emit().unwrap();
        assert_eq!(
            found,
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
