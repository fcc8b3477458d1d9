//! Turning query logs and flow logs on and off: the only part that changes anything in an account.
//!
//! [`observe`] reads what exists, [`plan`] and [`undo`] make plans of it without a call, and
//! [`apply`] carries a plan out: each action is in the manifest ([`crate::store`]) before its call is
//! made. A resource without our tags that is not in the manifest is never touched.
//!
//! *Ours* is what carries our tags ([`crate::model::logging::TOOL_TAG`]) or, where AWS has no tags
//! (associations, resource policies), what the manifest names.

pub mod apply;
mod bucket_policy;
mod delivery;
pub mod forecast;
mod names;
pub mod observe;
pub mod observed_state;
pub mod plan;
pub mod plan_table;
mod policy;
pub mod runs;
pub mod status;
pub mod undo;

use crate::collect;

/// IAM actions that `logging status` needs beside those of a scan.
pub const STATUS_ACTIONS: &[&str] = &[
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "route53resolver:ListTagsForResource",
];

/// IAM actions on a bucket that takes logs, with `logging enable --destination s3`.
pub const BUCKET_ACTIONS: &[&str] = collect::bucket::ACTIONS;

/// IAM actions of `logging enable` and `logging disable`, beside those of a scan: the calls that
/// read what exists, those that change it, and what AWS checks in their course (tags on creation,
/// passing a role, the service-linked role of Resolver, the log delivery). Roles are never created.
pub const ACTIONS: &[&str] = &[
    "ec2:CreateFlowLogs",
    "ec2:CreateTags",
    "ec2:DeleteFlowLogs",
    "iam:CreateServiceLinkedRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "logs:CreateLogDelivery",
    "logs:CreateLogGroup",
    "logs:DeleteLogDelivery",
    "logs:DeleteLogGroup",
    "logs:DeleteResourcePolicy",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:ListTagsForResource",
    "logs:PutResourcePolicy",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
    "logs:UpdateLogDelivery",
    "ram:AssociateResourceShare",
    "ram:CreateResourceShare",
    "ram:DeleteResourceShare",
    "ram:GetResourceShareAssociations",
    "ram:GetResourceShares",
    "ram:TagResource",
    "route53resolver:AssociateResolverQueryLogConfig",
    "route53resolver:CreateResolverQueryLogConfig",
    "route53resolver:DeleteResolverQueryLogConfig",
    "route53resolver:DisassociateResolverQueryLogConfig",
    "route53resolver:ListTagsForResource",
    "route53resolver:PutResolverQueryLogConfigPolicy",
    "route53resolver:TagResource",
];
