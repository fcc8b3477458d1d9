//! Which shard reads a log group that its owner's shard does not know of: no shard scans the owner, or
//! only Route 53 Profiles lead to it.
//!
//! Every shard with a VPC that writes there asks the accounts of the scan one after the other, in an order
//! that is the same for all shards, until one has a VPC of its own that writes there: the shard of that
//! account reads the log group. So all of them find the same one, and none reads twice what Logs Insights
//! bills. Accounts of the shard itself are not asked: their VPCs are known.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::{
    cells::Cells,
    log_readers::{OtherReaders, known_to_owner},
};
use crate::{
    collect::{query_log, route53_profile, vpc},
    config::Config,
    model::{
        coverage::{Failure, Step},
        facts::Facts,
        id::{AccountId, VpcId},
        inventory::{QueryLogAssociation, QueryLogConfig, Vpc},
        log_place::LogPlace,
        shard::{OtherShards, Shard},
        target::Target,
        usage::{GroupRead, LogGroup},
    },
    org::session::{Access, Session},
    usage::destination::{Destinations, destinations},
};

/// Finds the shards that read the log groups of which the shard of the owner does not know.
pub(super) async fn other_readers(access: &Access, config: &Config, cells: &Cells) -> OtherReaders {
    let mut found = OtherReaders::new();
    let Some(others) = cells.other_shards() else {
        return found;
    };
    let facts = cells.facts_of(&Step::QUERY_LOGGING);
    let plan = destinations(&facts);
    let known = known_to_owner(&facts);
    let mut search = Search {
        access,
        config,
        cells,
        others,
        written: BTreeMap::new(),
    };
    for (group, users) in groups_of_owners(&facts, &plan) {
        let by_owner = others.is_scanned(&group.target.account_id) && known.contains(group);
        if by_owner || search.was_read(group) {
            continue;
        }
        let reader = search.reader(group, &users).await;
        found.extend(reader.map(|shard| (group.clone(), shard)));
    }
    found
}

/// The log groups that VPCs write to, and the accounts that own these.
fn groups_of_owners<'p>(
    facts: &Facts,
    plan: &'p Destinations,
) -> Vec<(&'p LogGroup, BTreeSet<AccountId>)> {
    let owned = facts.vpcs.iter().filter(|vpc| vpc.is_seen_by_owner());
    let owners: BTreeMap<&str, &AccountId> = owned
        .map(|vpc| (vpc.vpc_id.as_str(), &vpc.owner_account_id))
        .collect();
    let of_vpcs = |vpcs: &BTreeSet<VpcId>| -> BTreeSet<AccountId> {
        let found = vpcs.iter().filter_map(|id| owners.get(id.as_str()));
        found.map(|id| (*id).clone()).collect()
    };
    let places = plan.places.iter();
    let groups = places.filter_map(|(place, vpcs)| match place {
        LogPlace::LogGroup(group) => Some((group, of_vpcs(vpcs))),
        LogPlace::Objects(_) => None,
    });
    groups.collect()
}

/// The search for readers.
struct Search<'s> {
    access: &'s Access,
    config: &'s Config,
    cells: &'s Cells,
    others: &'s OtherShards,
    /// The log groups that VPCs of accounts of other shards write to, where that was asked.
    written: BTreeMap<Target, BTreeSet<LogGroup>>,
}

impl Search<'_> {
    /// Whether an earlier process of this shard has read a log group.
    fn was_read(&self, group: &LogGroup) -> bool {
        let name = LogPlace::LogGroup(group.clone()).name();
        let part = self
            .cells
            .part::<GroupRead>(&group.target, Step::DnsUsage, &name);
        part.is_some_and(|(_, again)| !again)
    }

    /// The other shard that reads a log group; none if this one does. `ours`: accounts of this shard
    /// with a VPC that writes there.
    async fn reader(&mut self, group: &LogGroup, ours: &BTreeSet<AccountId>) -> Option<Shard> {
        let owner = &group.target.account_id;
        if let Some(shard) = self.others.of(owner)
            && self.is_known_to(owner, group).await
        {
            return Some(shard);
        }
        let mut candidates = self.others.ranked(owner);
        let first_of_ours = candidates.iter().position(|id| ours.contains(*id))?;
        candidates.truncate(first_of_ours);
        // The log group of an organization is found with the first account, a rare one after many.
        let (mut rest, mut size) = (&candidates[..], 1);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            self.ask(now, group).await;
            for account in now {
                let target = at(account, group);
                if self
                    .written
                    .get(&target)
                    .is_some_and(|it| it.contains(group))
                {
                    return self.others.of(account);
                }
            }
            rest = later;
            size = (size * 2).min(self.config.limits.accounts.max(1));
        }
        None
    }

    /// Whether the owner of a log group sees that a VPC is associated with it, of whichever account.
    async fn is_known_to(&self, owner: &AccountId, group: &LogGroup) -> bool {
        let work = async {
            let account = self.access.account(owner).await?;
            query_log::list_own(&account.session(&group.target.region)).await
        };
        let listed = self.cells.measure(work).await.result;
        listed.is_ok_and(|(configs, associations)| {
            let facts = facts(Vec::new(), configs, associations);
            known_to_owner(&facts).contains(group)
        })
    }

    /// Asks accounts of other shards for the log groups that their VPCs write to.
    async fn ask(&mut self, accounts: &[&AccountId], group: &LogGroup) {
        let unknown = accounts.iter().filter(|id| self.others.of(id).is_some());
        let targets = unknown.map(|id| at(id, group));
        let unknown: Vec<Target> = targets
            .filter(|target| !self.written.contains_key(target))
            .collect();
        let (access, cells) = (self.access, self.cells);
        let answers: Vec<_> = stream::iter(unknown)
            .map(|target| async move {
                let work = async {
                    let account = access.account(&target.account_id).await?;
                    written(&account.session(&target.region)).await
                };
                let groups = cells.measure(work).await.result;
                // Its own shard cannot read it either, or the Region is not enabled there.
                let groups = groups.unwrap_or_else(|failure| {
                    tracing::debug!(%target, %failure, "query logs of another shard");
                    BTreeSet::new()
                });
                (target, groups)
            })
            .buffer_unordered(self.config.limits.accounts)
            .collect()
            .await;
        self.written.extend(answers);
    }
}

/// The same place in an account as that of a log group.
fn at(account: &AccountId, group: &LogGroup) -> Target {
    Target {
        account_id: account.clone(),
        region: group.target.region.clone(),
    }
}

/// The log groups that the VPCs of an account write to, as its own shard finds them.
async fn written(session: &Session) -> Result<BTreeSet<LogGroup>, Failure> {
    let vpcs = vpc::list(session).await?;
    if vpcs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (mut configs, mut associations) = query_log::list_used(session).await?;
    // A Profile that cannot be read costs its own shard the same VPCs.
    let carried = route53_profile::query_logging(session).await?;
    let (carried, by_profile, _) = carried.into_parts();
    configs.extend(carried);
    associations.extend(by_profile);
    let facts = facts(vpcs, configs, associations);
    let plan = destinations(&facts);
    let groups = groups_of_owners(&facts, &plan).into_iter();
    let own = groups.filter(|(_, owners)| !owners.is_empty());
    Ok(own.map(|(group, _)| group.clone()).collect())
}

fn facts(
    vpcs: Vec<Vpc>,
    configs: Vec<QueryLogConfig>,
    associations: Vec<QueryLogAssociation>,
) -> Facts {
    let configs = configs.into_iter().map(|it| (it.config_id.clone(), it));
    Facts {
        vpcs,
        query_log_configs: configs.collect(),
        query_log_associations: associations,
        ..Facts::default()
    }
}
