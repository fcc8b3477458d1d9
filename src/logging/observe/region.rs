//! Reads parts of an account and Region that several plans need.

use std::collections::{BTreeMap, BTreeSet};

use super::observer::{ReadFailure, named};
use crate::{
    collect::{flow_log, log_group, query_log, route53_profile, vpc, vpc_dns_attributes},
    logging::{
        names::QUERY_LOGS,
        observed_state::{RegionState, log_group_of},
    },
    model::{
        coverage::Failure,
        facts::UnreadProfiles,
        id::{QueryLogConfigId, VpcId},
        inventory::{QueryLogConfig, Vpc},
        logging::resource::TaggedFlowLog,
    },
    org::session::Session,
};

/// What is read, in messages.
pub(super) const PROFILES: &str = "Route 53 Profiles";

/// The VPCs that the account owns.
pub(super) async fn own_vpcs(
    session: &Session,
    partition: &str,
) -> Result<RegionState, ReadFailure> {
    let mut state = RegionState::new(session.target().clone(), partition);
    let vpcs = named("VPCs", vpc::list(session)).await?;
    let mut own: BTreeMap<VpcId, Vpc> = vpcs
        .into_iter()
        .filter(Vpc::is_seen_by_owner)
        .map(|vpc| (vpc.vpc_id.clone(), vpc))
        .collect();
    let ids: Vec<_> = own.keys().cloned().collect();
    let attributes = named("VPCs", vpc_dns_attributes::list(session, ids)).await?;
    // A VPC without attributes was deleted meanwhile.
    let known = attributes.into_iter().filter_map(|found| {
        found.dns_support.or(found.dns_hostnames)?;
        let vpc = own.remove(&found.vpc_id)?;
        Some(Vpc {
            dns_support: found.dns_support,
            dns_hostnames: found.dns_hostnames,
            ..vpc
        })
    });
    state.vpcs = known.collect();
    Ok(state)
}

/// The same; none if the account owns no VPC.
pub(super) async fn with_vpcs(
    session: &Session,
    partition: &str,
) -> Result<Option<RegionState>, ReadFailure> {
    let state = own_vpcs(session, partition).await?;
    Ok((!state.vpcs.is_empty()).then_some(state))
}

/// Flow logs with their tags.
pub(super) async fn tagged_flow_logs(session: &Session) -> Result<Vec<TaggedFlowLog>, Failure> {
    let logs = flow_log::with_tags(session).await?;
    Ok(logs.into_iter().map(|(_, log)| log).collect())
}

/// Reads the tags of all configurations that may be ours: by their name, or because the manifest
/// names them (`known`).
pub(super) async fn read_config_tags(
    session: &Session,
    state: &mut RegionState,
    known: &BTreeSet<QueryLogConfigId>,
) -> Result<(), ReadFailure> {
    let may_be_ours = |config: &&QueryLogConfig| {
        config.owner_account_id == session.target().account_id
            && (config.name.as_deref() == Some(QUERY_LOGS) || known.contains(&config.config_id))
    };
    let ids: Vec<_> = state
        .configs
        .iter()
        .filter(may_be_ours)
        .map(|config| config.config_id.clone())
        .collect();
    for id in ids {
        let arn = state.config_arn(&id);
        let tags = named("tags of configurations", query_log::tags(session, &arn)).await?;
        state.config_tags.insert(id, tags);
    }
    Ok(())
}

/// Log groups that the account's own configurations write to.
pub(super) fn destinations(state: &RegionState) -> BTreeSet<String> {
    state
        .configs
        .iter()
        .filter(|config| config.owner_account_id == *state.account())
        .filter_map(|config| log_group_of(&config.destination).map(str::to_owned))
        .collect()
}

/// Adds the configurations that Route 53 Profiles carry to the VPCs of the account. A Profile that cannot be read
/// costs the VPCs that are associated with it; any may be, if the associations cannot be listed.
pub(super) async fn read_profiles(
    session: &Session,
    state: &mut RegionState,
) -> Result<(), ReadFailure> {
    let carried = match route53_profile::query_logging(session).await {
        Ok(carried) => carried,
        Err(failure) if failure.reason.is_interruption() => {
            return Err((PROFILES, failure));
        }
        Err(failure) => {
            state.unread_profiles = Some(UnreadProfiles {
                target: state.target.clone(),
                vpc_ids: state.vpcs.iter().map(|it| it.vpc_id.clone()).collect(),
                failure,
            });
            return Ok(());
        }
    };
    let (configs, associations, unread) = carried.into_parts();
    state.unread_profiles = unread;
    for config in configs {
        if !state
            .configs
            .iter()
            .any(|it| it.config_id == config.config_id)
        {
            state.configs.push(config);
        }
    }
    state.associations.extend(associations);
    Ok(())
}

pub(super) async fn read_log_groups(
    session: &Session,
    state: &mut RegionState,
    names: &BTreeSet<String>,
) -> Result<(), ReadFailure> {
    for name in names {
        match named("log groups", log_group::with_tags(session, name)).await? {
            Some(group) => {
                state.log_groups.insert(name.clone(), group);
            }
            None => {
                state.absent_log_groups.insert(name.clone());
            }
        }
    }
    Ok(())
}
