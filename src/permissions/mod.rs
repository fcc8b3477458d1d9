//! `permissions`: what the roles must allow, derived from the calls that the program makes.

pub mod deploy;
pub mod deploy_calls;
mod logging;
mod objects;
mod own_template;
mod places;
mod policy;

use std::collections::BTreeSet;

use serde_json::Value;

use self::policy::{Limits, Policy, all};
use crate::{
    cli::permissions::{PermissionsArgs, PermissionsDocument},
    collect,
    logging::{ACTIONS, STATUS_ACTIONS},
    model::s3_location::S3Location,
    org::{accounts, regions, sharing},
    scan, usage,
};

/// The StackSet template of the roles; a test compares its actions with those of the program.
const TEMPLATE: &str = include_str!("../../config/cloudformation/member-role.yaml");

/// A template of something to try the program on.
const TRIAL_VPC: &str = include_str!("../../config/cloudformation/trial-vpc.yaml");

/// The document as text. `state` is the place of the run store in S3.
pub fn text(args: &PermissionsArgs, state: Option<&S3Location>) -> String {
    let limits = Limits::of(args, state);
    let member = pretty(&member_policy(&limits, args.enable));
    let caller = pretty(&caller_policy(&limits, args.enable));
    match args.document {
        PermissionsDocument::Policy => member,
        PermissionsDocument::CallerPolicy => caller,
        // Its parts come from the organization: `command` puts them together.
        PermissionsDocument::Deploy => String::new(),
        PermissionsDocument::TrialVpc => TRIAL_VPC.to_owned(),
        PermissionsDocument::PricesPolicy => pretty(&prices_policy()),
        PermissionsDocument::Cloudformation => TEMPLATE.to_owned(),
        PermissionsDocument::All => format!(
            "# IAM policy of the role in every member account\n{member}\n\
             # IAM policy of the caller\n{caller}\n\
             # IAM policy for `vpce-scout prices update`\n{}\n\
             # CloudFormation template of the roles, for a StackSet\n{TEMPLATE}",
            pretty(&prices_policy()),
        ),
    }
}

/// The actions that a scan uses in a member account, each once, in order.
fn member_actions() -> BTreeSet<&'static str> {
    let other = [regions::ACTIONS, STATUS_ACTIONS];
    let other = other.iter().chain(&usage::ACTIONS);
    let other = other.flat_map(|actions| actions.iter().copied());
    scan::actions().chain(other).collect()
}

/// The role of the scans, or the one that turns logs on: it reads what a scan reads, too.
fn member_policy(limits: &Limits, enable: bool) -> Value {
    let sid = if enable {
        "VpceScoutLogging"
    } else {
        "VpceScoutRead"
    };
    let mut policy = Policy::default();
    add_member(&mut policy, sid, limits, enable, BTreeSet::new());
    policy.document()
}

/// The caller reads its own account, and turns logs on there, with its own credentials.
fn caller_policy(limits: &Limits, enable: bool) -> Value {
    let assume = "sts:AssumeRole";
    let mut more: BTreeSet<_> = accounts::ACTIONS.iter().copied().collect();
    more.remove(assume);
    more.extend(collect::price_list::ACTIONS);
    let mut roles = vec![&limits.read_role];
    if enable {
        more.extend(sharing::ACTIONS);
        roles.push(&limits.logging_role);
    }
    let mut policy = Policy::default();
    add_member(&mut policy, "VpceScoutCaller", limits, enable, more);
    let arn = |role: &String| format!("arn:*:iam::*:role/{role}");
    let roles: Vec<_> = roles.into_iter().map(arn).collect();
    let organization = limits.organization_id.as_deref();
    let organization = organization.map(|id| ("StringEquals", "aws:ResourceOrgID", id));
    let conditions: Vec<_> = organization.into_iter().collect();
    policy.allow_if(
        "VpceScoutAssumeRoles",
        &[assume].into(),
        &roles,
        &conditions,
    );
    places::add(&mut policy, limits);
    policy.document()
}

fn add_member(
    policy: &mut Policy,
    sid: &str,
    limits: &Limits,
    enable: bool,
    more: BTreeSet<&'static str>,
) {
    let logging: &[&str] = if enable { ACTIONS } else { &[] };
    let actions = member_actions().into_iter().chain(more);
    let actions = logging::unnarrowed(actions.chain(logging.iter().copied()));
    policy.allow(sid, &actions, &all()).allow(
        "VpceScoutQueryLogs",
        &["logs:StartQuery"].into(),
        &limits.queried_log_groups,
    );
    objects::add(policy, &limits.objects, enable);
    if limits.bill {
        let actions = collect::bill::ACTIONS.iter().copied().collect();
        policy.allow("VpceScoutBill", &actions, &all());
    }
    if enable {
        logging::add_narrowed(policy, limits);
    }
}

/// What `prices update` needs; a scan, which does the same now and then, does without.
fn prices_policy() -> Value {
    let actions = collect::price_list::ACTIONS.iter().copied().collect();
    let mut policy = Policy::default();
    policy.allow("VpceScoutPrices", &actions, &all());
    policy.document()
}

fn pretty(policy: &Value) -> String {
    format!("{policy:#}\n")
}

#[cfg(test)]
mod tests;
