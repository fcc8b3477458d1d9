//! Runs: beginning, resuming, finishing, listing and forgetting them.

use std::io;

use rusqlite::params;
use serde::Serialize;
use strum::VariantArray;

use super::{RunLock, Store, StoreError, checksum, record::Record, rows, verify};
use crate::model::{coverage::Reason, id::AccountId, run::Run};

/// A run that this process works on.
#[derive(Debug)]
pub struct Active {
    /// The run as it is stored.
    pub record: Record,
    _lock: RunLock,
}

/// Whether a run is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A process works on it.
    InProgress,
    /// It was ended before it was done, or cells of it were broken off.
    Interrupted,
    /// Done.
    Finished,
}

impl State {
    /// The state for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
        }
    }
}

/// A run as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The run.
    pub record: Record,
    /// Accounts in which at least one region was looked at.
    pub accounts: u64,
    /// Regions looked at in at least one account.
    pub regions: u64,
    /// Cells that leave out something that was wanted.
    pub gaps: u64,
    /// Whether it is done.
    pub state: State,
}

impl Store {
    /// Begins a run. Its id gets a number if another run has it already.
    pub fn begin(&self, run: &Run, settings: &str) -> Result<Active, StoreError> {
        let mut run = run.clone();
        let wanted = run.id.clone();
        for number in 2_u32.. {
            if let Some(lock) = self.lock(&run.id)?
                && let Some(record) = self.in_transaction(|| self.insert(&run, settings))?
            {
                return Ok(Active {
                    record,
                    _lock: lock,
                });
            }
            run.id = format!("{wanted}-{number}");
        }
        Err(StoreError::InProgress { id: wanted })
    }

    /// Takes up a run that is there.
    pub fn take_up(&self, id: &str) -> Result<Active, StoreError> {
        // Known before it is locked: its name becomes a file's.
        let known = self.run(id)?;
        let lock = self
            .lock(&known.run.id)?
            .ok_or_else(|| StoreError::InProgress { id: id.to_owned() })?;
        let record = self.run(id)?;
        Ok(Active {
            record,
            _lock: lock,
        })
    }

    /// The run that was started last; only among the finished or the unsettled ones, if so wanted.
    ///
    /// # Errors
    ///
    /// Also if the record of any run is damaged: it could be the latest.
    pub fn latest(&self, wanted: Option<State>) -> Result<Option<Record>, StoreError> {
        let records = self.records()?.into_iter();
        let records = records
            .collect::<Result<Vec<_>, _>>()
            .map_err(|damaged| self.damaged_record(damaged))?;
        Ok(records.into_iter().find(|record| match wanted {
            None => true,
            Some(State::Finished) => record.finished,
            // A run that is merged cannot be resumed.
            Some(State::Interrupted | State::InProgress) => !record.settled && !record.is_merged(),
        }))
    }

    /// Notes whose credentials the run uses.
    pub fn set_caller(&self, run: i64, caller: &AccountId) -> Result<(), StoreError> {
        self.in_transaction(|| self.change_run(run, "caller = ?2", params![run, caller.as_str()]))
    }

    /// Marks the cells and parts that are to be asked again: those that were broken off and, if
    /// wanted, all that left something out.
    pub fn ask_again(&self, run: i64, failed_too: bool) -> Result<(), StoreError> {
        let reasons = self.reasons(|it| it.is_interruption() || (failed_too && it.is_gap()))?;
        let failed = if failed_too {
            "OR outcome = 'failed'"
        } else {
            ""
        };
        let among = "reason IN (SELECT value FROM json_each(?2))";
        self.in_transaction(|| {
            let reopened = "settled = 0, finished_at = NULL, contents = NULL";
            self.change_run(run, reopened, params![run])?;
            self.change(
                &format!(
                    "UPDATE cell SET again = 1
                     WHERE run = ?1 AND outcome <> 'complete' AND ({among} {failed})"
                ),
                params![run, reasons],
            )?;
            let sql = format!("UPDATE part SET again = 1 WHERE run = ?1 AND {among}");
            self.change(&sql, params![run, reasons])?;
            self.seal("cell", "run = ?1 AND again = 1", params![run])?;
            self.seal("part", "run = ?1 AND again = 1", params![run])
        })
    }

    /// Ends a run: what was to be asked again and has no successor is no more. [`Store::settle`]
    /// follows once the reports are there.
    pub fn finish(&self, run: i64, at: jiff::Timestamp) -> Result<(), StoreError> {
        self.in_transaction(|| {
            for table in ["cell", "part"] {
                let sql = format!("DELETE FROM {table} WHERE run = ?1 AND again = 1");
                self.change(&sql, params![run])?;
            }
            let contents =
                verify::digest(&self.connection, run).map_err(|error| self.error(error))?;
            let values = params![run, at.to_string(), contents];
            self.change_run(run, "finished_at = ?2, contents = ?3", values)
        })
    }

    /// Calls a run done unless cells of it were broken off.
    pub fn settle(&self, run: i64) -> Result<(), StoreError> {
        let reasons = self.reasons(Reason::is_interruption)?;
        let settled = "settled = NOT EXISTS (
            SELECT 1 FROM cell WHERE run = ?1 AND reason IN (SELECT value FROM json_each(?2)))";
        self.in_transaction(|| self.change_run(run, settled, params![run, reasons]))
    }

    /// Whether a run has no cell.
    pub fn is_empty(&self, run: i64) -> Result<bool, StoreError> {
        let mut empty = true;
        self.each(
            "SELECT 1 FROM cell WHERE run = ?1 LIMIT 1",
            params![run],
            |_| {
                empty = false;
                Ok(())
            },
        )?;
        Ok(empty)
    }

    /// Forgets a run of which nothing came.
    pub fn forget(&self, run: i64) -> Result<(), StoreError> {
        self.change("DELETE FROM run WHERE key = ?1", params![run])
    }

    /// How many cells of a run leave out something that was wanted.
    pub fn gaps(&self, run: i64) -> Result<u64, StoreError> {
        let sql = "SELECT outcome, reason, count(*) FROM cell WHERE run = ?1
                   AND outcome <> 'complete' GROUP BY outcome, reason";
        let mut gaps = 0;
        self.each(sql, params![run], |row| {
            let reason: Option<Reason> = rows::word(row, 1)?;
            if reason.is_none_or(Reason::is_gap) {
                gaps += rows::count(row, 2)?;
            }
            Ok(())
        })?;
        Ok(gaps)
    }

    /// All runs, the latest first.
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let records = self.records()?.into_iter().flatten();
        records.map(|record| self.listed(record)).collect()
    }

    /// The ids of the runs with a damaged record, as far as these can be read.
    pub fn damaged_records(&self) -> Result<Vec<String>, StoreError> {
        let records = self.records()?.into_iter();
        Ok(records.filter_map(|it| it.err().map(|it| it.id)).collect())
    }

    /// Forgets all runs but the latest `keep`; those in progress stay and do not count. Returns
    /// the ids of those that are gone.
    pub fn prune(&self, keep: usize) -> Result<Vec<String>, StoreError> {
        let mut gone = Vec::new();
        let mut kept = 0;
        for record in self.records()? {
            let record = match record {
                Ok(record) => record,
                Err(damaged) => {
                    self.change("DELETE FROM run WHERE key = ?1", params![damaged.key])?;
                    gone.push(damaged.id);
                    continue;
                }
            };
            let Some(lock) = self.lock(&record.run.id)? else {
                continue;
            };
            if kept < keep {
                kept += 1;
                continue;
            }
            self.change("DELETE FROM run WHERE key = ?1", params![record.key])?;
            lock.forget(&self.directory, &record.run.id);
            gone.push(record.run.id);
        }
        if !gone.is_empty() {
            // Another process that reads keeps the file from shrinking; the next one will do it.
            match self.change("VACUUM", params![]) {
                Ok(()) | Err(StoreError::Busy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(gone)
    }

    fn listed(&self, record: Record) -> Result<Listed, StoreError> {
        let (mut accounts, mut regions) = (0, 0);
        let sql = "SELECT count(DISTINCT account_id), count(DISTINCT region) FROM cell
                   WHERE run = ?1 AND step = 'vpcs' AND region <> ''";
        self.each(sql, params![record.key], |row| {
            (accounts, regions) = (rows::count(row, 0)?, rows::count(row, 1)?);
            Ok(())
        })?;
        let gaps = self.gaps(record.key)?;
        let held = RunLock::is_held(&self.directory, &record.run.id);
        let held = held.map_err(|source| self.directory_error(source))?;
        let state = match (held, record.settled) {
            (true, _) => State::InProgress,
            (false, true) => State::Finished,
            (false, false) => State::Interrupted,
        };
        Ok(Listed {
            record,
            accounts,
            regions,
            gaps,
            state,
        })
    }

    fn insert(&self, run: &Run, settings: &str) -> Result<Option<Record>, StoreError> {
        let arguments = rows::to_json(&run.arguments).map_err(|error| self.error(error))?;
        let sql = "INSERT INTO run (id, started_at, window_start, window_end, arguments, settings)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
        let values = params![
            run.id,
            run.started_at.to_string(),
            run.window_start.to_string(),
            run.window_end.to_string(),
            arguments,
            settings,
        ];
        let inserted = self
            .connection
            .execute(sql, values)
            .map_err(|error| self.error(error))?;
        if inserted == 0 {
            return Ok(None);
        }
        let key = self.connection.last_insert_rowid();
        self.seal("run", "key = ?1", params![key])?;
        self.run(&run.id).map(Some)
    }

    pub(super) fn lock(&self, id: &str) -> Result<Option<RunLock>, StoreError> {
        RunLock::take(&self.directory, id).map_err(|source| self.directory_error(source))
    }

    fn directory_error(&self, source: io::Error) -> StoreError {
        StoreError::Directory {
            path: self.directory.clone(),
            source,
        }
    }

    /// Reasons as a JSON list.
    fn reasons(&self, wanted: impl Fn(Reason) -> bool) -> Result<String, StoreError> {
        let reasons: Vec<Reason> = Reason::VARIANTS
            .iter()
            .copied()
            .filter(|it| wanted(*it))
            .collect();
        rows::to_json(&reasons).map_err(|error| self.error(error))
    }

    /// All of the changes or none.
    pub(super) fn in_transaction<T>(
        &self,
        changes: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(|error| self.error(error))?;
        let value = changes()?;
        transaction.commit().map_err(|error| self.error(error))?;
        Ok(value)
    }

    pub(super) fn change(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), StoreError> {
        self.connection
            .execute(sql, values)
            .map(drop)
            .map_err(|error| self.error(error))
    }

    /// Changes columns of a run; `?1` is its key.
    pub(super) fn change_run(
        &self,
        run: i64,
        assignments: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), StoreError> {
        self.change(
            &format!("UPDATE run SET {assignments} WHERE key = ?1"),
            values,
        )?;
        self.seal("run", "key = ?1", params![run])
    }

    pub(super) fn seal(
        &self,
        table: &str,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), StoreError> {
        checksum::seal(&self.connection, table, condition, values)
            .map_err(|error| self.error(error))
    }
}
