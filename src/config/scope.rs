//! The section `[scope]`: which accounts and Regions are scanned.

use std::collections::BTreeMap;

use super::{
    ConfigError,
    layer::{ScopeLayer, required},
    parse,
    source::Set,
};
use crate::model::{
    id::{AccountId, InvalidId, Region},
    shard::{InvalidShard, Shard},
};

/// The filters; see `[scope]`.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Which accounts, and how they are found.
    pub accounts: Accounts,
    /// Accounts left out.
    pub exclude_accounts: Vec<AccountId>,
    /// Organizational units, by id or path; empty = all.
    pub ous: Vec<String>,
    /// Organizational units left out.
    pub exclude_ous: Vec<String>,
    /// Regions; none = all enabled ones.
    pub regions: Option<Vec<Region>>,
    /// Globs of Regions left out.
    pub exclude_regions: Vec<glob::Pattern>,
    /// The part of the accounts that is scanned; none = all.
    pub shard: Option<Shard>,
    /// Regions by partition where an account lists none of its own.
    pub fallback_regions: BTreeMap<String, Vec<Region>>,
    /// Each filter as messages name it.
    pub places: FilterPlaces,
}

/// The flag, variable or file in which each filter was written.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named after the filters")]
pub struct FilterPlaces {
    pub accounts: String,
    pub exclude_accounts: String,
    pub ous: String,
    pub exclude_ous: String,
    pub regions: String,
    pub exclude_regions: String,
}

/// Which accounts are scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// All of the organization.
    Organization,
    /// These, with or without an organization.
    Listed(Vec<AccountId>),
    /// The caller's own.
    Caller,
}

impl ScopeLayer {
    pub(super) fn checked(self) -> Result<Scope, ConfigError> {
        let accounts = required(self.accounts, "scope.accounts")?;
        let exclude_accounts = required(self.exclude_accounts, "scope.exclude_accounts")?;
        let ous = required(self.ous, "scope.ous")?;
        let exclude_ous = required(self.exclude_ous, "scope.exclude_ous")?;
        let regions = required(self.regions, "scope.regions")?;
        let exclude_regions = required(self.exclude_regions, "scope.exclude_regions")?;
        let shard = required(self.shard, "scope.shard")?;
        let places = FilterPlaces {
            accounts: accounts.place("scope.accounts").to_string(),
            exclude_accounts: exclude_accounts.place("scope.exclude_accounts").to_string(),
            ous: ous.place("scope.ous").to_string(),
            exclude_ous: exclude_ous.place("scope.exclude_ous").to_string(),
            regions: regions.place("scope.regions").to_string(),
            exclude_regions: exclude_regions.place("scope.exclude_regions").to_string(),
        };
        check_units(&places.ous, &ous)?;
        check_units(&places.exclude_ous, &exclude_ous)?;
        Ok(Scope {
            accounts: match accounts.value.as_slice() {
                [] => Accounts::Organization,
                [word] if word == "self" => Accounts::Caller,
                ids => Accounts::Listed(listed(&places.accounts, ids, "self")?),
            },
            exclude_accounts: parse_all(&places.exclude_accounts, &exclude_accounts.value)?,
            ous: ous.value,
            exclude_ous: exclude_ous.value,
            regions: match regions.value.as_slice() {
                [word] if word == "enabled" => None,
                [] => {
                    let expected = "expected names of Regions, or `enabled`";
                    return Err(ConfigError::value(&places.regions, "", expected));
                }
                names => Some(listed(&places.regions, names, "enabled")?),
            },
            exclude_regions: patterns(&places.exclude_regions, &exclude_regions)?,
            shard: match shard.value.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|error: InvalidShard| {
                    ConfigError::value(shard.place("scope.shard"), text, error.to_string())
                })?),
            },
            fallback_regions: required(self.fallback_regions, "scope.fallback_regions")?.value,
            places,
        })
    }
}

fn check_units(place: &str, units: &Set<Vec<String>>) -> Result<(), ConfigError> {
    match units.value.iter().find(|name| name.trim().is_empty()) {
        None => Ok(()),
        Some(empty) => {
            let expected =
                "expected a path as in /Workloads/Production, or an id as in ou-ab12-34cd56ef";
            Err(ConfigError::value(place, empty, expected))
        }
    }
}

fn patterns(place: &str, globs: &Set<Vec<String>>) -> Result<Vec<glob::Pattern>, ConfigError> {
    let pattern = |glob: &String| {
        glob::Pattern::new(glob).map_err(|error| {
            ConfigError::value(place, glob, format!("expected a glob as in ap-*: {error}"))
        })
    };
    globs.value.iter().map(pattern).collect()
}

/// A list that a single word may stand for, which the error names.
fn listed<T>(place: &str, texts: &[String], word: &str) -> Result<Vec<T>, ConfigError>
where
    T: std::str::FromStr<Err = InvalidId> + Ord,
{
    parse_all(place, texts).map_err(|error| match error {
        ConfigError::Value {
            place,
            value,
            expected,
        } => ConfigError::Value {
            place,
            value,
            expected: format!("{expected}, or `{word}` and nothing else"),
        },
        other => other,
    })
}

fn parse_all<T>(place: &str, texts: &[String]) -> Result<Vec<T>, ConfigError>
where
    T: std::str::FromStr<Err = InvalidId> + Ord,
{
    let mut all = texts
        .iter()
        .map(|text| parse(&place, text))
        .collect::<Result<Vec<T>, _>>()?;
    all.sort();
    all.dedup();
    Ok(all)
}
