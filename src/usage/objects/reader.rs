//! What all units of a scan share.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use jiff::civil::Date;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use super::bucket::{Bucket, DayListing};
use crate::model::{coverage::Failure, log_place::ObjectPlace};

/// Units read at once: more would only add memory, as one keeps all workers busy.
const UNITS: usize = 2;

/// Keys that are kept from the estimate until they are read, some 30 bytes each: those of places beyond are listed
/// a second time.
const MOST_LISTED: usize = 200_000;

/// What all units of a scan share.
#[derive(Debug)]
pub struct ObjectReader {
    units: Semaphore,
    /// The prefixes of each VPC's objects, by bucket and prefix.
    vpc_prefixes: Mutex<HashMap<(String, String), Arc<PrefixCell>>>,
    refused: OnceLock<Failure>,
    listed: Mutex<Listed>,
}

/// Objects that were listed and are not read yet.
#[derive(Debug, Default)]
struct Listed {
    objects: usize,
    by_day: HashMap<(ObjectPlace, Date), DayListing>,
}

pub(super) type VpcPrefixes = BTreeMap<String, Vec<String>>;
pub(super) type PrefixCell = OnceCell<Result<VpcPrefixes, Failure>>;

impl Default for ObjectReader {
    fn default() -> Self {
        Self {
            units: Semaphore::new(UNITS),
            vpc_prefixes: Mutex::default(),
            refused: OnceLock::new(),
            listed: Mutex::default(),
        }
    }
}

impl ObjectReader {
    /// Waits for its turn to read a unit.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.units.acquire().await.ok()
    }

    /// Lets no object be read: there are more than may be.
    pub fn refuse(&self, why: Failure) {
        let _ = self.refused.set(why);
    }

    /// Why no object may be read.
    pub fn refusal(&self) -> Option<&Failure> {
        self.refused.get()
    }

    /// Whether one more object than so many may be kept.
    pub(super) fn has_room(&self, objects: usize) -> bool {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.objects + objects < MOST_LISTED
    }

    /// Keeps what was listed of a place and day until it is read, unless that is too much.
    pub(super) fn keep_listed(&self, place: &ObjectPlace, day: Date, found: DayListing) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.objects + found.objects.len() <= MOST_LISTED {
            listed.objects += found.objects.len();
            listed.by_day.insert((place.clone(), day), found);
        }
    }

    /// What was listed of a place and day, once.
    pub(super) fn take_listed(&self, place: &ObjectPlace, day: Date) -> Option<DayListing> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = listed.by_day.remove(&(place.clone(), day))?;
        listed.objects -= found.objects.len();
        Some(found)
    }

    pub(super) fn prefix_cell(&self, bucket: &Bucket) -> Arc<PrefixCell> {
        let at = (bucket.name.clone(), bucket.prefix.clone());
        let mut all = self
            .vpc_prefixes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(at).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{log_place::ObjectRecords, target::Target},
        usage::objects::object_list::Object,
    };

    #[test]
    fn what_was_listed_is_given_once_and_too_much_is_not_kept() {
        let place = ObjectPlace {
            target: Target {
                account_id: "111111111111".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            bucket: "logs".to_owned(),
            prefix: String::new(),
            records: ObjectRecords::Queries {
                vpc_id: "vpc-1".into(),
            },
        };
        let (one, two) = (Date::constant(2026, 6, 1), Date::constant(2026, 6, 2));
        let listing = |count: usize| DayListing {
            objects: std::iter::repeat_n(
                Object {
                    key: "k".to_owned(),
                    size: 7,
                    archived: false,
                },
                count,
            )
            .collect(),
            lists: 1,
        };
        let reader = ObjectReader::default();
        reader.keep_listed(&place, one, listing(1));
        reader.keep_listed(&place, two, listing(MOST_LISTED));
        assert_eq!(reader.take_listed(&place, two), None);
        assert_eq!(reader.take_listed(&place, one), Some(listing(1)));
        assert_eq!(reader.take_listed(&place, one), None);
        reader.keep_listed(&place, two, listing(MOST_LISTED));
        assert!(reader.take_listed(&place, two).is_some());
    }
}
