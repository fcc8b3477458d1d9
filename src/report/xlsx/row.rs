//! A row of a table, and where it stands in the workbook.

use rust_decimal::Decimal;

use super::{super::row::RowView, cell::letters, expression::Expression};

/// A row of a table, and where it stands.
pub(super) struct Row<'r> {
    pub(super) view: RowView<'r>,
    /// The sheet, for references from others.
    pub(super) sheet: String,
    /// The number of the row in the sheet, from 1.
    pub(super) number: u32,
}

impl Row<'_> {
    fn name(&self, column: &str) -> Option<String> {
        let at = self.view.table.position(column)?;
        Some(format!("{}{}", letters(at), self.number))
    }

    /// A cell with a known number in the same row.
    pub(super) fn cell(&self, column: &str) -> Option<Expression> {
        let value = self.view.decimal(column)?;
        Some(Expression::reference(self.name(column)?, value))
    }

    /// A reference to the cell for formulas in other sheets.
    pub(super) fn reference(&self, column: &str) -> Option<Expression> {
        let inside = self.cell(column)?;
        let name = format!("{}!{}", self.sheet, inside.text());
        Some(Expression::reference(name, inside.value()))
    }

    /// The number of items in a list that is not empty.
    pub(super) fn items(&self, column: &str) -> Option<Expression> {
        let count = Some(self.view.items(column).len()).filter(|count| *count > 0)?;
        let cell = self.name(column)?;
        let text = format!("(LEN({cell})-LEN(SUBSTITUTE({cell},\";\",\"\"))+1)");
        Some(Expression::reference(text, Decimal::from(count)))
    }

    pub(super) fn text(&self, column: &str) -> &str {
        self.view.text(column)
    }
}
