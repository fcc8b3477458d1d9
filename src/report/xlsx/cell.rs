//! From a value of a row to a cell, and the formats of cells.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError};

use super::{expression::Expression, unit::Unit};
use crate::report::Cell;

/// Characters (UTF-16 units) that a cell can hold, by Excel's specification
/// (<https://support.microsoft.com/en-us/office/1672b34d-7043-467e-8e27-269d656771c3>).
const LONGEST_TEXT: usize = 32_767;
/// What stands at the end of a text that was cut.
const CUT: &str = " ... (cut: see the CSV file)";

/// The colour of headings.
const HEADING: Color = Color::RGB(0x1F_3A_5F);

/// What stands in a cell.
#[derive(Debug)]
pub(super) enum SheetCell {
    /// Unknown, or nothing.
    Empty,
    /// Text, whatever it looks like.
    Text(String),
    /// `TRUE` or `FALSE`.
    Truth(bool),
    /// A number and its unit.
    Number(f64, Unit),
    /// A formula, the unit of its result and, as long as nothing is recalculated, the result.
    Formula(String, f64, Unit),
}

impl SheetCell {
    /// What stands for a cell of a table; `formula` gives the same figure.
    pub(super) fn of(cell: &Cell<'_>, unit: Unit, formula: Option<&Expression>) -> Self {
        match (cell, cell.as_f64()) {
            (_, Some(number)) => match formula {
                Some(formula) => Self::Formula(formula.text().to_owned(), number, unit),
                None => Self::Number(number, unit),
            },
            (Cell::Bool(truth), _) => Self::Truth(*truth),
            (Cell::Text(text), _) => Self::text(text),
            (Cell::List(items), _) => {
                let items: Vec<_> = items.iter().map(plain).collect();
                Self::text(&items.join(";"))
            }
            _ => Self::Empty,
        }
    }

    /// A text; an empty one leaves the cell empty.
    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        Self::Text(fitting(text))
    }
}

/// An item of a list, as CSV has it.
fn plain(item: &Cell<'_>) -> String {
    match item {
        Cell::Text(text) => text.clone().into_owned(),
        Cell::Unknown => String::new(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// The text, cut if no cell can hold it.
fn fitting(text: &str) -> String {
    // An escape such as `_x0041_` in a text is escaped itself, which takes more room.
    if text.encode_utf16().count() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let mut room = LONGEST_TEXT - CUT.len();
    let kept = text.chars().take_while(|letter| {
        let fits = letter.len_utf16() <= room;
        room = room.saturating_sub(letter.len_utf16());
        fits
    });
    kept.collect::<String>() + CUT
}

/// The formats of a workbook, made once.
#[derive(Debug)]
pub(super) struct Formats {
    pub(super) head: Format,
    pub(super) text: Format,
    /// A text that stands where other lines have a number.
    pub(super) fact: Format,
    pub(super) wrapped: Format,
    pub(super) link: Format,
    pub(super) title: Format,
    pub(super) section: Format,
    pub(super) label: Format,
    pub(super) note: Format,
    pub(super) input: Format,
    numbers: [(Unit, Format, Format); 10],
}

impl Formats {
    pub(super) fn new() -> Self {
        let numbers = [
            (Unit::Price, "#,##0.00########\" USD\""),
            (Unit::Usd, "#,##0.00\" USD\""),
            (Unit::Gb, "#,##0.0000\" GB\""),
            (Unit::Bytes, "#,##0\" B\""),
            (Unit::Percent, "0.00\" %\""),
            (Unit::Share, "0.0000%"),
            (Unit::Hours, "#,##0.00##\" h\""),
            (Unit::Milliseconds, "#,##0\" ms\""),
            (Unit::Count, "#,##0"),
            (Unit::Other, "General"),
        ];
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            head: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(HEADING)
                .set_num_format("@"),
            text: top().set_num_format("@"),
            fact: top().set_num_format("@").set_align(FormatAlign::Right),
            wrapped: top().set_num_format("@").set_text_wrap(),
            link: top()
                .set_font_color(Color::RGB(0x05_63_C1))
                .set_underline(rust_xlsxwriter::FormatUnderline::Single),
            title: Format::new()
                .set_bold()
                .set_font_size(18)
                .set_font_color(HEADING),
            section: Format::new()
                .set_bold()
                .set_font_size(12)
                .set_font_color(HEADING)
                .set_border_bottom(FormatBorder::Thin),
            label: top().set_bold().set_num_format("@"),
            // A number stands to the left of it.
            note: top()
                .set_font_color(Color::RGB(0x59_59_59))
                .set_text_wrap()
                .set_align(FormatAlign::Left)
                .set_indent(1),
            input: top()
                .set_background_color(Color::RGB(0xFF_F2_CC))
                .set_border(FormatBorder::Thin)
                .set_num_format("#,##0.00########"),
            numbers: numbers.map(|(unit, format)| {
                (
                    unit,
                    top().set_num_format(format),
                    Format::new()
                        .set_num_format(format)
                        .set_bold()
                        .set_font_size(12)
                        .set_align(FormatAlign::Right)
                        .set_align(FormatAlign::Top),
                )
            }),
        }
    }

    /// The format of numbers of a unit.
    pub(super) fn number(&self, unit: Unit) -> &Format {
        self.find(unit).map_or(&self.text, |(_, plain, _)| plain)
    }

    /// The same, as it stands in the summary.
    pub(super) fn figure(&self, unit: Unit) -> &Format {
        self.find(unit).map_or(&self.text, |(_, _, bold)| bold)
    }

    fn find(&self, unit: Unit) -> Option<&(Unit, Format, Format)> {
        self.numbers.iter().find(|(its, ..)| *its == unit)
    }
}

/// Writes a cell with the format of its kind.
pub(super) fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &SheetCell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        SheetCell::Empty => {}
        SheetCell::Text(text) => {
            sheet.write_string_with_format(row, column, text, &formats.text)?;
        }
        SheetCell::Truth(truth) => {
            sheet.write_boolean(row, column, *truth)?;
        }
        SheetCell::Number(number, unit) => {
            sheet.write_number_with_format(row, column, *number, formats.number(*unit))?;
        }
        SheetCell::Formula(text, result, unit) => {
            let formula = Formula::new(text).set_result(result.to_string());
            sheet.write_formula_with_format(row, column, formula, formats.number(*unit))?;
        }
    }
    Ok(())
}

/// The height of a row whose texts, each with the width of its column, need more than one line.
pub(super) fn height(texts: &[(&str, f64)]) -> Option<f64> {
    const LINE: f64 = 15.0;
    // A width is that of digits, which are a little wider than most letters; some letters take the room of two.
    let lines = texts.iter().map(|(text, width)| {
        let letters = text.chars().map(|it| if it.is_ascii() { 1 } else { 2 });
        let letters = f64::from(u32::try_from(letters.sum::<usize>()).unwrap_or(u32::MAX));
        (letters * 0.95 / width).ceil()
    });
    let lines = lines.fold(1.0, f64::max);
    // Excel has no higher row.
    (lines > 1.0).then_some((lines * LINE).min(409.0))
}

/// The letters of a column, from 0.
pub(super) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut text = String::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        text.insert(0, char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        let named = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_and_shows_it() {
        let long = "数\u{1F600}".repeat(20_000);
        let cut = fitting(&long);
        assert!(cut.ends_with(CUT));
        let length = cut.encode_utf16().count();
        assert!(
            (LONGEST_TEXT - 2..=LONGEST_TEXT).contains(&length),
            "{length}"
        );
        assert_eq!(fitting("short"), "short");
    }
}
