//! Bytes and records by group, in one table that is searched for many groups at once: a group is
//! mostly in no cache of the processor, and those of several are fetched from memory side by side.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;

/// Sums that are added at once.
const PENDING: usize = 256;
/// The slots of a table that has something in it.
const FEWEST_SLOTS: usize = 1024;

/// A place and the numbers of the addresses that are called, up and down, with what is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupSum {
    pub(super) place: u32,
    pub(super) up: u32,
    pub(super) down: u32,
    /// None in a slot without a group.
    pub(super) records: u32,
    pub(super) bytes: u64,
}

impl GroupSum {
    fn is_of(&self, other: &Self) -> bool {
        (self.place, self.up, self.down) == (other.place, other.up, other.down)
    }
}

/// The sums by group. A group is where its hash points to, or in the next free slot behind.
#[derive(Debug, Default)]
pub(super) struct GroupSums {
    /// Seeded by table: groups that come in the order of another table fill this one evenly. By the quick hash
    /// of the same crate, one seed in some hundreds fills it so unevenly that searches take ten times as long.
    hasher: RandomState,
    slots: Vec<GroupSum>,
    groups: usize,
    /// What is not in the slots yet.
    pending: Vec<GroupSum>,
    /// Where to look for each of those.
    starts: Vec<usize>,
}

impl GroupSums {
    /// Adds to the sum of a group; `sum` has a record at least.
    #[inline]
    pub(super) fn add(&mut self, sum: GroupSum) {
        self.pending.push(sum);
        if self.pending.len() >= PENDING {
            self.flush();
        }
    }

    /// Adds what is pending, so that [`len`](Self::len) is exact.
    pub(super) fn flush(&mut self) {
        self.make_room();
        self.starts.clear();
        for sum in &self.pending {
            self.starts.push(start(&self.hasher, sum, self.slots.len()));
        }
        // Nothing depends on what is read here, so the processor need not wait for any of it.
        let near = self.starts.iter().filter_map(|at| self.slots.get(*at));
        std::hint::black_box(near.fold(0, |all, slot| all ^ slot.records));
        for (sum, start) in self.pending.iter().zip(&self.starts) {
            self.groups += usize::from(add(&mut self.slots, *start, sum));
        }
        self.pending.clear();
    }

    /// How many groups there are, but for what is pending.
    pub(super) fn len(&self) -> usize {
        self.groups
    }

    /// The sums of all groups, in any order.
    pub(super) fn into_sums(mut self) -> Vec<GroupSum> {
        self.flush();
        self.slots.retain(|it| it.records > 0);
        self.slots
    }

    /// Grows, so that four of five slots are taken at most with what is pending.
    fn make_room(&mut self) {
        let needed = self.groups + self.pending.len();
        if needed * 5 <= self.slots.len() * 4 {
            return;
        }
        let length = (self.slots.len() / 2 * 3).max(needed * 2).max(FEWEST_SLOTS);
        let before = std::mem::replace(&mut self.slots, vec![GroupSum::default(); length]);
        for sum in before.iter().filter(|it| it.records > 0) {
            add(&mut self.slots, start(&self.hasher, sum, length), sum);
        }
    }
}

/// Where a group is looked for first: in the order of hashes, whatever the number of slots, so that a table is
/// read and written from its start to its end as it grows.
#[inline]
fn start(hasher: &RandomState, sum: &GroupSum, slots: usize) -> usize {
    let hash = hasher.hash_one((sum.place, u64::from(sum.up) << 32 | u64::from(sum.down)));
    let scaled = (u128::from(hash) * slots as u128) >> 64;
    usize::try_from(scaled).unwrap_or(0)
}

/// Adds to the sum of a group. Returns whether it is a new one. There has to be a free slot.
#[inline]
fn add(slots: &mut [GroupSum], start: usize, sum: &GroupSum) -> bool {
    let (first, behind) = slots.split_at_mut(start.min(slots.len()));
    for slot in behind.iter_mut().chain(first) {
        if slot.records == 0 {
            *slot = *sum;
            return true;
        }
        if slot.is_of(sum) {
            slot.records = slot.records.saturating_add(sum.records);
            slot.bytes = slot.bytes.saturating_add(sum.bytes);
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn by_group(sums: &[GroupSum]) -> BTreeMap<(u32, u32, u32), (u32, u64)> {
        let key = |it: &GroupSum| (it.place, it.up, it.down);
        let count = sums.len();
        let all: BTreeMap<_, _> = sums
            .iter()
            .map(|it| (key(it), (it.records, it.bytes)))
            .collect();
        assert_eq!(all.len(), count);
        all
    }

    proptest::proptest! {
        #[test]
        fn any_sums_are_those_of_a_map(
            all in proptest::collection::vec((0_u32..3, 0_u32..40, 0_u32..40, 1_u32..3, 0_u64..1000), 0..3000),
            flushed in 1_usize..700,
        ) {
            let mut table = GroupSums::default();
            let mut expected = BTreeMap::<_, (u32, u64)>::new();
            for (at, (place, up, down, records, bytes)) in all.into_iter().enumerate() {
                table.add(GroupSum { place, up, down, records, bytes });
                let sum = expected.entry((place, up, down)).or_default();
                *sum = (sum.0 + records, sum.1 + bytes);
                if at % flushed == 0 {
                    table.flush();
                    proptest::prop_assert_eq!(table.len(), expected.len());
                }
            }
            proptest::prop_assert_eq!(by_group(&table.into_sums()), expected);
        }
    }

    #[test]
    fn a_table_grows_from_another_in_its_order_without_long_searches() {
        let (mut one, mut two) = (GroupSums::default(), GroupSums::default());
        for up in 0..300_000 {
            one.add(GroupSum {
                up,
                records: 1,
                bytes: u64::from(up),
                ..GroupSum::default()
            });
        }
        one.flush();
        assert!(one.slots.len() < 700_000, "{}", one.slots.len());
        // How many slots are passed on average until a group is found.
        let passed = |table: &GroupSums| {
            let slots = table.slots.len();
            let distance = |(at, sum): (usize, &GroupSum)| {
                (at + slots - start(&table.hasher, sum, slots)) % slots
            };
            let taken = table.slots.iter().enumerate();
            let taken = taken.filter(|(_, it)| it.records > 0);
            taken.map(distance).sum::<usize>() / table.len()
        };
        assert!(passed(&one) < 8, "{}", passed(&one));
        let one = one.into_sums();
        let expected = by_group(&one);
        for sum in one {
            two.add(sum);
        }
        two.flush();
        assert!(passed(&two) < 8, "{}", passed(&two));
        assert_eq!(by_group(&two.into_sums()), expected);
    }

    #[test]
    fn sums_stop_at_the_greatest_number() {
        let mut table = GroupSums::default();
        let sum = GroupSum {
            records: u32::MAX,
            bytes: u64::MAX,
            ..GroupSum::default()
        };
        table.add(sum);
        table.add(sum);
        assert_eq!(table.into_sums(), [sum]);
    }
}
