//! Which objects a unit has: discovered and listed, within the stamps of the window.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use jiff::civil::Date;

use super::{
    bucket::{Bucket, DayListing},
    key::{Stamps, flow_log_day, query_log_day},
    object_list::{Object, ObjectList},
    reader::{ObjectReader, VpcPrefixes},
};
use crate::{
    config::{Engine, Objects},
    model::{
        coverage::{Failure, Reason},
        id::VpcId,
        log_place::{ObjectPlace, ObjectRecords},
        object_reads::{ObjectCounts, ObjectRoute},
        run::Window,
    },
};

/// Objects of a place and day that the embedded engine reads where it has to: some 30 bytes each, as they are packed.
const MOST_OF_DAY: u64 = 2_000_000;
/// Bytes that these may take, if their keys have less in common than those that AWS writes.
const MOST_PACKED: usize = 128 << 20;

/// What a place, or several, hold of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Objects.
    pub objects: u64,
    /// Their bytes, compressed.
    pub bytes: u64,
    /// What listing and fetching them takes, by Regions.
    pub reads: BTreeMap<ObjectRoute, ObjectCounts>,
}

impl Listing {
    /// Adds what another place holds.
    pub fn absorb(&mut self, other: Self) {
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (route, counts) in other.reads {
            self.reads.entry(route).or_default().absorb(counts);
        }
    }
}

/// The stamps of a place's objects.
pub(in crate::usage) fn stamps(place: &ObjectPlace, window: Window, settings: &Objects) -> Stamps {
    let aggregation = match &place.records {
        ObjectRecords::Queries { .. } => 0,
        ObjectRecords::Flows {
            aggregation_seconds,
            ..
        } => *aggregation_seconds,
    };
    Stamps::of(window, aggregation, settings.late_minutes)
}

/// Counts the objects of a place, up to one more than the most that may be read. They are kept until they are
/// read, if they are not too many for that.
pub async fn count(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    window: Window,
    settings: &Objects,
) -> Result<Listing, Failure> {
    let mut counts = ObjectCounts::default();
    for day in stamps(place, window, settings).days() {
        let mut found = CountedDay {
            most: settings.embedded_max_objects.saturating_sub(counts.gets),
            ..CountedDay::default()
        };
        let take = |object: Object| found.take(reader, &object);
        found.kept.lists = each_of_day(reader, bucket, place, window, settings, day, take).await?;
        counts.absorb(ObjectCounts {
            lists: found.kept.lists,
            gets: found.objects,
            bytes: found.bytes,
            athena_bytes: 0,
        });
        if found.archived == 0 && found.kept.objects.len() as u64 == found.objects {
            reader.keep_listed(place, day, found.kept);
        }
        if counts.gets > settings.embedded_max_objects {
            break;
        }
    }
    Ok(Listing {
        objects: counts.gets,
        bytes: counts.bytes,
        reads: [(bucket.route(), counts)].into(),
    })
}

/// What is counted of a day.
#[derive(Debug, Default)]
struct CountedDay {
    /// More are not counted.
    most: u64,
    objects: u64,
    bytes: u64,
    archived: u64,
    /// The objects, as long as there is room for them.
    kept: DayListing,
}

impl CountedDay {
    fn take(&mut self, reader: &ObjectReader, object: &Object) -> ControlFlow<()> {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(object.size);
        self.archived += u64::from(object.archived);
        if reader.has_room(self.kept.objects.len()) {
            self.kept.objects.push(object);
        }
        if self.objects > self.most {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// The objects of a place that may hold records of the window, in the folders of a day.
pub(super) async fn of_day(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    window: Window,
    settings: &Objects,
    day: Date,
) -> Result<DayListing, Failure> {
    if let Some(listed) = reader.take_listed(place, day) {
        return Ok(listed);
    }
    let most = match settings.engine {
        Engine::Embedded => MOST_OF_DAY.max(settings.embedded_max_objects),
        Engine::Auto | Engine::Athena => settings.embedded_max_objects,
    };
    let mut objects = ObjectList::default();
    let take = |object: Object| take_up_to(most, &mut objects, &object);
    let lists = each_of_day(reader, bucket, place, window, settings, day, take).await?;
    if objects.len() as u64 > most {
        return Err(too_many(most));
    }
    if objects.packed() > MOST_PACKED {
        let why = format!(
            "the names of the {} objects of {day} take more than {MOST_PACKED} bytes",
            objects.len()
        );
        return Err(Failure::new(Reason::Budget, why));
    }
    let archived = objects.archived();
    if archived > 0 {
        let why = format!(
            "{archived} of {} objects of {day} are in an archive storage class and have to be \
             restored before they can be read",
            objects.len()
        );
        return Err(Failure::new(Reason::Archived, why));
    }
    Ok(DayListing { objects, lists })
}

/// Keeps an object, until there are more than so many, or they take too much memory.
fn take_up_to(most: u64, objects: &mut ObjectList, object: &Object) -> ControlFlow<()> {
    objects.push(object);
    if objects.len() as u64 > most || objects.packed() > MOST_PACKED {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// Lists the objects of a day, until `take` has enough of them. Returns the number of requests.
async fn each_of_day(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    window: Window,
    settings: &Objects,
    day: Date,
    mut take: impl FnMut(Object) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let stamps = stamps(place, window, settings);
    let prefixes = match &place.records {
        ObjectRecords::Queries { vpc_id } => {
            let vpcs = reader.prefix_cell(bucket);
            let vpcs = vpcs.get_or_init(|| vpc_prefixes(bucket)).await;
            let found = vpcs.as_ref().map_err(Clone::clone)?.get(vpc_id.as_str());
            let found = found.into_iter().flatten();
            found.map(|prefix| query_log_day(prefix, day)).collect()
        }
        ObjectRecords::Flows {
            flow_log_id,
            layout,
            ..
        } => flow_log_day(&bucket.prefix, &place.target, flow_log_id, *layout, day),
    };
    let mut lists = 0;
    let mut is_done = false;
    for prefix in prefixes {
        let taken = |object: Object| {
            if !stamps.include(&object.key) {
                return ControlFlow::Continue(());
            }
            let taken = take(object);
            is_done |= taken.is_break();
            taken
        };
        lists += bucket.objects(&prefix, taken).await?;
        if is_done {
            break;
        }
    }
    Ok(lists)
}

fn too_many(most: u64) -> Failure {
    let why = format!(
        "there are more than {most} objects (objects.embedded_max_objects): raise it, or shorten the \
         window"
    );
    Failure::new(Reason::Budget, why)
}

/// The folders of each VPC. Which account's folder they are in is not documented for configurations
/// that are shared, so all are looked at.
async fn vpc_prefixes(bucket: &Bucket) -> Result<VpcPrefixes, Failure> {
    let mut open = bucket
        .folders(&format!("{}AWSLogs/", bucket.prefix))
        .await?;
    let mut found = VpcPrefixes::new();
    while let Some(folder) = open.pop() {
        let name = last_folder(&folder);
        // A folder of the organization holds those of its accounts.
        if name.starts_with("o-") {
            open.extend(bucket.folders(&folder).await?);
            continue;
        }
        for vpc in bucket.folders(&format!("{folder}vpcdnsquerylogs/")).await? {
            let id = last_folder(&vpc).to_owned();
            found.entry(id).or_default().push(vpc);
        }
    }
    for it in found.values_mut() {
        it.sort();
    }
    Ok(found)
}

/// The accounts in whose folders the objects of these VPCs are. None has objects if that is none.
pub(in crate::usage) async fn accounts(
    reader: &ObjectReader,
    bucket: &Bucket,
    vpcs: &BTreeSet<VpcId>,
) -> Result<BTreeSet<String>, Failure> {
    let found = reader.prefix_cell(bucket);
    let found = found.get_or_init(|| vpc_prefixes(bucket)).await;
    let found = found.as_ref().map_err(Clone::clone)?;
    let root = format!("{}AWSLogs/", bucket.prefix);
    let mut accounts = BTreeSet::new();
    for prefix in vpcs
        .iter()
        .filter_map(|vpc| found.get(vpc.as_str()))
        .flatten()
    {
        let rest = prefix.strip_prefix(&root).unwrap_or_default();
        let folder = rest.split('/').next().unwrap_or_default();
        if folder.len() != 12 || !folder.bytes().all(|it| it.is_ascii_digit()) {
            let why = format!("the table has no partition for the objects below `{prefix}`");
            return Err(Failure::new(Reason::TableMismatch, why));
        }
        accounts.insert(folder.to_owned());
    }
    Ok(accounts)
}

fn last_folder(prefix: &str) -> &str {
    let prefix = prefix.trim_end_matches('/');
    prefix.rsplit('/').next().unwrap_or(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> impl Iterator<Item = Object> {
        let folder = "AWSLogs/111111111111/vpcdnsquerylogs/vpc-00000000000000001/2026/06/01/\
                      vpc-00000000000000001_vpcdnsquerylogs_111111111111_20260601T";
        let of_mark = MOST_OF_DAY.div_ceil(288);
        (0..288_u64).flat_map(move |mark| {
            let stem = format!("{folder}{:02}{:02}Z_", mark / 12, mark % 12 * 5);
            let numbers = mark * of_mark..MOST_OF_DAY.min((mark + 1) * of_mark);
            numbers.map(move |number| Object {
                key: format!("{stem}{:08x}.log.gz", (number * 0x9e37_79b1) & 0xffff_ffff),
                size: 20_000,
                archived: false,
            })
        })
    }

    #[test]
    fn two_million_objects_are_counted_and_their_packed_keys_take_less_than_64_mib() {
        let reader = ObjectReader::default();
        let mut day = CountedDay {
            most: u64::MAX,
            ..CountedDay::default()
        };
        let mut all = ObjectList::default();
        for object in objects() {
            assert!(take_up_to(MOST_OF_DAY, &mut all, &object).is_continue());
            assert_eq!(day.take(&reader, &object), ControlFlow::Continue(()));
        }
        let expected = (MOST_OF_DAY, 20_000 * MOST_OF_DAY);
        assert_eq!((day.objects, day.bytes), expected);
        assert_eq!((all.len() as u64, all.bytes()), expected);
        assert!(all.memory() < 64 << 20, "{}", all.memory());
        assert!(all.memory() - all.packed() < 1 << 20);
        // Of those that are only counted, a tenth is kept.
        let kept = &day.kept.objects;
        assert!(kept.len() as u64 <= MOST_OF_DAY / 10, "{}", kept.len());
        assert!(kept.memory() < 10 << 20, "{}", kept.memory());
    }

    #[test]
    fn names_with_nothing_in_common_end_a_listing_before_they_fill_the_memory() {
        let mut all = ObjectList::default();
        let long = "x".repeat(1000);
        let ended = (0..MOST_OF_DAY).position(|number| {
            let object = Object {
                key: format!("{:03}{long}", number % 1000),
                size: 1,
                archived: false,
            };
            take_up_to(MOST_OF_DAY, &mut all, &object).is_break()
        });
        assert!(ended.is_some_and(|it| it < 200_000), "{ended:?}");
        assert!(all.memory() < MOST_PACKED + (4 << 20), "{}", all.memory());
    }

    #[test]
    fn listing_ends_with_the_first_object_that_is_too_many() {
        let most = 500_000;
        let reader = ObjectReader::default();
        let mut day = CountedDay {
            most,
            ..CountedDay::default()
        };
        let last = objects().position(|object| day.take(&reader, &object).is_break());
        assert_eq!(last.map(|it| it as u64), Some(most));
        let mut all = ObjectList::default();
        let last = objects().position(|object| take_up_to(most, &mut all, &object).is_break());
        assert_eq!(last.map(|it| it as u64), Some(most));
        assert_eq!(all.len() as u64, most + 1);
    }
}
