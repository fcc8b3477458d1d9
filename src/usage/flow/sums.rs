//! The sums of flow log records, as rows of what Logs Insights would return.
//!
//! What a record counts for is a *place* (interface, subnet, client, tags: few of them) and the address
//! that is called (many). A group is a place by its number and that address, some 25 bytes.

use hashbrown::HashMap;

use super::{
    matcher::Matcher,
    place::{Flags, Place, set},
    record::Record,
    texts::{Address, Texts, renumbered},
};
use crate::usage::insights::Row;

/// A place and the numbers of the addresses that are called, up and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Group {
    place: u32,
    up: u32,
    down: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    records: u32,
    /// Little-endian: without the alignment of a number a group takes less.
    bytes: [u8; 8],
}

impl Sum {
    fn of(bytes: u64, records: u32) -> Self {
        let bytes = bytes.to_le_bytes();
        Self { records, bytes }
    }

    fn bytes(self) -> u64 {
        u64::from_le_bytes(self.bytes)
    }

    fn add(&mut self, other: Self) {
        let records = self.records.saturating_add(other.records);
        *self = Self::of(self.bytes().saturating_add(other.bytes()), records);
    }
}

/// Bytes and records of one source by group.
#[derive(Debug, Default)]
pub(in crate::usage) struct Table {
    flags: Flags,
    places: HashMap<Place, u32>,
    sums: HashMap<Group, Sum>,
    /// What is not in the sums yet.
    pending: Vec<(Group, Sum)>,
}

/// Sums that are added at once: a group is mostly not in a cache of the processor, and those of several are fetched
/// from memory side by side.
const PENDING: usize = 256;

impl Table {
    /// Adds a record, if it counts.
    pub(in crate::usage) fn add(
        &mut self,
        matcher: &Matcher,
        record: &impl Record,
        texts: &mut Texts,
    ) {
        if let Some((place, called)) = matcher.place(record, texts, &mut self.flags) {
            self.add_to(place, called, Sum::of(record.bytes().unwrap_or(0), 1));
        }
    }

    fn add_to(&mut self, mut place: Place, called: [Address; 2], sum: Sum) {
        let [up, down] = called;
        let ((up_sort, up), (down_sort, down)) = (up.parts(), down.parts());
        place.sorts = [up_sort, down_sort];
        let place = self.number(place);
        self.pending.push((Group { place, up, down }, sum));
        if self.pending.len() >= PENDING {
            self.flush();
        }
    }

    /// Adds what is pending, so that [`len`](Self::len) is exact.
    pub(in crate::usage) fn flush(&mut self) {
        for (group, sum) in self.pending.drain(..) {
            self.sums.entry(group).or_default().add(sum);
        }
    }

    /// Adds the sums of another table. `ids` are the numbers here of its texts.
    pub(in crate::usage) fn absorb(&mut self, mut other: Self, ids: &[u32]) {
        other.flush();
        let places = other.listed();
        let renumbered_place = |there: &Place| Place {
            values: there.values.map(|id| renumbered(id, ids)),
            nets: there.nets.map(|it| it.renumbered(ids)),
            vias: there.vias.map(|it| it.renumbered(ids)),
            sorts: there.sorts,
        };
        let here: Vec<u32> = places
            .iter()
            .map(|it| self.number(renumbered_place(it)))
            .collect();
        for (group, sum) in other.sums {
            let at = usize::try_from(group.place).ok();
            let Some((there, place)) = at.and_then(|it| places.get(it).zip(here.get(it))) else {
                continue;
            };
            let called = there
                .called(group.up, group.down)
                .map(|it| it.renumbered(ids).parts().1);
            let [up, down] = called;
            let group = Group {
                place: *place,
                up,
                down,
            };
            self.pending.push((group, sum));
            if self.pending.len() >= PENDING {
                self.flush();
            }
        }
        self.flush();
    }

    /// The number of a place.
    fn number(&mut self, place: Place) -> u32 {
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        *self.places.entry(place).or_insert(next)
    }

    /// The places in the order of their numbers.
    fn listed(&self) -> Vec<Place> {
        let mut listed = vec![Place::default(); self.places.len()];
        for (place, at) in &self.places {
            let slot = usize::try_from(*at).ok().and_then(|it| listed.get_mut(it));
            if let Some(slot) = slot {
                slot.clone_from(place);
            }
        }
        listed
    }

    /// How many rows there are, but for what is pending.
    pub(in crate::usage) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Hands over the rows as Logs Insights returns them.
    pub(in crate::usage) fn rows(mut self, texts: &Texts, mut take: impl FnMut(&Row)) {
        self.flush();
        let places = self.listed();
        let mut sums: Vec<(Group, Sum)> = self.sums.into_iter().collect();
        sums.sort_unstable_by_key(|(group, _)| (group.place, group.up, group.down));
        let mut row = Row::new();
        let mut shown = None;
        for (group, sum) in sums {
            let place = usize::try_from(group.place).ok();
            let Some(place) = place.and_then(|it| places.get(it)) else {
                continue;
            };
            if shown.replace(group.place) != Some(group.place) {
                row = place.row(texts);
            }
            let called = place
                .called(group.up, group.down)
                .map(|it| it.to_text(texts));
            for (name, address) in ["upext", "downext"].into_iter().zip(called) {
                if let Some(address) = address {
                    set(&mut row, name, address);
                }
            }
            set(&mut row, "total", sum.bytes().to_string());
            set(&mut row, "records", sum.records.to_string());
            take(&row);
        }
    }
}
