//! The values of flow log records, each text kept once and known by a number, addresses of IPv4 as the
//! numbers that they are.

use std::{hash::BuildHasher, net::Ipv4Addr};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::ipv4::v4;

/// The number of a value that a record does not have.
pub(in crate::usage) const MISSING: u32 = 0;

/// Fields whose recent values are remembered: more than a record has that count.
const FIELDS: usize = 32;
/// Recent values of a field.
const RECENT: usize = 1024;

/// Texts, each once.
#[derive(Debug)]
pub(in crate::usage) struct Texts {
    hasher: DefaultHashBuilder,
    ids: HashTable<u32>,
    /// By their numbers.
    by_id: Vec<Box<str>>,
    bytes: usize,
    /// Recent values of each field, by [`slot`]: the next is mostly one of them.
    recent: Vec<u32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            ids: HashTable::new(),
            by_id: vec![Box::default()],
            bytes: 0,
            recent: vec![MISSING; FIELDS * RECENT],
        }
    }
}

impl Texts {
    /// The number of a text.
    pub(in crate::usage) fn id(&mut self, text: &str) -> u32 {
        let (hasher, texts) = (&self.hasher, &self.by_id);
        let of = |id: u32| usize::try_from(id).ok().and_then(|it| texts.get(it));
        let is_text = |id: &u32| of(*id).is_some_and(|it| **it == *text);
        let hash = hasher.hash_one(text);
        if let Some(id) = self.ids.find(hash, is_text) {
            return *id;
        }
        let Ok(id) = u32::try_from(texts.len()) else {
            return MISSING;
        };
        let hash_of = |id: &u32| hasher.hash_one(of(*id).map_or("", |it| it));
        self.ids.insert_unique(hash, id, hash_of);
        self.by_id.push(text.into());
        self.bytes += text.len();
        id
    }

    /// The number of the value of a field; that of none if it is no UTF-8.
    #[inline]
    pub(in crate::usage) fn id_of(&mut self, field: usize, text: &[u8]) -> u32 {
        let at = field * RECENT + slot(text);
        let recent = self.recent.get(at).copied().unwrap_or(MISSING);
        if recent != MISSING && self.text(recent).as_bytes() == text {
            return recent;
        }
        let id = std::str::from_utf8(text).map_or(MISSING, |text| self.id(text));
        if let Some(recent) = self.recent.get_mut(at) {
            *recent = id;
        }
        id
    }

    /// The text of a number; empty for none.
    #[inline]
    pub(in crate::usage) fn text(&self, id: u32) -> &str {
        let id = usize::try_from(id).ok();
        id.and_then(|it| self.by_id.get(it)).map_or("", |it| it)
    }

    /// How many texts there are, and their bytes.
    pub(in crate::usage) fn size(&self) -> (usize, usize) {
        (self.by_id.len(), self.bytes)
    }

    /// Adds the texts of another; by their numbers there, those here.
    pub(in crate::usage) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        let texts = other.by_id.iter().skip(1);
        let ids = texts.map(|text| self.id(text));
        std::iter::once(MISSING).chain(ids).collect()
    }
}

/// An address, or what stands in its field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::usage) enum Address {
    /// The record has none.
    #[default]
    Missing,
    V4(u32),
    /// The first three numbers of an address of IPv4.
    Block(u32),
    /// Any other text, by its number.
    Text(u32),
}

impl Address {
    #[inline]
    pub(in crate::usage) fn read(text: &str, texts: &mut Texts) -> Self {
        match v4(text.as_bytes()) {
            Some(number) => Self::V4(number),
            None => Self::Text(texts.id(text)),
        }
    }

    pub(in crate::usage) fn is_missing(self) -> bool {
        self == Self::Missing
    }

    /// What sort it is, and its number.
    #[inline]
    pub(super) fn parts(self) -> (u8, u32) {
        match self {
            Self::Missing => (0, 0),
            Self::V4(number) => (1, number),
            Self::Block(number) => (2, number),
            Self::Text(number) => (3, number),
        }
    }

    pub(super) fn of_parts(sort: u8, number: u32) -> Self {
        match sort {
            1 => Self::V4(number),
            2 => Self::Block(number),
            3 => Self::Text(number),
            _ => Self::Missing,
        }
    }

    /// The same address by the numbers of other texts.
    pub(super) fn renumbered(self, ids: &[u32]) -> Self {
        match self {
            Self::Text(id) => Self::Text(renumbered(id, ids)),
            same => same,
        }
    }

    /// As the record writes it; none if it is missing.
    pub(in crate::usage) fn to_text(self, texts: &Texts) -> Option<String> {
        Some(match self {
            Self::Missing => return None,
            Self::V4(number) => Ipv4Addr::from_bits(number).to_string(),
            Self::Block(number) => {
                let [a, b, c, _] = Ipv4Addr::from_bits(number << 8).octets();
                format!("{a}.{b}.{c}")
            }
            Self::Text(id) => texts.text(id).to_owned(),
        })
    }
}

/// The place of a value among the recent ones, by its last bytes: ids differ there.
#[inline]
fn slot(text: &[u8]) -> usize {
    let number = match text.last_chunk() {
        Some(end) => u32::from_le_bytes(*end),
        None => text.iter().fold(0, |all, it| all << 8 | u32::from(*it)),
    };
    // Fibonacci hashing: the highest bits depend on all others.
    (number.wrapping_mul(0x9e37_79b1) >> (32 - RECENT.ilog2())) as usize
}

/// The number here of what has a number there.
pub(super) fn renumbered(id: u32, ids: &[u32]) -> u32 {
    let id = usize::try_from(id).ok();
    id.and_then(|it| ids.get(it)).copied().unwrap_or(MISSING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_none_is_the_empty_text() {
        let mut texts = Texts::default();
        let one = texts.id("one");
        let empty = texts.id("");
        assert_ne!(empty, MISSING);
        assert_eq!((texts.id("one"), texts.id_of(3, b"one")), (one, one));
        assert_eq!(texts.id_of(3, b""), empty);
        assert_eq!(
            (texts.text(one), texts.text(MISSING), texts.text(99)),
            ("one", "", "")
        );
        assert_eq!(texts.size(), (3, 3));
        let mut other = Texts::default();
        other.id("two");
        let ids = other.absorb(&texts);
        assert_eq!(ids.len(), 3);
        assert_eq!(other.text(renumbered(one, &ids)), "one");
        assert_eq!(other.text(renumbered(empty, &ids)), "");
    }

    #[test]
    fn blocks_and_texts_are_written_as_they_were() {
        let mut texts = Texts::default();
        for text in ["10.0.0.255", "2600:1f18::9", "-", "010.0.0.1"] {
            let address = Address::read(text, &mut texts);
            assert_eq!(address.to_text(&texts).as_deref(), Some(text));
            let (sort, number) = address.parts();
            assert_eq!(Address::of_parts(sort, number), address);
        }
        let block = Address::Block(v4(b"10.0.7.9").unwrap() >> 8);
        assert_eq!(block.to_text(&texts).as_deref(), Some("10.0.7"));
        assert_eq!(Address::Missing.to_text(&texts), None);
    }
}
