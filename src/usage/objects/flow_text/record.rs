//! A record of text, each of its values looked up once.

use crate::usage::flow::{
    ipv4::v4,
    record::{ADDRESSES, BYTES, FIELDS, Record},
    texts::{Address, MISSING, Texts},
};

/// An address, or what stands in its field.
#[derive(Clone, Copy, Default)]
enum AddressText<'l> {
    /// The format does not have the field.
    #[default]
    Missing,
    V4(u32),
    Other(&'l [u8]),
}

/// A record of text by the fields of its format.
#[derive(Default)]
pub(super) struct TextRecord<'l> {
    ids: [u32; FIELDS.len()],
    addresses: [AddressText<'l>; 4],
    bytes: Option<u64>,
    is_without_bytes: bool,
}

impl<'l> TextRecord<'l> {
    /// Sets the value of a field.
    #[inline]
    pub(super) fn set(&mut self, field: usize, text: &'l [u8], texts: &mut Texts) {
        if field == BYTES {
            self.bytes = number(text);
            self.is_without_bytes = text == b"-";
        } else if ADDRESSES.contains(&field) {
            if let Some(slot) = self.addresses.get_mut(field - ADDRESSES.start()) {
                *slot = v4(text).map_or(AddressText::Other(text), AddressText::V4);
            }
        } else if let Some(slot) = self.ids.get_mut(field) {
            *slot = texts.id_of(field, text);
        }
    }
}

impl Record for TextRecord<'_> {
    #[inline]
    fn id(&self, field: usize, _: &mut Texts) -> u32 {
        self.ids.get(field).copied().unwrap_or(MISSING)
    }

    #[inline]
    fn address(&self, field: usize, texts: &mut Texts) -> Address {
        let at = field.checked_sub(*ADDRESSES.start());
        match at.and_then(|it| self.addresses.get(it)) {
            None | Some(AddressText::Missing) => Address::Missing,
            Some(AddressText::V4(number)) => Address::V4(*number),
            // Only now: there are many of them, and those of records that do not count are not kept.
            Some(AddressText::Other(text)) => Address::Text(texts.id_of(field, text)),
        }
    }

    #[inline]
    fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    #[inline]
    fn is_without_bytes(&self) -> bool {
        self.is_without_bytes
    }
}

/// A number as the library reads it.
#[inline]
pub(super) fn number<N: TryFrom<u64> + std::str::FromStr>(text: &[u8]) -> Option<N> {
    /// Digits of numbers that all fit.
    const FIT: usize = 18;
    let number = text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number.wrapping_mul(10).wrapping_add(digit.into()))
    });
    match number {
        Some(number) if (1..=FIT).contains(&text.len()) => N::try_from(number).ok(),
        _ => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_are_those_that_the_library_reads(
            text in "[+-]?[0-9]{0,21}|.{0,8}|-"
        ) {
            proptest::prop_assert_eq!(number::<u64>(text.as_bytes()), text.parse().ok());
            proptest::prop_assert_eq!(number::<i64>(text.as_bytes()), text.parse().ok());
        }
    }
}
