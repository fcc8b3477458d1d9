//! What flow log records count for, but for the address that is called: there are few such places.

use std::hash::{Hash, Hasher};

use super::texts::{Address, MISSING, Texts};
use crate::usage::insights::Row;

/// The names of [`Place::values`] in a row. The last ones are of transit gateways alone.
const NAMES: [&str; 18] = [
    "stat",
    "eni",
    "res",
    "vpc",
    "subnet",
    "path",
    "hop",
    "uptag",
    "downtag",
    "tgw",
    "att",
    "flow",
    "upvpc",
    "downvpc",
    "uphub",
    "downhub",
    "uphubnet",
    "downhubnet",
];

/// What a record counts for, but for the address that is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::usage) struct Place {
    /// By the numbers of their texts, in the order of [`NAMES`].
    pub(super) values: [u32; NAMES.len()],
    /// The client's block, up and down.
    pub(super) nets: [Address; 2],
    /// The interface's own address, up and down.
    pub(super) vias: [Address; 2],
    /// The sorts of the addresses that are called.
    pub(super) sorts: [u8; 2],
}

/// What is known of texts by their numbers, for one source.
#[derive(Debug, Default)]
pub(in crate::usage) struct Flags(Vec<u8>);

impl Flags {
    /// What `known` knows of a text, asked once.
    #[inline]
    pub(super) fn of(&mut self, id: u32, texts: &Texts, known: impl Fn(&str) -> u8) -> u8 {
        let Ok(at) = usize::try_from(id) else {
            return 0;
        };
        while self.0.len() <= at {
            let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
            let flags = if next == 0 {
                0
            } else {
                known(texts.text(next))
            };
            self.0.push(flags);
        }
        self.0.get(at).copied().unwrap_or(0)
    }
}

/// Sets a field of a row.
pub(super) fn set(row: &mut Row, name: &str, value: String) {
    match row.get_mut(name) {
        Some(slot) => *slot = value,
        None => drop(row.insert(name.to_owned(), value)),
    }
}

/// In a few large steps: each record's place is looked up.
impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.hash(state);
        for address in self.nets.iter().chain(&self.vias) {
            let (sort, number) = address.parts();
            state.write_u64(u64::from(sort) << 32 | u64::from(number));
        }
        state.write_u16(u16::from_le_bytes(self.sorts));
    }
}

impl Place {
    /// The addresses that are called, by their numbers.
    pub(super) fn called(&self, up: u32, down: u32) -> [Address; 2] {
        let [up_sort, down_sort] = self.sorts;
        [
            Address::of_parts(up_sort, up),
            Address::of_parts(down_sort, down),
        ]
    }

    /// The row of it, without what is called and the sums.
    pub(super) fn row(&self, texts: &Texts) -> Row {
        let mut row = Row::new();
        for (name, id) in NAMES.into_iter().zip(self.values) {
            if id != MISSING {
                set(&mut row, name, texts.text(id).to_owned());
            }
        }
        let addresses = [
            ("upnet", self.nets[0]),
            ("downnet", self.nets[1]),
            ("upvia", self.vias[0]),
            ("downvia", self.vias[1]),
        ];
        for (name, address) in addresses {
            if let Some(text) = address.to_text(texts) {
                set(&mut row, name, text);
            }
        }
        row
    }
}
