//! What `logging enable` and `logging disable` need: what they make is all that they may touch,
//! where IAM can tell it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{member_actions, policy};
use crate::{
    logging,
    org::{accounts, sharing},
};

/// A statement of its own: a name, actions, the resource, a condition.
type Limited = (
    &'static str,
    &'static [&'static str],
    &'static str,
    Option<(&'static str, &'static str)>,
);

const DELIVERY_ROLE: &str = "arn:*:iam::*:role/vpce-scout-flow-logs";

const LIMITED: [Limited; 5] = [
    (
        "VpceScoutLogGroups",
        &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
        ],
        "arn:*:logs:*:*:log-group:/aws/vendedlogs/vpce-scout/*",
        None,
    ),
    (
        "VpceScoutDeliveryRole",
        &[
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:PutRolePolicy",
            "iam:TagRole",
        ],
        DELIVERY_ROLE,
        None,
    ),
    (
        "VpceScoutPassDeliveryRole",
        &["iam:PassRole"],
        DELIVERY_ROLE,
        Some(("iam:PassedToService", "vpc-flow-logs.amazonaws.com")),
    ),
    (
        "VpceScoutServiceLinkedRole",
        &["iam:CreateServiceLinkedRole"],
        "*",
        Some(("iam:AWSServiceName", "route53resolver.amazonaws.com")),
    ),
    (
        "VpceScoutOwnFlowLogs",
        &["ec2:DeleteFlowLogs"],
        "*",
        Some(("aws:ResourceTag/vpce-scout:tool", "vpce-scout")),
    ),
];

/// The role that turns logs on reads what a scan reads, too.
pub(super) fn member_policy() -> Value {
    enabling("VpceScoutLogging", member_actions())
}

/// The caller turns logs on in its own account with its own credentials.
pub(super) fn caller_policy() -> Value {
    let actions = member_actions()
        .into_iter()
        .chain(accounts::ACTIONS.iter().copied())
        .chain(sharing::ACTIONS.iter().copied());
    enabling("VpceScoutCaller", actions.collect())
}

fn enabling(sid: &str, mut actions: BTreeSet<&'static str>) -> Value {
    let limited = |action: &str| LIMITED.iter().any(|(_, all, ..)| all.contains(&action));
    let more = logging::ACTIONS.iter().copied();
    actions.extend(more.filter(|action| !limited(action)));
    let mut whole = policy(sid, &actions);
    if let Some(statements) = whole["Statement"].as_array_mut() {
        for (sid, actions, resource, condition) in LIMITED {
            let mut statement = json!({
                "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource,
            });
            if let Some((key, value)) = condition {
                statement["Condition"] = json!({ "StringEquals": { key: value } });
            }
            statements.push(statement);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_of_logging_allow_each_of_its_actions_once() {
        let policy = member_policy();
        let statements = policy["Statement"].as_array().unwrap();
        let actions: Vec<_> = statements
            .iter()
            .flat_map(|it| it["Action"].as_array().unwrap())
            .map(|action| action.as_str().unwrap())
            .collect();
        let unique: BTreeSet<_> = actions.iter().copied().collect();
        assert_eq!(actions.len(), unique.len());
        let wanted: BTreeSet<_> = member_actions()
            .into_iter()
            .chain(logging::ACTIONS.iter().copied())
            .collect();
        assert_eq!(unique, wanted);
    }
}
