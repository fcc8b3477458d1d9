//! A row with the names of its columns: how renderers look up single cells.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{cells::Cell, tables::Table};

/// The cells of a row of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowView<'r> {
    pub(super) table: &'static Table,
    pub(super) cells: &'r [Cell<'r>],
}

/// What stands where a table has no such column.
const NOTHING: Cell<'static> = Cell::Unknown;

impl<'r> RowView<'r> {
    /// The cell of a column; unknown if there is no such column.
    pub(super) fn get(&self, column: &str) -> &'r Cell<'r> {
        let cell = self
            .table
            .position(column)
            .and_then(|at| self.cells.get(at));
        cell.unwrap_or(&NOTHING)
    }

    /// The text of a column; empty if there is none.
    pub(super) fn text(&self, column: &str) -> &'r str {
        self.get(column).as_str().unwrap_or_default()
    }

    /// The number of a column, exact; none if it is not known.
    pub(super) fn decimal(&self, column: &str) -> Option<Decimal> {
        decimal(self.get(column))
    }

    /// The whole number of a column; 0 if it is not known.
    pub(super) fn count(&self, column: &str) -> u64 {
        match self.get(column) {
            Cell::Integer(count) => *count,
            _ => 0,
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, column: &str) -> &'r [Cell<'r>] {
        match self.get(column) {
            Cell::List(items) => items,
            _ => &[],
        }
    }

    /// The row as a JSON object.
    pub(super) fn object(&self) -> Value {
        let columns = self.table.columns.iter().map(|it| it.name.to_owned());
        let cells = self.cells.iter().map(|cell| json!(cell));
        Value::Object(columns.zip(cells).collect())
    }

    /// The row, held in memory.
    pub(super) fn kept(&self) -> KeptRow {
        KeptRow {
            table: self.table,
            cells: self.cells.iter().map(owned).collect(),
        }
    }
}

/// A row that outlives its reading.
#[derive(Clone, Debug)]
pub(super) struct KeptRow {
    table: &'static Table,
    cells: Vec<Cell<'static>>,
}

impl KeptRow {
    pub(super) fn view(&self) -> RowView<'_> {
        RowView {
            table: self.table,
            cells: &self.cells,
        }
    }
}

fn owned(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Unknown => Cell::Unknown,
        Cell::Bool(truth) => Cell::Bool(*truth),
        Cell::Integer(number) => Cell::Integer(*number),
        Cell::Number(number) => Cell::Number(*number),
        Cell::Text(text) => Cell::Text(Cow::Owned(text.clone().into_owned())),
        Cell::List(items) => Cell::List(items.iter().map(owned).collect()),
    }
}

/// The number of a cell as it is written in JSON.
pub(super) fn decimal(cell: &Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Integer(number) => Some(Decimal::from(*number)),
        Cell::Number(number) => {
            let text = number.to_string();
            text.parse()
                .or_else(|_| Decimal::from_scientific(&text))
                .ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (number, expected) in [(0.1, "0.1"), (1e-7, "0.0000001"), (6070.2275, "6070.2275")] {
            assert_eq!(
                decimal(&Cell::Number(number)).unwrap().to_string(),
                expected
            );
        }
        assert_eq!(decimal(&Cell::Integer(7)), Some(Decimal::from(7)));
        assert_eq!(decimal(&Cell::Unknown), None);
    }

    #[test]
    fn a_kept_row_has_the_cells_of_the_row() {
        let table = super::super::table("findings").unwrap();
        let text = String::from("idle");
        let cells = [
            Cell::Text(Cow::Borrowed(&text)),
            Cell::Integer(3),
            Cell::Unknown,
        ];
        let kept = RowView {
            table,
            cells: &cells,
        }
        .kept();
        let view = kept.view();
        assert_eq!(view.text("finding"), "idle");
        assert_eq!(view.count("endpoints"), 3);
        assert_eq!(view.get("no such column"), &Cell::Unknown);
    }
}
