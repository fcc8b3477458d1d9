//! Planning flow logs: of VPCs, or of NAT gateways alone.

use super::{
    dns::log_group,
    draft::{Draft, PlanOf},
    names::{DELIVERY_POLICY, account_key, client_token, key},
    policy,
    world::{AccountWide, Place, World},
};
use crate::model::{
    coverage::Reason,
    flow_format::{LogFormat, RECOMMENDED},
    id::{AccountId, Arn},
    inventory::FlowLog,
    logging::{Action, Note, Verdict, Wanted, Work, is_ours},
};

/// What a plan calls a VPC's flow logs.
const SUBJECT: &str = "flow logs";
/// Without these fields bytes cannot be told from one another (docs/reports.md).
const NEEDED: [&str; 8] = [
    "interface-id",
    "srcaddr",
    "dstaddr",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "bytes",
    "start",
    "end",
];

/// What gets a flow log.
struct Resource<'p> {
    kind: &'static str,
    id: &'p str,
    vpc_id: &'p str,
    subnet_id: Option<&'p str>,
}

/// Plans what every VPC, or every NAT gateway, needs to log its flows.
pub(super) fn plan(of: &PlanOf, world: &World, draft: &mut Draft) {
    let Wanted::Flow {
        nat_only,
        aggregation_seconds,
        delivery_role,
    } = &of.request.wanted
    else {
        return;
    };
    let mut role_of: Option<(AccountId, Option<Ready>)> = None;
    for place in world.places.values() {
        if *nat_only {
            without_nat_gateway(of, place, draft);
        }
        let todo: Vec<_> = resources(place, *nat_only)
            .into_iter()
            .filter(|it| wanted(&of.request.vpc_ids, it) && is_missing(place, it, draft))
            .collect();
        if todo.is_empty() {
            continue;
        }
        // Places come account by account.
        if role_of.as_ref().is_none_or(|(id, _)| id != place.account()) {
            let none = AccountWide::default();
            let wide = world.accounts.get(place.account()).unwrap_or(&none);
            let ready = role(draft, place, wide, delivery_role);
            role_of = Some((place.account().clone(), ready));
        }
        let Some((_, Some(ready))) = &role_of else {
            for it in todo {
                let why = "there is no role that could deliver them";
                draft.note(place, Some(it.vpc_id), SUBJECT, Verdict::Cannot, why);
            }
            continue;
        };
        let mut before = log_group(of, place, draft);
        before.extend(ready.before.iter().cloned());
        for it in todo {
            let key = flow_log_key(place, it.id);
            let work = Work::CreateFlowLogs {
                resource_type: it.kind.to_owned(),
                resource_id: it.id.to_owned(),
                vpc_id: it.vpc_id.to_owned(),
                log_group: of.request.log_group.clone(),
                role_arn: ready.arn.clone(),
                log_format: RECOMMENDED.to_owned(),
                aggregation_seconds: *aggregation_seconds,
                client_token: client_token(&of.run, &key),
            };
            draft.act(place, key, it.id, work, &before);
        }
    }
}

/// Tells of VPCs that have nothing to log.
fn without_nat_gateway(of: &PlanOf, place: &Place, draft: &mut Draft) {
    let with: Vec<_> = resources(place, true)
        .iter()
        .map(|it| it.vpc_id.to_owned())
        .collect();
    let named = &of.request.vpc_ids;
    let wanted = |id: &String| named.is_empty() || named.contains(id);
    let ids = place.vpcs.iter().map(|vpc| &vpc.vpc_id);
    for id in ids.filter(|id| wanted(id) && !with.contains(id)) {
        let why = "it has no NAT gateway";
        draft.note(place, Some(id), SUBJECT, Verdict::Left, why);
    }
}

/// The key of a flow log of ours on a resource.
pub(super) fn flow_log_key(place: &Place, resource_id: &str) -> String {
    key(&place.target, "flow_log", resource_id)
}

fn resources(place: &Place, nat_only: bool) -> Vec<Resource<'_>> {
    let own = |vpc_id: &str| place.vpcs.iter().any(|vpc| vpc.vpc_id == vpc_id);
    if !nat_only {
        return place
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
    let zonal = place.nat_interfaces.iter().map(|it| Resource {
        kind: "NetworkInterface",
        id: &it.network_interface_id,
        vpc_id: &it.vpc_id,
        subnet_id: it.subnet_id.as_deref(),
    });
    // A regional gateway has no interface in the account.
    let regional = place
        .nat_gateways
        .iter()
        .filter(|it| it.availability_mode == "regional" && it.state == "available")
        .map(|it| Resource {
            kind: "RegionalNatGateway",
            id: &it.nat_gateway_id,
            vpc_id: &it.vpc_id,
            subnet_id: None,
        });
    zonal.chain(regional).filter(|it| own(it.vpc_id)).collect()
}

fn wanted(vpc_ids: &[String], resource: &Resource<'_>) -> bool {
    vpc_ids.is_empty() || vpc_ids.iter().any(|id| id == resource.vpc_id)
}

/// Whether nothing that covers the resource tells enough; what there is gets a note.
fn is_missing(place: &Place, resource: &Resource<'_>, draft: &mut Draft) -> bool {
    let covers = |log: &&FlowLog| {
        let id = log.resource_id.as_str();
        id == resource.id || id == resource.vpc_id || resource.subnet_id == Some(id)
    };
    let mut missing = true;
    for log in place.flow_logs.iter().filter(covers) {
        let id = &log.flow_log_id;
        let message = match shortcoming(log) {
            None => {
                missing = false;
                format!("{id} tells enough already")
            }
            Some(why) if missing => format!("{id} {why}; one beside it is needed"),
            Some(why) => format!("{id} {why}"),
        };
        let (vpc, left) = (Some(resource.vpc_id), Verdict::Left);
        draft.note(place, vpc, SUBJECT, left, message);
    }
    missing
}

/// Why a flow log is not enough.
pub(super) fn shortcoming(log: &FlowLog) -> Option<String> {
    if log.destination_type != "cloud-watch-logs" {
        return Some(format!(
            "goes to {}, which is not read",
            log.destination_type
        ));
    }
    if log.traffic_type.as_deref() == Some("REJECT") {
        return Some("holds rejected traffic only".to_owned());
    }
    if log.deliver_logs_status.as_deref() == Some("FAILED") {
        let why = log
            .deliver_logs_error
            .as_deref()
            .unwrap_or("no reason told");
        return Some(format!("is not delivered ({why})"));
    }
    let format = log.log_format.as_deref().unwrap_or_default();
    let fields = LogFormat::parse(format).ok();
    let lacks = |field: &&&str| fields.as_ref().is_none_or(|it| !it.has(field));
    let lacking: Vec<_> = NEEDED.iter().filter(lacks).copied().collect();
    (!lacking.is_empty()).then(|| format!("lacks the fields {}", lacking.join(", ")))
}

/// The delivery role, and what must come before its use.
struct Ready {
    arn: Arn,
    before: Vec<String>,
}

fn role(draft: &mut Draft, place: &Place, wide: &AccountWide, name: &str) -> Option<Ready> {
    let account = place.account();
    let tell = |draft: &mut Draft, verdict, message: String, reason, error_code| {
        draft.notes.push(Note {
            account_id: Some(account.clone()),
            region: None,
            vpc_id: None,
            name: format!("role {name}"),
            verdict,
            reason,
            error_code,
            message,
        });
    };
    if let Some(failure) = &wide.role_unknown {
        let (why, reason) = (failure.message.clone(), Some(failure.reason));
        tell(draft, Verdict::Cannot, why, reason, failure.code.clone());
        return None;
    }
    let act = |draft: &mut Draft, kind: &str, work: Work, depends_on: &[String]| {
        let key = account_key(account, kind, name);
        draft.actions.push(Action {
            key: key.clone(),
            account_id: account.clone(),
            region: None,
            name: name.to_owned(),
            work,
            depends_on: depends_on.to_vec(),
        });
        key
    };
    let policy = Work::PutRolePolicy {
        role_name: name.to_owned(),
        policy_name: DELIVERY_POLICY.to_owned(),
        policy_document: policy::deliver_flow_logs(),
    };
    let Some(role) = &wide.role else {
        let work = Work::CreateRole {
            role_name: name.to_owned(),
            trust_policy: policy::trust(account),
        };
        let made = act(draft, "role", work, &[]);
        let allowed = act(draft, "role_policy", policy, std::slice::from_ref(&made));
        let arn = format!("arn:{}:iam::{account}:role/{name}", place.partition);
        return Some(Ready {
            arn: arn.parse().ok()?,
            before: vec![made, allowed],
        });
    };
    let ours = is_ours(&role.tags);
    if !ours && !policy::trusts_flow_logs(&role.trust_policy) {
        let why = "it is not ours, and its trust policy does not name vpc-flow-logs.amazonaws.com; \
                   see --delivery-role";
        tell(
            draft,
            Verdict::Cannot,
            why.to_owned(),
            Some(Reason::Other),
            None,
        );
        return None;
    }
    let mut before = Vec::new();
    if ours && role.policy.is_none() {
        before.push(act(draft, "role_policy", policy, &[]));
    } else {
        let whose = ["not ours: left as it is", "ours, from before"][usize::from(ours)];
        tell(draft, Verdict::Reused, whose.to_owned(), None, None);
    }
    Some(Ready {
        arn: role.arn.clone(),
        before,
    })
}
