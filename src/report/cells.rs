//! A row as cells, one for each column, whatever its type.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// What stands in one column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'r> {
    /// Unknown, or not applicable.
    Unknown,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(u64),
    /// Any other number.
    Number(f64),
    /// Text as it came, unescaped.
    Text(Cow<'r, str>),
    /// Several.
    List(Vec<Cell<'r>>),
}

impl Cell<'_> {
    /// Its text; none of anything else.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, also a whole one; none of anything else.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
            Self::Integer(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it holds nothing.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_u64(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value, or a list of values")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Unknown)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Cell::Integer(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "no table has whole negative numbers"
        )]
        Ok(Cell::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Cell::Number(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Cell::List(list))
    }
}

/// The cells of a row that was written as a JSON object: its keys are the columns, in their order.
pub(super) struct Cells<'r>(pub(super) Vec<Cell<'r>>);

impl<'de> Deserialize<'de> for Cells<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct CellsVisitor;

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = Cells<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::with_capacity(32);
        while let Some((_, cell)) = row.next_entry::<serde::de::IgnoredAny, _>()? {
            cells.push(cell);
        }
        Ok(Cells(cells))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_row_are_the_values_that_were_written() {
        let row = r#"{"a":null,"b":true,"c":7,"d":-2.5,"e":"x\"y","f":["p",1]}"#;
        let Cells(cells) = serde_json::from_str(row).unwrap();
        let text = |text| Cell::Text(Cow::Borrowed(text));
        assert_eq!(
            cells,
            [
                Cell::Unknown,
                Cell::Bool(true),
                Cell::Integer(7),
                Cell::Number(-2.5),
                text("x\"y"),
                Cell::List(vec![text("p"), Cell::Integer(1)]),
            ]
        );
        let json = serde_json::to_string(&cells).unwrap();
        assert_eq!(json, r#"[null,true,7,-2.5,"x\"y",["p",1]]"#);
    }
}
