//! The rows of a report that belong to one Region.

use std::io;

use rusqlite::params;

use super::report::ReportRows;
use crate::model::id::Region;

impl ReportRows {
    /// Hands the rows of a table that belong to a Region to `take`, in the order of the table.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read, or with the first error of `take`.
    pub fn each_in(
        &self,
        table: &'static str,
        region: &Region,
        take: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let sql = format!("SELECT content FROM report.{table} WHERE region = ?1 ORDER BY place");
        let mut taken = Ok(());
        let read = self.store().each(&sql, params![region.as_str()], |row| {
            if taken.is_ok() {
                taken = take(row.get_ref(0)?.as_str()?);
            }
            Ok(())
        });
        read.map_err(io::Error::other).and(taken)
    }
}
