//! The sheet `Summary`: scope, money, what is missing, charts, the settings of the formulas, and what
//! the words mean. Its lines are laid out before a figure is known, so that other sheets can refer to
//! them.

mod charts;
mod lines;

use rust_decimal::Decimal;
use rust_xlsxwriter::{Formula, Worksheet, XlsxError};

use super::{
    super::{
        figures::{Figures, TOP},
        meaning::Meanings,
        row::{KeptRow, RowView},
        text::{UNKNOWN, grouped, with_plural},
    },
    cell::Formats,
    unit::Unit,
};
use crate::model::{money::BYTES_PER_GB, report::ReportHeader, text::printable};

/// The name of the sheet.
pub(super) const NAME: &str = "Summary";
/// Widths of the columns.
const WIDTHS: [f64; 3] = [38.0, 22.0, 70.0];

/// A formula and the figure that it gives.
#[derive(Clone, Debug)]
pub(super) struct SummaryFormula {
    pub(super) formula: String,
    pub(super) value: Option<Decimal>,
}

/// A line of the sheet.
#[derive(Debug)]
enum Line {
    Blank,
    Title(String),
    Section(&'static str),
    Note(String),
    /// A label, a text and a note.
    Fact(String, String, String),
    /// A label, a figure of money and a note.
    Money(&'static str, Figure, String),
    /// A setting of the formulas.
    Setting(
        &'static str,
        &'static str,
        Option<String>,
        Decimal,
        &'static str,
    ),
    /// A place in a ranking; none where the ranking ends before.
    Ranked(Ranking, usize),
    /// What a kind of action means.
    Meaning(String, String, String),
    /// A sheet.
    Sheet(String, u64),
}

/// A figure that a formula over the sheets gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    NatMonthly,
    NatData,
    EndpointsMonthly,
    PublicIpv4,
    Saving,
    Ceilings,
    Idle,
}

/// A list of the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ranking {
    ServicesByQueries,
    ServicesByBytes,
    Gateways,
}

/// What the lines show.
pub(super) struct Contents<'c> {
    pub(super) report: &'c ReportHeader,
    pub(super) figures: &'c Figures,
    pub(super) meanings: &'c Meanings,
    /// Hours of the window.
    pub(super) window: Decimal,
}

/// The laid out sheet.
pub(super) struct Layout {
    lines: Vec<Line>,
}

impl Layout {
    /// Everything but the list of sheets, which comes last.
    pub(super) fn new(contents: &Contents<'_>) -> Self {
        let mut lines = lines::head(contents);
        lines.extend(lines::money(contents));
        lines.extend(lines::missing(&contents.report.totals, contents.meanings));
        for (title, ranking) in [
            ("Top services by DNS queries", Ranking::ServicesByQueries),
            (
                "Top services by bytes (flow logs)",
                Ranking::ServicesByBytes,
            ),
            ("NAT gateways that cost most", Ranking::Gateways),
        ] {
            lines.push(Line::Section(title));
            lines.extend((0..TOP).map(|place| Line::Ranked(ranking, place)));
            lines.push(Line::Blank);
        }
        lines.extend(lines::settings(contents.window));
        lines.push(Line::Section("What the actions mean"));
        for (kind, it) in &contents.meanings.actions {
            let what = format!("{} {} Undo: {}", lines::plain(&it.what), it.cost, it.undo);
            lines.push(Line::Meaning(kind.clone(), it.title.clone(), what));
        }
        lines.push(Line::Blank);
        Self { lines }
    }

    /// The row, from 1, that explains a kind of action.
    pub(super) fn meaning(&self, kind: &str) -> Option<u32> {
        let is = |line: &Line| matches!(line, Line::Meaning(its, ..) if its == kind);
        self.row(is).map(|row| row + 1)
    }

    /// The cell of a setting, for its name in formulas.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let is = |line: &Line| matches!(line, Line::Setting(_, its, ..) if *its == name);
        self.row(is).map(|row| format!("={NAME}!$B${}", row + 1))
    }

    fn row(&self, is: impl Fn(&Line) -> bool) -> Option<u32> {
        let at = self.lines.iter().position(is)?;
        u32::try_from(at).ok()
    }

    /// Adds the list of sheets.
    pub(super) fn list(&mut self, sheets: Vec<(String, u64)>, remarks: Vec<String>) {
        self.lines.push(Line::Section("Sheets"));
        let sheets = sheets.into_iter();
        self.lines
            .extend(sheets.map(|(name, rows)| Line::Sheet(name, rows)));
        self.lines.extend(remarks.into_iter().map(Line::Note));
    }

    /// Writes the sheet. `live` gives the formula of a figure, `cell` that of a place in a ranking.
    pub(super) fn write(
        &self,
        contents: &Contents<'_>,
        formats: &Formats,
        formulas: impl Fn(Figure) -> SummaryFormula,
        cell: impl Fn(Ranking, usize) -> Option<String>,
    ) -> Result<Worksheet, XlsxError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(NAME)?;
        sheet.set_screen_gridlines(false);
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        for (row, line) in (0..).zip(&self.lines) {
            write_line(&mut sheet, row, line, formats, &formulas)?;
            if let Line::Ranked(ranking, place) = line {
                let of = ranking
                    .rows(contents.figures)
                    .get(*place)
                    .map(KeptRow::view);
                write_ranked(
                    &mut sheet,
                    row,
                    (*ranking, of),
                    cell(*ranking, *place),
                    formats,
                )?;
            }
        }
        self.charts(&mut sheet, contents.figures)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        Ok(sheet)
    }
}

impl Ranking {
    pub(super) fn rows(self, figures: &Figures) -> &[KeptRow] {
        match self {
            Self::ServicesByQueries => &figures.by_queries,
            Self::ServicesByBytes => &figures.by_bytes,
            Self::Gateways => &figures.gateways,
        }
    }

    /// The table and the column of its figures.
    pub(super) fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::ServicesByQueries => ("services", "query_count"),
            Self::ServicesByBytes => ("services", "bytes"),
            Self::Gateways => ("nat_gateways", "monthly_total_usd"),
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::ServicesByQueries => Unit::Count,
            Self::ServicesByBytes => Unit::Gb,
            Self::Gateways => Unit::Usd,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::ServicesByQueries => "Top services by DNS queries in the window",
            Self::ServicesByBytes => "Top services by GB in the window",
            Self::Gateways => "NAT gateways that cost most, USD/month",
        }
    }

    fn axis(self) -> &'static str {
        match self {
            Self::ServicesByBytes => "#,##0\" GB\"",
            Self::ServicesByQueries | Self::Gateways => "#,##0",
        }
    }

    /// The name of a row, and what is worth knowing of it.
    fn describe(self, row: RowView<'_>) -> (String, String) {
        match self {
            Self::Gateways => {
                let id = row.text("nat_gateway_id");
                let name = row.text("name");
                let label = if name.is_empty() {
                    id.to_owned()
                } else {
                    // A name may turn the direction of what follows it.
                    format!("{} ({id})", printable(name))
                };
                let account = printable(row.text("account_name"));
                let place = format!("{account} {}", row.text("account_id"));
                (label, format!("{}, {}", place.trim(), row.text("region")))
            }
            Self::ServicesByQueries | Self::ServicesByBytes => {
                let count = |column: &str| grouped(row.count(column));
                (
                    row.text("service").to_owned(),
                    format!(
                        "{} VPCs, {} without an endpoint",
                        count("vpcs"),
                        count("vpcs_without_endpoint")
                    ),
                )
            }
        }
    }
}

fn write_line(
    sheet: &mut Worksheet,
    row: u32,
    line: &Line,
    formats: &Formats,
    figures: &impl Fn(Figure) -> SummaryFormula,
) -> Result<(), XlsxError> {
    if let Some(height) = line.height() {
        sheet.set_row_height(row, height)?;
    }
    match line {
        Line::Blank | Line::Ranked(..) => {}
        Line::Title(text) => {
            sheet.write_string_with_format(row, 0, text, &formats.title)?;
        }
        Line::Section(text) => {
            sheet.write_string_with_format(row, 0, *text, &formats.section)?;
            for column in [1, 2] {
                sheet.write_blank(row, column, &formats.section)?;
            }
        }
        Line::Note(text) => {
            sheet.write_string(row, 0, text)?;
        }
        Line::Fact(label, text, note) => {
            sheet.write_string_with_format(row, 0, label, &formats.label)?;
            sheet.write_string_with_format(row, 1, text, &formats.fact)?;
            sheet.write_string_with_format(row, 2, note, &formats.note)?;
        }
        Line::Money(label, figure, note) => {
            sheet.write_string_with_format(row, 0, *label, &formats.label)?;
            let SummaryFormula { formula, value } = figures(*figure);
            let result =
                value.map_or_else(|| UNKNOWN.to_owned(), |usd| usd.normalize().to_string());
            let formula = Formula::new(formula).set_result(result);
            sheet.write_formula_with_format(row, 1, formula, formats.figure(Unit::Usd))?;
            sheet.write_string_with_format(row, 2, note, &formats.note)?;
        }
        Line::Setting(label, _, formula, value, note) => {
            sheet.write_string_with_format(row, 0, *label, &formats.label)?;
            let number = value.normalize().to_string();
            if let Some(formula) = formula {
                let formula = Formula::new(formula).set_result(number);
                sheet.write_formula_with_format(row, 1, formula, &formats.input)?;
            } else {
                let number: f64 = number.parse().unwrap_or_default();
                sheet.write_number_with_format(row, 1, number, &formats.input)?;
            }
            sheet.write_string_with_format(row, 2, *note, &formats.note)?;
        }
        Line::Meaning(_, title, text) => {
            sheet.write_string_with_format(row, 0, title, &formats.label)?;
            sheet.write_string_with_format(row, 2, text, &formats.note)?;
        }
        Line::Sheet(name, rows) => {
            let target = format!("internal:{name}!A1");
            sheet.write_url_with_text(row, 0, target.as_str(), name)?;
            sheet.write_string_with_format(row, 1, with_plural(*rows, "row"), &formats.text)?;
        }
    }
    Ok(())
}

/// A place of a ranking: the row, and a reference to its figure.
fn write_ranked(
    sheet: &mut Worksheet,
    row: u32,
    (ranking, of): (Ranking, Option<RowView<'_>>),
    cell: Option<String>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let (Some(of), Some(cell)) = (of, cell) else {
        return Ok(());
    };
    let column = ranking.source().1;
    let (label, note) = ranking.describe(of);
    let mut value = of.decimal(column).unwrap_or_default();
    let mut cell = cell;
    if ranking == Ranking::ServicesByBytes {
        // Nobody reads fourteen digits.
        value = (value / Decimal::from(BYTES_PER_GB)).round_dp(4);
        cell = format!("ROUND({cell}/{BYTES_PER_GB},4)");
    }
    sheet.write_string_with_format(row, 0, label, &formats.text)?;
    let formula = Formula::new(cell).set_result(value.normalize().to_string());
    sheet.write_formula_with_format(row, 1, formula, formats.number(ranking.unit()))?;
    sheet.write_string_with_format(row, 2, note, &formats.note)?;
    Ok(())
}
