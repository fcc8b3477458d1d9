//! The sums of flow log records, as rows of what Logs Insights would return.
//!
//! What a record counts for is a *place* (interface, subnet, client, tags: few of them) and the address
//! that is called (many). A group is a place by its number and that address, some 25 bytes.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{
    group_sums::{GroupSum, GroupSums},
    matcher::Matcher,
    place::{Flags, Place, set},
    record::Record,
    texts::{Address, Texts, renumbered},
};
use crate::usage::insights::Row;

/// Bytes and records of one source by group.
#[derive(Debug, Default)]
pub(in crate::usage) struct Table {
    flags: Flags,
    hasher: DefaultHashBuilder,
    numbers: HashTable<u32>,
    /// By their numbers.
    places: Vec<Place>,
    sums: GroupSums,
}

impl Table {
    /// Adds a record, if it counts.
    pub(in crate::usage) fn add(
        &mut self,
        matcher: &Matcher,
        record: &impl Record,
        texts: &mut Texts,
    ) {
        if let Some((place, called)) = matcher.place(record, texts, &mut self.flags) {
            let bytes = record.bytes().unwrap_or(0);
            self.add_to(place, called, (bytes, 1));
        }
    }

    fn add_to(&mut self, mut place: Place, called: [Address; 2], (bytes, records): (u64, u32)) {
        let [up, down] = called;
        let ((up_sort, up), (down_sort, down)) = (up.parts(), down.parts());
        place.sorts = [up_sort, down_sort];
        let place = self.number(&place);
        self.sums.add(GroupSum {
            place,
            up,
            down,
            records,
            bytes,
        });
    }

    /// Adds what is pending, so that [`len`](Self::len) is exact.
    pub(in crate::usage) fn flush(&mut self) {
        self.sums.flush();
    }

    /// Adds the sums of another table. `ids` are the numbers here of its texts.
    pub(in crate::usage) fn absorb(&mut self, other: Self, ids: &[u32]) {
        let renumbered_place = |there: &Place| Place {
            values: there.values.map(|id| renumbered(id, ids)),
            nets: there.nets.map(|it| it.renumbered(ids)),
            vias: there.vias.map(|it| it.renumbered(ids)),
            sorts: there.sorts,
        };
        let places = other.places;
        let here: Vec<u32> = places
            .iter()
            .map(|it| self.number(&renumbered_place(it)))
            .collect();
        for sum in other.sums.into_sums() {
            let at = usize::try_from(sum.place).ok();
            let Some((there, place)) = at.and_then(|it| places.get(it).zip(here.get(it))) else {
                continue;
            };
            let called = there
                .called(sum.up, sum.down)
                .map(|it| it.renumbered(ids).parts().1);
            let [up, down] = called;
            self.sums.add(GroupSum {
                place: *place,
                up,
                down,
                ..sum
            });
        }
        self.sums.flush();
    }

    /// The number of a place.
    fn number(&mut self, place: &Place) -> u32 {
        let (hasher, places) = (&self.hasher, &self.places);
        let of = |number: u32| usize::try_from(number).ok().and_then(|it| places.get(it));
        let hash = hasher.hash_one(place);
        if let Some(number) = self.numbers.find(hash, |it| of(*it) == Some(place)) {
            return *number;
        }
        let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let hash_of = |number: &u32| of(*number).map_or(0, |it| hasher.hash_one(it));
        self.numbers.insert_unique(hash, next, hash_of);
        self.places.push(place.clone());
        next
    }

    /// How many rows there are, but for what is pending.
    pub(in crate::usage) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Hands over the rows as Logs Insights returns them.
    pub(in crate::usage) fn rows(self, texts: &Texts, mut take: impl FnMut(&Row)) {
        let mut sums = self.sums.into_sums();
        sums.sort_unstable_by_key(|it| (it.place, it.up, it.down));
        let mut row = Row::new();
        let mut shown = None;
        for sum in sums {
            let place = usize::try_from(sum.place).ok();
            let Some(place) = place.and_then(|it| self.places.get(it)) else {
                continue;
            };
            if shown.replace(sum.place) != Some(sum.place) {
                row = place.row(texts);
            }
            let called = place.called(sum.up, sum.down).map(|it| it.to_text(texts));
            for (name, address) in ["upext", "downext"].into_iter().zip(called) {
                if let Some(address) = address {
                    set(&mut row, name, address);
                }
            }
            set(&mut row, "total", sum.bytes.to_string());
            set(&mut row, "records", sum.records.to_string());
            take(&row);
        }
    }
}
