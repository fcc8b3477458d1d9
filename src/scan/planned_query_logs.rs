//! Which query logs are read: where the VPCs of each Region log, less what other shards read.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cells::{Cells, Scope},
    log_readers::{Division, OtherReaders, divide},
    planned_read::PlannedRead,
};
use crate::{
    model::{coverage::Step, facts::Facts, id::Region, log_place::LogPlace},
    usage::{
        destination::{Destinations, destinations},
        dns,
    },
};

/// The places of query logs that are going to be read.
pub(super) struct PlannedQueryLogs {
    pub(super) places: Vec<LogPlace>,
    /// Those that a VPC of another Region names: each is read once all the same. AWS delivers within a Region.
    pub(super) named_elsewhere: BTreeSet<LogPlace>,
}

impl PlannedQueryLogs {
    /// The same, as the reads that they are.
    pub(super) fn reads(&self) -> Vec<PlannedRead> {
        let read = |place: &LogPlace| PlannedRead {
            step: Step::DnsUsage,
            place: place.clone(),
            queries: dns::QUERIES,
        };
        self.places.iter().map(read).collect()
    }
}

/// Plans what query logs are read, Region by Region.
pub(super) fn planned(cells: &Cells, others: &OtherReaders) -> PlannedQueryLogs {
    let mut planned = PlannedQueryLogs {
        places: Vec::new(),
        named_elsewhere: BTreeSet::new(),
    };
    for (region, accounts) in &cells.accounts_by_region() {
        let (_, _, division) = divided(cells, others, Scope::Region(region, accounts));
        for place in division.places {
            if is_elsewhere(&place, region) {
                planned.named_elsewhere.insert(place);
            } else {
                planned.places.push(place);
            }
        }
    }
    let mut left = planned.named_elsewhere.clone();
    for place in &planned.places {
        left.remove(place);
    }
    planned.places.extend(left);
    planned
}

/// Whether a place is not in the Region of the VPC that names it. Objects are of one VPC, wherever the bucket
/// is.
fn is_elsewhere(place: &LogPlace, region: &Region) -> bool {
    matches!(place, LogPlace::LogGroup(group) if group.target.region != *region)
}

/// Where the VPCs of a Region log their queries, and what of that this process reads.
pub(super) fn divided(
    cells: &Cells,
    others: &OtherReaders,
    scope: Scope<'_>,
) -> (Facts, Destinations, Division) {
    let mut facts = cells.facts_within(scope, &Step::QUERY_LOGGING);
    let plan = destinations(&facts);
    let division = divide(cells, &facts, &plan, others);
    // The plan holds what they lead to.
    facts.query_log_configs = BTreeMap::new();
    facts.query_log_associations = Vec::new();
    (facts, plan, division)
}
