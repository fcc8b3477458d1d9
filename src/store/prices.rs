//! The price book that is kept with a run, so that its reports are the same whenever they are made.

use rusqlite::params;

use super::{Store, StoreError, verify};

impl Store {
    /// Keeps the price book that the run's costs are calculated with.
    pub fn set_prices(&self, run: i64, prices: &str) -> Result<(), StoreError> {
        self.in_transaction(|| self.change_run(run, "prices = ?2", params![run, prices]))
    }

    /// The price book of a run; none if it is older than the keeping of it.
    pub fn prices(&self, run: i64) -> Result<Option<String>, StoreError> {
        let mut prices = Ok(None);
        self.each("SELECT * FROM run WHERE key = ?1", params![run], |row| {
            prices = match verify::damaged_record(row)? {
                None => Ok(row.get("prices")?),
                Some(damaged) => Err(damaged),
            };
            Ok(())
        })?;
        prices.map_err(|damaged| self.damaged_record(damaged))
    }
}
