//! Caveats of an advice, each once: a bit each, since a Region may have tens of thousands of advices.

use super::opportunity::Caveat;

/// Some caveats, in the order of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaveatSet(u32);

/// Every caveat has a bit.
const _: () = assert!(Caveat::ALL.len() <= u32::BITS as usize);

impl CaveatSet {
    /// Adds a caveat.
    pub fn insert(&mut self, caveat: Caveat) {
        self.0 |= Self::bit(caveat);
    }

    /// Adds all of another set.
    pub fn add(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether a caveat is among them.
    pub fn contains(self, caveat: Caveat) -> bool {
        self.0 & Self::bit(caveat) != 0
    }

    /// The caveats, in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = Caveat> {
        Caveat::ALL.into_iter().filter(move |it| self.contains(*it))
    }

    fn bit(caveat: Caveat) -> u32 {
        1 << (caveat as u32)
    }
}

impl Extend<Caveat> for CaveatSet {
    fn extend<T: IntoIterator<Item = Caveat>>(&mut self, caveats: T) {
        caveats.into_iter().for_each(|it| self.insert(it));
    }
}

impl FromIterator<Caveat> for CaveatSet {
    fn from_iter<T: IntoIterator<Item = Caveat>>(caveats: T) -> Self {
        let mut all = Self::default();
        all.extend(caveats);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caveats_are_each_there_once_and_in_the_order_of_reports() {
        let mut some: CaveatSet = [Caveat::WindowTooShort, Caveat::FipsNames]
            .into_iter()
            .collect();
        some.insert(Caveat::FipsNames);
        some.extend([Caveat::GlobalNames]);
        some.add(CaveatSet::default());
        some.add(some);
        let found: Vec<_> = some.iter().collect();
        let expected = [
            Caveat::GlobalNames,
            Caveat::FipsNames,
            Caveat::WindowTooShort,
        ];
        assert_eq!(found, expected);
        assert!(!some.contains(Caveat::CrossRegionNames));
        let all: CaveatSet = Caveat::ALL.into_iter().collect();
        assert!(all.iter().eq(Caveat::ALL));
        assert_eq!(CaveatSet::default().iter().count(), 0);
    }
}
