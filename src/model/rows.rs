//! The rows of a table that may be too many to be held: they are made again whenever they are asked
//! for, one at a time.

use std::{borrow::Cow, fmt, io, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    ser::{Error, SerializeSeq},
};

/// Hands every row to a function, in the order of the table; ends with the function's first error.
type Source<T> = dyn Fn(&mut dyn FnMut(&T) -> io::Result<()>) -> io::Result<()> + Send + Sync;

/// The rows of a table. For what reads and writes JSON, they are a list.
pub struct Rows<T>(Arc<Source<T>>);

impl<T> Rows<T> {
    /// The rows that `source` hands over, the same ones each time it is called.
    pub fn made_by(
        source: impl Fn(&mut dyn FnMut(&T) -> io::Result<()>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(source))
    }

    /// Hands every row to `take`.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or with the first error of `take`.
    pub fn each(&self, mut take: impl FnMut(&T) -> io::Result<()>) -> io::Result<()> {
        (self.0)(&mut take)
    }
}

impl<T: Clone> Rows<T> {
    /// Every row, held.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    pub fn collect(&self) -> io::Result<Vec<T>> {
        let mut all = Vec::new();
        self.each(|row| {
            all.push(row.clone());
            Ok(())
        })?;
        Ok(all)
    }

    /// The first rows that fit, so many at most; those after them are not made.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    pub fn first(&self, count: usize, fits: impl Fn(&T) -> bool) -> io::Result<Vec<T>> {
        let mut found = Vec::new();
        let read = self.each(|row| {
            if found.len() == count {
                return Err(io::ErrorKind::Other.into());
            }
            if fits(row) {
                found.push(row.clone());
            }
            Ok(())
        });
        // That there are enough is no error of the source.
        if found.len() < count {
            read?;
        }
        Ok(found)
    }
}

impl<T: Send + Sync + 'static> From<Vec<T>> for Rows<T> {
    fn from(rows: Vec<T>) -> Self {
        Self::made_by(move |take| rows.iter().try_for_each(take))
    }
}

impl<T: Send + Sync + 'static> Default for Rows<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Rows<T> {
    /// Without the rows.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl<T: Serialize> Serialize for Rows<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut refused = None;
        let made = self.each(|row| {
            list.serialize_element(row).map_err(|error| {
                refused = Some(error);
                io::ErrorKind::Other.into()
            })
        });
        match (refused, made) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

impl<'de, T: Deserialize<'de> + Send + Sync + 'static> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl<T: JsonSchema> JsonSchema for Rows<T> {
    fn inline_schema() -> bool {
        Vec::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_a_list_is_and_made_anew_each_time() {
        for held in [vec![], vec![1], vec![1, 2, 3]] {
            let rows = Rows::from(held.clone());
            for _ in 0..2 {
                assert_eq!(
                    serde_json::to_string_pretty(&rows).unwrap(),
                    serde_json::to_string_pretty(&held).unwrap()
                );
            }
        }
    }

    #[test]
    fn a_source_that_cannot_be_read_is_told_by_whatever_writes_it() {
        let rows = Rows::<u8>::made_by(|take| {
            take(&1)?;
            Err(io::Error::other("the disk is gone"))
        });
        let error = serde_json::to_string(&rows).unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }

    #[test]
    fn what_the_taker_refuses_ends_the_rows() {
        let rows = Rows::from(vec![1, 2, 3]);
        let mut taken = Vec::new();
        let ended = rows.each(|row| {
            taken.push(*row);
            Err(io::Error::other("full"))
        });
        assert!(ended.is_err());
        assert_eq!(taken, [1]);
    }

    #[test]
    fn the_first_that_fit_are_found_and_an_error_before_them_is_told() {
        let rows = Rows::from(vec![1, 2, 3, 4, 5]);
        let even = |row: &i32| row % 2 == 0;
        assert_eq!(rows.first(1, even).unwrap(), [2]);
        assert_eq!(rows.first(9, even).unwrap(), [2, 4]);
        assert_eq!(rows.collect().unwrap(), [1, 2, 3, 4, 5]);
        let broken = Rows::<i32>::made_by(|take| {
            take(&2)?;
            Err(io::Error::other("the disk is gone"))
        });
        assert_eq!(broken.first(1, even).unwrap(), [2]);
        assert!(broken.first(2, even).is_err());
    }
}
