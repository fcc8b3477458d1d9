//! The rows of a run in one of its tables, in the order of their places, each checked against its
//! checksum before anything of it is used.

use std::{path::PathBuf, str::FromStr};

use rusqlite::{params, types::ValueRef};
use serde::de::DeserializeOwned;
use strum::VariantArray;

use super::{Store, StoreError, checksum::Columns, damaged, rows, verify::TableDigest};
use crate::model::id::{AccountId, Region};

/// Columns that a table of cells or parts may have at most.
const MOST_COLUMNS: usize = 24;

impl Store {
    /// Hands the rows of a run in a table to `take`, and returns what stands for all of them.
    pub(super) fn each_sound_row<E: From<StoreError>>(
        &self,
        table: &'static str,
        order: &str,
        run: i64,
        mut take: impl FnMut(&SoundRow<'_>) -> Result<(), E>,
    ) -> Result<TableDigest, E> {
        let failed = |error| E::from(self.error(error));
        let sql = format!("SELECT * FROM {table} WHERE run = ?1 ORDER BY {order}");
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let names: Vec<_> = statement.column_names().collect();
        let mut positions: Positions = Positions::default();
        for (at, column) in positions.iter_mut().zip(Column::VARIANTS) {
            let wanted: &str = column.into();
            *at = names.iter().position(|it| *it == wanted);
        }
        let columns = Columns::named(names.iter().copied());
        let mut digest = TableDigest::of(table);
        let mut found = statement.query(params![run]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let mut values = [ValueRef::Null; MOST_COLUMNS];
            let sum = columns.read(row, &mut values).map_err(failed)?;
            let Some(sum) = sum else {
                return Err(damaged(&self.file, &"a row is not as it was written").into());
            };
            digest.add(Some(sum));
            take(&SoundRow {
                positions: &positions,
                values: &values,
                file: &self.file,
            })?;
        }
        Ok(digest)
    }
}

/// The columns that are read here.
#[derive(Clone, Copy, Debug, strum::IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Column {
    AccountId,
    Region,
    Step,
    Name,
    Outcome,
    Reason,
    ErrorCode,
    Message,
    RequestId,
    Attempts,
    DurationMs,
    Found,
    Content,
}

/// Where a table has each [`Column`].
type Positions = [Option<usize>; Column::VARIANTS.len()];

/// A row that is as it was written.
pub(super) struct SoundRow<'r> {
    positions: &'r Positions,
    values: &'r [ValueRef<'r>],
    file: &'r PathBuf,
}

impl<'r> SoundRow<'r> {
    fn value(&self, column: Column) -> ValueRef<'r> {
        let at = self.positions.get(column as usize).copied().flatten();
        let value = at.and_then(|at| self.values.get(at));
        value.copied().unwrap_or(ValueRef::Null)
    }

    pub(super) fn text(&self, column: Column) -> Result<Option<&'r str>, StoreError> {
        let text = self.value(column).as_str_or_null();
        text.map_err(|error| damaged(self.file, &error))
    }

    pub(super) fn count(&self, column: Column) -> Result<u64, StoreError> {
        let number = self.value(column).as_i64();
        let number = number.map_err(|error| damaged(self.file, &error))?;
        u64::try_from(number).map_err(|error| damaged(self.file, &error))
    }

    pub(super) fn word<T: DeserializeOwned>(&self, column: Column) -> Result<T, StoreError> {
        let text = self.text(column)?.unwrap_or_default();
        rows::named(text).map_err(|error| damaged(self.file, &error))
    }

    /// An identifier; none if it is empty.
    fn id<T: FromStr<Err: std::fmt::Display>>(
        &self,
        column: Column,
    ) -> Result<Option<T>, StoreError> {
        match self.text(column)?.unwrap_or_default() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|error| damaged(self.file, &error)),
        }
    }
}

/// Where the row at hand is.
#[derive(Default)]
pub(super) struct Place {
    pub(super) account: Option<AccountId>,
    pub(super) region: Option<Region>,
    step: String,
    pub(super) name: String,
}

impl Place {
    /// Moves to the place of a row, which has to be behind the one before.
    pub(super) fn advance(&mut self, row: &SoundRow<'_>) -> Result<(), StoreError> {
        let columns = [
            Column::AccountId,
            Column::Region,
            Column::Step,
            Column::Name,
        ];
        let mut next = [""; 4];
        for (text, column) in next.iter_mut().zip(columns) {
            *text = row.text(column)?.unwrap_or_default();
        }
        let account = self.account.as_ref().map_or("", AccountId::as_str);
        let region = self.region.as_ref().map_or("", Region::as_str);
        if next <= [account, region, &self.step, &self.name] {
            return Err(damaged(row.file, &"rows are not in their order"));
        }
        let [new_account, new_region, step, name] = next;
        // Most are where the one before is.
        let elsewhere = [account != new_account, region != new_region];
        if elsewhere != [false, false] {
            self.account = row.id(Column::AccountId)?;
            self.region = row.id(Column::Region)?;
        }
        for (text, next) in [(&mut self.step, step), (&mut self.name, name)] {
            text.clear();
            text.push_str(next);
        }
        Ok(())
    }
}
