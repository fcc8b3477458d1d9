//! The rows of one report, in a database of its own beside the run store, and the snapshot of the run
//! that they are made from.
//!
//! The rows are derived data: they are made for one report and gone with it, so that no row of an
//! older program is ever read. The file is in the state directory, where there is room for the facts
//! already, and has no name any more once it is open: it goes with the process, however that ends.
//!
//! Rows come Region by Region, and within a Region in the order of their table. Each has a sort key;
//! reading merges the Regions by it. So nothing is ever sorted, and what is held is one row a Region.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fmt::{self, Write as _},
    fs, io,
};

use rusqlite::{
    Params, Rows, Statement, fallible_streaming_iterator::FallibleStreamingIterator, params,
};

use super::{Store, StoreError};
use crate::model::id::Region;

/// A snapshot of the store and the rows of a report.
pub struct ReportRows {
    store: Store,
    tables: Vec<&'static str>,
}

impl fmt::Debug for ReportRows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReportRows").finish_non_exhaustive()
    }
}

/// KiB of the rows that are kept in memory, at most.
const CACHE_KIB: i64 = 2048;

impl Store {
    /// A snapshot of the store, with an empty table for the rows of each of `tables`. The names of
    /// tables are the program's own.
    ///
    /// # Errors
    ///
    /// If the state directory cannot be written.
    pub fn report_rows(&self, tables: &[&'static str]) -> Result<ReportRows, StoreError> {
        let directory = |source: io::Error| StoreError::Directory {
            path: self.directory.clone(),
            source,
        };
        let file = tempfile::Builder::new()
            .prefix(".report-rows-")
            .tempfile_in(&self.directory)
            .map_err(directory)?;
        let store = self.another()?;
        let path = file.path().to_string_lossy();
        let mut sql = format!(
            "PRAGMA report.journal_mode = MEMORY; PRAGMA report.synchronous = OFF;
             PRAGMA report.cache_size = -{CACHE_KIB}; BEGIN;
             CREATE TABLE report.endpoint_address (
                 address TEXT NOT NULL, region TEXT NOT NULL, endpoint TEXT NOT NULL,
                 PRIMARY KEY (address, region, endpoint)
             ) WITHOUT ROWID;"
        );
        for table in tables {
            // Writing to a String cannot fail.
            let _ = write!(
                sql,
                "CREATE TABLE report.{table} (
                     region TEXT NOT NULL, place INTEGER NOT NULL, sort_key BLOB NOT NULL,
                     content TEXT NOT NULL, PRIMARY KEY (region, place)
                 ) WITHOUT ROWID;"
            );
        }
        store
            .connection
            .execute("ATTACH ?1 AS report", [&path])
            .and_then(|_| store.connection.execute_batch(&sql))
            .map_err(|error| store.error(error))?;
        // SQLite has it open: from here on it has no name that a killed process could leave.
        fs::remove_file(file.path()).map_err(directory)?;
        Ok(ReportRows {
            store,
            tables: tables.to_vec(),
        })
    }
}

impl ReportRows {
    /// The snapshot of the store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Prepares writing a table.
    ///
    /// # Errors
    ///
    /// If there is no such table.
    pub fn writer(&self, table: &'static str) -> Result<RowWriter<'_>, StoreError> {
        let sql = format!("INSERT INTO report.{table} VALUES (?1, ?2, ?3, ?4)");
        self.statement(&sql).map(RowWriter)
    }

    /// Removes the rows of a Region from all tables.
    ///
    /// # Errors
    ///
    /// If the rows cannot be written.
    pub fn remove_region(&self, region: &Region) -> Result<(), StoreError> {
        for table in &self.tables {
            let sql = format!("DELETE FROM report.{table} WHERE region = ?1");
            self.store.change(&sql, params![region.as_str()])?;
        }
        Ok(())
    }

    /// Prepares noting and finding the addresses of endpoints.
    ///
    /// # Errors
    ///
    /// If the database cannot be used.
    pub fn addresses(&self) -> Result<Addresses<'_>, StoreError> {
        let insert = "INSERT OR IGNORE INTO report.endpoint_address VALUES (?1, ?2, ?3)";
        let find = "SELECT endpoint FROM report.endpoint_address
                    WHERE address = ?1 AND region <> ?2";
        Ok(Addresses {
            insert: self.statement(insert)?,
            find: self.statement(find)?,
        })
    }

    fn statement(&self, sql: &str) -> Result<Prepared<'_>, StoreError> {
        let statement = self.store.connection.prepare(sql);
        Ok(Prepared {
            store: &self.store,
            statement: statement.map_err(|error| self.store.error(error))?,
        })
    }

    /// Hands the rows of a table to `take`, in the order of the table.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read, or with the first error of `take`.
    pub fn each(
        &self,
        table: &'static str,
        take: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut rows = self.prepare(table).map_err(io::Error::other)?;
        let mut rows = rows.merge().map_err(io::Error::other)?;
        while let Some(row) = rows.next().map_err(io::Error::other)? {
            take(row)?;
        }
        Ok(())
    }

    /// Prepares reading a table, row by row.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read.
    pub fn prepare(&self, table: &'static str) -> Result<TableRows<'_>, StoreError> {
        let mut regions = Vec::new();
        // One look at the index a Region.
        let first = format!("SELECT min(region) FROM report.{table} WHERE region > ?1");
        let any = format!("SELECT min(region) FROM report.{table}");
        let connection = &self.store.connection;
        let all = || {
            let mut last: Option<String> = connection.query_one(&any, [], |row| row.get(0))?;
            let mut next = connection.prepare(&first)?;
            while let Some(region) = last {
                last = next.query_one([&region], |row| row.get(0))?;
                regions.push(region);
            }
            let sql = format!(
                "SELECT sort_key, content FROM report.{table} WHERE region = ?1 ORDER BY place"
            );
            let statements = regions.iter().map(|_| connection.prepare(&sql));
            statements.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut all = all;
        let statements = all().map_err(|error| self.store.error(error))?;
        Ok(TableRows {
            store: &self.store,
            regions,
            statements,
        })
    }
}

/// A statement and the store that its errors are about.
struct Prepared<'r> {
    store: &'r Store,
    statement: Statement<'r>,
}

impl Prepared<'_> {
    fn execute(&mut self, values: impl Params) -> Result<(), StoreError> {
        let done = self.statement.execute(values).map(drop);
        done.map_err(|error| self.store.error(error))
    }
}

/// Writes the rows of a table.
pub struct RowWriter<'r>(Prepared<'r>);

impl fmt::Debug for RowWriter<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RowWriter").finish_non_exhaustive()
    }
}

impl RowWriter<'_> {
    /// Adds a row behind those of the same Region: `place` counts them. Rows that belong to no Region
    /// have an empty one.
    ///
    /// # Errors
    ///
    /// If the row cannot be written.
    pub fn add(
        &mut self,
        region: &str,
        place: u64,
        sort_key: &[u8],
        content: &str,
    ) -> Result<(), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.0.execute(params![region, place, sort_key, content])
    }
}

/// Addresses of endpoints, by Region.
pub struct Addresses<'r> {
    insert: Prepared<'r>,
    find: Prepared<'r>,
}

impl fmt::Debug for Addresses<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Addresses").finish_non_exhaustive()
    }
}

impl Addresses<'_> {
    /// Notes an endpoint of a Region at an address, JSON.
    ///
    /// # Errors
    ///
    /// If the address cannot be written.
    pub fn add(
        &mut self,
        address: &str,
        region: &Region,
        endpoint: &str,
    ) -> Result<(), StoreError> {
        self.insert
            .execute(params![address, region.as_str(), endpoint])
    }

    /// Hands the endpoints at an address that are in another Region than this one to `take`, JSON.
    ///
    /// # Errors
    ///
    /// If the addresses cannot be read.
    pub fn each_elsewhere(
        &mut self,
        address: &str,
        region: &Region,
        mut take: impl FnMut(&str),
    ) -> Result<(), StoreError> {
        let store = self.find.store;
        let mut all = || {
            let mut found = self
                .find
                .statement
                .query(params![address, region.as_str()])?;
            while let Some(row) = found.next()? {
                take(row.get_ref(0)?.as_str()?);
            }
            Ok(())
        };
        all().map_err(|error| store.error(error))
    }
}

/// The rows of a table, ready to be read.
pub struct TableRows<'r> {
    store: &'r Store,
    regions: Vec<String>,
    statements: Vec<Statement<'r>>,
}

impl fmt::Debug for TableRows<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TableRows").finish_non_exhaustive()
    }
}

impl TableRows<'_> {
    /// The rows, in the order of the table.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read.
    pub fn merge(&mut self) -> Result<MergedRows<'_>, StoreError> {
        let store = self.store;
        let of_regions = self.statements.iter_mut().zip(&self.regions);
        let regions = of_regions
            .map(|(statement, region)| statement.query([region]))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(|error| store.error(error))?;
        let mut merged = MergedRows {
            store,
            heads: BinaryHeap::with_capacity(regions.len()),
            regions,
            current: None,
        };
        for at in 0..merged.regions.len() {
            merged.advance(at)?;
        }
        Ok(merged)
    }
}

/// The rows of all Regions in one order.
pub struct MergedRows<'r> {
    store: &'r Store,
    regions: Vec<Rows<'r>>,
    /// The sort key of each Region's next row, the least first; of equal ones that of the first Region.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    /// The Region of the row that was returned last.
    current: Option<usize>,
}

impl fmt::Debug for MergedRows<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MergedRows").finish_non_exhaustive()
    }
}

impl MergedRows<'_> {
    /// Steps to the next row of a Region.
    fn advance(&mut self, at: usize) -> Result<(), StoreError> {
        let Some(rows) = self.regions.get_mut(at) else {
            return Ok(());
        };
        let next = rows.next().and_then(|row| {
            let key = row.map(|row| Ok(row.get_ref(0)?.as_blob()?.to_vec()));
            key.transpose()
        });
        if let Some(key) = next.map_err(|error| self.store.error(error))? {
            self.heads.push(Reverse((key, at)));
        }
        Ok(())
    }

    /// The next row, JSON; none behind the last.
    ///
    /// # Errors
    ///
    /// If the row cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row is borrowed until the next one is read"
    )]
    pub fn next(&mut self) -> Result<Option<&str>, StoreError> {
        if let Some(at) = self.current.take() {
            self.advance(at)?;
        }
        let Some(Reverse((_, at))) = self.heads.pop() else {
            return Ok(None);
        };
        self.current = Some(at);
        let row = self.regions.get(at).and_then(|rows| rows.get());
        let text = row.map(|row| Ok(row.get_ref(1)?.as_str()?));
        text.transpose().map_err(|error| self.store.error(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &ReportRows, table: &'static str) -> Vec<String> {
        let mut found = Vec::new();
        rows.each(table, &mut |row| {
            found.push(row.to_owned());
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn rows_of_several_regions_are_read_by_their_keys_and_those_of_one_region_in_their_order() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let rows = store.report_rows(&["vpcs", "hosts"]).unwrap();
        let add = |region, place, key: &str| {
            let content = format!("{key} {region} {place}");
            let mut writer = rows.writer("vpcs").unwrap();
            writer.add(region, place, key.as_bytes(), &content).unwrap();
        };
        let [one, two, three] = ["ap-south-1", "eu-west-1", "us-east-1"];
        add(two, 0, "1");
        add(two, 1, "1");
        add(two, 2, "3");
        add(one, 0, "1");
        add(one, 1, "2");
        add(three, 0, "0");
        let all = [
            "0 us-east-1 0",
            "1 ap-south-1 0",
            "1 eu-west-1 0",
            "1 eu-west-1 1",
            "2 ap-south-1 1",
            "3 eu-west-1 2",
        ];
        assert_eq!(read(&rows, "vpcs"), all);
        assert_eq!(read(&rows, "vpcs"), all, "every reading sees the same");
        assert!(read(&rows, "hosts").is_empty());
        rows.remove_region(&two.parse().unwrap()).unwrap();
        let rest = ["0 us-east-1 0", "1 ap-south-1 0", "2 ap-south-1 1"];
        assert_eq!(read(&rows, "vpcs"), rest);
    }

    #[test]
    fn the_file_of_the_rows_has_no_name_while_it_is_used() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let rows = store.report_rows(&["vpcs"]).unwrap();
        let content = "x".repeat(10_000);
        // More than is kept in memory.
        let mut writer = rows.writer("vpcs").unwrap();
        for place in 0..1000 {
            writer.add("a", place, b"", &content).unwrap();
        }
        let names = fs::read_dir(home.path()).unwrap();
        let names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        let left = |it: &std::ffi::OsString| it.to_string_lossy().starts_with(".report-rows");
        assert!(!names.iter().any(left), "{names:?}");
        assert_eq!(read(&rows, "vpcs").len(), 1000);
    }
}
