//! A part of a scan that several machines share: `2/3` is the second of three shards.
//!
//! The accounts are divided by a hash of their ids, so that each belongs to exactly one shard, whatever
//! else a shard can see: the FNV-1a hash (64 bits) of the twelve digits, modulo the number of shards
//! (<https://datatracker.ietf.org/doc/draft-eastlake-fnv/>).

use std::{fmt, hash::Hasher, str::FromStr};

use fnv::FnvHasher;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{id::AccountId, target::Account};

/// The most shards of a scan: an array job of AWS Batch has as many children
/// (<https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html>).
const MOST: u32 = 10_000;

/// One of several shards.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Shard {
    count: u32,
    /// From 1.
    index: u32,
}

/// A text that is no shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected I/N with I from 1 to N, and N up to 10000, as in 2/3")]
pub struct InvalidShard;

impl Shard {
    /// The shard of a number from 1 to `count`.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        let fits = (1..=MOST).contains(&count) && (1..=count).contains(&index);
        fits.then_some(Self { count, index })
    }

    /// Its number, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The shard that an account belongs to, of as many as this one is of.
    #[must_use]
    pub fn of(self, account: &AccountId) -> Self {
        let mut hash = FnvHasher::default();
        hash.write(account.as_str().as_bytes());
        let index = u32::try_from(hash.finish() % u64::from(self.count)).unwrap_or_default() + 1;
        Self { index, ..self }
    }

    /// Whether an account belongs to it.
    pub fn owns(self, account: &AccountId) -> bool {
        self.of(account) == self
    }

    /// All shards of which this is one.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (1..=self.count).map(move |index| Self { index, ..self })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, InvalidShard> {
        let digits = |text: &str| -> Option<u32> {
            let plain = text.bytes().all(|it| it.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten()
        };
        let (index, count) = text.trim().split_once('/').ok_or(InvalidShard)?;
        let numbers = digits(index).zip(digits(count)).ok_or(InvalidShard)?;
        Self::new(numbers.0, numbers.1).ok_or(InvalidShard)
    }
}

impl TryFrom<String> for Shard {
    type Error = InvalidShard;

    fn try_from(text: String) -> Result<Self, InvalidShard> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// The accounts of a scan that other shards scan.
#[derive(Clone, Debug)]
pub struct OtherShards {
    shard: Shard,
    /// Sorted ids of all accounts that some shard scans.
    scanned: Vec<AccountId>,
}

impl OtherShards {
    /// What `shard` leaves to the others, of these accounts.
    pub fn new(shard: Shard, accounts: &[Account]) -> Self {
        let scanned = accounts
            .iter()
            .filter(|it| it.selected && it.status.can_be_called());
        let mut scanned: Vec<AccountId> = scanned.map(|it| it.id.clone()).collect();
        scanned.sort_unstable();
        Self { shard, scanned }
    }

    /// The shard that scans an account, if it is another one.
    pub fn of(&self, account: &AccountId) -> Option<Shard> {
        let shard = self.shard.of(account);
        let other = shard != self.shard && self.is_scanned(account);
        other.then_some(shard)
    }

    /// Whether some shard scans an account.
    pub fn is_scanned(&self, account: &AccountId) -> bool {
        self.scanned.binary_search(account).is_ok()
    }

    /// All accounts that some shard scans, in an order that is the same for all shards and another for
    /// each `owner` of something that they share.
    pub fn ranked(&self, owner: &AccountId) -> Vec<&AccountId> {
        let mut ranked: Vec<_> = self.scanned.iter().collect();
        ranked.sort_by_cached_key(|account| {
            let mut hash = FnvHasher::default();
            hash.write(owner.as_str().as_bytes());
            hash.write(account.as_str().as_bytes());
            (hash.finish(), *account)
        });
        ranked
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::target::AccountStatus;

    #[test]
    fn a_shard_is_read_from_its_number_and_theirs() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!((shard.index(), shard.count()), (2, 3));
        assert_eq!(shard.to_string(), "2/3");
        for odd in [
            "", "2", "0/3", "4/3", "2/0", "-1/3", "+1/3", "1/10001", "1/3/3", "a/b", "1/ 3",
        ] {
            assert_eq!(odd.parse::<Shard>(), Err(InvalidShard), "{odd}");
        }
    }

    #[test]
    fn the_shard_of_an_account_is_the_same_in_every_release() {
        // Computed by hand from the definition of FNV-1a.
        let of = |id: &str, count| {
            let id: AccountId = id.parse().unwrap();
            Shard::new(1, count).unwrap().of(&id).index()
        };
        assert_eq!(
            [
                of("555000000001", 3),
                of("555000000011", 3),
                of("555000000022", 3)
            ],
            [2, 3, 1]
        );
        assert_eq!(
            [
                of("555000000001", 7),
                of("555000000011", 7),
                of("555000000031", 7)
            ],
            [7, 6, 4]
        );
    }

    #[test]
    fn all_shards_rank_the_accounts_that_are_scanned_alike() {
        let account = |number: u32| Account {
            id: format!("55500000000{number}").parse().unwrap(),
            name: None,
            ou_path: None,
            ou_ids: Vec::new(),
            status: AccountStatus::Active,
            selected: number != 3,
            organization_id: None,
        };
        let accounts: Vec<Account> = (0..9).map(account).collect();
        let owner = accounts[3].id.clone();
        let shard = Shard::new(1, 4).unwrap();
        let ranked: Vec<_> = shard
            .all()
            .map(|it| OtherShards::new(it, &accounts))
            .collect();
        let first = ranked[0].ranked(&owner);
        assert_eq!(first.len(), 8);
        assert!(!first.contains(&&owner), "{first:?}");
        for others in &ranked {
            assert_eq!(others.ranked(&owner), first);
        }
        assert_ne!(ranked[0].ranked(&accounts[1].id), first);
    }

    proptest! {
        #[test]
        fn every_account_is_in_exactly_one_shard(id in "[0-9]{12}", count in 1_u32..=64) {
            let account: AccountId = id.parse().unwrap();
            let first = Shard::new(1, count).unwrap();
            let owners: Vec<_> = first.all().filter(|it| it.owns(&account)).collect();
            prop_assert_eq!(owners, [first.of(&account)]);
        }
    }
}
