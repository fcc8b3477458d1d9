//! The accounts of the organization with their organizational units, and the filters on them.

use std::collections::{BTreeMap, VecDeque};

use aws_sdk_organizations::{Client, operation::list_accounts::ListAccountsOutput, types};

use super::{
    filters::{FilterError, Filters, Unit},
    session::{Access, MissingField, required},
};
use crate::{
    config::{Accounts, Scope},
    model::{
        coverage::{Failure, Reason},
        id::AccountId,
        target::{Account, AccountStatus},
    },
};

/// IAM actions of the caller (or of the role of `--org-role-arn`).
pub const ACTIONS: &[&str] = &[
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
];

/// The accounts, and what could not be learnt of them.
#[derive(Debug)]
pub struct Listed {
    /// All accounts, selected or not, by id.
    pub accounts: Vec<Account>,
    /// Why names or paths are missing.
    pub failure: Option<Failure>,
    /// What is worth reporting although nothing failed.
    pub remark: Option<String>,
    /// A sentence for each value of a filter that fits no account of the organization.
    pub unmatched: Vec<String>,
}

/// The organization cannot be read, or a filter fits nothing in it.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// The accounts cannot be listed.
    #[error(
        "cannot list the accounts of the organization from account {caller}: {refusal}\n{}",
        remedy(refusal.reason)
    )]
    Unreadable {
        /// The caller's account.
        caller: AccountId,
        /// AWS's words.
        refusal: Failure,
    },
    /// The organizational units cannot be listed, but the filters name some.
    #[error("cannot list the organizational units that --ous or --exclude-ous name: {refusal}")]
    UnitsUnreadable {
        /// AWS's words.
        refusal: Failure,
    },
    /// A filter names a unit that cannot be found.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The filters leave nothing.
    #[error("the filters leave none of the {accounts} accounts to scan: {filters}")]
    NothingSelected {
        /// How many accounts there are.
        accounts: usize,
        /// The filters in force.
        filters: String,
    },
}

fn remedy(reason: Reason) -> String {
    let again = match reason {
        Reason::Throttled | Reason::Unreachable => "nobody denied it: try again later; or ",
        _ => "",
    };
    format!(
        "{again}run vpce-scout from the management account or a delegated administrator, or with \
         --org-role-arn; or name the accounts (--accounts ID,... with the role in each); \
         or scan the caller's account alone (--accounts self)"
    )
}

/// Lists the accounts and applies the filters.
pub async fn list(access: &Access, scope: &Scope) -> Result<Listed, OrganizationError> {
    let (mut listed, units) = match &scope.accounts {
        Accounts::Caller => (named(std::slice::from_ref(access.caller_account())), None),
        Accounts::Organization => read(access, scope).await?,
        Accounts::Listed(ids) => match read(access, scope).await {
            Err(OrganizationError::Unreadable { refusal, .. }) => {
                let remark =
                    format!("accounts as named; the organization cannot be read: {refusal}");
                let listed = Listed {
                    remark: Some(remark),
                    ..named(ids)
                };
                (listed, None)
            }
            read => read?,
        },
    };
    let filters = Filters::new(scope, units.as_deref())?;
    if listed.remark.is_none() && scope.accounts != Accounts::Caller {
        listed.unmatched = filters.unmatched(&listed.accounts);
        for warning in &listed.unmatched {
            tracing::warn!("{warning}");
        }
    }
    if let Accounts::Listed(ids) = &scope.accounts {
        listed = with_named(listed, ids);
    }
    for account in &mut listed.accounts {
        account.selected = filters.select(account);
    }
    if !listed.accounts.iter().any(|account| account.selected) {
        return Err(OrganizationError::NothingSelected {
            accounts: listed.accounts.len(),
            filters: filters.describe(),
        });
    }
    Ok(listed)
}

/// The organization in `arn:aws:organizations::111122223333:account/o-exampleorgid/444455556666`
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>).
fn organization_id(arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let id = resource.strip_prefix("account/")?.split('/').next()?;
    id.starts_with("o-").then(|| id.to_owned())
}

fn named(ids: &[AccountId]) -> Listed {
    let account = |id: &AccountId| Account {
        id: id.clone(),
        name: None,
        ou_path: None,
        ou_ids: Vec::new(),
        status: AccountStatus::Unknown,
        selected: true,
        organization_id: None,
    };
    Listed {
        accounts: ids.iter().map(account).collect(),
        failure: None,
        remark: None,
        unmatched: Vec::new(),
    }
}

/// The organization with accounts outside of it that were named by hand.
fn with_named(mut organization: Listed, ids: &[AccountId]) -> Listed {
    let missing: Vec<_> = ids
        .iter()
        .filter(|id| {
            !organization
                .accounts
                .iter()
                .any(|account| account.id == **id)
        })
        .cloned()
        .collect();
    organization.accounts.extend(named(&missing).accounts);
    organization.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    organization
}

/// The organization, and its units if they can be listed.
async fn read(
    access: &Access,
    scope: &Scope,
) -> Result<(Listed, Option<Vec<Unit>>), OrganizationError> {
    let client = access.organizations();
    let mut accounts = list_accounts(access, &client)
        .await
        .and_then(not_empty)
        .map_err(|refusal| OrganizationError::Unreadable {
            caller: access.caller_account().clone(),
            refusal,
        })?;
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    // Organizations does not promise that pages do not overlap, and an account is one account.
    accounts.dedup_by(|a, b| a.id == b.id);
    let filtered = !(scope.ous.is_empty() && scope.exclude_ous.is_empty());
    let (units, failure) = match walk(access, &client).await {
        Ok(units) => {
            place(&mut accounts, &units);
            (Some(units), None)
        }
        Err(refusal) if filtered => return Err(OrganizationError::UnitsUnreadable { refusal }),
        Err(failure) => {
            let message = format!(
                "accounts are listed, organizational units are not: {}",
                failure.message
            );
            (None, Some(Failure { message, ..failure }))
        }
    };
    let listed = Listed {
        accounts,
        failure,
        remark: None,
        unmatched: Vec::new(),
    };
    Ok((listed, units))
}

async fn list_accounts(access: &Access, client: &Client) -> Result<Vec<Account>, Failure> {
    let pages = || client.list_accounts().into_paginator().send();
    let read = |page: ListAccountsOutput| page.accounts().iter().map(account).collect();
    access.organization_pages(pages, read).await
}

/// An organization has its management account at least.
fn not_empty(accounts: Vec<Account>) -> Result<Vec<Account>, Failure> {
    if accounts.is_empty() {
        return Err(Failure::new(
            Reason::InvalidResponse,
            "the answer names no account",
        ));
    }
    Ok(accounts)
}

fn account(account: &types::Account) -> Result<Account, MissingField> {
    // `Status` is retired in favour of `State`; older partitions still send it alone.
    let status = account.status().map(types::AccountStatus::as_str);
    let state = account.state().map(types::AccountState::as_str).or(status);
    Ok(Account {
        id: required(account.id().and_then(|id| id.parse().ok()), "Account.Id")?,
        name: account.name().map(str::to_owned),
        ou_path: None,
        ou_ids: Vec::new(),
        status: state.map_or(AccountStatus::Unknown, AccountStatus::from_word),
        selected: true,
        organization_id: account.arn().and_then(organization_id),
    })
}

/// Walks from the roots down. The rates of Organizations are not published and low, so one call
/// follows the other.
async fn walk(access: &Access, client: &Client) -> Result<Vec<Unit>, Failure> {
    let pages = || client.list_roots().into_paginator().send();
    let roots = access.organization_pages(pages, |page| {
        let id = |root: types::Root| required(root.id, "Root.Id");
        page.roots.unwrap_or_default().into_iter().map(id).collect()
    });
    let roots = roots.await?.into_iter();
    let mut open: VecDeque<_> = roots.map(|id| (String::new(), vec![id])).collect();
    let mut units = Vec::new();
    while let Some((path, ids)) = open.pop_front() {
        let parent = ids.last().cloned().unwrap_or_default();
        let list = client
            .list_organizational_units_for_parent()
            .parent_id(&parent);
        let pages = || list.clone().into_paginator().send();
        let below = access.organization_pages(pages, |page| {
            Ok(page.organizational_units.unwrap_or_default())
        });
        for unit in below.await? {
            let id = required(unit.id, "OrganizationalUnit.Id")?;
            let name = unit.name.unwrap_or_else(|| id.clone());
            open.push_back((format!("{path}/{name}"), [ids.clone(), vec![id]].concat()));
        }
        let list = client.list_accounts_for_parent().parent_id(&parent);
        let pages = || list.clone().into_paginator().send();
        let accounts = access.organization_pages(pages, |page| {
            let accounts = page.accounts.unwrap_or_default().into_iter();
            Ok(accounts.filter_map(|account| account.id).collect())
        });
        let accounts = accounts.await?;
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        units.push(Unit {
            path,
            ids,
            accounts,
        });
    }
    Ok(units)
}

fn place(accounts: &mut [Account], units: &[Unit]) {
    let mut places: BTreeMap<&str, &Unit> = BTreeMap::new();
    for unit in units {
        places.extend(unit.accounts.iter().map(|id| (id.as_str(), unit)));
    }
    for account in accounts {
        if let Some(unit) = places.get(account.id.as_str()) {
            account.ou_path = Some(unit.path.clone());
            account.ou_ids.clone_from(&unit.ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organization_is_read_from_the_arn_of_an_account() {
        let arn = "arn:aws:organizations::111122223333:account/o-exampleorgid/444455556666";
        assert_eq!(organization_id(arn).as_deref(), Some("o-exampleorgid"));
        assert_eq!(organization_id("arn:aws:iam::111122223333:root"), None);
    }
}
