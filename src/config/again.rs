//! The settings of a run that goes on: which of them are stored with it, and which may differ.

use toml::{Table, Value};

use super::ConfigError;
use crate::model::run::Window;

/// What decides the facts of a run: these settings are as they were when it was started. No keys:
/// the whole section.
const FIXED: [(&str, &[&str]); 4] = [
    ("organization", &[]),
    ("role", &["name"]),
    ("scope", &[]),
    ("usage", &["enabled", "since", "zones"]),
];
/// Stored too, but other flags may be given.
const OUTPUT: &str = "output";
/// Told in place of the external id, which is not stored.
const EXTERNAL_ID: &str = "external_id";
const SET: &str = "(set, not stored)";

/// The settings to store, as TOML.
pub(super) fn write(merged: &Table) -> String {
    let mut stored = Table::new();
    let all: &[&str] = &[];
    for (section, keys) in FIXED.iter().chain([&(OUTPUT, all)]) {
        let Some(found) = merged.get(*section).and_then(Value::as_table) else {
            continue;
        };
        let kept = |(key, _): &(&String, &Value)| keys.is_empty() || keys.contains(&key.as_str());
        let kept: Table = found
            .iter()
            .filter(kept)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        stored.insert((*section).to_owned(), Value::Table(kept));
    }
    if has_external_id(merged)
        && let Some(role) = stored.get_mut("role").and_then(Value::as_table_mut)
    {
        role.insert(EXTERNAL_ID.to_owned(), SET.into());
    }
    // The directory of the reports is the same from wherever the run goes on.
    if let Some(dir) = stored.get_mut(OUTPUT).and_then(|it| it.get_mut("dir"))
        && let Some(absolute) = dir.as_str().and_then(|it| std::path::absolute(it).ok())
    {
        *dir = absolute.to_string_lossy().into_owned().into();
    }
    stored.to_string()
}

/// Reads what was stored.
pub(super) fn read(stored: &str) -> Result<Table, ConfigError> {
    stored
        .parse()
        .map_err(|error: toml::de::Error| ConfigError::Stored(error.message().to_owned()))
}

/// Lays what was stored over the settings of today.
pub(super) fn lay(merged: &mut Table, stored: &Table) {
    for (section, values) in stored {
        let (Some(values), Some(into)) = (
            values.as_table(),
            merged.get_mut(section).and_then(Value::as_table_mut),
        ) else {
            continue;
        };
        for (key, value) in values {
            if key != EXTERNAL_ID {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Tells the first setting that the flags have changed.
pub(super) fn compare(merged: &Table, stored: &Table) -> Result<(), ConfigError> {
    let was_set = stored
        .get("role")
        .is_some_and(|role| role.get(EXTERNAL_ID).is_some());
    if was_set != has_external_id(merged) {
        let words = ["none", "one (it is not stored: give it again)"];
        return Err(ConfigError::OtherRun {
            setting: "role.external_id".to_owned(),
            stored: words[usize::from(was_set)].to_owned(),
            given: words[usize::from(!was_set)].to_owned(),
        });
    }
    for (section, values) in stored.iter().filter(|(section, _)| *section != OUTPUT) {
        for (key, stored) in values.as_table().into_iter().flatten() {
            let given = merged.get(section).and_then(|it| it.get(key));
            if key != EXTERNAL_ID && given != Some(stored) {
                return Err(ConfigError::OtherRun {
                    setting: format!("{section}.{key}"),
                    stored: stored.to_string(),
                    given: given.map_or_else(String::new, Value::to_string),
                });
            }
        }
    }
    Ok(())
}

/// Tells if another window was typed.
pub(super) fn compare_windows(given: Window, stored: Window) -> Result<(), ConfigError> {
    if given == stored {
        return Ok(());
    }
    let text = |window: Window| format!("{} to {}", window.start, window.end);
    Err(ConfigError::OtherRun {
        setting: "the window".to_owned(),
        stored: text(stored),
        given: text(given),
    })
}

fn has_external_id(merged: &Table) -> bool {
    let id = merged.get("role").and_then(|role| role.get(EXTERNAL_ID));
    id.and_then(Value::as_str).is_some_and(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::{
        cli::{scan::ScanArgs, scope::ScopeArgs},
        config::{Config, ConfigError},
        model::run::Window,
    };

    fn window() -> Window {
        Window {
            start: "2026-01-01T00:00:00Z".parse().unwrap(),
            end: "2026-01-08T00:00:00Z".parse().unwrap(),
        }
    }

    fn started(args: &ScanArgs) -> String {
        let config = Config::resolve(args, None, std::iter::empty()).unwrap();
        config.to_store()
    }

    fn go_on(args: &ScanArgs, stored: &str) -> Result<Config, ConfigError> {
        Config::resolve_again(args, None, std::iter::empty(), stored, window())
    }

    fn first() -> ScanArgs {
        ScanArgs {
            scope: ScopeArgs {
                regions: Some(vec!["eu-west-1".to_owned()]),
                external_id: Some("s3cret".to_owned()),
                ..ScopeArgs::default()
            },
            out: Some("somewhere".into()),
            ..ScanArgs::default()
        }
    }

    #[test]
    fn a_run_goes_on_with_its_own_scope_window_and_directory_without_repeating_the_flags() {
        let stored = started(&first());
        let again = ScanArgs {
            scope: ScopeArgs {
                external_id: first().scope.external_id,
                ..ScopeArgs::default()
            },
            ..ScanArgs::default()
        };
        let config = go_on(&again, &stored).unwrap();
        assert_eq!(config.scope.regions.as_ref().unwrap().len(), 1);
        assert_eq!(config.window(jiff::Timestamp::UNIX_EPOCH), window());
        assert!(config.output.dir.is_absolute() && config.output.dir.ends_with("somewhere"));
        assert!(go_on(&first(), &stored).is_ok(), "the same flags again");
    }

    #[test]
    fn the_external_id_is_not_stored_and_has_to_be_given_again() {
        let stored = started(&first());
        assert!(!stored.contains("s3cret"), "{stored}");
        let error = go_on(&ScanArgs::default(), &stored).unwrap_err();
        assert!(error.to_string().contains("role.external_id"), "{error}");
    }

    #[test]
    fn a_flag_that_would_change_the_facts_is_refused_with_both_values() {
        let stored = started(&ScanArgs::default());
        let mut other = first();
        other.scope.external_id = None;
        let told = go_on(&other, &stored).unwrap_err().to_string();
        assert!(
            told.contains("scope.regions") && told.contains("eu-west-1"),
            "{told}"
        );
        let other = ScanArgs {
            start: Some("2026-01-02".to_owned()),
            end: Some("2026-01-08".to_owned()),
            ..ScanArgs::default()
        };
        let told = go_on(&other, &stored).unwrap_err().to_string();
        assert!(told.contains("the window"), "{told}");
    }

    #[test]
    fn settings_that_are_no_toml_are_told() {
        let error = go_on(&ScanArgs::default(), "[scope\n").unwrap_err();
        assert!(matches!(error, ConfigError::Stored(_)), "{error}");
    }
}
