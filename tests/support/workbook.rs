//! A workbook as its cells.

use std::{collections::BTreeMap, path::Path};

use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use serde_json::{Value, json};

/// The sheets in their order.
#[derive(Debug)]
pub(crate) struct Workbook {
    pub(crate) names: Vec<String>,
    sheets: BTreeMap<String, Range<Data>>,
}

impl Workbook {
    pub(crate) fn read(path: &Path) -> Self {
        let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
        let names = workbook.sheet_names().clone();
        let sheets = names
            .iter()
            .map(|name| {
                (
                    name.clone(),
                    workbook.worksheet_range(name).expect("a sheet"),
                )
            })
            .collect();
        Self { names, sheets }
    }

    /// What stands in a cell, as JSON has it; a formula is its value.
    pub(crate) fn cell(&self, sheet: &str, row: u32, column: usize) -> Value {
        let column = u32::try_from(column).unwrap();
        match self.sheets[sheet].get_value((row, column)) {
            None | Some(Data::Empty) => Value::Null,
            Some(Data::String(text)) => json!(text),
            Some(Data::Bool(truth)) => json!(truth),
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            Some(Data::Int(number)) => json!(*number as f64),
            Some(Data::Float(number)) => json!(number),
            Some(other) => panic!("{sheet} {row} {column}: {other:?}"),
        }
    }

    /// The head of a sheet.
    pub(crate) fn columns(&self, sheet: &str) -> Vec<String> {
        let width = self.sheets[sheet].width();
        let head = (0..width).map(|at| self.cell(sheet, 0, at));
        head.map(|it| it.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Rows below the head.
    pub(crate) fn rows(&self, sheet: &str) -> u32 {
        let end = self.sheets[sheet].end();
        end.map_or(0, |(row, _)| row)
    }

    /// The cell of a column in the first row whose column `key` holds `id`.
    pub(crate) fn find(&self, sheet: &str, key: &str, id: &str, column: &str) -> Value {
        let columns = self.columns(sheet);
        let place = |name: &str| columns.iter().position(|it| it == name).unwrap();
        let row =
            (1..=self.rows(sheet)).find(|row| self.cell(sheet, *row, place(key)) == json!(id));
        self.cell(sheet, row.expect("such a row"), place(column))
    }

    /// The figure beside a label of the sheet `Summary`.
    pub(crate) fn summary(&self, label: &str) -> Value {
        let row =
            (0..=self.rows("Summary")).find(|row| self.cell("Summary", *row, 0) == json!(label));
        self.cell("Summary", row.unwrap_or_else(|| panic!("no {label}")), 1)
    }
}
