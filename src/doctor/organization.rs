//! Checks that need credentials: organization, roles, actions, log destinations, prices, and what the
//! scan is expected to take.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use super::{Check, Status, log_cost};
use crate::{
    collect::{permission_probe, price_list, query_log},
    config::Config,
    cost::price_book::PriceBook,
    model::{
        coverage::{Failure, Reason},
        id::Region,
        role_name::READ_ROLE,
        target::{Account, Target},
        usage::LogGroup,
    },
    org::{
        accounts, regions,
        session::{Access, AccountAccess, Session},
    },
    scan,
};

/// Calls of a scan in a Region of an account, in the mean of the bench: eight where a VPC has neither NAT
/// gateway nor endpoint nor logs, 18 where it has all of them. A Region without a VPC takes one.
const CALLS_PER_TARGET: usize = 11;

/// What to do about calls that failed and were not refused.
const NOT_DENIED: &str = "no policy denies it: try again, and look its reason up in docs/operations.md, \
                          \"Troubleshooting by reason\", if it stays";

/// The log group that is named where no query log is found.
const NO_LOG_GROUP: &str = "/aws/vendedlogs/vpce-scout/doctor";

/// All of them.
pub(super) async fn checks(config: &Config, prices: &PriceBook, access: &Access) -> Vec<Check> {
    let listed = match accounts::list(access, &config.scope).await {
        Ok(listed) => listed,
        Err(error) => return vec![Check::failed("organization", &error.into())],
    };
    let callable = |it: &&Account| it.selected && it.status.can_be_called();
    let wanted: Vec<&Account> = listed.accounts.iter().filter(callable).collect();
    let mut checks = vec![organization(&listed, wanted.len())];
    let opened: Vec<(&Account, Result<AccountAccess, Failure>)> = stream::iter(wanted.clone())
        .map(|account| async move { (account, access.account(&account.id).await) })
        .buffered(config.limits.accounts)
        .collect()
        .await;
    checks.push(roles(config, access, &opened));
    let mut usable: Vec<&AccountAccess> = opened
        .iter()
        .filter_map(|(_, it)| it.as_ref().ok())
        .collect();
    // The member role is what a scan uses nearly everywhere.
    usable.sort_by_key(|it| it.id() == access.caller_account());
    let (Some(account), Ok(home)) = (usable.first(), access.home_region()) else {
        return checks;
    };
    let (regions, failure) = regions_of(config, access, account, &home).await;
    // Where they cannot be listed, the calls in one of those that are named show why.
    let named = config.scope.regions.iter().flatten().next();
    let named = named.filter(|_| failure.is_some());
    let first = regions.iter().find(|it| **it == home).or(regions.first());
    let Some(region) = first.or(named) else {
        checks.push(no_region(account));
        checks.push(price_list_check(access).await);
        return checks;
    };
    let session = account.session(region);
    let group = log_group(&session).await;
    checks.push(destination(&session, &group));
    let group = group.ok().flatten();
    let name = group.as_ref().map_or(NO_LOG_GROUP, |it| it.name.as_str());
    checks.push(actions(
        &permission_probe::probe(&session, name).await,
        session.target(),
    ));
    checks.push(price_list_check(access).await);
    let logs = if config.usage.enabled {
        let cost = log_cost::of_region(config, &usable, &session.target().region).await;
        cost.describe(&session.target().region, prices)
    } else {
        "the logs are not read".to_owned()
    };
    let count = match regions.len() {
        0 => config.scope.regions.iter().flatten().count(),
        listed => listed,
    };
    checks.push(estimate(wanted.len(), count, &logs));
    checks
}

/// The Regions of an account that a scan would read, and why these are not all, if they could not be listed.
async fn regions_of(
    config: &Config,
    access: &Access,
    account: &AccountAccess,
    home: &Region,
) -> (Vec<Region>, Option<Failure>) {
    let home = account.session(home);
    let regions = regions::list(&home, &config.scope, access.partition()).await;
    let wanted = regions
        .choices
        .into_iter()
        .filter(|it| it.left_out.is_none());
    (wanted.map(|it| it.region).collect(), regions.failure)
}

fn no_region(account: &AccountAccess) -> Check {
    let message = format!(
        "none of the Regions to scan is enabled in the account {}: its actions are not tried",
        account.id()
    );
    Check::new("actions", Status::Warning, message)
        .remedy("name Regions that it has, or accounts that have these: --regions, --accounts")
}

fn organization(listed: &accounts::Listed, wanted: usize) -> Check {
    let message = format!(
        "{} accounts, {wanted} of them to scan",
        listed.accounts.len()
    );
    match (&listed.failure, &listed.remark) {
        (Some(failure), _) => {
            let message = format!("{message}; names and paths are missing: {failure}");
            Check::new("organization", Status::Incomplete, message)
                .remedy("attach what `vpce-scout permissions caller-policy` prints to the caller")
        }
        (None, Some(remark)) => Check::new(
            "organization",
            Status::Warning,
            format!("{message}; {remark}"),
        ),
        (None, None) if !listed.unmatched.is_empty() => Check {
            details: listed.unmatched.clone(),
            ..Check::new("organization", Status::Warning, message)
                .remedy("correct the ids of the filters, or leave them as they are")
        },
        (None, None) => Check::ok("organization", message),
    }
}

fn roles(
    config: &Config,
    access: &Access,
    opened: &[(&Account, Result<AccountAccess, Failure>)],
) -> Check {
    let refused = opened
        .iter()
        .filter_map(|(account, it)| Some((account, it.as_ref().err()?)));
    let refused: Vec<_> = refused.collect();
    let (all, role) = (opened.len(), &config.role.name);
    if refused.is_empty() {
        return Check::ok(
            "role",
            format!("`{role}` can be assumed in all of the {all} accounts"),
        );
    }
    let passes = |failure: &Failure| {
        let reasons = [Reason::Throttled, Reason::Unreachable, Reason::Expired];
        reasons.contains(&failure.reason)
    };
    let lacking = refused.iter().filter(|(_, failure)| !passes(failure));
    let ids: Vec<String> = lacking.map(|(account, _)| account.id.to_string()).collect();
    let name = |account: &Account| account.name.clone().unwrap_or_default();
    let line = |(account, failure): &(&&Account, &Failure)| {
        format!("{} {}: {failure}", account.id, name(account))
    };
    let status = if refused.len() == all {
        Status::Failed
    } else {
        Status::Incomplete
    };
    let message = format!(
        "`{role}` cannot be assumed in {} of the {all} accounts",
        refused.len()
    );
    let home = access
        .home_region()
        .map_or("us-east-1".to_owned(), |it| it.to_string());
    let check = Check {
        details: refused.iter().map(line).collect(),
        ..Check::new("role", status, message)
    };
    let mut reasons = refused.iter().map(|(_, failure)| failure.reason);
    if reasons.any(|it| it == Reason::Expired) {
        return check.remedy("renew the credentials of the caller, and try again");
    }
    if ids.is_empty() {
        return check.remedy(NOT_DENIED);
    }
    check.remedy(format!(
            "deploy the roles with `{}` (`--plan` instead of `--apply` shows what changes){}; or there alone: \
             aws cloudformation \
             create-stack-instances --stack-set-name vpce-scout --regions {home} --deployment-targets \
             OrganizationalUnitIds=ROOT_ID,Accounts={},AccountFilterType=INTERSECTION; if the role is \
             there, check its trusted principal, --external-id and --role-name",
            deploy_command(config),
            external_id_of(config),
            ids.join("\\,")
    ))
}

/// The deployment of the role that was tried.
pub(super) fn deploy_command(config: &Config) -> String {
    let mut command = "vpce-scout permissions deploy".to_owned();
    if config.role.name != READ_ROLE {
        command = format!("{command} --role-name {}", config.role.name);
    }
    if let Some(role) = &config.org_role_arn {
        command = format!("{command} --trusted-principal-arn {role}");
    }
    format!("{command} --apply")
}

/// The external id is a secret: it is not shown.
fn external_id_of(config: &Config) -> &'static str {
    match config.role.external_id.as_str() {
        "" => "",
        _ => {
            ", with the external id that you gave here (--external-id, VPCE_SCOUT_ROLE_EXTERNAL_ID)"
        }
    }
}

/// The first log group that query logs of the session's own account go to.
async fn log_group(session: &Session) -> Result<Option<LogGroup>, Failure> {
    let (configs, _) = query_log::list(session).await?;
    let own = |it: &LogGroup| it.target.account_id == session.target().account_id;
    let mut groups = configs
        .iter()
        .filter_map(|it| LogGroup::of_arn(&it.destination));
    Ok(groups.find(own))
}

fn destination(session: &Session, group: &Result<Option<LogGroup>, Failure>) -> Check {
    let target = session.target();
    match group {
        Ok(Some(group)) => Check::ok(
            "logs",
            format!("query logs of {target} go to `{}`", group.name),
        ),
        Ok(None) => Check::new(
            "logs",
            Status::Warning,
            format!("no query logs in {target}"),
        )
        .remedy(
            "usage is read from query logs: `vpce-scout logging status` shows which VPCs have them",
        ),
        Err(failure) => {
            let message = format!("the query logs of {target} cannot be listed: {failure}");
            Check::new("logs", Status::Incomplete, message).remedy(remedy_of(
                [failure.reason].into_iter(),
                "update the role with `vpce-scout permissions cloudformation`",
            ))
        }
    }
}

pub(super) fn actions(tried: &[permission_probe::ProbedAction], target: &Target) -> Check {
    let refused = tried
        .iter()
        .filter_map(|it| Some((it.action, it.refused.as_ref()?)));
    let refused: Vec<_> = refused.collect();
    let known: BTreeSet<&str> = tried.iter().map(|it| it.action).collect();
    let untried: BTreeSet<&str> = scan::actions().filter(|it| !known.contains(it)).collect();
    let untried: Vec<&str> = untried.into_iter().collect();
    let count = tried.len();
    let mut message = match refused.len() {
        0 => format!("all of the {count} actions are allowed in {target}"),
        some => format!("{some} of the {count} actions are refused in {target}"),
    };
    if !untried.is_empty() {
        message = format!("{message}; not tried: {}", untried.join(", "));
    }
    if refused.is_empty() {
        return Check::ok("actions", message);
    }
    let remedy = remedy_of(
        refused.iter().map(|(_, failure)| failure.reason),
        "add the actions to the role: `vpce-scout permissions policy` prints its policy",
    );
    let line = |(action, failure): &(&str, &Failure)| format!("{action}: {failure}");
    Check {
        details: refused.iter().map(line).collect(),
        ..Check::new("actions", Status::Incomplete, message).remedy(remedy)
    }
}

/// What to do about calls that failed; `allow`: where a policy of the role lacks them.
fn remedy_of(
    mut reasons: impl Iterator<Item = Reason> + Clone,
    allow: &'static str,
) -> &'static str {
    if reasons.clone().any(|it| it == Reason::ScpDenied) {
        "a service control policy denies it: exempt the role in that policy, or leave the account or \
         Region out (--exclude-accounts, --exclude-regions)"
    } else if reasons.any(|it| it == Reason::AccessDenied) {
        allow
    } else {
        NOT_DENIED
    }
}

/// No scan needs it: built-in prices are used where it cannot be read.
async fn price_list_check(access: &Access) -> Check {
    let unreadable = |failure: &Failure| {
        Check::new(
            "prices",
            Status::Warning,
            format!("the price list cannot be read: {failure}"),
        )
        .remedy("the built-in prices are used; `prices update` needs pricing:GetProducts")
    };
    let (Ok(account), Ok(region)) = (
        access.account(access.caller_account()).await,
        "us-east-1".parse(),
    ) else {
        return Check::new(
            "prices",
            Status::Skipped,
            "no session of the caller's account",
        );
    };
    let asked = [
        ("productFamily", "NAT Gateway"),
        ("regionCode", "us-east-1"),
    ];
    match price_list::list(&account.session(&region), "AmazonEC2", &asked).await {
        Ok(found) => Check::ok(
            "prices",
            format!("the price list returned {} products", found.len()),
        ),
        Err(failure) => unreadable(&failure),
    }
}

/// Calls and time by the paces of the settings; the logs are the part that costs by their size.
fn estimate(accounts: usize, regions: usize, logs: &str) -> Check {
    let calls = accounts * regions * CALLS_PER_TARGET + accounts * 2;
    let seconds = calls / 1000 + 1;
    let message = format!(
        "about {calls} calls in {accounts} accounts x {regions} Regions, at least {seconds} s without \
         the logs; {logs}; see --max-scan-gb"
    );
    Check::ok("estimate", message)
}
