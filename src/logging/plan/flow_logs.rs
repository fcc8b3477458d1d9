//! Planning flow logs: of VPCs, or of NAT gateways alone.

use super::{
    bucket, delivery_role, draft::Draft, flow_log_check::shortcoming, input::PlanInput,
    log_group::ensure,
};
use crate::{
    logging::{
        names::{client_token, key},
        observed_state::{AccountState, ObservedState, RegionState},
    },
    model::{
        flow_format::{RECOMMENDED, RECOMMENDED_OF_REGIONAL_NAT},
        id::{AccountId, Arn, VpcId},
        inventory::FlowLog,
        kind::ResourceState,
        logging::{LogBucket, RequestedLogs, Verdict, Work},
    },
};

/// What a plan calls a VPC's flow logs.
const SUBJECT: &str = "flow logs";

/// EC2's word for a regional NAT gateway as the resource of a flow log.
const REGIONAL_NAT_GATEWAY: &str = "RegionalNatGateway";

/// A resource that gets a flow log.
struct Resource<'p> {
    kind: &'static str,
    id: &'p str,
    vpc_id: &'p str,
    subnet_id: Option<&'p str>,
}

impl Resource<'_> {
    fn log_format(&self) -> &'static str {
        if self.kind == REGIONAL_NAT_GATEWAY {
            RECOMMENDED_OF_REGIONAL_NAT
        } else {
            RECOMMENDED
        }
    }
}

/// Plans what every VPC, or every NAT gateway, needs to log its flows.
pub(super) fn plan(input: &PlanInput, observed: &ObservedState, draft: &mut Draft) {
    let RequestedLogs::Flow { nat_only, .. } = &input.request.wanted else {
        return;
    };
    let mut todo: Vec<(&RegionState, Vec<Resource<'_>>)> = Vec::new();
    for state in observed.regions.values() {
        if *nat_only {
            without_nat_gateway(input, state, draft);
        }
        let missing: Vec<_> = resources(state, *nat_only)
            .into_iter()
            .filter(|it| wanted(&input.request.vpc_ids, it) && is_missing(state, it, draft))
            .collect();
        if !missing.is_empty() {
            todo.push((state, missing));
        }
    }
    match input.request.wanted.bucket() {
        Some(bucket) => to_bucket(input, bucket, observed, &todo, draft),
        None => to_log_groups(input, observed, &todo, draft),
    }
}

fn to_log_groups(
    input: &PlanInput,
    observed: &ObservedState,
    todo: &[(&RegionState, Vec<Resource<'_>>)],
    draft: &mut Draft,
) {
    let RequestedLogs::Flow {
        aggregation_seconds,
        delivery_role: role_name,
        ..
    } = &input.request.wanted
    else {
        return;
    };
    let log_group = &input.request.log_group;
    let mut role_of: Option<(AccountId, Option<Arn>)> = None;
    for (state, resources) in todo {
        // Regions come account by account.
        if role_of.as_ref().is_none_or(|(id, _)| id != state.account()) {
            let none = AccountState::default();
            let account_state = observed.accounts.get(state.account()).unwrap_or(&none);
            let ready = delivery_role::ready(draft, state, account_state, role_name, log_group);
            role_of = Some((state.account().clone(), ready));
        }
        let Some((_, Some(role_arn))) = &role_of else {
            cannot(state, resources, "there is no role to deliver them", draft);
            continue;
        };
        let before = ensure(input, state, draft);
        for it in resources {
            let key = flow_log_key(state, it.id);
            let work = Work::CreateFlowLogs {
                resource_type: it.kind.to_owned(),
                resource_id: it.id.to_owned(),
                vpc_id: it.vpc_id.into(),
                log_group: log_group.clone(),
                role_arn: role_arn.clone(),
                log_format: it.log_format().to_owned(),
                aggregation_seconds: *aggregation_seconds,
                client_token: client_token(&input.run, &key),
            };
            draft.add_action(state, key, it.id, work, &before);
        }
    }
}

fn to_bucket(
    input: &PlanInput,
    bucket: &LogBucket,
    observed: &ObservedState,
    todo: &[(&RegionState, Vec<Resource<'_>>)],
    draft: &mut Draft,
) {
    let RequestedLogs::Flow {
        aggregation_seconds,
        parquet,
        ..
    } = &input.request.wanted
    else {
        return;
    };
    let states: Vec<_> = todo.iter().map(|(state, _)| *state).collect();
    let refused = bucket::refusals(draft, observed, bucket, &states, false);
    for (state, resources) in todo {
        if let Some(why) = refused.get(&state.target) {
            cannot(state, resources, why, draft);
            continue;
        }
        let Ok(destination) = bucket.destination(&state.partition).parse::<Arn>() else {
            cannot(state, resources, "the bucket makes no ARN", draft);
            continue;
        };
        for it in resources {
            let key = flow_log_key(state, it.id);
            let work = Work::CreateFlowLogsInS3 {
                resource_type: it.kind.to_owned(),
                resource_id: it.id.to_owned(),
                vpc_id: it.vpc_id.into(),
                destination: destination.clone(),
                parquet: *parquet,
                log_format: it.log_format().to_owned(),
                aggregation_seconds: *aggregation_seconds,
                client_token: client_token(&input.run, &key),
            };
            draft.add_action(state, key, it.id, work, &[]);
        }
    }
}

fn cannot(state: &RegionState, resources: &[Resource<'_>], why: &str, draft: &mut Draft) {
    for it in resources {
        draft.add_note(state, Some(it.vpc_id), SUBJECT, Verdict::Cannot, why);
    }
}

/// Adds a note for each VPC without a NAT gateway.
fn without_nat_gateway(input: &PlanInput, state: &RegionState, draft: &mut Draft) {
    let with: Vec<_> = resources(state, true).iter().map(|it| it.vpc_id).collect();
    let named = &input.request.vpc_ids;
    let wanted = |id: &VpcId| named.is_empty() || named.contains(id);
    let ids = state.vpcs.iter().map(|vpc| &vpc.vpc_id);
    for id in ids.filter(|id| wanted(id) && !with.contains(&id.as_str())) {
        let why = "it has no NAT gateway";
        draft.add_note(state, Some(id), SUBJECT, Verdict::Left, why);
    }
}

/// The key of a flow log of ours on a resource.
pub(in crate::logging) fn flow_log_key(state: &RegionState, resource_id: &str) -> String {
    key(&state.target, "flow_log", resource_id)
}

fn resources(state: &RegionState, nat_only: bool) -> Vec<Resource<'_>> {
    let own = |vpc_id: &str| state.vpcs.iter().any(|vpc| vpc.vpc_id == vpc_id);
    if !nat_only {
        return state
            .vpcs
            .iter()
            .map(|vpc| Resource {
                kind: "VPC",
                id: &vpc.vpc_id,
                vpc_id: &vpc.vpc_id,
                subnet_id: None,
            })
            .collect();
    }
    let zonal = state.nat_interfaces.iter().map(|it| Resource {
        kind: "NetworkInterface",
        id: &it.network_interface_id,
        vpc_id: &it.vpc_id,
        subnet_id: it.subnet_id.as_deref(),
    });
    // A regional gateway has no interface in the account.
    let regional = state
        .nat_gateways
        .iter()
        .filter(|it| it.is_regional() && it.state == ResourceState::Available)
        .map(|it| Resource {
            kind: REGIONAL_NAT_GATEWAY,
            id: &it.nat_gateway_id,
            vpc_id: &it.vpc_id,
            subnet_id: None,
        });
    zonal.chain(regional).filter(|it| own(it.vpc_id)).collect()
}

fn wanted(vpc_ids: &[VpcId], resource: &Resource<'_>) -> bool {
    vpc_ids.is_empty() || vpc_ids.iter().any(|id| id == resource.vpc_id)
}

/// Whether no flow log that covers the resource is enough; those that exist get a note.
fn is_missing(state: &RegionState, resource: &Resource<'_>, draft: &mut Draft) -> bool {
    let covers = |log: &&FlowLog| {
        let id = log.resource_id.as_str();
        id == resource.id || id == resource.vpc_id || resource.subnet_id == Some(id)
    };
    let mut missing = true;
    for log in state.flow_logs.iter().filter(covers) {
        let id = &log.flow_log_id;
        let message = match shortcoming(log) {
            None => {
                missing = false;
                format!("{id} is enough already")
            }
            Some(why) if missing => format!("{id} {why}; another one is needed"),
            Some(why) => format!("{id} {why}"),
        };
        let (vpc, left) = (Some(resource.vpc_id), Verdict::Left);
        draft.add_note(state, vpc, SUBJECT, left, message);
    }
    missing
}
