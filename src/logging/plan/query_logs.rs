//! Planning query logs: which VPCs log nothing yet, and what they need.

use std::collections::BTreeSet;

use super::{draft::Draft, input::PlanInput, log_group::ensure, sharing::share};
use crate::{
    logging::{
        names::{QUERY_LOGS, creator_request_id, key, policy_name},
        observed_state::{ObservedState, RegionState, log_group_of},
        policy,
    },
    model::{
        id::{AccountId, VpcId},
        inventory::{AssociationState, QueryLogConfig, Vpc},
        logging::{Destination, Reference, Verdict, Work},
        target::Target,
    },
};

/// What a plan calls a VPC's query logging.
pub(super) const SUBJECT: &str = "query logging";

/// Plans what every VPC needs to log its DNS queries to log groups.
pub(super) fn plan(
    input: &PlanInput,
    destination: &Destination,
    observed: &ObservedState,
    draft: &mut Draft,
) {
    match destination {
        Destination::Own {} => {
            for state in observed.regions.values() {
                plan_own_configs(input, state, draft);
            }
        }
        Destination::Central {
            account_id,
            with_organization,
        } => central(input, observed, account_id, *with_organization, draft),
        Destination::S3 { .. } => {}
    }
}

/// Whether a VPC of an account and Region logs nothing and could.
pub fn has_unlogged(vpc_ids: &[VpcId], state: &RegionState) -> bool {
    !unlogged(vpc_ids, state, |_, _, _| ()).is_empty()
}

/// The VPCs that log nothing and could; the others get a note.
fn unlogged<'p>(
    vpc_ids: &[VpcId],
    state: &'p RegionState,
    mut note: impl FnMut(&'p Vpc, Verdict, String),
) -> Vec<&'p Vpc> {
    let wanted = |vpc: &&Vpc| vpc_ids.is_empty() || vpc_ids.contains(&vpc.vpc_id);
    let mut unlogged = Vec::new();
    for vpc in state.vpcs.iter().filter(wanted) {
        let associations: Vec<_> = state
            .associations
            .iter()
            .filter(|it| it.vpc_id == vpc.vpc_id)
            .collect();
        let has = |state| {
            let mut all = associations.iter();
            all.find(|it| it.state() == state).copied()
        };
        if let Some(active) = has(AssociationState::Logging) {
            note(vpc, Verdict::Left, logs_to(state, &active.config_id));
        } else if let Some(failure) = state.unknown_profile(&vpc.vpc_id) {
            let why = format!(
                "it is not known whether a Route 53 Profile makes it log, and a second log would be billed as \
                 well: {failure}"
            );
            note(vpc, Verdict::Cannot, why);
        } else if let Some(starting) = has(AssociationState::Starting) {
            let id = &starting.config_id;
            let why = format!("its association with {id} is still CREATING; see `logging status`");
            note(vpc, Verdict::Left, why);
        } else if let Some(failure) = associations.iter().find_map(|it| it.failure()) {
            let why = format!(
                "it logs nothing, as its association with {failure}. Correct the cause, or remove the \
                 association (`logging disable --vpcs {}`, if vpce-scout made it)",
                vpc.vpc_id
            );
            note(vpc, Verdict::Cannot, why);
        } else if let Some(stopping) = associations.first() {
            let (id, status) = (&stopping.config_id, &stopping.status);
            let why = format!("its association with {id} is {status}: repeat later");
            note(vpc, Verdict::Cannot, why);
        } else if vpc.dns_support == Some(false) {
            let why = "enableDnsSupport is off: no query comes to the Resolver";
            note(vpc, Verdict::Left, why.to_owned());
        } else {
            unlogged.push(vpc);
        }
    }
    unlogged
}

fn logs_to(state: &RegionState, config_id: &str) -> String {
    let config = state.configs.iter().find(|it| it.config_id == config_id);
    match config {
        Some(config) if config.destination.service() != "firehose" => {
            format!("logs to {} already", config.destination)
        }
        Some(config) => format!(
            "logs to {} already, which a scan does not read",
            config.destination
        ),
        None => format!("logs by {config_id} already"),
    }
}

/// The VPCs of the request that log nothing and could, where there are some; the draft gets a note on
/// the others.
pub(super) fn all_unlogged<'p>(
    input: &PlanInput,
    observed: &'p ObservedState,
    draft: &mut Draft,
) -> Vec<(&'p RegionState, Vec<&'p Vpc>)> {
    let states = observed.regions.values();
    let unlogged = states.map(|state| (state, unlogged_in(input, state, draft)));
    unlogged.filter(|(_, vpcs)| !vpcs.is_empty()).collect()
}

fn unlogged_in<'p>(input: &PlanInput, state: &'p RegionState, draft: &mut Draft) -> Vec<&'p Vpc> {
    unlogged(&input.request.vpc_ids, state, |vpc, verdict, why| {
        draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, verdict, why);
    })
}

fn plan_own_configs(input: &PlanInput, state: &RegionState, draft: &mut Draft) {
    let vpcs = unlogged_in(input, state, draft);
    if vpcs.is_empty() {
        return;
    }
    let (config, before) = match candidate(state) {
        Some(config) => {
            let id = &config.config_id;
            let why = format!("{id} of account {} is used", config.owner_account_id);
            draft.add_note(state, None, "configuration", Verdict::Reused, why);
            (Reference::Known(id.to_string()), Vec::new())
        }
        None => match new_config(input, state, draft) {
            Ok(key) => (Reference::MadeBy(key.clone()), vec![key]),
            Err(why) => {
                for vpc in vpcs {
                    draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, &why);
                }
                return;
            }
        },
    };
    associate(input, state, &vpcs, &config, &before, draft);
}

/// A configuration that exists and writes to a log group: ours, else the account's own, else one
/// that is shared with it.
fn candidate(state: &RegionState) -> Option<&QueryLogConfig> {
    let ours: BTreeSet<_> = state.our_configs().map(|(it, _)| &it.config_id).collect();
    let rank = |config: &&QueryLogConfig| {
        let own = config.owner_account_id == *state.account();
        (
            !ours.contains(&config.config_id),
            !own,
            config.config_id.clone(),
        )
    };
    state
        .configs
        .iter()
        .filter(|config| is_usable(state, config))
        .min_by_key(rank)
}

fn is_usable(state: &RegionState, config: &QueryLogConfig) -> bool {
    let own = config.owner_account_id == *state.account();
    config.status.is_usable()
        && log_group_of(&config.destination)
            .is_some_and(|group| !own || !state.absent_log_groups.contains(group))
}

/// Plans a configuration with what it needs; the error is why there can be none.
fn new_config(input: &PlanInput, state: &RegionState, draft: &mut Draft) -> Result<String, String> {
    let (quotas, group) = (input.quotas(), &input.request.log_group);
    has_room(input, state)?;
    let covered = state
        .policies
        .iter()
        .any(|policy| policy::delivers_to(&policy.document, state, group));
    if !covered && state.policies.len() >= quotas.policies {
        return Err(format!(
            "the account has {} resource policies in the region, and the quota is {}; none of them \
             lets query logs be delivered to {group}",
            state.policies.len(),
            quotas.policies
        ));
    }
    let mut before = ensure(input, state, draft);
    if !covered {
        let document = policy::delivery(state, group);
        if document.len() > policy::LONGEST {
            return Err(format!("the resource policy for {group} would be too long"));
        }
        let name = policy_name(group);
        let work = Work::PutResourcePolicy {
            policy_name: name.clone(),
            policy_document: document,
        };
        let key = key(&state.target, "resource_policy", &name);
        let what = format!("resource policy {name}");
        before.push(draft.add_action(state, key, what, work, &[]));
    }
    let destination = state.log_group_arn(group).parse();
    let work = Work::CreateQueryLogConfig {
        name: QUERY_LOGS.to_owned(),
        destination: destination.map_err(|_| format!("{group} makes no ARN"))?,
        creator_request_id: creator_request_id(state.account(), state.region(), group),
    };
    let key = key(&state.target, "query_log_config", group);
    let what = format!("configuration {QUERY_LOGS}");
    Ok(draft.add_action(state, key, what, work, &before))
}

/// Whether the quota allows another configuration; the error is why not.
pub(super) fn has_room(input: &PlanInput, state: &RegionState) -> Result<(), String> {
    let quota = input.quotas().configs;
    let own = |config: &&QueryLogConfig| config.owner_account_id == *state.account();
    let have = state.configs.iter().filter(own).count();
    if have < quota {
        return Ok(());
    }
    Err(format!(
        "the account has {have} configurations in the region, and the quota is {quota}"
    ))
}

/// Associates VPCs, as many as the quota allows.
pub(super) fn associate(
    input: &PlanInput,
    state: &RegionState,
    vpcs: &[&Vpc],
    config: &Reference,
    before: &[String],
    draft: &mut Draft,
) {
    let own: BTreeSet<_> = state.vpcs.iter().map(|vpc| &vpc.vpc_id).collect();
    let have = state.associations.iter();
    let have = have
        .filter(|it| own.contains(&it.vpc_id) && it.profile_id.is_none())
        .count();
    let quota = input.quotas().associations;
    let room = quota.saturating_sub(have);
    for (at, vpc) in vpcs.iter().enumerate() {
        if at >= room {
            let why = format!(
                "the quota of {quota} associations in an account and region is used up; it can be \
                 raised (then set logging.query_log_associations)"
            );
            draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
            continue;
        }
        let work = Work::AssociateQueryLogConfig {
            config: config.clone(),
            vpc_id: vpc.vpc_id.clone(),
        };
        let key = association_key(&state.target, &vpc.vpc_id);
        draft.add_action(state, key, vpc.vpc_id.as_str(), work, before);
    }
}

/// The key of a VPC's association.
pub(in crate::logging) fn association_key(target: &Target, vpc_id: &str) -> String {
    key(target, "association", vpc_id)
}

fn central(
    input: &PlanInput,
    observed: &ObservedState,
    account: &AccountId,
    with_organization: bool,
    draft: &mut Draft,
) {
    let todo = all_unlogged(input, observed, draft);
    let regions: BTreeSet<_> = todo.iter().map(|(state, _)| state.region()).collect();
    for region in regions {
        let here = || todo.iter().filter(|(state, _)| state.region() == region);
        let Some(central_state) = observed.central.get(region) else {
            for (state, vpcs) in here() {
                for vpc in vpcs {
                    let why = format!("the central account {account} could not be read here");
                    draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
                }
            }
            continue;
        };
        let members: BTreeSet<AccountId> = here()
            .map(|(state, _)| state.account())
            .filter(|member| *member != account)
            .cloned()
            .collect();
        let ready = central_config(input, central_state, draft).and_then(|config| {
            if members.is_empty() {
                return Ok((config, Vec::new()));
            }
            share(
                draft,
                observed,
                central_state,
                &config,
                with_organization,
                &members,
            )
            .map(|before| (config, before))
            .ok_or_else(|| "the central configuration cannot be shared".to_owned())
        });
        for (state, vpcs) in here() {
            match &ready {
                Ok((config, shared)) => {
                    let mut before = shared.clone();
                    if let Reference::MadeBy(key) = config {
                        before.push(key.clone());
                    }
                    associate(input, state, vpcs, config, &before, draft);
                }
                Err(why) => {
                    for vpc in vpcs {
                        draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
                    }
                }
            }
        }
    }
}

/// The central account's configuration: ours, else another of its own to a log group, else a new one.
fn central_config(
    input: &PlanInput,
    central_state: &RegionState,
    draft: &mut Draft,
) -> Result<Reference, String> {
    let own = candidate(central_state)
        .filter(|config| config.owner_account_id == *central_state.account());
    if let Some(config) = own {
        let id = &config.config_id;
        let why = format!("{id} of the central account is used");
        draft.add_note(central_state, None, "configuration", Verdict::Reused, why);
        return Ok(Reference::Known(id.to_string()));
    }
    new_config(input, central_state, draft).map(Reference::MadeBy)
}

#[cfg(test)]
mod tests;
