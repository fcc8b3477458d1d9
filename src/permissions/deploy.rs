//! What `permissions deploy` gives a StackSet, what it says of one that exists, and how it ended. The
//! external id is a secret: it is named, never printed.

use std::fmt::Write as _;

use super::{objects::arns, own_template::is_own};
use crate::{
    cli::permissions::{PermissionsArgs, principal_arn},
    model::{
        coverage::{Failure, Reason},
        role_name::{DELIVERY_ROLE, LOGGING_ROLE, READ_ROLE},
        text::printable,
    },
    org::{
        deployment::{Chosen, Deployment, Difference, Existing},
        stack_set::AccountResult,
    },
};

/// The parameter that is never printed.
pub(super) const SECRET: &str = "ExternalId";

/// The parameter that names whom the roles trust.
const TRUSTED: &str = "TrustedPrincipalArn";

/// The template, for whoever deploys it.
pub fn template() -> &'static str {
    super::TEMPLATE
}

/// What the settings say of the roles. One that has its default names nothing.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The role of the scans.
    pub role: &'a str,
    /// The role that turns logs on.
    pub logging_role: &'a str,
    /// The role that delivers flow logs.
    pub delivery_role: &'a str,
    /// The external id; empty if there is none.
    pub external_id: &'a str,
}

/// The parameters of the template that are named, and those that a new StackSet has in any case: `caller`
/// is whom its roles trust if nobody is named.
pub fn parameters(args: &PermissionsArgs, settings: Settings<'_>, caller: &str) -> Vec<Chosen> {
    let name = |flag: &Option<String>, setting: &str, default: &str| {
        let setting = Some(setting).filter(|it| *it != default);
        flag.clone().or_else(|| setting.map(str::to_owned))
    };
    let role = name(&args.role_name, settings.role, READ_ROLE);
    let logging_role = name(&args.logging_role_name, settings.logging_role, LOGGING_ROLE);
    let delivery_role = name(&args.delivery_role, settings.delivery_role, DELIVERY_ROLE);
    let external_id = Some(settings.external_id).filter(|it| !it.is_empty());
    let yes = |set: bool| set.then(|| "true".to_owned());
    let list = |items: Vec<String>| Some(items.join(",")).filter(|it| !it.is_empty());
    let text = |it: Option<&str>| it.map(str::to_owned);
    let prefix = |it: &String| format!("arn:*:logs:*:*:log-group:{it}*");
    let log_groups: Vec<String> = args.log_group_prefixes.iter().map(prefix).collect();
    let (buckets, objects) = arns(&args.objects);
    let athena = args.athena.as_deref();
    let (workgroup, database) = match athena.and_then(|it| it.split_once('/')) {
        Some((workgroup, database)) => (Some(workgroup), Some(database)),
        None => (athena, None),
    };
    let bill_database = args.bill_table.as_deref();
    let bill_database = bill_database.and_then(|it| it.split('.').next());
    let all = [
        ("RoleName", role, Some(READ_ROLE)),
        (TRUSTED, args.trusted_principal_arn.clone(), Some(caller)),
        (SECRET, text(external_id), None),
        ("AllowLogging", yes(args.enable), None),
        ("LoggingRoleName", logging_role, None),
        ("DeliveryRoleName", delivery_role, None),
        ("AllowBill", yes(args.bill), None),
        ("QueriedLogGroups", list(log_groups), None),
        ("LogBucketArns", list(buckets), None),
        ("LogObjectArns", list(objects), None),
        ("LogKeyArns", list(args.key.clone()), None),
        ("AthenaWorkgroup", text(workgroup), None),
        ("AthenaDatabase", text(database), None),
        ("BillDatabase", text(bill_database), None),
    ];
    let chosen = |(key, named, default): (&str, Option<String>, Option<&str>)| {
        let is_named = named.is_some();
        let value = named.or_else(|| default.map(str::to_owned))?;
        let key = key.to_owned();
        Some(Chosen {
            key,
            value,
            is_named,
        })
    };
    all.into_iter().filter_map(chosen).collect()
}

/// Refuses a StackSet that is not of this program, and a new one whose roles could trust nobody.
///
/// # Errors
///
/// What is wrong, and what to name instead.
pub fn check(deployment: &Deployment, existing: Option<&Existing>) -> Result<(), String> {
    let what = match existing {
        Some(it) if it.is_self_managed => "its permissions are self-managed",
        Some(it) if !is_own(&it.template) => {
            "its template is not one of vpce-scout's, or holds more than its roles"
        }
        _ => {
            let mut given = deployment.given(existing);
            return match given.find(|it| it.key == TRUSTED) {
                Some(it) => check_principal(&it.value),
                None => Ok(()),
            };
        }
    };
    let name = &deployment.name;
    Err(format!(
        "the StackSet `{name}` is left as it is: {what}; name another one with --stack-set-name"
    ))
}

fn check_principal(arn: &str) -> Result<(), String> {
    let refused = |expected: String| {
        format!(
            "the roles cannot trust `{}`; name whom they trust with --trusted-principal-arn: {expected}",
            printable(arn)
        )
    };
    principal_arn(arn).map(drop).map_err(refused)
}

/// Warns of what a deployment replaces in a StackSet that exists, and of what it leaves as it is.
pub fn announce(deployment: &Deployment, existing: Option<&Existing>) {
    let Some(existing) = existing else { return };
    let name = &deployment.name;
    for line in replaced(deployment, existing) {
        tracing::warn!("the StackSet `{name}` changes {line}");
    }
    for line in stays(deployment, existing) {
        tracing::warn!("the StackSet `{name}`: {line}");
    }
}

/// What the deployment replaces in a StackSet that exists, a line for each parameter.
pub(super) fn replaced(deployment: &Deployment, existing: &Existing) -> Vec<String> {
    let line = |it: &Difference<'_>| {
        let shown = match (it.key, it.there) {
            (SECRET, "") => "none -> one (not shown)".to_owned(),
            (SECRET, _) => {
                "the one that is named, in place of one that AWS does not show".to_owned()
            }
            (_, "") => format!("none -> {}", it.wanted),
            (_, there) => format!("{there} -> {}", it.wanted),
        };
        printable(&format!("{}: {shown}", it.key))
    };
    existing.replaced(deployment).iter().map(line).collect()
}

/// What a StackSet that exists keeps although a new one would not have it, a line for each parameter.
pub(super) fn stays(deployment: &Deployment, existing: &Existing) -> Vec<String> {
    let line = |it: &Difference<'_>| {
        let hint = match it.key {
            "RoleName" => format!("scan with --role-name {}", it.there),
            TRUSTED => format!("not {}", it.wanted),
            _ => String::new(),
        };
        printable(&format!("{} stays {} ({hint})", it.key, it.there))
    };
    existing.unlike_new(deployment).iter().map(line).collect()
}

/// The role or user of a caller, by its ARN: that of a session is not one that a role can trust for
/// long. A session's ARN leaves out the path of the role
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
pub fn principal_of(arn: &str) -> String {
    let role = || {
        let (head, resource) = arn.split_once(":assumed-role/")?;
        let (name, _session) = resource.split_once('/')?;
        let head = head.replacen(":sts:", ":iam:", 1);
        Some(format!("{head}:role/{name}"))
    };
    role().unwrap_or_else(|| arn.to_owned())
}

/// What became of a deployment: a line for each account, and how many have the roles.
pub fn outcome(results: &[AccountResult]) -> String {
    let mut text = String::new();
    for it in results {
        let reason = it.reason.as_deref().unwrap_or_default();
        let shown = format!("{}  {:<10} {reason}", it.account, it.status);
        text.push_str(printable(shown.trim_end()).as_ref());
        text.push('\n');
    }
    let is_taken = |it: &AccountResult| {
        let reason = it.reason.as_deref().unwrap_or_default();
        !it.succeeded() && reason.to_ascii_lowercase().contains("already exists")
    };
    if results.iter().any(is_taken) {
        text.push_str(
            "a role that already exists belongs to another stack, or was made by hand: deploy to the StackSet \
             that made it (--stack-set-name, AWS_REGION), name other roles (--role-name), or delete it\n",
        );
    }
    let succeeded = results.iter().filter(|it| it.succeeded()).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{succeeded} of {} accounts have the roles",
        results.len()
    );
    text
}

/// Why a deployment ended, and what to do.
pub fn failed(deployment: &Deployment, failure: &Failure) -> String {
    let (name, remedy) = (&deployment.name, remedy(failure));
    format!("cannot deploy the StackSet `{name}`: {failure}; {remedy}")
}

/// What to do if a deployment was refused.
fn remedy(failure: &Failure) -> &'static str {
    match failure.reason {
        Reason::Cancelled => "start it again to see how it ended",
        Reason::Throttled | Reason::Unreachable => {
            "start it again: it goes on with what is there already"
        }
        Reason::Expired => "renew the credentials of the caller, and start it again",
        Reason::AccessDenied | Reason::ScpDenied => {
            "the caller needs the actions on StackSets of docs/permissions.md, and must be the management \
             account or a delegated administrator of StackSets (--delegated)"
        }
        _ => {
            "the caller must be the management account or a delegated administrator of StackSets \
             (--delegated), with trusted access turned on: `aws cloudformation \
             activate-organizations-access`"
        }
    }
}

#[cfg(test)]
mod tests;
