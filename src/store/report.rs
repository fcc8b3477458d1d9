//! The rows of one report, in files of their own beside the run store, and the snapshot of the run
//! that they are made from.
//!
//! The rows are derived data: they are made for one report and gone with it, so that no row of an
//! older program is ever read. The files have no names: they go with the process, however that ends.
//!
//! Rows come Region by Region, and within a Region in the order of their table. Each has a sort key;
//! reading merges the Regions by it. So nothing is ever sorted, and what is held is one row a Region.

use std::{cell::RefCell, cmp::Reverse, collections::BinaryHeap, fmt, io, ops::Range};

use rusqlite::{Connection, Params, Statement, params};

use super::{
    Store, StoreError,
    row_buffer::RowBuffer,
    scratch::Scratch,
    spool::{Spool, SpoolReader},
    stored_row::StoredRow,
};
use crate::{model::id::Region, temporary};

/// A snapshot of the store and the rows of a report.
pub struct ReportRows {
    store: Store,
    addresses: Connection,
    scratch: Scratch,
    tables: Vec<(TableColumns, RefCell<TableFile>)>,
}

/// A table and its columns, in their order.
#[derive(Clone, Copy, Debug)]
pub struct TableColumns {
    /// The name of the table.
    pub table: &'static str,
    /// The names of its columns.
    pub columns: &'static [&'static str],
}

impl fmt::Debug for ReportRows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReportRows").finish_non_exhaustive()
    }
}

/// The rows of a table.
#[derive(Debug)]
struct TableFile {
    spool: Spool,
    /// Where the rows of each Region are, as they came.
    regions: Vec<RegionRows>,
}

/// The rows of one Region, one behind the other.
#[derive(Debug)]
struct RegionRows {
    region: String,
    place: Range<u64>,
    count: u64,
}

/// KiB of the addresses of endpoints that are kept in memory, at most.
const CACHE_KIB: i64 = 1024;

impl Store {
    /// A snapshot of the store, with an empty table for the rows of each of `tables`.
    ///
    /// # Errors
    ///
    /// If the state directory cannot be written.
    pub fn report_rows(&self, tables: &[TableColumns]) -> Result<ReportRows, StoreError> {
        let scratch = self.scratch();
        temporary::sweep(scratch.directory());
        let store = self.snapshot()?;
        let addresses = self.addresses_in(&scratch)?;
        let table = |table: &TableColumns| {
            let spool = scratch.spool()?;
            let regions = Vec::new();
            Ok((*table, RefCell::new(TableFile { spool, regions })))
        };
        let tables = tables
            .iter()
            .map(table)
            .collect::<Result<_, StoreError>>()?;
        Ok(ReportRows {
            store,
            addresses,
            scratch,
            tables,
        })
    }

    /// Makes a database with the table of the addresses of endpoints.
    fn addresses_in(&self, scratch: &Scratch) -> Result<Connection, StoreError> {
        // The directory is locked, not the file: SQLite locks that, and on some file systems one lock would
        // wait for the other.
        let home = temporary::Directory::make_in(scratch.directory());
        let home = home.map_err(|source| scratch.error(source))?;
        let sql = format!(
            "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
             PRAGMA cache_size = -{CACHE_KIB}; BEGIN;
             CREATE TABLE endpoint_address (
                 address TEXT NOT NULL, region TEXT NOT NULL, endpoint TEXT NOT NULL,
                 PRIMARY KEY (address, region, endpoint)
             ) WITHOUT ROWID;"
        );
        let opened = Connection::open(home.path().join("addresses"));
        let made = opened.and_then(|it| it.execute_batch(&sql).map(|()| it));
        // SQLite has it open: from here on it has no name that a killed process could leave.
        made.map_err(|error| self.error(error))
    }
}

impl ReportRows {
    /// The snapshot of the store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Adds a row to a table, behind those of the same Region. Rows that belong to no Region have an
    /// empty one.
    ///
    /// # Errors
    ///
    /// If the row cannot be written, or has others than the columns of its table.
    pub fn add(
        &self,
        table: &'static str,
        region: &str,
        sort_key: &[u8],
        row: &RowBuffer,
    ) -> Result<(), StoreError> {
        let Some((known, file)) = self.table(table) else {
            return Ok(());
        };
        let added = if row.values() == known.columns.len() {
            file.borrow_mut().add(region, sort_key, row.bytes())
        } else {
            Err(io::Error::other("a row has other columns than its table"))
        };
        added.map_err(|source| self.scratch.error(source))
    }

    /// There are few tables: comparing lengths leaves one or two names to compare.
    fn table(&self, name: &str) -> Option<&(TableColumns, RefCell<TableFile>)> {
        self.tables.iter().find(|(it, _)| it.table == name)
    }

    /// Removes the rows of a Region from all tables.
    pub fn remove_region(&self, region: &Region) {
        for (_, table) in &self.tables {
            let mut table = table.borrow_mut();
            table.regions.retain(|it| it.region != region.as_str());
        }
    }

    /// Prepares noting and finding the addresses of endpoints.
    ///
    /// # Errors
    ///
    /// If the database cannot be used.
    pub fn addresses(&self) -> Result<Addresses<'_>, StoreError> {
        let insert = "INSERT OR IGNORE INTO endpoint_address VALUES (?1, ?2, ?3)";
        let find = "SELECT endpoint FROM endpoint_address
                    WHERE address = ?1 AND region <> ?2";
        Ok(Addresses {
            insert: self.statement(insert)?,
            find: self.statement(find)?,
        })
    }

    fn statement(&self, sql: &str) -> Result<Prepared<'_>, StoreError> {
        let statement = self.addresses.prepare(sql);
        Ok(Prepared {
            store: &self.store,
            statement: statement.map_err(|error| self.store.error(error))?,
        })
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> u64 {
        let table = self.table(table);
        table.map_or(0, |(_, file)| {
            file.borrow().regions.iter().map(|rows| rows.count).sum()
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
        take: &mut dyn FnMut(StoredRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.merged(table, None)?.each(take)
    }

    /// Hands the rows of a table that belong to a Region to `take`, in the order of the table.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read, or with the first error of `take`.
    pub fn each_in(
        &self,
        table: &'static str,
        region: &Region,
        take: &mut dyn FnMut(StoredRow<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.merged(table, Some(region))?.each(take)
    }

    /// The rows of a table, in its order: of all Regions, or of one.
    ///
    /// # Errors
    ///
    /// If the rows cannot be read.
    pub fn merged(&self, table: &'static str, region: Option<&Region>) -> io::Result<MergedRows> {
        let mut readers = Vec::new();
        let table = self.table(table);
        if let Some((_, file)) = table {
            let TableFile { spool, regions } = &mut *file.borrow_mut();
            let wanted = |it: &&RegionRows| region.is_none_or(|name| it.region == name.as_str());
            let mut wanted: Vec<_> = regions.iter().filter(wanted).collect();
            wanted.sort_by(|a, b| (&a.region, a.place.start).cmp(&(&b.region, b.place.start)));
            for rows in wanted {
                readers.push(spool.read(rows.place.clone())?);
            }
        }
        MergedRows::new(table.map_or(&[], |(it, _)| it.columns), readers)
    }
}

impl TableFile {
    fn add(&mut self, region: &str, sort_key: &[u8], content: &[u8]) -> io::Result<()> {
        let key_length = u32::try_from(sort_key.len()).map_err(io::Error::other)?;
        let start = self.spool.end();
        self.spool
            .append(&[&key_length.to_le_bytes(), sort_key, content])?;
        let end = self.spool.end();
        match self.regions.last_mut() {
            Some(last) if last.region == region => {
                last.place.end = end;
                last.count += 1;
            }
            _ => self.regions.push(RegionRows {
                region: region.to_owned(),
                place: start..end,
                count: 1,
            }),
        }
        Ok(())
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

/// The rows of all Regions in one order.
#[derive(Debug)]
pub struct MergedRows {
    columns: &'static [&'static str],
    regions: Vec<SpoolReader>,
    /// The sort key of each Region's next row, the least first; of equal ones that of the first Region.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    /// The Region of the row that was returned last, and room for its next key.
    current: Option<(Vec<u8>, usize)>,
}

impl MergedRows {
    fn new(columns: &'static [&'static str], regions: Vec<SpoolReader>) -> io::Result<Self> {
        let mut merged = Self {
            columns,
            heads: BinaryHeap::with_capacity(regions.len()),
            regions,
            current: None,
        };
        for at in 0..merged.regions.len() {
            merged.advance(Vec::new(), at)?;
        }
        Ok(merged)
    }

    /// Steps to the next row of a Region.
    fn advance(&mut self, mut key: Vec<u8>, at: usize) -> io::Result<()> {
        if let Some(reader) = self.regions.get_mut(at)
            && reader.advance()?
        {
            let (sort_key, _) = split(reader.record());
            key.clear();
            key.extend_from_slice(sort_key);
            self.heads.push(Reverse((key, at)));
        }
        Ok(())
    }

    /// The next row; none behind the last.
    ///
    /// # Errors
    ///
    /// If the row cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row is borrowed until the next one is read"
    )]
    pub fn next(&mut self) -> io::Result<Option<StoredRow<'_>>> {
        if let Some((key, at)) = self.current.take() {
            self.advance(key, at)?;
        }
        let Some(Reverse((key, at))) = self.heads.pop() else {
            return Ok(None);
        };
        self.current = Some((key, at));
        let record = self.regions.get(at).map(SpoolReader::record);
        let (_, content) = split(record.unwrap_or_default());
        Ok(Some(StoredRow::new(self.columns, content)))
    }

    fn each(mut self, take: &mut dyn FnMut(StoredRow<'_>) -> io::Result<()>) -> io::Result<()> {
        while let Some(row) = self.next()? {
            take(row)?;
        }
        Ok(())
    }
}

/// The sort key of a row, and its content.
fn split(record: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = record.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let length = u32::from_le_bytes(*length) as usize;
    rest.split_at_checked(length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const VPCS: TableColumns = TableColumns {
        table: "vpcs",
        columns: &["text"],
    };
    const HOSTS: TableColumns = TableColumns {
        table: "hosts",
        ..VPCS
    };

    fn row(text: &str) -> RowBuffer {
        let mut row = RowBuffer::default();
        row.add(text).unwrap();
        row
    }

    fn text(row: StoredRow<'_>) -> String {
        let row: BTreeMap<&str, String> = row.read().unwrap();
        row["text"].clone()
    }

    fn read(rows: &ReportRows, table: &'static str) -> Vec<String> {
        let mut found = Vec::new();
        rows.each(table, &mut |row| {
            found.push(text(row));
            Ok(())
        })
        .unwrap();
        assert_eq!(rows.count(table), found.len() as u64);
        found
    }

    #[test]
    fn rows_of_several_regions_are_read_by_their_keys_and_those_of_one_region_in_their_order() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let rows = store.report_rows(&[VPCS, HOSTS]).unwrap();
        let add = |region, place, key: &str| {
            let content = format!("{key} {region} {place}");
            rows.add("vpcs", region, key.as_bytes(), &row(&content))
                .unwrap();
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
        rows.remove_region(&two.parse().unwrap());
        let rest = ["0 us-east-1 0", "1 ap-south-1 0", "2 ap-south-1 1"];
        assert_eq!(read(&rows, "vpcs"), rest);
        add(two, 7, "1");
        assert_eq!(read(&rows, "vpcs")[2], "1 eu-west-1 7");
        let mut own = rows.merged("vpcs", Some(&two.parse().unwrap())).unwrap();
        assert_eq!(text(own.next().unwrap().unwrap()), "1 eu-west-1 7");
        assert!(own.next().unwrap().is_none());
    }

    #[test]
    fn a_row_with_other_columns_than_its_table_is_not_added() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let rows = store.report_rows(&[VPCS]).unwrap();
        let mut two = row("one");
        two.add("two").unwrap();
        for odd in [two, RowBuffer::default()] {
            rows.add("vpcs", "a", b"", &odd).unwrap_err();
        }
        assert_eq!(rows.count("vpcs"), 0);
    }

    #[test]
    fn the_files_of_the_rows_have_no_name_while_they_are_used() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let rows = store.report_rows(&[VPCS]).unwrap();
        let long = row(&"x".repeat(10_000));
        // More than is kept in memory.
        for _ in 0..1000 {
            rows.add("vpcs", "a", b"", &long).unwrap();
        }
        let names = std::fs::read_dir(home.path()).unwrap();
        let names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        let left = |it: &std::ffi::OsString| it.to_string_lossy().starts_with(".report-rows");
        assert!(!names.iter().any(left), "{names:?}");
        assert_eq!(read(&rows, "vpcs").len(), 1000);
    }
}
