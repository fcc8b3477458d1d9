//! Items by the VPC that they belong to.

use std::ops::Range;

use hashbrown::HashMap;

/// Items in the order of their VPCs, and where those of each are: a map of lists would take several
/// times the memory.
#[derive(Debug)]
pub struct Grouped<'f, T> {
    places: HashMap<&'f str, Range<u32>>,
    items: Vec<&'f T>,
}

impl<'f, T> Grouped<'f, T> {
    /// Those of one VPC stay in the order in which they come.
    pub fn new(items: impl IntoIterator<Item = &'f T>, vpc_id: impl Fn(&'f T) -> &'f str) -> Self {
        let mut items: Vec<&T> = items.into_iter().collect();
        items.sort_by_key(|it| vpc_id(it));
        let mut places = HashMap::new();
        let mut start = 0;
        for of_vpc in items.chunk_by(|a, b| vpc_id(a) == vpc_id(b)) {
            let end = start + u32::try_from(of_vpc.len()).unwrap_or(u32::MAX);
            places.extend(of_vpc.first().map(|it| (vpc_id(it), start..end)));
            start = end;
        }
        places.shrink_to_fit();
        Self { places, items }
    }

    /// Those of a VPC.
    pub fn of(&self, vpc_id: &str) -> &[&'f T] {
        let place = self.places.get(vpc_id);
        let place = place.map(|it| it.start as usize..it.end as usize);
        place.and_then(|it| self.items.get(it)).unwrap_or_default()
    }

    /// The VPCs that have one, in any order.
    pub fn vpcs(&self) -> impl Iterator<Item = &'f str> {
        self.places.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vpc_has_its_own_items_in_their_order_and_an_unknown_one_has_none() {
        let items = ["b2", "a1", "c1", "b1"].map(str::to_owned);
        let grouped = Grouped::new(&items, |item| item.split_at(1).0);
        let of = |vpc| {
            grouped
                .of(vpc)
                .iter()
                .map(|it| it.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("b"), ["b2", "b1"]);
        assert_eq!((of("a"), of("c")), (vec!["a1"], vec!["c1"]));
        for unknown in ["", "aa", "d"] {
            assert!(of(unknown).is_empty());
        }
    }
}
