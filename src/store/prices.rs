//! The price book that is kept with a run, so that its reports say the same whenever they are made.

use rusqlite::params;

use super::{Store, StoreError};

impl Store {
    /// Keeps the price book that the run's costs are reckoned with.
    pub fn set_prices(&self, run: i64, prices: &str) -> Result<(), StoreError> {
        let sql = "UPDATE run SET prices = ?2 WHERE key = ?1";
        self.change(sql, params![run, prices])
    }

    /// The price book of a run; none if it is older than the keeping of it.
    pub fn prices(&self, run: i64) -> Result<Option<String>, StoreError> {
        let mut prices = None;
        self.each(
            "SELECT prices FROM run WHERE key = ?1",
            params![run],
            |row| {
                prices = row.get(0)?;
                Ok(())
            },
        )?;
        Ok(prices)
    }
}
