//! How a row of a report stands in its file: the values in the order of the columns, each with its kind
//! and length. The names of the columns are not repeated in each of hundreds of thousands of rows, and
//! whoever copies a value looks at none of its bytes.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeSeq, SerializeStruct},
};
use serde_json::Error;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::FromRepr)]
#[repr(u8)]
pub(super) enum ValueKind {
    /// Nothing is known.
    Nothing,
    /// A text that is written alike everywhere, without quotes.
    Plain,
    /// A number or a truth, as JSON has it.
    Literal,
    /// Any other text, or a list, as JSON.
    Json,
}

/// The kind stands above the length, in one byte; lengths from this one on follow in four bytes.
pub(super) const LONG: u8 = 63;

/// The bits of a length that stands with its kind.
pub(super) const LENGTH_BITS: u32 = 6;

/// Whether a text needs neither quotes nor escapes in any file, nor is a formula to a spreadsheet:
/// ids, names of hosts and services, words of the contract.
fn is_plain(text: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/: ".contains(byte);
    let begins = text
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric);
    begins && text.as_bytes().iter().all(plain)
}

/// A row that is being written.
#[derive(Clone, Debug, Default)]
pub struct RowBuffer {
    bytes: Vec<u8>,
    values: usize,
}

impl RowBuffer {
    /// Begins a new row.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.values = 0;
    }

    /// Begins a new row with the values of another.
    pub fn begin_with(&mut self, other: &Self) {
        self.bytes.clone_from(&other.bytes);
        self.values = other.values;
    }

    /// Adds a value, or the fields of a struct, one after the other.
    ///
    /// # Errors
    ///
    /// If a value is neither a text, a number, a truth, a list of these, nor nothing.
    pub fn add(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        value.serialize(ValueSerializer(self))
    }

    /// The values.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.values
    }
}

impl RowBuffer {
    /// Adds a value whose bytes are known.
    pub(super) fn put(&mut self, kind: ValueKind, value: &[u8]) -> Result<(), Error> {
        self.put_with(kind, |out| {
            out.extend_from_slice(value);
            Ok(())
        })
    }

    /// Adds a value that `write` writes.
    fn put_with(
        &mut self,
        kind: ValueKind,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = self.bytes.len();
        self.bytes.push(0);
        write(&mut self.bytes)?;
        self.end_value(kind, start)
    }

    /// Ends a value, whose kind and length have a byte at `start`.
    fn end_value(&mut self, kind: ValueKind, start: usize) -> Result<(), Error> {
        self.values += 1;
        let length = self.bytes.len() - start - 1;
        let kind = (kind as u8) << LENGTH_BITS;
        match (u8::try_from(length), self.bytes.get_mut(start)) {
            (Ok(length), Some(head)) if length < LONG => *head = kind | length,
            _ => {
                let length = u32::try_from(length).map_err(Error::custom)?;
                let head = [kind | LONG].into_iter().chain(length.to_le_bytes());
                self.bytes.splice(start..=start, head);
            }
        }
        Ok(())
    }

    fn put_literal(&mut self, value: &impl Serialize) -> Result<(), Error> {
        self.put_with(ValueKind::Literal, |out| serde_json::to_writer(out, value))
    }
}

fn refused<T>() -> Result<T, Error> {
    Err(Error::custom("a row has no such value"))
}

/// Writes one value.
struct ValueSerializer<'b>(&'b mut RowBuffer);

/// The methods of a serializer that refuse what no row has.
macro_rules! refuse {
    ($($method:ident($($kind:ty),*) -> $what:ty;)+) => {$(
        fn $method(self, $(_: $kind),*) -> Result<$what, Error> {
            refused()
        }
    )+};
}

/// The methods of a serializer for numbers and truths.
macro_rules! literals {
    ($($method:ident($kind:ty);)+) => {$(
        fn $method(self, value: $kind) -> Result<(), Error> {
            self.0.put_literal(&value)
        }
    )+};
}

impl<'b> Serializer for ValueSerializer<'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = ListSerializer<'b>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Fields<'b>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if is_plain(text) {
            return self.0.put(ValueKind::Plain, text.as_bytes());
        }
        self.0
            .put_with(ValueKind::Json, |out| serde_json::to_writer(out, text))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.0.put(ValueKind::Nothing, &[])
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.0.put_literal(&value)
        } else {
            self.serialize_none()
        }
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        refused()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListSerializer<'b>, Error> {
        let start = self.0.bytes.len();
        self.0.bytes.extend_from_slice(b"\0[");
        Ok(ListSerializer { row: self.0, start })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'b>, Error> {
        Ok(Fields(self.0))
    }

    literals! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    refuse! {
        serialize_f32(f32) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

/// Writes a list.
struct ListSerializer<'b> {
    row: &'b mut RowBuffer,
    start: usize,
}

impl SerializeSeq for ListSerializer<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        if self.row.bytes.last() != Some(&b'[') {
            self.row.bytes.push(b',');
        }
        serde_json::to_writer(&mut self.row.bytes, item)
    }

    fn end(self) -> Result<(), Error> {
        self.row.bytes.push(b']');
        self.row.end_value(ValueKind::Json, self.start)
    }
}

/// Writes the fields of a struct.
struct Fields<'b>(&'b mut RowBuffer);

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.0.add(value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}
