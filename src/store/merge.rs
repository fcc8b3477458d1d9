//! What bringing the runs of several stores together needs: opening a store that must not change,
//! copying cells and parts as they are, and writing some without a writer.
//!
//! What is copied is decided row by row by whoever merges. Memory is that of one row.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, Statement, params, types::ValueRef};

use super::{
    Access, FILE, Part, Record, Store, StoreError, rows, schema,
    verify::DamagedRecord,
    writer::{self, CELL_COLUMNS, PART_COLUMNS},
};
use crate::model::{
    coverage::{Reason, Step},
    facts::Finished,
    id::AccountId,
    target::Target,
};

/// Rows of one transaction.
const BATCH: usize = 20_000;

/// A cell as it is decided on.
#[derive(Clone, Debug)]
pub struct CellKey {
    /// The account, if the step has one.
    pub account: Option<AccountId>,
    /// The step.
    pub step: Step,
    /// Why the cell is not complete.
    pub reason: Option<Reason>,
}

/// What becomes of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellTransfer {
    /// It is copied as it is.
    Copied,
    /// It is handed over with its facts, and not copied.
    HandedOver,
    /// It is left out.
    Dropped,
}

impl Store {
    /// The file of the store in a directory.
    pub fn file_in(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }

    /// Opens the file of a store to read it: neither the file nor its directory changes.
    ///
    /// # Errors
    ///
    /// If the file is no store of this version of the program.
    pub fn open_to_read(file: &Path) -> Result<Self, StoreError> {
        // Absent and unreadable files have a better description than SQLite's.
        let path = || file.to_owned();
        fs::File::open(file).map_err(|source| StoreError::Unreadable {
            path: path(),
            source,
        })?;
        Ok(Self::that_is_read(file, schema::open_to_read(file)?))
    }

    /// Opens a file once more that [`Self::open_to_read`] has checked.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened any more.
    pub fn open_to_read_again(file: &Path) -> Result<Self, StoreError> {
        Ok(Self::that_is_read(file, schema::open_to_read_again(file)?))
    }

    fn that_is_read(file: &Path, connection: Connection) -> Self {
        Self {
            directory: file.parent().unwrap_or(Path::new("")).to_owned(),
            file: file.to_owned(),
            connection,
            access: Access::Read,
            flags: String::new(),
        }
    }

    /// The runs of shards, the latest first.
    ///
    /// # Errors
    ///
    /// Also if the record of any run is damaged: it could be one of them.
    pub fn runs_of_shards(&self) -> Result<Vec<Record>, StoreError> {
        let records: Result<Vec<Record>, DamagedRecord> = self.records()?.into_iter().collect();
        let mut records = records.map_err(|damaged| self.damaged_record(damaged))?;
        records.retain(|it| it.run.shard.is_some());
        Ok(records)
    }

    /// Removes runs that were to be merged and are not finished, and that no process works on: the process
    /// that began them was ended.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn forget_unfinished_merges(&self) -> Result<(), StoreError> {
        for record in self.records()?.into_iter().flatten() {
            if record.is_merged() && !record.finished && self.lock(&record.run.id)?.is_some() {
                self.forget(record.key)?;
            }
        }
        Ok(())
    }

    /// Copies the cells of a run of another store into a run of this one. `decide` sees every cell, `take`
    /// those that are handed over.
    ///
    /// # Errors
    ///
    /// If either store fails.
    pub fn copy_cells(
        &self,
        from: &Self,
        (run, into): (i64, i64),
        mut decide: impl FnMut(CellKey) -> CellTransfer,
        mut take: impl FnMut(Finished),
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT {}, found FROM cell WHERE run = ?1", rows::CELL);
        let mut batch = Batch::new(self, "cell", CELL_COLUMNS)?;
        from.each(&sql, params![run], |row| {
            let key = CellKey {
                account: rows::word(row, 0)?,
                step: rows::required(row, 2)?,
                reason: rows::word(row, 4)?,
            };
            match decide(key) {
                CellTransfer::Dropped => {}
                CellTransfer::HandedOver => take(Finished {
                    cell: rows::cell(row)?,
                    found: rows::found(row, rows::AFTER_CELL)?,
                }),
                CellTransfer::Copied => {
                    let column = |index: usize| row.get_ref(index);
                    batch.put([
                        ValueRef::Integer(into),
                        column(0)?,
                        column(1)?,
                        column(2)?,
                        column(3)?,
                        column(4)?,
                        column(5)?,
                        column(6)?,
                        column(7)?,
                        column(8)?,
                        column(9)?,
                        ValueRef::Integer(0),
                        column(rows::AFTER_CELL)?,
                    ])?;
                }
            }
            Ok(())
        })?;
        batch.finish()
    }

    /// Copies the parts of a run of another store into a run of this one, but for those that `is_wanted`
    /// leaves out and those that are there already, whose step, target and name are returned.
    ///
    /// # Errors
    ///
    /// If either store fails.
    pub fn copy_parts(
        &self,
        from: &Self,
        (run, into): (i64, i64),
        mut is_wanted: impl FnMut(Step, &Target, &str) -> bool,
    ) -> Result<Vec<(Step, Target, String)>, StoreError> {
        let sql = "SELECT account_id, region, step, name, reason, content FROM part WHERE run = ?1";
        let mut there = Vec::new();
        let mut batch = Batch::new(self, "part", PART_COLUMNS)?;
        let is_there = "SELECT 1 FROM part WHERE run = ?1 AND account_id = ?2 AND region = ?3
                        AND step = ?4 AND name = ?5";
        let mut is_there = self
            .connection
            .prepare(is_there)
            .map_err(|error| self.error(error))?;
        from.each(sql, params![run], |row| {
            let (target, step): (Target, Step) = (rows::target(row)?, rows::required(row, 2)?);
            let name: String = row.get(3)?;
            if !is_wanted(step, &target, &name) {
                return Ok(());
            }
            let (account, region) = (target.account_id.as_str(), target.region.as_str());
            if is_there.exists(params![into, account, region, step.name(), name])? {
                there.push((step, target, name));
                return Ok(());
            }
            batch.put([
                ValueRef::Integer(into),
                row.get_ref(0)?,
                row.get_ref(1)?,
                row.get_ref(2)?,
                row.get_ref(3)?,
                row.get_ref(4)?,
                ValueRef::Integer(0),
                row.get_ref(5)?,
            ])
        })?;
        batch.finish()?;
        Ok(there)
    }

    /// Writes cells: all of them or none.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn put_cells(&self, run: i64, cells: &[Finished]) -> Result<(), StoreError> {
        self.in_transaction(|| {
            let mut put = writer::put(&self.connection, "cell", CELL_COLUMNS)
                .map_err(|error| self.error(error))?;
            for cell in cells {
                writer::put_cell(&mut put, run, cell).map_err(|error| self.error(error))?;
            }
            Ok(())
        })
    }

    /// Writes a part.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn put_part(&self, run: i64, part: &Part) -> Result<(), StoreError> {
        writer::put(&self.connection, "part", PART_COLUMNS)
            .and_then(|mut put| writer::put_part(&mut put, run, part))
            .map_err(|error| self.error(error))
    }

    /// Removes parts of a step.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn drop_parts(
        &self,
        run: i64,
        step: Step,
        parts: &[(Target, String)],
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM part WHERE run = ?1 AND account_id = ?2 AND region = ?3
                   AND step = ?4 AND name = ?5";
        self.in_transaction(|| {
            for (target, name) in parts {
                let (account, region) = (target.account_id.as_str(), target.region.as_str());
                self.change(sql, params![run, account, region, step.name(), name])?;
            }
            Ok(())
        })
    }
}

/// Rows on their way into a table, some thousand a transaction.
struct Batch<'s, const N: usize> {
    store: &'s Store,
    columns: [&'static str; N],
    insert: Statement<'s>,
    open: usize,
}

impl<'s, const N: usize> Batch<'s, N> {
    fn new(store: &'s Store, table: &str, columns: [&'static str; N]) -> Result<Self, StoreError> {
        let insert = writer::put(&store.connection, table, columns);
        let batch = Self {
            store,
            columns,
            insert: insert.map_err(|error| store.error(error))?,
            open: 0,
        };
        batch
            .execute("BEGIN IMMEDIATE")
            .map_err(|error| store.error(error))?;
        Ok(batch)
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.store.connection.execute_batch(sql)
    }

    fn put(&mut self, values: [ValueRef<'_>; N]) -> rusqlite::Result<()> {
        writer::put_row(&mut self.insert, self.columns, values)?;
        self.open += 1;
        if self.open >= BATCH {
            self.open = 0;
            self.execute("COMMIT; BEGIN IMMEDIATE")?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), StoreError> {
        self.execute("COMMIT")
            .map_err(|error| self.store.error(error))
    }
}

impl<const N: usize> Drop for Batch<'_, N> {
    fn drop(&mut self) {
        if !self.store.connection.is_autocommit() {
            // An error is on its way already.
            let _ = self.execute("ROLLBACK");
        }
    }
}
