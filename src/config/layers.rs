//! The layers of settings: reading each, laying one over the other, reading the result as types.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;
use toml::{Table, Value};
use toml_edit::{DocumentMut, Item};

use super::{
    Accounts, ConfigError, DEFAULTS, Format, Limits, Logging, Output, Retry, Role, Scope, Timeouts,
    Usage,
    prices::{self, DISCOUNTS, RawPrices},
    usage,
};
use crate::{
    cli::scan::ScanArgs,
    model::id::{AccountId, Region},
};

const ENVIRONMENT_PREFIX: &str = "VPCE_SCOUT_";

#[derive(Deserialize)]
pub(super) struct Raw {
    pub(super) organization: RawOrganization,
    pub(super) role: Role,
    pub(super) scope: RawScope,
    pub(super) usage: Usage,
    pub(super) prices: RawPrices,
    pub(super) logging: Logging,
    pub(super) limits: Limits,
    pub(super) retry: Retry,
    pub(super) timeouts: Timeouts,
    pub(super) output: RawOutput,
    pub(super) state: RawState,
}

#[derive(Deserialize)]
pub(super) struct RawState {
    pub(super) dir: String,
}

#[derive(Deserialize)]
pub(super) struct RawOrganization {
    pub(super) role_arn: String,
}

#[derive(Deserialize)]
pub(super) struct RawScope {
    accounts: Vec<String>,
    exclude_accounts: Vec<String>,
    ous: Vec<String>,
    exclude_ous: Vec<String>,
    regions: Vec<String>,
    exclude_regions: Vec<String>,
    fallback_regions: BTreeMap<String, Vec<Region>>,
}

#[derive(Deserialize)]
pub(super) struct RawOutput {
    dir: PathBuf,
    formats: Vec<Format>,
}

impl RawScope {
    pub(super) fn checked(self) -> Result<Scope, ConfigError> {
        let accounts = match self.accounts.as_slice() {
            [] => Accounts::Organization,
            [word] if word == "self" => Accounts::Caller,
            ids => Accounts::Listed(account_ids("--accounts", ids)?),
        };
        let regions = match self.regions.as_slice() {
            [word] if word == "enabled" => None,
            [] => {
                return Err(ConfigError::value(
                    "--regions",
                    "",
                    "name regions, or `enabled`",
                ));
            }
            names => Some(parse_all("--regions", names)?),
        };
        let pattern = |glob: &String| {
            glob::Pattern::new(glob)
                .map_err(|error| ConfigError::value("--exclude-regions", glob, error.to_string()))
        };
        let unit = "a path as in /Workloads/Production, or an id as in ou-ab12-34cd56ef";
        for (setting, units) in [("--ous", &self.ous), ("--exclude-ous", &self.exclude_ous)] {
            if let Some(empty) = units.iter().find(|name| name.trim().is_empty()) {
                return Err(ConfigError::value(setting, empty, unit));
            }
        }
        Ok(Scope {
            accounts,
            exclude_accounts: account_ids("--exclude-accounts", &self.exclude_accounts)?,
            ous: self.ous,
            exclude_ous: self.exclude_ous,
            regions,
            exclude_regions: self
                .exclude_regions
                .iter()
                .map(pattern)
                .collect::<Result<_, _>>()?,
            fallback_regions: self.fallback_regions,
        })
    }
}

impl RawOutput {
    pub(super) fn checked(self) -> Result<Output, ConfigError> {
        let mut formats = self.formats;
        formats.sort_unstable();
        formats.dedup();
        if formats.is_empty() {
            return Err(ConfigError::value(
                "--formats",
                "",
                "name at least one of csv, json",
            ));
        }
        Ok(Output {
            dir: self.dir,
            formats,
        })
    }
}

pub(super) fn parse<T: FromStr<Err: std::fmt::Display>>(
    setting: &'static str,
    text: &str,
) -> Result<T, ConfigError> {
    text.trim()
        .parse()
        .map_err(|error: T::Err| ConfigError::value(setting, text, error.to_string()))
}

fn parse_all<T>(setting: &'static str, texts: &[String]) -> Result<Vec<T>, ConfigError>
where
    T: FromStr<Err: std::fmt::Display> + Ord,
{
    let mut all = texts
        .iter()
        .map(|text| parse(setting, text))
        .collect::<Result<Vec<T>, _>>()?;
    all.sort();
    all.dedup();
    Ok(all)
}

fn account_ids(setting: &'static str, texts: &[String]) -> Result<Vec<AccountId>, ConfigError> {
    parse_all(setting, texts)
}

pub(super) fn defaults() -> Result<Table, ConfigError> {
    parse_table(DEFAULTS, "config/default.toml")
}

fn parse_table(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            origin: origin.to_owned(),
            message: error.to_string(),
        })
}

/// The embedded defaults, comments and all, with the values of `merged`.
pub(super) fn annotated(merged: &Table) -> String {
    let Ok(mut document) = DEFAULTS.parse::<DocumentMut>() else {
        return merged.to_string();
    };
    lay(document.as_table_mut(), merged);
    document.to_string()
}

/// Lays values over a commented table; what is the same keeps its layout.
fn lay(table: &mut toml_edit::Table, values: &Table) {
    for (key, value) in values {
        if let Value::Table(values) = value {
            if let Some(inner) = table.get_mut(key).and_then(Item::as_table_mut) {
                lay(inner, values);
            }
            continue;
        }
        let Ok(new) = value.to_string().parse::<toml_edit::Value>() else {
            continue;
        };
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) if same(old, value) => {}
            Some(old) => {
                let decor = old.decor().clone();
                *old = new;
                *old.decor_mut() = decor;
            }
            None => drop(table.insert(key, Item::Value(new))),
        }
    }
}

fn same(old: &toml_edit::Value, new: &Value) -> bool {
    let old: Option<Table> = format!("value = {}", old.to_string().trim()).parse().ok();
    old.is_some_and(|old| old.get("value") == Some(new))
}

pub(super) fn merge_file(base: &mut Table, path: &Path) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    let origin = format!("`{}`", path.display());
    let over = parse_table(&text, &origin)?;
    merge(base, over, "", &origin)
}

/// Lays `over` on `base`, key by key. `scope.fallback_regions` is open: partitions may be added;
/// so are discounts, by item.
fn merge(base: &mut Table, over: Table, section: &str, origin: &str) -> Result<(), ConfigError> {
    for (key, value) in over {
        let path = if section.is_empty() {
            key.clone()
        } else {
            format!("{section}.{key}")
        };
        if section == DISCOUNTS {
            prices::check_discount(&key, &value, origin)?;
            base.insert(key, value);
            continue;
        }
        let value = usage::as_written(&path, value);
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over, &path, origin)?,
            (Some(known), value) if known.same_type(&value) => *known = value,
            (Some(known), value) => {
                return Err(ConfigError::Syntax {
                    origin: origin.to_owned(),
                    message: format!(
                        "`{path}` must be of type {}, not {}",
                        known.type_str(),
                        value.type_str()
                    ),
                });
            }
            (None, value @ Value::Array(_)) if section == "scope.fallback_regions" => {
                base.insert(key, value);
            }
            (None, _) => {
                return Err(ConfigError::UnknownKey {
                    key: path,
                    origin: origin.to_owned(),
                    known: base
                        .keys()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(", "),
                });
            }
        }
    }
    Ok(())
}

pub(super) fn merge_environment(
    base: &mut Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) else {
            continue;
        };
        // Other programs may use the prefix: only a known section makes it a setting.
        let Some((section, key)) = rest.split_once('_') else {
            continue;
        };
        let Some(table) = base
            .get_mut(&section.to_lowercase())
            .and_then(Value::as_table_mut)
        else {
            continue;
        };
        let known = table
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let Some(value) = table.get_mut(&key.to_lowercase()) else {
            return Err(ConfigError::UnknownKey {
                key: name,
                origin: "the environment".to_owned(),
                known,
            });
        };
        *value = read_as(value, &text).ok_or_else(|| ConfigError::Syntax {
            origin: format!("the environment variable {name}"),
            message: format!("`{text}` is not of type {}", value.type_str()),
        })?;
    }
    Ok(())
}

/// Reads `text` as a value of the type that `like` has.
fn read_as(like: &Value, text: &str) -> Option<Value> {
    match like {
        Value::String(_) => Some(text.into()),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) if text.is_empty() => Some(Value::Array(Vec::new())),
        Value::Array(_) => Some(
            text.split(',')
                .map(|item| Value::from(item.trim()))
                .collect::<Vec<_>>()
                .into(),
        ),
        _ => None,
    }
}

/// Lays what was typed over the rest.
pub(super) fn merge_flags(base: &mut Table, args: &ScanArgs) -> Result<(), ConfigError> {
    let mut over = Table::new();
    let mut set = |section: &str, key: &str, value: Option<Value>| {
        if let Some(value) = value
            && let Some(table) = over
                .entry(section.to_owned())
                .or_insert_with(|| Value::Table(Table::new()))
                .as_table_mut()
        {
            table.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let list = |list: &Option<Vec<String>>| list.clone().map(Value::from);
    set("organization", "role_arn", text(&args.scope.org_role_arn));
    set("role", "name", text(&args.scope.role_name));
    set("role", "external_id", text(&args.scope.external_id));
    set("scope", "accounts", list(&args.scope.accounts));
    set(
        "scope",
        "exclude_accounts",
        list(&args.scope.exclude_accounts),
    );
    set("scope", "ous", list(&args.scope.ous));
    set("scope", "exclude_ous", list(&args.scope.exclude_ous));
    set("scope", "regions", list(&args.scope.regions));
    set(
        "scope",
        "exclude_regions",
        list(&args.scope.exclude_regions),
    );
    set("usage", "since", text(&args.since));
    set(
        "usage",
        "enabled",
        args.no_usage.then_some(Value::Boolean(false)),
    );
    set("usage", "max_scan_gb", text(&args.max_scan_gb));
    let formats = args.formats.as_ref().map(Value::try_from);
    let formats = formats.transpose().map_err(|error| ConfigError::Syntax {
        origin: "--formats".to_owned(),
        message: error.to_string(),
    })?;
    set("output", "formats", formats);
    let dir = args
        .out
        .as_ref()
        .map(|dir| Value::String(dir.to_string_lossy().into_owned()));
    set("output", "dir", dir);
    let dir = args
        .state_dir
        .as_ref()
        .map(|dir| Value::String(dir.to_string_lossy().into_owned()));
    set("state", "dir", dir);
    merge(base, over, "", "the command line")
}

pub(super) fn read<T: serde::de::DeserializeOwned>(merged: &Table) -> Result<T, ConfigError> {
    Value::Table(merged.clone())
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            origin: "a setting".to_owned(),
            message: error.message().to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        aws::{circuit_breaker::CircuitBreakers, pace::Pace},
        config::Config,
    };

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<bool>().prop_map(Value::Boolean),
            any::<f64>().prop_map(Value::Float),
            ".*".prop_map(Value::String),
            "[0-9]{1,20}[smhdw]".prop_map(Value::String),
            proptest::collection::vec(".*".prop_map(Value::String), 0..3).prop_map(Value::Array),
        ]
    }

    /// A setting that there is, by section and key.
    fn any_setting() -> impl Strategy<Value = (String, String)> {
        let all: Vec<_> = defaults()
            .unwrap()
            .into_iter()
            .flat_map(|(section, keys)| {
                let keys = keys.as_table().unwrap().keys().cloned().collect::<Vec<_>>();
                keys.into_iter().map(move |key| (section.clone(), key))
            })
            .collect();
        proptest::sample::select(all)
    }

    /// Settings that are usable have to be so to the end.
    fn use_them(config: &Config) {
        let now = "2026-01-08T00:00:00Z".parse().unwrap();
        let window = config.window(now);
        assert!(window.start < window.end);
        drop(Pace::new(&config.limits));
        drop(CircuitBreakers::new(&config.limits, &config.timeouts));
        config.to_toml();
    }

    proptest! {
        #[test]
        fn any_settings_file_is_used_or_refused(
            settings in proptest::collection::vec((any_setting(), any_value()), 1..4)
        ) {
            let mut table = Table::new();
            for ((section, key), value) in settings {
                let section = table.entry(section).or_insert_with(|| Table::new().into());
                section.as_table_mut().unwrap().insert(key, value);
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), table.to_string()).unwrap();
            let args = ScanArgs::default();
            if let Ok(config) = Config::resolve(&args, Some(file.path()), std::iter::empty()) {
                use_them(&config);
            }
        }

        #[test]
        fn any_text_in_the_place_of_a_file_or_a_variable_is_used_or_refused(
            (section, key) in any_setting(),
            text in prop_oneof![".*", "[0-9]{1,20}[smhdw]?", "-?[0-9]{1,19}"],
        ) {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let args = ScanArgs::default();
            drop(Config::resolve(&args, Some(file.path()), std::iter::empty()));
            let name = format!("VPCE_SCOUT_{}_{}", section.to_uppercase(), key.to_uppercase());
            if let Ok(config) = Config::resolve(&args, None, std::iter::once((name, text))) {
                use_them(&config);
            }
        }
    }
}
