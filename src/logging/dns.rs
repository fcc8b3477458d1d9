//! Planning query logs: which VPCs log nothing yet, and what they need.

use std::collections::BTreeSet;

use super::{
    draft::{Draft, PlanOf},
    names::{QUERY_LOGS, creator_request_id, key, policy_name},
    policy,
    sharing::share,
    world::{Place, World, log_group_of},
};
use crate::model::{
    id::AccountId,
    inventory::{QueryLogConfig, Vpc},
    logging::{Destination, Reference, Verdict, Work},
    target::Target,
};

/// What a plan calls a VPC's query logging.
const SUBJECT: &str = "query logging";

/// Plans what every VPC needs to log its DNS queries.
pub(super) fn plan(of: &PlanOf, destination: &Destination, world: &World, draft: &mut Draft) {
    match destination {
        Destination::Own {} => {
            for place in world.places.values() {
                own(of, place, draft);
            }
        }
        Destination::Central {
            account_id,
            with_organization,
        } => central(of, world, account_id, *with_organization, draft),
    }
}

/// Whether a VPC of a place logs nothing and could.
pub fn has_unlogged(vpc_ids: &[String], place: &Place) -> bool {
    !unlogged(vpc_ids, place, |_, _, _| ()).is_empty()
}

/// The VPCs of a place that log nothing and could; the others get a note.
fn unlogged<'p>(
    vpc_ids: &[String],
    place: &'p Place,
    mut tell: impl FnMut(&'p Vpc, Verdict, String),
) -> Vec<&'p Vpc> {
    let wanted = |vpc: &&Vpc| vpc_ids.is_empty() || vpc_ids.contains(&vpc.vpc_id);
    let mut unlogged = Vec::new();
    for vpc in place.vpcs.iter().filter(wanted) {
        let associations: Vec<_> = place
            .associations
            .iter()
            .filter(|it| it.vpc_id == vpc.vpc_id)
            .collect();
        let has = |states: &[&str]| {
            let mut all = associations.iter();
            all.find(|it| states.contains(&it.status.as_str())).copied()
        };
        if let Some(active) = has(&["ACTIVE"]) {
            tell(vpc, Verdict::Left, logs_to(place, &active.config_id));
        } else if let Some(begun) = has(&["CREATING"]) {
            let id = &begun.config_id;
            let why = format!("its association with {id} is still CREATING; see `logging status`");
            tell(vpc, Verdict::Left, why);
        } else if let Some(broken) = has(&["ACTION_NEEDED", "FAILED"]) {
            let error = broken.error.as_deref().unwrap_or("no error told");
            let (id, status) = (&broken.config_id, &broken.status);
            let why = format!(
                "its association with {id} is {status} ({error}): mend that, or dissolve it \
                 (`logging disable --vpcs {}`, if it is ours)",
                vpc.vpc_id
            );
            tell(vpc, Verdict::Cannot, why);
        } else if let Some(other) = associations.first() {
            let (id, status) = (&other.config_id, &other.status);
            tell(
                vpc,
                Verdict::Cannot,
                format!("its association with {id} is {status}: repeat later"),
            );
        } else if vpc.dns_support == Some(false) {
            let why = "enableDnsSupport is off: no query comes to the Resolver";
            tell(vpc, Verdict::Left, why.to_owned());
        } else {
            unlogged.push(vpc);
        }
    }
    unlogged
}

fn logs_to(place: &Place, config_id: &str) -> String {
    let config = place.configs.iter().find(|it| it.config_id == config_id);
    match config {
        Some(config) if log_group_of(&config.destination).is_some() => {
            format!("logs to {} already", config.destination)
        }
        Some(config) => format!(
            "logs to {} already, which a scan does not read",
            config.destination
        ),
        None => format!("logs by {config_id} already"),
    }
}

fn own(of: &PlanOf, place: &Place, draft: &mut Draft) {
    let vpcs = unlogged(&of.request.vpc_ids, place, |vpc, verdict, why| {
        draft.note(place, Some(&vpc.vpc_id), SUBJECT, verdict, why);
    });
    if vpcs.is_empty() {
        return;
    }
    let (config, before) = match candidate(place) {
        Some(config) => {
            let id = &config.config_id;
            let why = format!("{id} of account {} is used", config.owner_account_id);
            draft.note(place, None, "configuration", Verdict::Reused, why);
            (Reference::Known(id.clone()), Vec::new())
        }
        None => match new_config(of, place, draft) {
            Ok(key) => (Reference::MadeBy(key.clone()), vec![key]),
            Err(why) => {
                for vpc in vpcs {
                    draft.note(place, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, &why);
                }
                return;
            }
        },
    };
    associate(of, place, &vpcs, &config, &before, draft);
}

/// A configuration that is there and writes to a log group: ours, else the account's own, else one
/// that is shared with it.
fn candidate(place: &Place) -> Option<&QueryLogConfig> {
    let ours: BTreeSet<_> = place.our_configs().map(|(it, _)| &it.config_id).collect();
    let rank = |config: &&QueryLogConfig| {
        let own = config.owner_account_id == *place.account();
        (
            !ours.contains(&config.config_id),
            !own,
            config.config_id.clone(),
        )
    };
    place
        .configs
        .iter()
        .filter(|config| is_usable(place, config))
        .min_by_key(rank)
}

fn is_usable(place: &Place, config: &QueryLogConfig) -> bool {
    let own = config.owner_account_id == *place.account();
    ["CREATED", "CREATING"].contains(&config.status.as_str())
        && log_group_of(&config.destination)
            .is_some_and(|group| !own || !place.no_log_groups.contains(group))
}

/// Plans a configuration with what it needs; tells why it cannot be made.
fn new_config(of: &PlanOf, place: &Place, draft: &mut Draft) -> Result<String, String> {
    let (quotas, group) = (of.quotas(), &of.request.log_group);
    let own = |config: &&QueryLogConfig| config.owner_account_id == *place.account();
    let have = place.configs.iter().filter(own).count();
    if have >= quotas.configs {
        return Err(format!(
            "the account has {have} configurations in the region, and the quota is {}",
            quotas.configs
        ));
    }
    let covered = place
        .policies
        .iter()
        .any(|policy| policy::delivers_to(&policy.document, place, group));
    if !covered && place.policies.len() >= quotas.policies {
        return Err(format!(
            "the account has {} resource policies in the region, and the quota is {}; none of them \
             lets query logs be delivered to {group}",
            place.policies.len(),
            quotas.policies
        ));
    }
    let mut before = log_group(of, place, draft);
    if !covered {
        let document = policy::delivery(place, group);
        if document.len() > policy::LONGEST {
            return Err(format!("the resource policy for {group} would be too long"));
        }
        let name = policy_name(group);
        let work = Work::PutResourcePolicy {
            policy_name: name.clone(),
            policy_document: document,
        };
        let key = key(&place.target, "resource_policy", &name);
        let what = format!("resource policy {name}");
        before.push(draft.act(place, key, what, work, &[]));
    }
    let destination = place.log_group_arn(group).parse();
    let work = Work::CreateQueryLogConfig {
        name: QUERY_LOGS.to_owned(),
        destination: destination.map_err(|_| format!("{group} makes no ARN"))?,
        creator_request_id: creator_request_id(place.account(), place.region(), group),
    };
    let key = key(&place.target, "query_log_config", group);
    let what = format!("configuration {QUERY_LOGS}");
    Ok(draft.act(place, key, what, work, &before))
}

/// Sees to the log group. Returns the keys that must come first.
pub(super) fn log_group(of: &PlanOf, place: &Place, draft: &mut Draft) -> Vec<String> {
    let (name, retention_days) = (&of.request.log_group, of.request.retention_days);
    let work = Work::PutRetentionPolicy {
        log_group: name.clone(),
        retention_days,
    };
    let retention_key = key(&place.target, "retention", name);
    match place.log_groups.get(name) {
        None => {
            let work_first = Work::CreateLogGroup {
                log_group: name.clone(),
            };
            let group_key = key(&place.target, "log_group", name);
            let made = draft.act(place, group_key, name.as_str(), work_first, &[]);
            let days = format!("{name}: {retention_days} days");
            vec![draft.act(place, retention_key, days, work, &[made])]
        }
        Some(group) if group.is_ours() && group.retention_days != Some(retention_days) => {
            let days = format!("{name}: {retention_days} days");
            vec![draft.act(place, retention_key, days, work, &[])]
        }
        Some(group) => {
            let why = match (group.is_ours(), group.retention_days) {
                (true, _) => "ours, from before".to_owned(),
                (false, Some(days)) => format!("not ours: its retention of {days} days stays"),
                (false, None) => "not ours: it keeps its events forever, and that stays".to_owned(),
            };
            draft.note(place, None, name, Verdict::Reused, why);
            Vec::new()
        }
    }
}

/// Associates VPCs, as many as the quota lets.
fn associate(
    of: &PlanOf,
    place: &Place,
    vpcs: &[&Vpc],
    config: &Reference,
    before: &[String],
    draft: &mut Draft,
) {
    let own: BTreeSet<_> = place.vpcs.iter().map(|vpc| &vpc.vpc_id).collect();
    let have = place.associations.iter();
    let have = have.filter(|it| own.contains(&it.vpc_id)).count();
    let quota = of.quotas().associations;
    let room = quota.saturating_sub(have);
    for (at, vpc) in vpcs.iter().enumerate() {
        if at >= room {
            let why = format!(
                "the quota of {quota} associations in an account and region is used up; it can be \
                 raised (then set logging.query_log_associations)"
            );
            draft.note(place, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
            continue;
        }
        let work = Work::AssociateQueryLogConfig {
            config: config.clone(),
            vpc_id: vpc.vpc_id.clone(),
        };
        let key = association_key(&place.target, &vpc.vpc_id);
        draft.act(place, key, vpc.vpc_id.as_str(), work, before);
    }
}

/// The key of a VPC's association.
pub(super) fn association_key(target: &Target, vpc_id: &str) -> String {
    key(target, "association", vpc_id)
}

fn central(
    of: &PlanOf,
    world: &World,
    account: &AccountId,
    with_organization: bool,
    draft: &mut Draft,
) {
    let mut todo: Vec<(&Place, Vec<&Vpc>)> = Vec::new();
    for place in world.places.values() {
        let vpcs = unlogged(&of.request.vpc_ids, place, |vpc, verdict, why| {
            draft.note(place, Some(&vpc.vpc_id), SUBJECT, verdict, why);
        });
        if !vpcs.is_empty() {
            todo.push((place, vpcs));
        }
    }
    let regions: BTreeSet<_> = todo.iter().map(|(place, _)| place.region()).collect();
    for region in regions {
        let here = || todo.iter().filter(|(place, _)| place.region() == region);
        let Some(middle) = world.central.get(region) else {
            for (place, vpcs) in here() {
                for vpc in vpcs {
                    let why = format!("the central account {account} could not be read here");
                    draft.note(place, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
                }
            }
            continue;
        };
        let members: BTreeSet<AccountId> = here()
            .map(|(place, _)| place.account())
            .filter(|member| *member != account)
            .cloned()
            .collect();
        let ready = central_config(of, middle, draft).and_then(|config| {
            if members.is_empty() {
                return Ok((config, Vec::new()));
            }
            share(draft, world, middle, &config, with_organization, &members)
                .map(|before| (config, before))
                .ok_or_else(|| "the central configuration cannot be shared".to_owned())
        });
        for (place, vpcs) in here() {
            match &ready {
                Ok((config, shared)) => {
                    let mut before = shared.clone();
                    if let Reference::MadeBy(key) = config {
                        before.push(key.clone());
                    }
                    associate(of, place, vpcs, config, &before, draft);
                }
                Err(why) => {
                    for vpc in vpcs {
                        draft.note(place, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, why);
                    }
                }
            }
        }
    }
}

/// The central account's configuration: ours, else another of its own to a log group, else a new one.
fn central_config(of: &PlanOf, middle: &Place, draft: &mut Draft) -> Result<Reference, String> {
    let own = candidate(middle).filter(|config| config.owner_account_id == *middle.account());
    if let Some(config) = own {
        let id = &config.config_id;
        let why = format!("{id} of the central account is used");
        draft.note(middle, None, "configuration", Verdict::Reused, why);
        return Ok(Reference::Known(id.clone()));
    }
    new_config(of, middle, draft).map(Reference::MadeBy)
}
