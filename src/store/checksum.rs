//! A checksum in every stored row, so that what a disk or a copy has changed is never reported.
//!
//! It covers every column that has a value, by name, so that columns which later versions add
//! change nothing in the rows of earlier ones. A change inside one word of eight bytes, such as a
//! single bit, always changes the checksum; larger damage goes undetected once in 2^64.

use rusqlite::{Connection, Params, Row, params, types::ValueRef};

/// The column that holds it.
pub(super) const COLUMN: &str = "checksum";

/// The tables that have it.
pub(super) const TABLES: [&str; 5] = ["run", "cell", "part", "logging_run", "logging_item"];

/// An odd number with bits everywhere: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The checksum of columns, in whichever order they come.
pub(super) fn of<'v>(columns: impl IntoIterator<Item = (&'v str, ValueRef<'v>)>) -> i64 {
    let parts = columns.into_iter();
    let parts = parts.map(|(name, value)| part(of_name(name), value));
    parts.fold(0, u64::wrapping_add).cast_signed()
}

fn of_name(name: &str) -> u64 {
    absorb(MULTIPLIER, name.as_bytes())
}

/// What the value of a column whose name has this hash adds.
fn part(name: u64, value: ValueRef<'_>) -> u64 {
    let hash = absorb(name, &[kind(value)]);
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(number) => absorb(hash, &number.to_le_bytes()),
        ValueRef::Real(number) => absorb(hash, &number.to_bits().to_le_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => absorb(hash, bytes),
    }
}

fn kind(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) => 1,
        ValueRef::Real(_) => 2,
        ValueRef::Text(_) => 3,
        ValueRef::Blob(_) => 4,
    }
}

/// Each step keeps different hashes different, so that one changed word cannot cancel out.
fn absorb(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words
        .iter()
        .fold(hash, |hash, word| step(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    for (into, byte) in last.iter_mut().zip(rest) {
        *into = *byte;
    }
    let hash = step(hash, u64::from_le_bytes(last));
    step(hash, bytes.len() as u64)
}

/// Whether a row, read with all its columns, is as it was written.
pub(super) fn is_sound(row: &Row<'_>) -> rusqlite::Result<bool> {
    Columns::of(row).are_sound(row)
}

/// The columns of a query that reads all those of a table, for its rows one after the other.
#[derive(Debug)]
pub(super) struct Columns(Vec<Column>);

#[derive(Debug)]
enum Column {
    /// The checksum.
    Checksum,
    /// Named by the queries of this room, and no column of a table.
    Row,
    /// A column of the table, by the hash of its name.
    Of(u64),
}

impl Columns {
    pub(super) fn of(row: &Row<'_>) -> Self {
        Self::named(row.as_ref().column_names())
    }

    /// Those with these names.
    pub(super) fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let columns = names.into_iter().map(|name| match name {
            COLUMN => Column::Checksum,
            ROW => Column::Row,
            _ => Column::Of(of_name(name)),
        });
        Self(columns.collect())
    }

    /// Reads the columns of a row into `values`, and returns its checksum if the row is as it was written.
    pub(super) fn read<'r>(
        &self,
        row: &'r Row<'_>,
        values: &mut [ValueRef<'r>],
    ) -> rusqlite::Result<Option<i64>> {
        if self.0.len() > values.len() {
            return Err(rusqlite::Error::InvalidColumnIndex(values.len()));
        }
        let mut stored = None;
        let mut sum = 0_u64;
        for ((index, column), place) in self.0.iter().enumerate().zip(values) {
            let value = row.get_ref(index)?;
            match column {
                Column::Checksum => stored = value.as_i64_or_null().ok().flatten(),
                Column::Row => {}
                Column::Of(name) => sum = sum.wrapping_add(part(*name, value)),
            }
            *place = value;
        }
        Ok(stored.filter(|stored| *stored == sum.cast_signed()))
    }

    /// Whether a row of the query is as it was written.
    pub(super) fn are_sound(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let mut stored = None;
        let mut sum = 0_u64;
        for (index, column) in self.0.iter().enumerate() {
            match column {
                Column::Checksum => {
                    stored = row.get_ref(index)?.as_i64_or_null().ok().flatten();
                }
                Column::Row => {}
                Column::Of(name) => sum = sum.wrapping_add(part(*name, row.get_ref(index)?)),
            }
        }
        Ok(stored == Some(sum.cast_signed()))
    }
}

/// How queries name the number of a row, which is not part of its checksum.
pub(super) const ROW: &str = "row_number";

/// Computes the checksums of the rows of a table that a condition selects.
pub(super) fn seal(
    connection: &Connection,
    table: &str,
    condition: &str,
    values: impl Params,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT rowid AS {ROW}, * FROM {table} WHERE {condition}");
    let mut sealed: Vec<(i64, i64)> = Vec::new();
    {
        let mut statement = connection.prepare(&sql)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut found = statement.query(values)?;
        while let Some(row) = found.next()? {
            let mut columns = Vec::with_capacity(names.len());
            for (index, name) in names.iter().enumerate().skip(1) {
                if name != COLUMN {
                    columns.push((name.as_str(), row.get_ref(index)?));
                }
            }
            sealed.push((row.get(0)?, of(columns)));
        }
    }
    let mut update = connection.prepare(&format!(
        "UPDATE {table} SET {COLUMN} = ?2 WHERE rowid = ?1"
    ))?;
    for (row, checksum) in sealed {
        update.execute(params![row, checksum])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_that_are_added_without_a_value_change_nothing() {
        let old = [("a", ValueRef::Integer(1)), ("b", ValueRef::Text(b"x"))];
        let new = [
            ("b", ValueRef::Text(b"x")),
            ("later", ValueRef::Null),
            ("a", ValueRef::Integer(1)),
        ];
        assert_eq!(of(old), of(new));
        assert_ne!(
            of(old),
            of([("a", ValueRef::Integer(1)), ("b", ValueRef::Blob(b"x"))])
        );
        assert_ne!(
            of(old),
            of([("b", ValueRef::Integer(1)), ("a", ValueRef::Text(b"x"))])
        );
    }

    proptest! {
        #[test]
        fn every_changed_bit_changes_the_checksum(
            mut bytes in prop::collection::vec(any::<u8>(), 1..100),
            at in any::<prop::sample::Index>(),
            bit in 0_u32..8,
        ) {
            let before = of([("a", ValueRef::Text(&bytes))]);
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert_ne!(before, of([("a", ValueRef::Text(&bytes))]));
        }
    }
}
