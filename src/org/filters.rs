//! Which accounts the filters of the settings select, and which filters select nothing.

use std::collections::BTreeSet;

use crate::{
    config::{Accounts, Scope},
    model::target::Account,
};

/// A root or an organizational unit with the accounts right below it.
pub(super) struct Unit {
    pub(super) path: String,
    /// From the root to the unit itself.
    pub(super) ids: Vec<String>,
    pub(super) accounts: Vec<String>,
}

impl Unit {
    pub(super) fn id(&self) -> Option<&str> {
        self.ids.last().map(String::as_str)
    }
}

/// A filter names a unit that cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// A filter names a unit that is not there.
    #[error("there is no organizational unit `{name}` ({place}); there are: {known}")]
    NoSuchUnit {
        /// The id or path.
        name: String,
        /// The filter.
        place: String,
        /// All paths.
        known: String,
    },
    /// A path fits more than one unit, because the name of one holds a slash.
    #[error("several organizational units have the path `{name}` ({place}); name one by id: {ids}")]
    AmbiguousUnit {
        /// The path.
        name: String,
        /// The filter.
        place: String,
        /// The ids of the units.
        ids: String,
    },
}

/// The filters with their organizational units looked up.
pub(super) struct Filters<'f> {
    scope: &'f Scope,
    ous: Vec<SelectedUnit<'f>>,
    exclude_ous: Vec<SelectedUnit<'f>>,
}

/// An organizational unit that a filter names.
struct SelectedUnit<'f> {
    name: &'f str,
    place: &'f str,
    /// None where the units of the organization are not known.
    id: Option<String>,
}

impl<'f> Filters<'f> {
    /// Looks the units up by id or path; `units` is none where they are not known.
    pub(super) fn new(scope: &'f Scope, units: Option<&[Unit]>) -> Result<Self, FilterError> {
        let all = |names: &'f [String], place: &'f str| {
            let names = names.iter().map(|name| look_up(name, place, units));
            names.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            scope,
            ous: all(&scope.ous, &scope.places.ous)?,
            exclude_ous: all(&scope.exclude_ous, &scope.places.exclude_ous)?,
        })
    }

    /// Whether an account is scanned.
    pub(super) fn select(&self, account: &Account) -> bool {
        let named = match &self.scope.accounts {
            Accounts::Listed(ids) => ids.contains(&account.id),
            Accounts::Organization | Accounts::Caller => true,
        };
        named
            && !self.scope.exclude_accounts.contains(&account.id)
            && (self.ous.is_empty() || self.ous.iter().any(|it| it.holds(account)))
            && !self.exclude_ous.iter().any(|it| it.holds(account))
    }

    /// The filters in force, for an error.
    pub(super) fn describe(&self) -> String {
        let (scope, places) = (self.scope, &self.scope.places);
        let listed = match &scope.accounts {
            Accounts::Listed(ids) => join(ids),
            Accounts::Organization | Accounts::Caller => String::new(),
        };
        let all = [
            (&places.accounts, listed),
            (&places.exclude_accounts, join(&scope.exclude_accounts)),
            (&places.ous, join(&scope.ous)),
            (&places.exclude_ous, join(&scope.exclude_ous)),
        ];
        let set = all.iter().filter(|(_, values)| !values.is_empty());
        let set: Vec<_> = set
            .map(|(place, values)| format!("{place} ({values})"))
            .collect();
        set.join(", ")
    }

    /// A sentence for each value of a filter that fits no account of the organization.
    pub(super) fn unmatched(&self, organization: &[Account]) -> Vec<String> {
        let (scope, places) = (self.scope, &self.scope.places);
        let known: BTreeSet<_> = organization.iter().map(|account| &account.id).collect();
        let mut unmatched = Vec::new();
        if let Accounts::Listed(ids) = &scope.accounts {
            let outside = ids.iter().filter(|id| !known.contains(id));
            unmatched.extend(outside.map(|id| {
                format!(
                    "the account {id} of {} is not in the organization; it is scanned all the same",
                    places.accounts
                )
            }));
        }
        let outside = scope.exclude_accounts.iter();
        let outside = outside.filter(|id| !known.contains(id));
        unmatched.extend(outside.map(|id| {
            format!(
                "the account {id} of {} is not in the organization",
                places.exclude_accounts
            )
        }));
        let units = self.ous.iter().chain(&self.exclude_ous);
        let empty = units.filter(|unit| {
            unit.id.is_some() && !organization.iter().any(|account| unit.holds(account))
        });
        unmatched.extend(
            empty.map(|unit| format!("no account is in `{}` of {}", unit.name, unit.place)),
        );
        unmatched
    }
}

impl SelectedUnit<'_> {
    /// Whether an account is in the unit or below it.
    fn holds(&self, account: &Account) -> bool {
        let id = self.id.as_ref();
        id.is_some_and(|id| account.ou_ids.contains(id))
    }
}

/// Finds a unit by id or path. A unit whose own name holds a slash is found by its path too, and
/// is not below the unit that the first part of its name would be.
fn look_up<'f>(
    name: &'f str,
    place: &'f str,
    units: Option<&[Unit]>,
) -> Result<SelectedUnit<'f>, FilterError> {
    let found = |id| SelectedUnit { name, place, id };
    let Some(units) = units else {
        return Ok(found(None));
    };
    let path = |path: &str| path.trim_matches('/').to_owned();
    let fits = |unit: &&Unit| unit.id() == Some(name) || path(&unit.path) == path(name);
    let ids: Vec<_> = units.iter().filter(fits).filter_map(Unit::id).collect();
    match ids.as_slice() {
        [id] => Ok(found(Some((*id).to_owned()))),
        [] => {
            let mut known: Vec<_> = units.iter().map(|unit| unit.path.as_str()).collect();
            known.sort_unstable();
            Err(FilterError::NoSuchUnit {
                name: name.to_owned(),
                place: place.to_owned(),
                known: known.join(", "),
            })
        }
        several => Err(FilterError::AmbiguousUnit {
            name: name.to_owned(),
            place: place.to_owned(),
            ids: several.join(", "),
        }),
    }
}

fn join<T: ToString>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Config, FilterPlaces},
        model::target::AccountStatus,
    };

    fn unit(path: &str, ids: &[&str]) -> Unit {
        Unit {
            path: path.to_owned(),
            ids: ids.iter().map(ToString::to_string).collect(),
            accounts: Vec::new(),
        }
    }

    fn account(id: &str, ids: &[&str]) -> Account {
        Account {
            id: id.parse().unwrap(),
            name: None,
            ou_path: None,
            ou_ids: ids.iter().map(ToString::to_string).collect(),
            status: AccountStatus::Active,
            selected: true,
            organization_id: None,
        }
    }

    /// The built-in filters, as if they were typed.
    fn scope() -> Scope {
        Scope {
            places: FilterPlaces {
                accounts: "--accounts".to_owned(),
                exclude_accounts: "--exclude-accounts".to_owned(),
                ous: "--ous".to_owned(),
                exclude_ous: "--exclude-ous".to_owned(),
                regions: "--regions".to_owned(),
                exclude_regions: "--exclude-regions".to_owned(),
            },
            ..Config::for_tests(&[]).scope
        }
    }

    fn ous(name: &str) -> Scope {
        Scope {
            ous: vec![name.to_owned()],
            ..scope()
        }
    }

    fn units() -> Vec<Unit> {
        vec![
            unit("/", &["r-1"]),
            unit("/Prod", &["r-1", "ou-prod"]),
            unit("/Prod/Web", &["r-1", "ou-prod", "ou-web"]),
            // Named `Prod/Secret`, and right below the root.
            unit("/Prod/Secret", &["r-1", "ou-secret"]),
            unit("/Production", &["r-1", "ou-production"]),
        ]
    }

    #[test]
    fn a_unit_holds_what_is_below_it_but_not_what_is_only_named_so() {
        let units = units();
        let web = account("111111111111", &["r-1", "ou-prod", "ou-web"]);
        let secret = account("222222222222", &["r-1", "ou-secret"]);
        for (name, expected) in [
            ("/", [true, true]),
            ("r-1", [true, true]),
            ("/Prod", [true, false]),
            ("Prod/", [true, false]),
            ("ou-prod", [true, false]),
            ("/Prod/Web", [true, false]),
            ("/Prod/Secret", [false, true]),
            ("/Production", [false, false]),
        ] {
            let scope = ous(name);
            let filters = Filters::new(&scope, Some(&units)).unwrap();
            assert_eq!(
                [&web, &secret].map(|it| filters.select(it)),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_unit_that_is_not_there_or_there_twice_is_an_error_that_names_the_flag() {
        let mut units = units();
        let refused = |name: &str, units: &[Unit]| {
            let scope = ous(name);
            let error = Filters::new(&scope, Some(units)).err().unwrap();
            error.to_string()
        };
        let text = refused("/Prd", &units);
        assert!(
            text.contains("`/Prd` (--ous)") && text.contains("/Prod/Web"),
            "{text}"
        );
        units.push(unit("/Prod/Secret", &["r-1", "ou-prod", "ou-below"]));
        let text = refused("/Prod/Secret", &units);
        assert!(text.contains("ou-secret, ou-below"), "{text}");
        assert!(Filters::new(&ous("ou-below"), Some(&units)).is_ok());
    }

    #[test]
    fn filters_that_fit_nothing_are_named_with_their_flags() {
        let scope = Scope {
            accounts: Accounts::Listed(vec!["999999999999".parse().unwrap()]),
            exclude_accounts: vec!["888888888888".parse().unwrap()],
            exclude_ous: vec!["/Production".to_owned()],
            ..scope()
        };
        let filters = Filters::new(&scope, Some(&units())).map_err(|it| it.to_string());
        let filters = filters.unwrap();
        let web = account("111111111111", &["r-1", "ou-prod", "ou-web"]);
        let unmatched = filters.unmatched(&[web]);
        for (part, flag) in [
            ("999999999999", "--accounts"),
            ("888888888888", "--exclude-accounts"),
            ("`/Production`", "--exclude-ous"),
        ] {
            let fits = |it: &&String| it.contains(part) && it.contains(flag);
            assert!(
                unmatched.iter().any(|it| fits(&it)),
                "{part}: {unmatched:?}"
            );
        }
        assert_eq!(
            filters.describe(),
            "--accounts (999999999999), --exclude-accounts (888888888888), \
             --exclude-ous (/Production)"
        );
    }
}
