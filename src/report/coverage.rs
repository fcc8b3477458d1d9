//! Rows of `coverage.csv`, made from cells that come in the order of their places.

use std::{collections::BTreeMap, io, sync::Arc};

use crate::{
    model::{coverage::Cell, id::AccountId, report::CoverageRow},
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
    use crate::model::coverage::Step;

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
