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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        aws::cancellation::CancellationToken,
        model::{
            coverage::Cell,
            facts::{Finished, Found},
            id::AccountId,
            inventory::{QueryLogAssociation, QueryLogConfig},
            kind::QueryLogStatus,
            run::Run,
            target::Target,
            tests::sample,
        },
        store::Store,
    };

    /// The cells of a run in a directory.
    fn cells(directory: &Path) -> Cells {
        let store = Store::open(directory).unwrap();
        let at = "2026-01-08T00:00:00Z".parse().unwrap();
        let run = Run {
            id: "one".to_owned(),
            started_at: at,
            finished_at: at,
            window_start: "2026-01-01T00:00:00Z".parse().unwrap(),
            window_end: at,
            arguments: vec!["scan".to_owned()],
            shard: None,
        };
        let active = store.begin(&run, "").unwrap();
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let stop = CancellationToken::default();
        Cells::new(store.reopen().unwrap(), &active.record, false, stop, events).unwrap()
    }

    /// Records a VPC that logs its queries to a log group of its account in a Region.
    fn record_vpc(cells: &Cells, region: &str, vpc_id: &str, group: &str) {
        let account: AccountId = sample::target().account_id;
        let target = Target {
            account_id: account.clone(),
            region: region.parse().unwrap(),
        };
        let config = QueryLogConfig {
            config_id: format!("rqlc-{vpc_id}").as_str().into(),
            owner_account_id: account.clone(),
            name: None,
            destination: format!("arn:aws:logs:{group}").parse().unwrap(),
            status: QueryLogStatus::Created,
        };
        let association = QueryLogAssociation {
            target: target.clone(),
            config_id: config.config_id.clone(),
            vpc_id: vpc_id.into(),
            status: QueryLogStatus::Active,
            error: None,
            error_message: None,
            created_at: None,
            profile_id: None,
        };
        for (step, found) in [
            (Step::Vpcs, Found::Vpcs(vec![sample::vpc(&target, vpc_id)])),
            (
                Step::QueryLogging,
                Found::QueryLogging(vec![config], vec![association]),
            ),
            (Step::Route53Profiles, Found::Nothing),
        ] {
            let region = Some(target.region.clone());
            let cell = Cell::complete(Some(account.clone()), region, step);
            cells.record(vec![Finished { cell, found }]);
        }
    }

    #[tokio::test]
    async fn a_log_group_that_vpcs_of_several_regions_name_is_read_once() {
        let home = tempfile::tempdir().unwrap();
        let cells = cells(home.path());
        let group = |region: &str, name: &str| format!("{region}:123456789012:log-group:{name}");
        let shared = group("eu-west-1", "shared");
        record_vpc(&cells, "eu-west-1", "vpc-1", &shared);
        record_vpc(&cells, "us-east-1", "vpc-2", &shared);
        record_vpc(&cells, "us-west-2", "vpc-3", &group("us-west-2", "own"));
        // Nobody in that Region writes to it.
        record_vpc(&cells, "sa-east-1", "vpc-4", &group("us-west-1", "far"));
        cells.flush().await.unwrap();
        let planned = planned(&cells, &OtherReaders::new());
        let names = |places: &mut dyn Iterator<Item = &LogPlace>| {
            let mut names: Vec<String> = places.map(LogPlace::name).collect();
            names.sort();
            names
        };
        let all = names(&mut planned.places.iter());
        assert_eq!(all, ["far", "own", "shared"]);
        let elsewhere = names(&mut planned.named_elsewhere.iter());
        assert_eq!(elsewhere, ["far", "shared"]);
    }
}
