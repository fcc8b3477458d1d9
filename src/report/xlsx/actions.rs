//! The sheet `Actions`: what to do, best first, with its reason in words.

use rust_xlsxwriter::{
    Color, ConditionalFormatCell, ConditionalFormatCellRule, ConditionalFormatText,
    ConditionalFormatTextRule, Format, Formula, Workbook, Worksheet, XlsxError,
};

use super::{
    super::{
        cells::Cell,
        meaning::{self, Meanings},
        row::RowView,
    },
    cell::{self, Formats, SheetCell},
    row::Row,
    sheet::{Sheets, column_number},
    unit::Unit,
};

/// The columns: head, column of `opportunities`, width.
const COLUMNS: [(&str, &str, f64); 15] = [
    ("No.", "", 6.0),
    ("Action", "action", 32.0),
    ("What it means", "", 16.0),
    ("Account", "account_name", 22.0),
    ("Account ID", "account_id", 15.0),
    ("Region", "region", 15.0),
    ("VPC", "vpc_name", 22.0),
    ("VPC ID", "vpc_id", 24.0),
    ("Service", "service", 18.0),
    ("Saving a month", "monthly_saving_usd", 17.0),
    ("Saving at most", "saving_ceiling_usd", 17.0),
    ("GB a month", "gb_month", 18.0),
    ("Basis", "basis", 12.0),
    ("Reason", "reason", 70.0),
    ("Think of", "caveats", 70.0),
];

/// The sheet on its way.
pub(super) struct Actions {
    sheets: Sheets,
}

impl Actions {
    pub(super) fn new(
        rows_of_a_sheet: u32,
        workbook: &mut Workbook,
        formats: &Formats,
    ) -> Result<Self, XlsxError> {
        let heads: Vec<&str> = COLUMNS.iter().map(|(head, ..)| *head).collect();
        let mut sheets = Sheets::new("Actions", &heads, rows_of_a_sheet, workbook, formats)?;
        if let Some(sheet) = sheets.sheet() {
            for (at, (_, _, width)) in COLUMNS.iter().enumerate() {
                sheet.set_column_width(column_number(at), *width)?;
            }
        }
        Ok(Self { sheets })
    }

    /// Adds a row of `opportunities` if it asks for something. `meaning_row` is where the sheet
    /// `Summary` explains a kind of action.
    pub(super) fn add(
        &mut self,
        row: &Row<'_>,
        meanings: &Meanings,
        meaning_row: impl Fn(&str) -> Option<u32>,
        workbook: &mut Workbook,
        formats: &Formats,
    ) -> Result<(), XlsxError> {
        if !meaning::is_to_do(row.view) {
            return Ok(());
        }
        let at = self.sheets.next_row(workbook, formats)? - 1;
        let number = self.sheets.rows + 1;
        #[expect(clippy::cast_precision_loss, reason = "a row number")]
        let cells = COLUMNS.map(|(head, column, _)| match (head, column) {
            ("No.", _) => SheetCell::Number(number as f64, Unit::Count),
            ("Action", _) => SheetCell::text(&meanings.title(row.view)),
            ("Think of", _) => SheetCell::text(&caveats(row.view, meanings)),
            (_, "") => SheetCell::Empty,
            _ => cell(row, column),
        });
        let wrapped = [
            ("action", meanings.title(row.view)),
            ("reason", row.view.text("reason").to_owned()),
            ("caveats", caveats(row.view, meanings)),
        ];
        let texts = wrapped
            .each_ref()
            .map(|(column, text)| (text.as_str(), width_of(column)));
        if let (Some(height), Some(sheet)) = (cell::height(&texts), self.sheets.sheet()) {
            sheet.set_row_height(at, height)?;
        }
        self.sheets.write(&cells, formats)?;
        if let Some((place, sheet)) = meaning_row(&meaning::kind(row.view)).zip(self.sheets.sheet())
        {
            let link = Formula::new(format!("HYPERLINK(\"#Summary!A{place}\",\"explained\")"));
            sheet.write_formula_with_format(at, 2, link.set_result("explained"), &formats.link)?;
            for (column, text) in &wrapped {
                if let (SheetCell::Text(text), Some(column)) =
                    (SheetCell::text(text), column_of(column))
                {
                    sheet.write_string_with_format(at, column, text, &formats.wrapped)?;
                }
            }
        }
        Ok(())
    }

    /// Colours what is measured and what is not, and hands over the sheets.
    pub(super) fn finish(self) -> Result<Vec<Worksheet>, XlsxError> {
        let mut sheets = self.sheets.finish()?;
        let colour = |back, font| {
            Format::new()
                .set_background_color(Color::RGB(back))
                .set_font_color(Color::RGB(font))
        };
        let (green, amber, grey) = (
            colour(0xC6_EF_CE, 0x00_61_00),
            colour(0xFF_EB_9C, 0x7A_53_00),
            colour(0xED_ED_ED, 0x40_40_40),
        );
        for sheet in &mut sheets {
            let last = super::sheet::ROWS;
            for (column, format) in [
                ("monthly_saving_usd", &green),
                ("saving_ceiling_usd", &amber),
            ] {
                let above = ConditionalFormatCell::new()
                    .set_rule(ConditionalFormatCellRule::GreaterThan(0))
                    .set_format(format);
                if let Some(at) = column_of(column) {
                    sheet.add_conditional_format(1, at, last, at, &above)?;
                }
            }
            for (word, format) in [("measured", &green), ("unknown", &grey)] {
                let is = ConditionalFormatText::new()
                    .set_rule(ConditionalFormatTextRule::Contains(word.to_owned()))
                    .set_format(format);
                if let Some(at) = column_of("basis") {
                    sheet.add_conditional_format(1, at, last, at, &is)?;
                }
            }
            sheet.set_freeze_panes(1, 2)?;
        }
        Ok(sheets)
    }

    /// The names of the sheets and their rows.
    pub(super) fn sheets(&self) -> &Sheets {
        &self.sheets
    }
}

/// A cell that follows that of the table.
fn cell(row: &Row<'_>, column: &str) -> SheetCell {
    let table = row.view.table;
    let kind = table.position(column).map(|at| table.columns[at].kind);
    let unit = kind.map_or(Unit::Other, |kind| Unit::of(column, kind));
    SheetCell::of(row.view.get(column), unit, row.reference(column).as_ref())
}

/// The caveats in words.
fn caveats(row: RowView<'_>, meanings: &Meanings) -> String {
    let ids = row.items("caveats").iter().filter_map(Cell::as_str);
    let sentences = ids.map(|id| meanings.caveats.get(id).map_or(id, String::as_str));
    sentences.collect::<Vec<_>>().join(" ")
}

fn width_of(column: &str) -> f64 {
    let mut columns = COLUMNS.iter();
    columns
        .find(|(_, its, _)| *its == column)
        .map_or(1.0, |(.., width)| *width)
}

fn column_of(column: &str) -> Option<u16> {
    COLUMNS
        .iter()
        .position(|(_, its, _)| *its == column)
        .map(column_number)
}
