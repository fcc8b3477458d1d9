//! Reads what the status needs.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    observer::{Observer, ReadFailure, named},
    region::{PROFILES, read_config_tags, read_profiles, with_vpcs},
};
use crate::{
    collect::{flow_log, log_group, query_log},
    config::Config,
    logging::{
        observed_state::{ObservedState, RegionState, Unread, log_group_of},
        status::{LogGroupState, StatusDetails},
    },
    model::{
        coverage::Failure, event::Event, facts::Facts, id::QueryLogConfigId,
        inventory::QueryLogConfig, kind::LogDestinationType, target::Target,
    },
    org::session::{Access, Session},
};

/// The logs of every VPC as AWS has them now.
#[derive(Debug)]
pub struct LiveState {
    /// What a stored run has, too.
    pub facts: Facts,
    /// Log groups and tags.
    pub details: StatusDetails,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Reads the logs of every VPC.
///
/// # Errors
///
/// If the accounts cannot be listed at all.
pub async fn for_status(
    access: &Access,
    config: &Config,
    events: &UnboundedSender<Event>,
) -> anyhow::Result<LiveState> {
    let observer = Observer::new(access, config, events);
    let reader = &observer;
    observer
        .regions(|_| true, |session| reader.for_status(session))
        .await?;
    let state_of_logging = observer.into_state();
    let facts = facts(&state_of_logging);
    let mut details = StatusDetails::default();
    for state in state_of_logging.regions.values() {
        let configs = state.config_tags.iter();
        let configs = configs.map(|(id, tags)| (id.to_string(), tags.clone()));
        details.tags.extend(configs);
        let logs = state.tagged_flow_logs.iter();
        let logs = logs.map(|log| (log.flow_log_id.to_string(), log.tags.clone()));
        details.tags.extend(logs);
    }
    let shared = tags_of_shared(access, config, &facts, &details).await;
    let shared = shared.into_iter();
    details
        .tags
        .extend(shared.map(|(id, tags)| (id.into(), tags)));
    let groups = log_groups(&facts);
    let _ = events.send(Event::LogGroups(groups.len()));
    details.groups = stream::iter(groups)
        .map(|(target, name)| async move {
            let found = Box::pin(log_group_state(access, &target, &name)).await;
            let _ = events.send(Event::LogGroupDone);
            ((target, name), found)
        })
        .buffer_unordered(config.limits.log_groups)
        .collect()
        .await;
    Ok(LiveState {
        facts,
        details,
        unread: state_of_logging.unread,
    })
}

impl Observer<'_> {
    async fn for_status(&self, session: Session) -> Result<Option<RegionState>, ReadFailure> {
        let Some(mut state) = with_vpcs(&session, self.access.partition()).await? else {
            return Ok(None);
        };
        (state.configs, state.associations) =
            named("query logging", query_log::list(&session)).await?;
        read_profiles(&session, &mut state).await?;
        if let Some(unread) = &state.unread_profiles {
            let (account, region) = (&session.target().account_id, &session.target().region);
            let failure = unread.failure.clone();
            self.unread(Some(account), Some(region), (PROFILES, failure));
        }
        // The tags are extra: without them the status is still right.
        let _ = Box::pin(read_config_tags(&session, &mut state, &BTreeSet::new())).await;
        let logs = named("flow logs", flow_log::with_tags(&session)).await?;
        (state.flow_logs, state.tagged_flow_logs) = logs.into_iter().unzip();
        Ok(Some(state))
    }
}

/// The tags of shared configurations, by id: the account that owns one often has no VPC.
async fn tags_of_shared(
    access: &Access,
    config: &Config,
    facts: &Facts,
    details: &StatusDetails,
) -> BTreeMap<QueryLogConfigId, crate::model::logging::Tags> {
    let mut by_owner: BTreeMap<Target, BTreeMap<&str, &QueryLogConfig>> = BTreeMap::new();
    for association in &facts.query_log_associations {
        let shared = facts.query_log_configs.get(&association.config_id);
        if let Some(shared) = shared.filter(|it| !details.tags.contains_key(it.config_id.as_str()))
        {
            let owner = Target {
                account_id: shared.owner_account_id.clone(),
                region: association.target.region.clone(),
            };
            let of_owner = by_owner.entry(owner).or_default();
            of_owner.insert(&shared.config_id, shared);
        }
    }
    let tags: Vec<_> = stream::iter(by_owner)
        .map(|(target, configs)| async move {
            let mut state = RegionState::new(target.clone(), access.partition());
            state.configs = configs.into_values().cloned().collect();
            if let Ok(account) = access.account(&target.account_id).await {
                let session = account.session(&target.region);
                let _ = Box::pin(read_config_tags(&session, &mut state, &BTreeSet::new())).await;
            }
            state.config_tags
        })
        .buffer_unordered(config.limits.accounts)
        .collect()
        .await;
    tags.into_iter().flatten().collect()
}

/// The state_of_logging state in the shape that a stored run has.
fn facts(state_of_logging: &ObservedState) -> Facts {
    let mut facts = Facts::default();
    for state in state_of_logging.regions.values() {
        facts.vpcs.extend(state.vpcs.clone());
        for config in &state.configs {
            let id = config.config_id.clone();
            facts.query_log_configs.entry(id).or_insert(config.clone());
        }
        facts
            .query_log_associations
            .extend(state.associations.clone());
        if let Some(unread) = &state.unread_profiles {
            let vpc_ids = unread.vpc_ids.clone();
            facts.unread_profiles.insert(state.target.clone(), vpc_ids);
        }
        for log in &state.flow_logs {
            let id = log.flow_log_id.clone();
            facts.flow_logs.insert(id, log.clone());
        }
    }
    facts
}

/// The log groups that are written to, in any account.
fn log_groups(facts: &Facts) -> BTreeSet<(Target, String)> {
    let mut groups = BTreeSet::new();
    for association in &facts.query_log_associations {
        let config = facts.query_log_configs.get(&association.config_id);
        if let Some(destination) = config.map(|config| &config.destination)
            && let (Some(name), Ok(account_id)) =
                (log_group_of(destination), destination.account().parse())
        {
            let region = association.target.region.clone();
            groups.insert((Target { account_id, region }, name.to_owned()));
        }
    }
    for log in facts.flow_logs.values() {
        if log.destination_type == LogDestinationType::CloudWatchLogs
            && let Some(name) = &log.destination
        {
            let arn = name.parse().ok();
            let name = arn.as_ref().and_then(log_group_of).unwrap_or(name);
            groups.insert((log.target.clone(), name.to_owned()));
        }
    }
    groups
}

async fn log_group_state(
    access: &Access,
    target: &Target,
    name: &str,
) -> Result<LogGroupState, Failure> {
    let session = access.account(&target.account_id).await?;
    let session = session.session(&target.region);
    let group = log_group::describe(&session, name).await?;
    let last_event_at = match &group {
        Some(_) => log_group::last_event(&session, name).await?,
        None => None,
    };
    Ok(LogGroupState {
        group,
        last_event_at,
    })
}
