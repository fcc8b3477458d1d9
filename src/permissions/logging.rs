//! What `logging enable` and `logging disable` need, narrowed to what they create where IAM can
//! check it.
//!
//! The condition keys are those of AWS's Service Authorization Reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).

use std::collections::BTreeSet;

use super::policy::{Limits, OWN_TAG, Policy, all};

/// The log groups that are created.
const OWN_LOG_GROUPS: &str = "arn:*:logs:*:*:log-group:/aws/vendedlogs/vpce-scout/*";

/// The one type of resource that may be shared. RAM checks each resource and principal by itself, and
/// the key is absent for principals
/// (<https://docs.aws.amazon.com/ram/latest/userguide/security-iam-policies-examples.html>).
const SHARED_TYPE: (&str, &str, &str) = (
    "StringEqualsIfExists",
    "ram:RequestedResourceType",
    "route53resolver:ResolverQueryLogConfig",
);

/// Actions of `logging` that a statement of their own narrows.
const NARROWED: [&str; 16] = [
    "ec2:CreateTags",
    "ec2:DeleteFlowLogs",
    "iam:CreateServiceLinkedRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
    "ram:AssociateResourceShare",
    "ram:CreateResourceShare",
    "ram:DeleteResourceShare",
    "logs:StartQuery",
];

/// The actions that no narrower statement allows.
pub(super) fn unnarrowed(
    actions: impl IntoIterator<Item = &'static str>,
) -> BTreeSet<&'static str> {
    let actions = actions.into_iter();
    actions.filter(|it| !NARROWED.contains(it)).collect()
}

/// Adds the narrowed statements.
pub(super) fn add_narrowed(policy: &mut Policy, limits: &Limits) {
    let (tag, tool) = OWN_TAG;
    let role = [format!("arn:*:iam::*:role/{}", limits.delivery_role)];
    let own_log_groups = [OWN_LOG_GROUPS.to_owned()];
    policy
        .allow(
            "VpceScoutLogGroups",
            &[
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
            ]
            .into(),
            &own_log_groups,
        )
        .allow(
            "VpceScoutDeliveryRole",
            &["iam:GetRole", "iam:GetRolePolicy"].into(),
            &role,
        )
        .allow_if(
            "VpceScoutPassDeliveryRole",
            &["iam:PassRole"].into(),
            &role,
            &[(
                "StringEquals",
                "iam:PassedToService",
                "vpc-flow-logs.amazonaws.com",
            )],
        )
        // Roles of versions that created one; the role of the template has no such tag.
        .allow_if(
            "VpceScoutOldDeliveryRole",
            &["iam:DeleteRole", "iam:DeleteRolePolicy"].into(),
            &role,
            &[("StringEquals", tag, tool)],
        )
        .allow_if(
            "VpceScoutServiceLinkedRole",
            &["iam:CreateServiceLinkedRole"].into(),
            &all(),
            &[(
                "StringEquals",
                "iam:AWSServiceName",
                "route53resolver.amazonaws.com",
            )],
        )
        .allow_if(
            "VpceScoutTagNewFlowLogs",
            &["ec2:CreateTags"].into(),
            &["arn:*:ec2:*:*:vpc-flow-log/*".to_owned()],
            &[("StringEquals", "ec2:CreateAction", "CreateFlowLogs")],
        )
        .allow_if(
            "VpceScoutOwnFlowLogs",
            &["ec2:DeleteFlowLogs"].into(),
            &all(),
            &[("StringEquals", tag, tool)],
        )
        .allow_if(
            "VpceScoutNewShares",
            &["ram:CreateResourceShare"].into(),
            &all(),
            &[
                SHARED_TYPE,
                ("Bool", "ram:RequestedAllowsExternalPrincipals", "false"),
            ],
        )
        .allow_if(
            "VpceScoutOwnShares",
            &["ram:AssociateResourceShare", "ram:DeleteResourceShare"].into(),
            &all(),
            &[("StringEquals", tag, tool), SHARED_TYPE],
        );
}
