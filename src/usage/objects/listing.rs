//! Which objects a unit has: discovered and listed, within the stamps of the window.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{
    bucket::{Bucket, DayListing, Object},
    key::{Stamps, flow_log_day, query_log_day},
    reader::{ObjectReader, VpcPrefixes},
};
use crate::{
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        log_place::{ObjectPlace, ObjectRecords},
        object_reads::{ObjectCounts, ObjectRoute},
        run::Window,
    },
};

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

/// Counts the objects of a place, up to the most that may be read. They are kept until they are read.
pub async fn count(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    window: Window,
    settings: &Objects,
) -> Result<Listing, Failure> {
    let mut found = Listing::default();
    for day in stamps(place, window, settings).days() {
        let listed = of_day(reader, bucket, place, window, settings, day).await?;
        let counts = listed.counts();
        found.absorb(Listing {
            objects: counts.gets,
            bytes: counts.bytes,
            reads: [(bucket.route(), counts)].into(),
        });
        reader.keep_listed(place, day, listed);
        if found.objects > settings.embedded_max_objects {
            break;
        }
    }
    Ok(found)
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
    let stamps = stamps(place, window, settings);
    let prefixes = match &place.records {
        ObjectRecords::Queries { vpc_id } => {
            let vpcs = reader.prefix_cell(bucket);
            let vpcs = vpcs.get_or_init(|| vpc_prefixes(bucket)).await;
            let found = vpcs.as_ref().map_err(Clone::clone)?.get(vpc_id);
            let found = found.into_iter().flatten();
            found.map(|prefix| query_log_day(prefix, day)).collect()
        }
        ObjectRecords::Flows {
            flow_log_id,
            layout,
            ..
        } => flow_log_day(&bucket.prefix, &place.target, flow_log_id, *layout, day),
    };
    let most = usize::try_from(settings.embedded_max_objects).unwrap_or(usize::MAX);
    let (mut found, mut lists) = (Vec::new(), 0);
    for prefix in prefixes {
        let mut take = |object: Object| {
            if stamps.include(&object.key) {
                found.push(object);
            }
            if found.len() > most {
                return Err(too_many(settings));
            }
            Ok(())
        };
        lists += bucket.objects(&prefix, &mut take).await?;
    }
    let archived = found.iter().filter(|it| it.archived).count();
    if archived > 0 {
        let why = format!(
            "{archived} of {} objects of {day} are in an archive storage class and have to be \
             restored before they can be read",
            found.len()
        );
        return Err(Failure::new(Reason::Archived, why));
    }
    Ok(DayListing {
        objects: found,
        lists,
    })
}

fn too_many(settings: &Objects) -> Failure {
    let most = settings.embedded_max_objects;
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
    vpcs: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Failure> {
    let found = reader.prefix_cell(bucket);
    let found = found.get_or_init(|| vpc_prefixes(bucket)).await;
    let found = found.as_ref().map_err(Clone::clone)?;
    let root = format!("{}AWSLogs/", bucket.prefix);
    let mut accounts = BTreeSet::new();
    for prefix in vpcs.iter().filter_map(|vpc| found.get(vpc)).flatten() {
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
