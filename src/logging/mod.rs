//! Turning query logs and flow logs on and off: the only part that changes anything in an account.
//!
//! `look` reads what is there, `dns`, `flow` and `undo` make plans of it without a call, and
//! `apply` carries a plan out: each action is in the manifest ([`crate::store`]) before its call is
//! made. What carries no mark of ours, and is not in the manifest, is never touched.
//!
//! *Ours* is what carries our tags ([`crate::model::logging::TOOL_TAG`]) or, where AWS knows no
//! tags (associations, resource policies), what the manifest names. A *place* is an account in a
//! region with all that a plan needs to know of it.

pub mod apply;
mod call;
mod dns;
mod draft;
mod flow;
pub mod look;
mod names;
mod policy;
mod sessions;
mod settle;
mod sharing;
mod standing;
pub mod status;
mod undo;
pub mod world;

pub use self::{
    dns::has_unlogged,
    draft::{Changed, PlanOf, compare, enable},
    undo::{Selection, disable, gone},
};

/// IAM actions that `logging status` needs beside those of a scan.
pub const STATUS_ACTIONS: &[&str] = &[
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "route53resolver:ListTagsForResource",
];

/// IAM actions of `logging enable` and `logging disable`, beside those of a scan: the calls that
/// read what is there, those that change it, and what AWS checks in their course (tags on creation,
/// passing a role, the service-linked role of Resolver, the log delivery).
pub const ACTIONS: &[&str] = &[
    "ec2:CreateFlowLogs",
    "ec2:CreateTags",
    "ec2:DeleteFlowLogs",
    "iam:CreateRole",
    "iam:CreateServiceLinkedRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:TagRole",
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
