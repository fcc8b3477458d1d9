//! Between rows of the file and the model: words, cells, facts.

use rusqlite::{
    Row,
    types::{FromSqlError, Type},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::model::{coverage::Cell, facts::Found, target::Target};

/// A value that the model does not know, in column `index`.
fn unreadable(
    index: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}

/// A column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(index)?.as_str()?).map_err(|error| unreadable(index, error))
}

/// A column that holds a word or an identifier, an empty one for none.
pub(super) fn word<T: DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(index)?.as_str_or_null()?.unwrap_or_default() {
        "" => Ok(None),
        text => named(text)
            .map(Some)
            .map_err(|error| unreadable(index, error)),
    }
}

/// What a word or an identifier stands for.
pub(super) fn named<T: DeserializeOwned>(text: &str) -> Result<T, serde::de::value::Error> {
    T::deserialize(serde::de::value::StrDeserializer::new(text))
}

/// A column that holds a word or an identifier.
pub(super) fn required<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    word(row, index)?.ok_or_else(|| unreadable(index, FromSqlError::InvalidType))
}

/// A value as JSON, for a column.
pub(super) fn to_json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A target, in the first two columns.
pub(super) fn target(row: &Row<'_>) -> rusqlite::Result<Target> {
    Ok(Target {
        account_id: required(row, 0)?,
        region: required(row, 1)?,
    })
}

/// A column that holds a number which is never negative.
pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number))
}

/// The columns of [`cell`], in its order; `found` may follow.
pub(super) const CELL: &str = "account_id, region, step, outcome, reason, error_code, message, \
                               request_id, attempts, duration_ms";
/// The column after those of [`CELL`].
pub(super) const AFTER_CELL: usize = 10;

/// A cell.
pub(super) fn cell(row: &Row<'_>) -> rusqlite::Result<Cell> {
    Ok(Cell {
        account_id: word(row, 0)?,
        region: word(row, 1)?,
        step: required(row, 2)?,
        outcome: required(row, 3)?,
        reason: word(row, 4)?,
        error_code: row.get(5)?,
        message: row.get(6)?,
        request_id: row.get(7)?,
        attempts: row.get(8)?,
        duration_ms: count(row, 9)?,
    })
}

/// What a cell found.
pub(super) fn found(row: &Row<'_>, index: usize) -> rusqlite::Result<Found> {
    match row.get_ref(index)?.as_str_or_null()? {
        None => Ok(Found::Nothing),
        Some(_) => json(row, index),
    }
}
