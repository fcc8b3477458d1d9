//! Runs: beginning, going on, finishing, listing and forgetting them.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::{RunLock, Store, StoreError, damaged, rows};
use crate::model::{
    coverage::Reason,
    id::AccountId,
    run::{Run, Window},
};

/// A stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key of its rows.
    pub key: i64,
    /// The run; `finished_at` is `started_at` until it has one.
    pub run: Run,
    /// Whether it came to its end, though perhaps with cells that were broken off.
    pub finished: bool,
    /// Whether it came to its end with no cell broken off.
    pub settled: bool,
    /// What it was started with, as its starter wrote it.
    pub settings: String,
    /// The account whose credentials it was started with, once known.
    pub caller: Option<AccountId>,
}

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

const RECORD: &str = "key, id, started_at, finished_at, settled, window_start, window_end, \
                      arguments, settings, caller";

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let started_at = rows::required(row, 2)?;
    let finished_at = rows::word(row, 3)?;
    Ok(Record {
        key: row.get(0)?,
        run: Run {
            id: row.get(1)?,
            started_at,
            finished_at: finished_at.unwrap_or(started_at),
            window_start: rows::required(row, 5)?,
            window_end: rows::required(row, 6)?,
            arguments: rows::json(row, 7)?,
        },
        finished: finished_at.is_some(),
        settled: row.get(4)?,
        settings: row.get(8)?,
        caller: rows::word(row, 9)?,
    })
}

impl Record {
    /// The window of the run.
    pub fn window(&self) -> Window {
        Window {
            start: self.run.window_start,
            end: self.run.window_end,
        }
    }
}

impl Store {
    /// Begins a run. Its id gets a number if another run has it already.
    pub fn begin(&self, run: &Run, settings: &str) -> Result<Active, StoreError> {
        let mut run = run.clone();
        let wanted = run.id.clone();
        for number in 2_u32.. {
            if let Some(lock) = self.lock(&run.id)?
                && let Some(record) = self.insert(&run, settings)?
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

    /// A run by its id.
    pub fn run(&self, id: &str) -> Result<Record, StoreError> {
        self.latest_where("id = ?1", id)?
            .ok_or_else(|| StoreError::NoSuchRun {
                id: id.to_owned(),
                path: self.file.clone(),
            })
    }

    /// The run that was started last; only among the finished or the unsettled ones, if so wanted.
    pub fn latest(&self, wanted: Option<State>) -> Result<Option<Record>, StoreError> {
        let condition = match wanted {
            None => "?1 = ''",
            Some(State::Finished) => "?1 = '' AND finished_at IS NOT NULL",
            Some(State::Interrupted | State::InProgress) => "?1 = '' AND settled = 0",
        };
        self.latest_where(condition, "")
    }

    /// Notes whose credentials the run uses.
    pub fn set_caller(&self, run: i64, caller: &AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE run SET caller = ?2 WHERE key = ?1";
        self.change(sql, params![run, caller.as_str()])
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
        self.together(|| {
            self.change(
                "UPDATE run SET settled = 0, finished_at = NULL WHERE key = ?1",
                params![run],
            )?;
            self.change(
                &format!(
                    "UPDATE cell SET again = 1
                     WHERE run = ?1 AND outcome <> 'complete' AND ({among} {failed})"
                ),
                params![run, reasons],
            )?;
            let sql = format!("UPDATE part SET again = 1 WHERE run = ?1 AND {among}");
            self.change(&sql, params![run, reasons])
        })
    }

    /// Ends a run: what was to be asked again and has no successor is no more. [`Store::settle`]
    /// follows once the reports are there.
    pub fn finish(&self, run: i64, at: jiff::Timestamp) -> Result<(), StoreError> {
        self.together(|| {
            for table in ["cell", "part"] {
                let sql = format!("DELETE FROM {table} WHERE run = ?1 AND again = 1");
                self.change(&sql, params![run])?;
            }
            let sql = "UPDATE run SET finished_at = ?2 WHERE key = ?1";
            self.change(sql, params![run, at.to_string()])
        })
    }

    /// Calls a run done unless cells of it were broken off.
    pub fn settle(&self, run: i64) -> Result<(), StoreError> {
        let reasons = self.reasons(Reason::is_interruption)?;
        let sql = "UPDATE run SET settled = 1 WHERE key = ?1 AND NOT EXISTS (
            SELECT 1 FROM cell WHERE run = ?1 AND reason IN (SELECT value FROM json_each(?2)))";
        self.change(sql, params![run, reasons])
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
        self.records()?
            .into_iter()
            .map(|record| self.listed(record))
            .collect()
    }

    /// Forgets all runs but the latest `keep`; those in progress stay and do not count. Returns
    /// the ids of those that are gone.
    pub fn prune(&self, keep: usize) -> Result<Vec<String>, StoreError> {
        let mut gone = Vec::new();
        let mut kept = 0;
        for record in self.records()? {
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

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        let sql = format!("SELECT {RECORD} FROM run ORDER BY started_at DESC, key DESC");
        let mut records = Vec::new();
        self.each(&sql, params![], |row| {
            records.push(record(row)?);
            Ok(())
        })?;
        records
            .into_iter()
            .map(|record| self.named(record))
            .collect()
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
        let state = match (self.lock(&record.run.id)?, record.settled) {
            (None, _) => State::InProgress,
            (Some(_), true) => State::Finished,
            (Some(_), false) => State::Interrupted,
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
        let arguments = rows::to_json(&run.arguments).map_err(|error| self.told(error))?;
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
            .map_err(|error| self.told(error))?;
        if inserted == 0 {
            return Ok(None);
        }
        self.run(&run.id).map(Some)
    }

    fn latest_where(&self, condition: &str, value: &str) -> Result<Option<Record>, StoreError> {
        let sql = format!(
            "SELECT {RECORD} FROM run WHERE {condition} ORDER BY started_at DESC, key DESC LIMIT 1"
        );
        let found = self
            .connection
            .query_row(&sql, [value], record)
            .optional()
            .map_err(|error| self.told(error))?;
        found.map(|record| self.named(record)).transpose()
    }

    /// The record, if its id can be the name of a file.
    fn named(&self, record: Record) -> Result<Record, StoreError> {
        let letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
        if record.run.id.is_empty() || !record.run.id.bytes().all(letter) {
            return Err(damaged(&self.file, &"a run with an unusable id"));
        }
        Ok(record)
    }

    pub(super) fn lock(&self, id: &str) -> Result<Option<RunLock>, StoreError> {
        RunLock::take(&self.directory, id).map_err(|source| StoreError::Directory {
            path: self.directory.clone(),
            source,
        })
    }

    /// Reasons as a JSON list.
    fn reasons(&self, wanted: impl Fn(Reason) -> bool) -> Result<String, StoreError> {
        let reasons: Vec<Reason> = Reason::ALL.into_iter().filter(|it| wanted(*it)).collect();
        rows::to_json(&reasons).map_err(|error| self.told(error))
    }

    /// All of the changes or none.
    fn together(&self, changes: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(|error| self.told(error))?;
        changes()?;
        transaction.commit().map_err(|error| self.told(error))
    }

    pub(super) fn change(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), StoreError> {
        self.connection
            .execute(sql, values)
            .map(drop)
            .map_err(|error| self.told(error))
    }
}
