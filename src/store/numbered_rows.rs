//! Rows of a table in the order in which they are made, each of which is read by its number: what they are
//! sorted by is known only when all are there, and they are too many to be held until then.

use std::io;

use super::{
    ReportRows, StoreError, TableColumns, row_buffer::RowBuffer, spool::Spool,
    stored_row::StoredRow,
};

/// The rows, in a file that goes with the process.
#[derive(Debug)]
pub struct NumberedRows {
    columns: &'static [&'static str],
    spool: Spool,
    /// Where each row ends.
    ends: Vec<u64>,
    /// The row that was read last.
    record: Vec<u8>,
}

impl ReportRows {
    /// Rows of a table that are read by number; none yet.
    ///
    /// # Errors
    ///
    /// If the state directory cannot be written.
    pub fn numbered(&self, table: TableColumns) -> Result<NumberedRows, StoreError> {
        Ok(NumberedRows {
            columns: table.columns,
            spool: self.store().scratch().spool()?,
            ends: Vec::new(),
            record: Vec::new(),
        })
    }
}

impl NumberedRows {
    /// Adds the next row.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn add(&mut self, row: &RowBuffer) -> io::Result<()> {
        self.spool.append(&[row.bytes()])?;
        self.ends.push(self.spool.end());
        Ok(())
    }

    /// The row before which so many were added.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn read(&mut self, number: usize) -> io::Result<StoredRow<'_>> {
        let before = number.checked_sub(1).map(|it| self.ends.get(it).copied());
        let start = before.unwrap_or(Some(0));
        let range = start.zip(self.ends.get(number).copied());
        let (start, end) = range.ok_or(io::ErrorKind::NotFound)?;
        self.spool.read_one(&(start..end), &mut self.record)?;
        Ok(StoredRow::new(self.columns, &self.record))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::Store;

    const VPCS: TableColumns = TableColumns {
        table: "vpcs",
        columns: &["text", "number"],
    };

    #[test]
    fn rows_are_read_by_number_in_any_order_and_copied_with_another_value() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let mut rows = store.report_rows(&[]).unwrap().numbered(VPCS).unwrap();
        let mut row = RowBuffer::default();
        // More than is kept in memory.
        for number in 0..2000_usize {
            row.clear();
            row.add(&format!("{number} {}", "x".repeat(number % 100)))
                .unwrap();
            row.add(&None::<u64>).unwrap();
            rows.add(&row).unwrap();
        }
        for number in [1999, 0, 7, 1000] {
            let copied = rows.read(number).unwrap();
            copied.copy_with("number", &number, &mut row).unwrap();
            let read: BTreeMap<&str, serde_json::Value> =
                StoredRow::of(VPCS.columns, &row).read().unwrap();
            let text = format!("{number} {}", "x".repeat(number % 100));
            assert_eq!(
                (&read["text"], &read["number"]),
                (&text.into(), &number.into())
            );
        }
        rows.read(2000).unwrap_err();
    }
}
