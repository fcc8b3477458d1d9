//! The records of runs: what each is stored with, read back and checked.

use rusqlite::{Row, params};

use super::{
    Store, StoreError, damaged, rows, settings,
    verify::{self, DamagedRecord},
};
use crate::model::{
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
    /// Stands for the rows of the run as they were when it finished.
    pub(super) contents: Option<String>,
}

/// The record in a row with all columns of `run`.
fn record(row: &Row<'_>) -> rusqlite::Result<Result<Record, DamagedRecord>> {
    if let Some(damaged) = verify::damaged_record(row)? {
        return Ok(Err(damaged));
    }
    let index = |name: &str| row.as_ref().column_index(name);
    let started_at = rows::required(row, index("started_at")?)?;
    let finished_at = rows::word(row, index("finished_at")?)?;
    let settings: String = row.get("settings")?;
    Ok(Ok(Record {
        key: row.get("key")?,
        run: Run {
            id: row.get("id")?,
            started_at,
            finished_at: finished_at.unwrap_or(started_at),
            window_start: rows::required(row, index("window_start")?)?,
            window_end: rows::required(row, index("window_end")?)?,
            arguments: rows::json(row, index("arguments")?)?,
            shard: settings::shard(&settings),
        },
        finished: finished_at.is_some(),
        settled: row.get("settled")?,
        settings,
        caller: rows::word(row, index("caller")?)?,
        contents: row.get("contents")?,
    }))
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
    /// A run by its id.
    pub fn run(&self, id: &str) -> Result<Record, StoreError> {
        let mut found = self.records_where("id = ?1", params![id])?;
        match found.pop() {
            Some(Ok(record)) => Ok(record),
            Some(Err(damaged)) => Err(self.damaged_record(damaged)),
            None => Err(StoreError::NoSuchRun {
                id: id.to_owned(),
                flags: self.flags.clone(),
                path: self.file.clone(),
            }),
        }
    }

    /// All records, the latest first.
    pub(super) fn records(&self) -> Result<Vec<Result<Record, DamagedRecord>>, StoreError> {
        self.records_where("?1 = '' ORDER BY started_at DESC, key DESC", params![""])
    }

    fn records_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Result<Record, DamagedRecord>>, StoreError> {
        let sql = format!("SELECT * FROM run WHERE {condition}");
        let mut records = Vec::new();
        self.each(&sql, values, |row| {
            records.push(record(row)?);
            Ok(())
        })?;
        let named = |record| match record {
            Ok(record) => self.named(record).map(Ok),
            Err(damaged) => Ok(Err(damaged)),
        };
        records.into_iter().map(named).collect()
    }

    pub(super) fn damaged_record(&self, damaged: DamagedRecord) -> StoreError {
        StoreError::DamagedRecord {
            path: self.file.clone(),
            id: damaged.id,
            flags: self.flags.clone(),
        }
    }

    /// The record, if its id can be the name of a file.
    fn named(&self, record: Record) -> Result<Record, StoreError> {
        let letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
        if record.run.id.is_empty() || !record.run.id.bytes().all(letter) {
            return Err(damaged(&self.file, &"a run with an unusable id"));
        }
        Ok(record)
    }
}
