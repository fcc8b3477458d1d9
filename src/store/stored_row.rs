//! Reading a row of a report: its values as they stand in the file, or as the struct that they were.

use std::str::Utf8Error;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error as _, MapAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};
use serde_json::Error;

use super::row_buffer::{LENGTH_BITS, LONG, RowBuffer, ValueKind};

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct StoredRow<'de> {
    columns: &'static [&'static str],
    bytes: &'de [u8],
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'de> {
    /// Nothing is known.
    Nothing,
    /// A text that is written alike everywhere, without quotes.
    Plain(&'de [u8]),
    /// A number or a truth, as JSON has it.
    Literal(&'de [u8]),
    /// Any other text, or a list, as JSON.
    Json(&'de [u8]),
}

impl<'de> StoredRow<'de> {
    /// The row in a buffer, of a table with these columns.
    pub fn of(columns: &'static [&'static str], row: &'de RowBuffer) -> Self {
        Self::new(columns, row.bytes())
    }

    pub(super) fn new(columns: &'static [&'static str], bytes: &'de [u8]) -> Self {
        Self { columns, bytes }
    }

    /// The values, in the order of the columns.
    pub fn values(self) -> impl Iterator<Item = Value<'de>> {
        Values(self.bytes)
    }

    /// Writes the row to a buffer with another value in one of its columns.
    ///
    /// # Errors
    ///
    /// If the value is none of a row.
    pub fn copy_with(
        self,
        column: &str,
        value: &impl Serialize,
        buffer: &mut RowBuffer,
    ) -> Result<(), Error> {
        buffer.clear();
        for (name, old) in self.columns.iter().zip(self.values()) {
            if *name == column {
                buffer.add(value)?;
                continue;
            }
            let (kind, bytes) = match old {
                Value::Nothing => (ValueKind::Nothing, &[] as &[u8]),
                Value::Plain(bytes) => (ValueKind::Plain, bytes),
                Value::Literal(bytes) => (ValueKind::Literal, bytes),
                Value::Json(bytes) => (ValueKind::Json, bytes),
            };
            buffer.put(kind, bytes)?;
        }
        Ok(())
    }

    /// The row as a struct: of all its columns, or of those that are of interest.
    ///
    /// # Errors
    ///
    /// If it is no such struct.
    pub fn read<T: Deserialize<'de>>(self) -> Result<T, Error> {
        T::deserialize(self)
    }
}

/// The values that are left of a row.
struct Values<'de>(&'de [u8]);

impl<'de> Iterator for Values<'de> {
    type Item = Value<'de>;

    fn next(&mut self) -> Option<Value<'de>> {
        let (head, rest) = self.0.split_first()?;
        let (length, rest) = match head & LONG {
            LONG => {
                let (length, rest) = rest.split_first_chunk()?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            length => (usize::from(length), rest),
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(match ValueKind::from_repr(head >> LENGTH_BITS)? {
            ValueKind::Nothing => Value::Nothing,
            ValueKind::Plain => Value::Plain(value),
            ValueKind::Literal => Value::Literal(value),
            ValueKind::Json => Value::Json(value),
        })
    }
}

impl<'de> Deserializer<'de> for StoredRow<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Fields {
            columns: self.columns.iter(),
            values: Values(self.bytes),
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The columns and values that are left of a row.
struct Fields<'de> {
    columns: std::slice::Iter<'static, &'static str>,
    values: Values<'de>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let column = self.columns.next();
        let key = column.map(|it| seed.deserialize(BorrowedStrDeserializer::new(it)));
        key.transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let value = self.values.next();
        seed.deserialize(value.ok_or_else(|| Error::custom("a row has too few values"))?)
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Plain(text) => visitor.visit_borrowed_str(str_of(text)?),
            Self::Literal(json) | Self::Json(json) => {
                serde_json::Deserializer::from_slice(json).deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Nothing => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Plain(text) => {
                let text = BorrowedStrDeserializer::new(str_of(text)?);
                text.deserialize_enum(name, variants, visitor)
            }
            Self::Nothing => Err(Error::custom("nothing where a word should be")),
            Self::Literal(json) | Self::Json(json) => {
                let mut json = serde_json::Deserializer::from_slice(json);
                json.deserialize_enum(name, variants, visitor)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

fn str_of(text: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(text).map_err(|error: Utf8Error| Error::custom(error))
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        OfTwo,
        Other,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Whole {
        id: String,
        nothing: Option<String>,
        number: u64,
        share: Option<f64>,
        truth: bool,
        word: Option<Word>,
        list: Vec<String>,
        text: String,
    }

    const COLUMNS: [&str; 8] = [
        "id", "nothing", "number", "share", "truth", "word", "list", "text",
    ];

    fn row(text: &str) -> Whole {
        Whole {
            id: "vpc-1".to_owned(),
            nothing: None,
            number: u64::MAX,
            share: Some(-2.5e-9),
            truth: true,
            word: Some(Word::OfTwo),
            list: vec!["a".to_owned(), "b \"c\"".to_owned()],
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_row_is_read_as_it_was_written_and_so_is_a_part_of_it() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Part<'r> {
            text: String,
            #[serde(borrow)]
            id: &'r str,
            share: f64,
        }
        let long = "long \u{6570}\n".repeat(100);
        for text in [
            "",
            "plain",
            "=1+1",
            "a,b",
            " x",
            "\u{1}",
            "x\"y\\",
            &long,
            &"x".repeat(63),
        ] {
            let mut buffer = RowBuffer::default();
            buffer.add(&row(text)).unwrap();
            assert_eq!(buffer.values(), COLUMNS.len());
            let stored = StoredRow::of(&COLUMNS, &buffer);
            assert_eq!(stored.read::<Whole>().unwrap(), row(text));
            let part: Part<'_> = stored.read().unwrap();
            assert_eq!(
                (part.id, part.text.as_str(), part.share),
                ("vpc-1", text, -2.5e-9)
            );
            let json: serde_json::Value = stored.read().unwrap();
            assert_eq!(json, json!(row(text)));
        }
    }

    #[test]
    fn a_value_has_the_kind_that_tells_how_it_is_copied() {
        let mut buffer = RowBuffer::default();
        buffer.add(&row("a \"b\"")).unwrap();
        let values: Vec<_> = StoredRow::of(&COLUMNS, &buffer).values().collect();
        let expected = [
            Value::Plain(b"vpc-1"),
            Value::Nothing,
            Value::Literal(b"18446744073709551615"),
            Value::Literal(b"-2.5e-9"),
            Value::Literal(b"true"),
            Value::Plain(b"of_two"),
            Value::Json(br#"["a","b \"c\""]"#),
            Value::Json(br#""a \"b\"""#),
        ];
        assert_eq!(values, expected);
        for (text, is_plain) in [
            ("s3.eu-west-1.amazonaws.com", true),
            ("2026-01-08T00:00:00Z", true),
            ("10.0.0.0/16", true),
            ("", false),
            ("-1", false),
            ("=1", false),
            (" a", false),
            ("a;b", false),
            ("a,b", false),
            ("a\tb", false),
            ("\u{e4}", false),
        ] {
            buffer.clear();
            buffer.add(text).unwrap();
            let value = StoredRow::of(&COLUMNS, &buffer).values().next();
            assert_eq!(matches!(value, Some(Value::Plain(_))), is_plain, "{text:?}");
        }
    }

    #[test]
    fn what_no_column_holds_is_refused_and_what_is_no_number_is_nothing() {
        let mut buffer = RowBuffer::default();
        buffer.add(&json!({"a": 1})).unwrap_err();
        buffer.add(&(1, 2)).unwrap_err();
        buffer.clear();
        buffer.add(&f64::NAN).unwrap();
        let values: Vec<_> = StoredRow::of(&COLUMNS, &buffer).values().collect();
        assert_eq!(values, [Value::Nothing]);
        StoredRow::of(&COLUMNS, &buffer)
            .read::<Whole>()
            .unwrap_err();
    }
}
