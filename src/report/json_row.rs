//! A row as it stands in a report's files: the JSON of an object whose keys are the columns, split into
//! the JSON of its values. The files are written from these without reading numbers, and copying
//! texts only where they have escapes.

use std::{borrow::Cow, io, ops::Range};

use memchr::{memchr, memchr2};

use super::tables::Table;

/// Splits rows of a table, which this process wrote with its columns as keys.
#[derive(Debug)]
pub(super) struct RowSplitter {
    /// The bytes of each key as it stands in a row: `"account_id":`.
    keys: Vec<usize>,
    values: Vec<Range<usize>>,
}

impl RowSplitter {
    pub(super) fn new(table: &Table) -> Self {
        Self::of(table.columns.iter().map(|it| it.name))
    }

    fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self {
            keys: names.map(|name| name.len() + "\"\":".len()).collect(),
            values: Vec::new(),
        }
    }

    /// The values of a row.
    ///
    /// # Errors
    ///
    /// If it has others than the columns.
    pub(super) fn split<'r>(&'r mut self, row: &'r str) -> io::Result<JsonRow<'r>> {
        self.values.clear();
        let bytes = row.as_bytes();
        let mut at = 1;
        for key in &self.keys {
            let start = at + key;
            let ends = [bytes.get(at), bytes.get(start - 1)];
            let rest = bytes
                .get(start..)
                .filter(|_| ends == [Some(&b'"'), Some(&b':')]);
            let Some(length) = rest.and_then(end_of_value) else {
                return Err(io::Error::other("a row has other columns than its table"));
            };
            self.values.push(start..start + length);
            // The comma, or the end of the object.
            at = start + length + 1;
        }
        if at != bytes.len() {
            return Err(io::Error::other("a row has more columns than its table"));
        }
        Ok(JsonRow {
            row,
            values: &self.values,
        })
    }
}

/// A row, split into its values.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonRow<'r> {
    row: &'r str,
    values: &'r [Range<usize>],
}

impl<'r> JsonRow<'r> {
    /// The JSON of each value.
    pub(super) fn values(self) -> impl Iterator<Item = &'r str> {
        let values = self.values.iter();
        values.map(move |it| self.row.get(it.clone()).unwrap_or_default())
    }
}

/// The bytes of the value that a text begins with.
fn end_of_value(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => end_of_text(bytes),
        b'[' => {
            let mut at = 1;
            loop {
                match bytes.get(at)? {
                    b']' => return Some(at + 1),
                    b'"' => at += end_of_text(bytes.get(at..)?)?,
                    _ => at += 1,
                }
            }
        }
        _ => memchr2(b',', b'}', bytes),
    }
}

/// The bytes of the text in quotes that some bytes begin with.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The text of a value in quotes; none of anything else.
pub(super) fn text_of(value: &str) -> io::Result<Option<Cow<'_, str>>> {
    if value.as_bytes().first() != Some(&b'"') {
        return Ok(None);
    }
    let inner = value.get(1..value.len() - 1).unwrap_or_default();
    if memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Some(Cow::Borrowed(inner)));
    }
    Ok(Some(Cow::Owned(serde_json::from_str(value)?)))
}

/// The items of a list; none of anything else.
pub(super) fn items_of(value: &str) -> Option<impl Iterator<Item = &str>> {
    if value.as_bytes().first() != Some(&b'[') {
        return None;
    }
    let mut rest = value.get(1..)?;
    Some(std::iter::from_fn(move || {
        let length = match rest.as_bytes().first()? {
            b'"' => end_of_text(rest.as_bytes())?,
            b']' => return None,
            _ => memchr2(b',', b']', rest.as_bytes())?,
        };
        let (item, behind) = rest.split_at_checked(length)?;
        rest = behind.strip_prefix(',').unwrap_or(behind);
        Some(item)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splitter(keys: &[&str]) -> RowSplitter {
        RowSplitter::of(keys.iter().copied())
    }

    #[test]
    fn a_row_is_split_into_the_json_of_its_values() {
        let row = r#"{"a":null,"b":true,"c":-2.5e-7,"d":"x\"y,}]\\","e":["p]\"",1],"f":[],"g":7}"#;
        let mut splitter = splitter(&["a", "b", "c", "d", "e", "f", "g"]);
        let values: Vec<_> = splitter.split(row).unwrap().values().collect();
        let expected = [
            "null",
            "true",
            "-2.5e-7",
            r#""x\"y,}]\\""#,
            r#"["p]\"",1]"#,
            "[]",
            "7",
        ];
        assert_eq!(values, expected);
        assert_eq!(text_of(values[3]).unwrap().unwrap(), "x\"y,}]\\");
        assert_eq!(text_of(values[6]).unwrap(), None);
        let items = |value| items_of(value).map(Iterator::collect::<Vec<_>>);
        assert_eq!(items(values[4]).unwrap(), [r#""p]\"""#, "1"]);
        assert_eq!(items(values[5]).unwrap(), Vec::<&str>::new());
        assert_eq!(items(values[0]), None);
    }

    #[test]
    fn a_row_with_other_keys_or_no_end_is_an_error() {
        let mut splitter = splitter(&["a", "b"]);
        for row in [
            r#"{"a":1}"#,
            r#"{"a":1,"bc":2}"#,
            r#"{"a":1,"b":2,"c":3}"#,
            r#"{"a":"1"#,
            r#"{"a":[1"#,
            "",
            "{",
        ] {
            splitter.split(row).unwrap_err();
        }
    }
}
