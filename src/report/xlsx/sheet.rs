//! The sheets of a table: one, or as many as its rows need. Rows are written to disk as they come.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{
    cell::{self, Formats, SheetCell, letters},
    expression::Expression,
};

/// Rows of a sheet below its head: Excel has 1,048,576 rows.
pub(super) const ROWS: u32 = 1_048_575;

/// The sum of the known figures of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) known: u64,
    pub(super) sum: Decimal,
}

/// A table on its way into the workbook.
pub(super) struct Sheets {
    /// The name of the table, and of its first sheet.
    pub(super) name: String,
    columns: Vec<String>,
    rows_of_a_sheet: u32,
    parts: Vec<Worksheet>,
    /// Rows below the head, over all sheets.
    pub(super) rows: u64,
    /// Rows in the last sheet.
    in_last: u32,
    /// The sums of columns of money and quantities.
    pub(super) sums: BTreeMap<String, Sum>,
}

impl Sheets {
    /// A table without rows.
    pub(super) fn new(
        name: &str,
        columns: &[&str],
        rows_of_a_sheet: u32,
        workbook: &mut Workbook,
        formats: &Formats,
    ) -> Result<Self, XlsxError> {
        let mut sheets = Self {
            name: name.to_owned(),
            columns: columns.iter().map(ToString::to_string).collect(),
            rows_of_a_sheet: rows_of_a_sheet.clamp(1, ROWS),
            parts: Vec::new(),
            rows: 0,
            in_last: 0,
            sums: BTreeMap::new(),
        };
        sheets.begin(workbook, formats)?;
        Ok(sheets)
    }

    /// Begins the first or the next sheet.
    fn begin(&mut self, workbook: &mut Workbook, formats: &Formats) -> Result<(), XlsxError> {
        let mut sheet = workbook.new_worksheet_with_constant_memory();
        let number = self.parts.len() + 1;
        sheet.set_name(sheet_name(&self.name, number))?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        for (at, column) in self.columns.iter().enumerate() {
            let at = column_number(at);
            sheet.set_column_width(at, width(column))?;
            sheet.write_string_with_format(0, at, column, &formats.head)?;
        }
        self.parts.push(sheet);
        self.in_last = 0;
        Ok(())
    }

    /// The row that is written next: the name of its sheet and its number, from 1.
    pub(super) fn next_row(
        &mut self,
        workbook: &mut Workbook,
        formats: &Formats,
    ) -> Result<u32, XlsxError> {
        if self.in_last == self.rows_of_a_sheet {
            self.begin(workbook, formats)?;
        }
        Ok(self.in_last + 2)
    }

    /// Writes the next row.
    pub(super) fn write(
        &mut self,
        cells: &[SheetCell],
        formats: &Formats,
    ) -> Result<(), XlsxError> {
        let row = self.in_last + 1;
        if let Some(sheet) = self.parts.last_mut() {
            for (at, it) in cells.iter().enumerate() {
                cell::write(sheet, (row, column_number(at)), it, formats)?;
            }
        }
        self.in_last += 1;
        self.rows += 1;
        Ok(())
    }

    /// The sheet that is being written, to add what is no cell.
    pub(super) fn sheet(&mut self) -> Option<&mut Worksheet> {
        self.parts.last_mut()
    }

    /// The name of the sheet that is being written.
    pub(super) fn current(&self) -> String {
        sheet_name(&self.name, self.parts.len())
    }

    /// Adds a figure to the sum of its column.
    pub(super) fn count(&mut self, column: &str, value: Option<Decimal>) {
        if !self.sums.contains_key(column) {
            self.sums.insert(column.to_owned(), Sum::default());
        }
        if let (Some(sum), Some(value)) = (self.sums.get_mut(column), value) {
            sum.known += 1;
            sum.sum += value;
        }
    }

    /// The letters of a column.
    pub(super) fn letters(&self, column: &str) -> Option<String> {
        let at = self.columns.iter().position(|it| it == column)?;
        Some(letters(at))
    }

    /// The cells of a column below the head, one range a sheet: `vpcs!$B$2:$B$9`.
    pub(super) fn ranges(&self, column: &str) -> Vec<String> {
        let Some(letters) = self.letters(column) else {
            return Vec::new();
        };
        let last = self.parts.len();
        (1..=last)
            .map(|number| {
                let rows = if number == last {
                    self.in_last
                } else {
                    self.rows_of_a_sheet
                };
                let end = rows.max(1) + 1;
                let name = sheet_name(&self.name, number);
                format!("{name}!${letters}$2:${letters}${end}")
            })
            .collect()
    }

    /// The sum of a column, as a formula.
    pub(super) fn total(&self, column: &str) -> Expression {
        let sum = self.sums.get(column).copied().unwrap_or_default();
        Expression::reference(format!("SUM({})", self.ranges(column).join(",")), sum.sum)
    }

    /// The names of the sheets.
    pub(super) fn names(&self) -> Vec<String> {
        (1..=self.parts.len())
            .map(|number| sheet_name(&self.name, number))
            .collect()
    }

    /// Sets the filters and hands the sheets over.
    pub(super) fn finish(mut self) -> Result<Vec<Worksheet>, XlsxError> {
        let last = self.parts.len() - 1;
        for (at, sheet) in self.parts.iter_mut().enumerate() {
            let rows = if at == last {
                self.in_last
            } else {
                self.rows_of_a_sheet
            };
            sheet.autofilter(0, 0, rows, column_number(self.columns.len() - 1))?;
        }
        Ok(self.parts)
    }
}

/// `vpcs`, then `vpcs_2`.
fn sheet_name(table: &str, number: usize) -> String {
    match number {
        0 | 1 => table.to_owned(),
        _ => format!("{table}_{number}"),
    }
}

pub(super) fn column_number(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// A width that shows most cells of a column.
fn width(column: &str) -> f64 {
    let content: u32 = match column {
        "reason" | "meaning" | "message" => 60,
        "ou_path" | "host" | "top_host" | "endpoint_service_name" | "source" => 36,
        _ if column.ends_with("_id") || column.ends_with("_ids") || column.ends_with("_name") => 24,
        _ => 14,
    };
    // The head has an arrow of the filter.
    let head = u32::try_from(column.len()).unwrap_or(40) + 4;
    f64::from(content.max(head))
}
