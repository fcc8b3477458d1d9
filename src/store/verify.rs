//! Checking that a run is stored as it was written, and dropping what is not.
//!
//! Opening the file checks its pages; this checks its rows (by their checksums), its indexes, and
//! that no row of a finished run is missing (by the [`digest`] kept with the run).

use rusqlite::{Connection, Row, params};

use super::{
    Record, Store, StoreError,
    checksum::{self, Columns},
    damaged,
};
use crate::model::text::printable;

/// The tables that hold what a run found, in the order of the digest.
const CONTENTS: [&str; 2] = ["cell", "part"];

/// Damaged rows that an error names one by one.
const NAMED: usize = 3;

/// A row that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DamagedRow {
    table: &'static str,
    row: i64,
    /// Where it belongs, as far as that can still be read.
    place: String,
}

/// What is wrong with a run.
#[derive(Debug, Default)]
struct Findings {
    rows: Vec<DamagedRow>,
    /// What SQLite finds wrong in the indexes.
    index: Option<String>,
    /// Whether the rows are others than those that the run was finished with.
    incomplete: bool,
}

impl Findings {
    fn describe(&self) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.rows.iter().take(NAMED).map(|it| it.place.clone()));
        if self.rows.len() > NAMED {
            parts.push(format!("{} more", self.rows.len() - NAMED));
        }
        if self.incomplete && self.rows.is_empty() {
            parts.push("rows are missing or new".to_owned());
        }
        if let Some(index) = self.index.as_ref().filter(|_| parts.is_empty()) {
            parts.push(format!("an index is wrong ({})", printable(index)));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl Store {
    /// Checks every row of a run.
    ///
    /// # Errors
    ///
    /// [`StoreError::DamagedRun`] with the cells whose rows are damaged.
    pub fn verify(&self, record: &Record) -> Result<(), StoreError> {
        match self.findings(record)?.describe() {
            None => Ok(()),
            Some(detail) => Err(StoreError::DamagedRun {
                path: self.file.clone(),
                id: record.run.id.clone(),
                detail,
                flags: self.flags.clone(),
            }),
        }
    }

    /// Drops the damaged rows of a run, so that they are read from AWS again. Returns what they
    /// were, if there are any.
    ///
    /// # Errors
    ///
    /// If the store cannot be read or written.
    pub fn drop_damaged(&self, record: &Record) -> Result<Option<String>, StoreError> {
        let mut findings = self.findings(record)?;
        let Some(detail) = findings.describe() else {
            return Ok(None);
        };
        if findings.index.take().is_some() {
            self.change("REINDEX", params![])?;
        }
        self.in_transaction(|| {
            for damaged in &findings.rows {
                let sql = format!("DELETE FROM {} WHERE rowid = ?1", damaged.table);
                self.change(&sql, params![damaged.row])?;
            }
            self.change_run(record.key, "contents = NULL", params![record.key])
        })?;
        Ok(Some(detail))
    }

    fn findings(&self, record: &Record) -> Result<Findings, StoreError> {
        let mut findings = Findings::default();
        let mut digests = Vec::with_capacity(CONTENTS.len());
        for table in CONTENTS {
            digests.push(self.damaged_rows(table, record.key, &mut findings.rows)?);
            if findings.index.is_none() {
                findings.index = self.index_damage(table)?;
            }
        }
        if let Some(contents) = &record.contents {
            findings.incomplete = written(&digests) != *contents;
        }
        Ok(findings)
    }

    /// Adds the damaged rows of a table, and returns what stands for all its rows.
    fn damaged_rows(
        &self,
        table: &'static str,
        run: i64,
        damaged: &mut Vec<DamagedRow>,
    ) -> Result<TableDigest, StoreError> {
        let mut digest = TableDigest::of(table);
        let mut columns = None;
        // Not by an index: one that is damaged would hide rows.
        let sql = format!(
            "SELECT rowid AS {}, * FROM {table} NOT INDEXED WHERE run = ?1",
            checksum::ROW
        );
        self.each(&sql, params![run], |row| {
            let sum = row.get_ref(checksum::COLUMN)?;
            digest.add(sum.as_i64_or_null().ok().flatten());
            let columns = columns.get_or_insert_with(|| Columns::of(row));
            if !columns.are_sound(row)? {
                damaged.push(DamagedRow {
                    table,
                    row: row.get(0)?,
                    place: place(row),
                });
            }
            Ok(())
        })?;
        Ok(digest)
    }

    /// What SQLite finds wrong in a table and its indexes.
    pub(super) fn index_damage(&self, table: &str) -> Result<Option<String>, StoreError> {
        let mut verdict = None;
        self.each(&format!("PRAGMA integrity_check({table})"), [], |row| {
            let line: String = row.get(0)?;
            if line != "ok" && verdict.is_none() {
                verdict = Some(line);
            }
            Ok(())
        })?;
        Ok(verdict)
    }

    /// Checks every row of a table that belongs to no run of a scan.
    pub(super) fn verify_table(&self, table: &str) -> Result<(), StoreError> {
        if let Some(verdict) = self.index_damage(table)? {
            return Err(damaged(&self.file, &verdict));
        }
        let mut number = 0_u64;
        let mut odd = None;
        self.each(&format!("SELECT * FROM {table} NOT INDEXED"), [], |row| {
            number += 1;
            if !checksum::is_sound(row)? && odd.is_none() {
                odd = Some(number);
            }
            Ok(())
        })?;
        match odd {
            None => Ok(()),
            Some(number) => Err(damaged(
                &self.file,
                &format!("row {number} of {table} is not as it was written"),
            )),
        }
    }
}

/// Where a row belongs, from columns that may be damaged themselves.
fn place(row: &Row<'_>) -> String {
    let text = |name: &str| {
        let value = row.get_ref(name).ok()?;
        let text = String::from_utf8_lossy(value.as_bytes().ok()?).into_owned();
        (!text.is_empty()).then(|| printable(&text))
    };
    let mut place = text("step").unwrap_or_else(|| "a step".to_owned());
    for (before, name) in [
        (" of ", "name"),
        (" of account ", "account_id"),
        (" in ", "region"),
    ] {
        if let Some(text) = text(name) {
            place.push_str(before);
            place.push_str(&text);
        }
    }
    place
}

/// Stands for the rows of a run in a table: how many there are, and their checksums taken together.
#[derive(Debug)]
pub(super) struct TableDigest {
    table: &'static str,
    rows: u64,
    together: i64,
}

impl TableDigest {
    pub(super) fn of(table: &'static str) -> Self {
        Self {
            table,
            rows: 0,
            together: 0,
        }
    }

    pub(super) fn add(&mut self, checksum: Option<i64>) {
        self.rows += 1;
        self.together = self.together.wrapping_add(checksum.unwrap_or_default());
    }
}

/// The digests of all tables, as they are kept with the run.
pub(super) fn written(digests: &[TableDigest]) -> String {
    let each = digests
        .iter()
        .map(|it| format!("{} {} {:016x}", it.table, it.rows, it.together));
    each.collect::<Vec<_>>().join(", ")
}

/// Stands for all rows of a run.
pub(super) fn digest(connection: &Connection, run: i64) -> rusqlite::Result<String> {
    let mut digests = Vec::with_capacity(CONTENTS.len());
    for table in CONTENTS {
        let sql = format!(
            "SELECT {} FROM {table} NOT INDEXED WHERE run = ?1",
            checksum::COLUMN
        );
        let mut digest = TableDigest::of(table);
        let mut statement = connection.prepare(&sql)?;
        let mut found = statement.query(params![run])?;
        while let Some(row) = found.next()? {
            digest.add(row.get(0)?);
        }
        digests.push(digest);
    }
    Ok(written(&digests))
}

/// A row of `run` that is not as it was written.
#[derive(Debug)]
pub(super) struct DamagedRecord {
    pub(super) key: i64,
    /// The id of the run, as far as it can be read.
    pub(super) id: String,
}

/// Checks a row with all columns of `run`.
pub(super) fn damaged_record(row: &Row<'_>) -> rusqlite::Result<Option<DamagedRecord>> {
    if checksum::is_sound(row)? {
        return Ok(None);
    }
    let id: String = row.get("id").unwrap_or_default();
    Ok(Some(DamagedRecord {
        key: row.get("key")?,
        id: printable(&id),
    }))
}
