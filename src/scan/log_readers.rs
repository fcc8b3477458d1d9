//! Which shard of a scan reads which query logs, so that each place is read by exactly one.
//!
//! A log group is read by the shard of the account that owns it, with the records of all VPCs that
//! write to it, also those of other shards: `vpce-scout merge` brings both together. That shard knows of
//! the log group by the configuration that its account owns. Where it does not, one of the shards with a
//! VPC that writes there reads the log group (`shared_log_groups`). Objects in S3 are one place a VPC:
//! the shard of the VPC reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Cells;
use crate::{
    model::{
        facts::Facts, id::AccountId, inventory::QueryLogConfig, log_place::LogPlace, shard::Shard,
        target::Target, usage::LogGroup,
    },
    usage::destination::Destinations,
};

/// The log groups that another shard than that of their owner was found for.
pub(super) type OtherReaders = BTreeMap<LogGroup, Shard>;

/// The places of query logs, divided.
#[derive(Debug, Default)]
pub(super) struct Division {
    /// Those that this process reads.
    pub(super) places: Vec<LogPlace>,
    /// Those that another shard reads.
    pub(super) elsewhere: BTreeMap<LogPlace, Shard>,
}

/// Divides the places where VPCs of the facts log their queries. A scan of all accounts reads all.
pub(super) fn divide(
    cells: &Cells,
    facts: &Facts,
    plan: &Destinations,
    others: &OtherReaders,
) -> Division {
    let mut division = Division::default();
    if cells.other_shards().is_none() {
        division.places = plan.places.keys().cloned().collect();
        return division;
    }
    let known_to_owner = known_to_owner(facts);
    let mut places = shared(cells, facts);
    for place in plan.places.keys() {
        let reader = match place {
            LogPlace::LogGroup(group) => {
                let owner = cells.other_shard(&group.target.account_id);
                let by_owner = owner.filter(|_| known_to_owner.contains(group));
                by_owner.or_else(|| others.get(group).copied())
            }
            LogPlace::Objects(_) => None,
        };
        match reader {
            Some(shard) => drop(division.elsewhere.insert(place.clone(), shard)),
            None => drop(places.insert(place.clone())),
        }
    }
    division.places = places.into_iter().collect();
    division
}

/// The log groups of which the owner sees that a VPC is associated with them. It does not see the VPCs
/// that a Route 53 Profile carries its configuration to.
pub(super) fn known_to_owner(facts: &Facts) -> BTreeSet<LogGroup> {
    let direct = facts.query_log_associations.iter();
    let direct = direct.filter(|it| it.profile_id.is_none());
    let configs = direct.filter_map(|it| facts.query_log_configs.get(&it.config_id));
    configs
        .filter(|it| is_of_owner(it))
        .filter_map(|it| LogGroup::of_arn(&it.destination))
        .collect()
}

/// Whether the owner of a configuration owns the log group too, and so knows of it.
fn is_of_owner(config: &QueryLogConfig) -> bool {
    let group = LogGroup::of_arn(&config.destination);
    group.is_some_and(|it| it.target.account_id == config.owner_account_id)
}

/// Log groups of accounts of this shard that VPCs write to which it does not know.
fn shared(cells: &Cells, facts: &Facts) -> BTreeSet<LogPlace> {
    let known: BTreeSet<&str> = facts.vpcs.iter().map(|vpc| vpc.vpc_id.as_str()).collect();
    let unknown = facts.query_log_associations.iter();
    let unknown = unknown.filter(|it| !known.contains(it.vpc_id.as_str()));
    let places = unknown.filter_map(|association| {
        let config = facts.query_log_configs.get(&association.config_id)?;
        let owner = &config.owner_account_id;
        let ours = |id: &AccountId| {
            cells.other_shard(id).is_none() && association.target.account_id == *id
        };
        if !is_of_owner(config) || !ours(owner) {
            return None;
        }
        let target = Target {
            account_id: owner.clone(),
            region: association.target.region.clone(),
        };
        LogPlace::of_query_log(&config.destination, &association.vpc_id, &target)
    });
    places.collect()
}
