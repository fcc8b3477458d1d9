//! `permissions`: what the roles must allow, derived from the calls that the program makes.

mod enabling;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    cli::permissions::{PermissionsArgs, PermissionsDocument},
    collect, logging,
    org::{accounts, regions},
    scan, usage,
};

/// The StackSet template of the member role; a test holds its actions against the program's.
const TEMPLATE: &str = include_str!("../../config/cloudformation/member-role.yaml");

/// A template of something to try the program on.
const TRIAL_VPC: &str = include_str!("../../config/cloudformation/trial-vpc.yaml");

/// The document as text.
pub(super) fn text(args: &PermissionsArgs) -> String {
    let (member, caller) = if args.enable {
        (enabling::member_policy(), enabling::caller_policy())
    } else {
        (member_policy(), caller_policy())
    };
    match args.document {
        PermissionsDocument::Policy => pretty(&member),
        PermissionsDocument::CallerPolicy => pretty(&caller),
        PermissionsDocument::TrialVpc => TRIAL_VPC.to_owned(),
        PermissionsDocument::PricesPolicy => pretty(&prices_policy()),
        PermissionsDocument::Cloudformation => TEMPLATE.to_owned(),
        PermissionsDocument::All => format!(
            "# IAM policy of the role in every member account\n{}\n\
             # IAM policy of the caller\n{}\n\
             # IAM policy for `vpce-scout prices update`\n{}\n\
             # CloudFormation template of the role, for a StackSet\n{TEMPLATE}",
            pretty(&member),
            pretty(&caller),
            pretty(&prices_policy()),
        ),
    }
}

/// The actions that a scan uses in a member account, each once, in order.
fn member_actions() -> BTreeSet<&'static str> {
    let other = [regions::ACTIONS, logging::STATUS_ACTIONS];
    let other = other.iter().chain(&usage::ACTIONS);
    let other = other.flat_map(|actions| actions.iter().copied());
    scan::actions().chain(other).collect()
}

fn member_policy() -> Value {
    policy("VpceScoutRead", &member_actions())
}

/// The caller reads its own account with its own credentials, so it needs both sets.
fn caller_policy() -> Value {
    let actions = member_actions()
        .into_iter()
        .chain(accounts::ACTIONS.iter().copied());
    policy("VpceScoutCaller", &actions.collect())
}

/// No scan reads the price list; whoever fills the price file does.
fn prices_policy() -> Value {
    let actions = collect::price_list::ACTIONS.iter().copied();
    policy("VpceScoutPrices", &actions.collect())
}

/// None of these actions can be limited to resources in a way that fits every organization.
fn policy(sid: &str, actions: &BTreeSet<&str>) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" }],
    })
}

fn pretty(policy: &Value) -> String {
    format!("{policy:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_policies_are_those_that_the_calls_need() {
        assert_eq!(
            pretty(&member_policy()),
            include_str!("../../config/policies/read.json")
        );
        assert_eq!(
            pretty(&caller_policy()),
            include_str!("../../config/policies/caller.json")
        );
        assert_eq!(
            pretty(&enabling::member_policy()),
            include_str!("../../config/policies/enable.json")
        );
        assert_eq!(
            pretty(&enabling::caller_policy()),
            include_str!("../../config/policies/caller-enable.json")
        );
        assert_eq!(
            pretty(&prices_policy()),
            include_str!("../../config/policies/prices.json")
        );
    }

    #[test]
    fn the_template_allows_exactly_these_actions() {
        let (read, enabling) = TEMPLATE.split_once("\n  LoggingRole:\n").unwrap();
        let actions: BTreeSet<_> = read
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "))
            .filter(|item| item.contains(':') && !item.ends_with(':') && !item.contains(' '))
            .collect();
        assert_eq!(actions, member_actions());
        for action in logging::ACTIONS {
            assert!(enabling.contains(action), "{action}");
        }
    }

    #[test]
    fn no_action_changes_anything() {
        let reading = [
            "Describe",
            "Get",
            "List",
            "Search",
            "StartQuery",
            "StopQuery",
        ];
        for action in member_actions() {
            let (_, verb) = action.split_once(':').unwrap();
            assert!(
                reading.iter().any(|prefix| verb.starts_with(prefix)),
                "{action}"
            );
        }
    }
}
