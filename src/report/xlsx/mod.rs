//! `report.xlsx`: the tables as sheets, money as live formulas, a summary for those who read no more.
//!
//! Rows go to disk as they are made (constant memory); the order in which sheets are written follows
//! the references between them, the order in the file is that of the contract.

mod actions;
mod cell;
mod expression;
mod money;
mod row;
mod sheet;
mod summary;
mod summary_formulas;
mod unit;

use std::{
    collections::BTreeMap,
    io::{self, Seek, Write},
    path::Path,
};

use rust_decimal::Decimal;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use serde::Deserialize;
use serde_json::Value;

use self::{
    actions::Actions,
    cell::{Formats, SheetCell},
    expression::Expression,
    money::Money,
    row::Row,
    sheet::{ROWS, Sheets},
    summary::{Contents, Layout},
    unit::Unit,
};
use super::{
    cells::Cell,
    figures::Figures,
    meaning::Meanings,
    reader::ReportReader,
    row::RowView,
    tables::{Kind, Table, table, tables},
};
use crate::model::{money::USD, report::ReportHeader};

/// Tables that others refer to, in the order in which they are written; the others follow.
const FIRST: [&str; 4] = ["vpcs", "nat_gateways", "endpoints", "opportunities"];
/// The columns of the sheet `Prices`: those of `prices` in `report.json`.
const PRICES: [&str; 12] = [
    "region",
    "item",
    "unit",
    "tier_from",
    "usd",
    "source",
    "as_of",
    "tier_to",
    "list_usd",
    "discount_percent",
    "currency",
    "to_region",
];

/// Writes the workbook; rows wait in `directory` until it is put together.
///
/// # Errors
///
/// If a table cannot be read, or a file cannot be written.
pub(super) fn write(
    report: &ReportReader,
    figures: &Figures,
    directory: &Path,
    out: impl Write + Seek + Send,
) -> io::Result<()> {
    write_with(report, figures, directory, ROWS, out)
}

/// The same with so many rows a sheet.
fn write_with(
    report: &ReportReader,
    figures: &Figures,
    directory: &Path,
    rows_of_a_sheet: u32,
    out: impl Write + Seek + Send,
) -> io::Result<()> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(directory).map_err(failed)?;
    let meanings = Meanings::built_in()?;
    let header = report.header();
    let window = window_hours(header);
    let contents = Contents {
        report: header,
        figures,
        meanings: &meanings,
        window,
    };
    let layout = Layout::new(&contents);
    let mut book = Book {
        money: Money::new(&header.prices, window),
        formats: Formats::new(),
        savings: BTreeMap::new(),
        ranked: BTreeMap::new(),
        tables: BTreeMap::new(),
        rows_of_a_sheet,
        workbook,
    };
    let prices = book.prices(header)?;
    let (formats, rows) = (&book.formats, rows_of_a_sheet);
    let actions = Actions::new(rows, &mut book.workbook, formats).map_err(failed)?;
    let mut actions = Some((actions, &layout, &meanings));
    let first = FIRST.iter().filter_map(|name| table(name));
    let others = tables().iter().filter(|it| !FIRST.contains(&it.name));
    for table in first.chain(others) {
        book.table(report, table, &mut actions)?;
    }
    let actions = actions.map(|(actions, ..)| actions);
    book.put_together(&contents, layout, actions, prices, out)
        .map_err(failed)
}

/// The workbook on its way.
struct Book {
    workbook: Workbook,
    formats: Formats,
    money: Money,
    /// Measured savings by service.
    savings: BTreeMap<String, Decimal>,
    /// Where the rows of rankings stand, by table and id.
    ranked: BTreeMap<(&'static str, String), (String, u32)>,
    tables: BTreeMap<&'static str, Sheets>,
    rows_of_a_sheet: u32,
}

impl Book {
    /// The sheet `Prices`.
    fn prices(&mut self, report: &ReportHeader) -> io::Result<Sheets> {
        let mut sheets = self.sheets("Prices", &PRICES).map_err(failed)?;
        for price in &report.prices {
            let value = serde_json::to_value(price)?;
            let number = sheets
                .next_row(&mut self.workbook, &self.formats)
                .map_err(failed)?;
            let discounted = price.discount_percent.map(|percent| {
                let part = Decimal::ONE - percent.0 / Decimal::ONE_HUNDRED;
                let text = format!("I{number}*(1-J{number}/100)");
                Expression::reference(text, price.list_usd.0 * part)
            });
            let discounted = discounted.filter(|it| it.value() == price.usd.0);
            let cells = PRICES.map(|column| {
                let formula = discounted.as_ref().filter(|_| column == "usd");
                let cell = Cell::deserialize(value.get(column).unwrap_or(&Value::Null));
                let unit = match column {
                    "usd" | "list_usd" if price.currency == USD => Unit::Price,
                    // The format of prices names the dollar.
                    "usd" | "list_usd" => Unit::Other,
                    "discount_percent" => Unit::Percent,
                    _ => Unit::Count,
                };
                SheetCell::of(&cell.unwrap_or(Cell::Unknown), unit, formula)
            });
            sheets.write(&cells, &self.formats).map_err(failed)?;
        }
        Ok(sheets)
    }

    fn sheets(&mut self, name: &str, columns: &[&str]) -> Result<Sheets, XlsxError> {
        let rows = self.rows_of_a_sheet;
        Sheets::new(name, columns, rows, &mut self.workbook, &self.formats)
    }

    /// The sheets of a table, and from `opportunities` the actions.
    fn table(
        &mut self,
        report: &ReportReader,
        table: &'static Table,
        actions: &mut Option<(Actions, &Layout, &Meanings)>,
    ) -> io::Result<()> {
        let columns: Vec<&str> = table.columns.iter().map(|it| it.name).collect();
        let mut sheets = self.sheets(table.name, &columns).map_err(failed)?;
        report.each(table, &mut |cells| {
            let number = sheets
                .next_row(&mut self.workbook, &self.formats)
                .map_err(failed)?;
            let row = Row {
                view: RowView { table, cells },
                sheet: sheets.current(),
                number,
            };
            let cells = self.cells(&row, &mut sheets);
            self.note(table.name, &row, &mut sheets);
            sheets.write(&cells, &self.formats).map_err(failed)?;
            if let (Some((actions, layout, meanings)), "opportunities") =
                (&mut *actions, table.name)
            {
                let meaning = |kind: &str| layout.meaning(kind);
                actions
                    .add(&row, meanings, meaning, &mut self.workbook, &self.formats)
                    .map_err(failed)?;
            }
            Ok(())
        })?;
        self.tables.insert(table.name, sheets);
        Ok(())
    }

    /// The cells of a row: money and GB as formulas where one gives the figure.
    fn cells(&self, row: &Row<'_>, sheets: &mut Sheets) -> Vec<SheetCell> {
        let table = row.view.table;
        let cell = |(column, cell): (&super::tables::Column, &Cell<'_>)| {
            if matches!(column.kind, Kind::Usd | Kind::Gb) {
                sheets.count(column.name, row.view.decimal(column.name));
            }
            let formula = match (table.name, column.name) {
                ("services", "monthly_saving_usd") => self.saving_of_service(row),
                _ if matches!(column.kind, Kind::Usd | Kind::Gb) => {
                    self.money.formula(table.name, column.name, row)
                }
                _ => None,
            };
            SheetCell::of(cell, Unit::of(column.name, column.kind), formula.as_ref())
        };
        table.columns.iter().zip(row.view.cells).map(cell).collect()
    }

    /// Remembers what formulas of later sheets refer to.
    fn note(&mut self, table: &'static str, row: &Row<'_>, sheets: &mut Sheets) {
        self.money.note(table, row);
        let id = match table {
            "services" => row.view.text("service"),
            "nat_gateways" => row.view.text("nat_gateway_id"),
            "opportunities" => {
                let saving = row.view.decimal("monthly_saving_usd");
                let service = row.view.text("service").to_owned();
                if let Some(saving) = saving {
                    *self.savings.entry(service).or_default() += saving;
                }
                let ceiling = row.view.decimal("saving_ceiling_usd");
                let removed = row.view.text("action") == "remove";
                sheets.count("removable", ceiling.filter(|_| removed));
                sheets.count("ceilings", ceiling.filter(|_| !removed));
                return;
            }
            _ => return,
        };
        self.ranked
            .insert((table, id.to_owned()), (row.sheet.clone(), row.number));
    }

    /// The sum of the measured savings of a service.
    fn saving_of_service(&self, row: &Row<'_>) -> Option<Expression> {
        let service = row.view.text("service");
        // Spreadsheets read these as patterns and comparisons.
        if service.contains(['*', '?', '~', '<', '>', '=']) {
            return None;
        }
        let opportunities = self.tables.get("opportunities")?;
        let (of, saving) = (
            opportunities.ranges("service"),
            opportunities.ranges("monthly_saving_usd"),
        );
        let sums = saving.iter().zip(&of);
        let sums = sums.map(|(saving, of)| format!("SUMIFS({saving},{of},A{})", row.number));
        let value = *self.savings.get(service)?;
        let formula = Expression::reference(sums.collect::<Vec<_>>().join("+"), value);
        Some(formula).filter(|it| Some(it.value()) == row.view.decimal("monthly_saving_usd"))
    }

    /// Writes the summary and saves everything in the order of the contract.
    fn put_together(
        mut self,
        contents: &Contents<'_>,
        mut layout: Layout,
        actions: Option<Actions>,
        prices: Sheets,
        out: impl Write + Seek + Send,
    ) -> Result<(), XlsxError> {
        let of_tables = tables().iter().filter_map(|it| self.tables.get(it.name));
        let all = actions
            .iter()
            .map(Actions::sheets)
            .chain(of_tables)
            .chain([&prices]);
        let (mut listed, mut remarks) = (Vec::new(), Vec::new());
        for sheets in all {
            let names = sheets.names();
            if names.len() > 1 {
                remarks.push(format!(
                    "{} has more rows than a sheet holds: it continues in {}.",
                    sheets.name,
                    names[1..].join(", ")
                ));
            }
            listed.extend(names.into_iter().map(|name| (name, sheets.rows)));
        }
        layout.list(listed, remarks);
        let formulas = |figure| self.summary_formula(figure, contents);
        let cell = |ranking, place| self.ranked(ranking, place, contents.figures);
        let summary = layout.write(contents, &self.formats, formulas, cell)?;
        for name in [money::HOURS, money::WINDOW, money::FACTOR] {
            if let Some(cell) = layout.setting(name) {
                self.workbook.define_name(name, &cell)?;
            }
        }
        let mut sheets: Vec<Worksheet> = vec![summary];
        if let Some(actions) = actions {
            sheets.extend(actions.finish()?);
        }
        for table in tables() {
            if let Some(table) = self.tables.remove(table.name) {
                sheets.extend(table.finish()?);
            }
        }
        sheets.extend(prices.finish()?);
        for sheet in sheets {
            self.workbook.push_worksheet(sheet);
        }
        self.workbook.save_to_writer(out)?;
        Ok(())
    }
}

/// Hours of the window.
fn window_hours(report: &ReportHeader) -> Decimal {
    let run = &report.run;
    let seconds = run.window_end.as_second() - run.window_start.as_second();
    Decimal::from(seconds) / Decimal::from(3600)
}

/// The library's error as one of files.
fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}
