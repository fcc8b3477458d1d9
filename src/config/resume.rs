//! The settings of a run that is resumed: which of them are stored with it, and which may differ.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::{
    ConfigError,
    layer::Layer,
    source::{Place, Set, Source},
};
use crate::model::{run::Window, s3_location::S3Location};

/// What decides the facts of a run: these settings are as they were when it was started. No keys:
/// the whole section.
const FIXED: [(&str, &[&str]); 5] = [
    ("bill", &[]),
    ("organization", &[]),
    ("role", &["name"]),
    ("scope", &[]),
    ("usage", &["enabled", "since", "zones"]),
];
/// Stored too, but other flags may be given.
const OUTPUT: &str = "output";
/// A directory that is not UTF-8, byte by byte.
const DIR_BYTES: &str = "dir_bytes";
/// Stored in place of the external id.
const EXTERNAL_ID: &str = "external_id";
const SET: &str = "(set, not stored)";

/// The settings to store, as TOML.
pub(super) fn write(layer: &Layer) -> String {
    let mut stored = Table::new();
    layer.each(|section, key, value, _| {
        let kept = FIXED
            .iter()
            .any(|(name, keys)| *name == section && (keys.is_empty() || keys.contains(&key)));
        if (kept || section == OUTPUT)
            && let Some(value) = value.to_toml()
        {
            put(&mut stored, section, key, value);
        }
    });
    if has_external_id(layer) {
        put(&mut stored, "role", EXTERNAL_ID, SET.into());
    }
    if let Some(dir) = &layer.output.dir {
        put_directory(&mut stored, &dir.value);
    }
    stored.to_string()
}

fn put(stored: &mut Table, section: &str, key: &str, value: Value) {
    let section = stored
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), value);
    }
}

/// The directory of the reports is the same from wherever the run is resumed.
fn put_directory(stored: &mut Table, dir: &Path) {
    if dir.to_str().is_some_and(S3Location::is_url) {
        return;
    }
    let Ok(absolute) = std::path::absolute(dir) else {
        return;
    };
    if let Some(text) = absolute.to_str() {
        put(stored, OUTPUT, "dir", text.into());
    } else {
        let bytes = absolute.as_os_str().as_encoded_bytes().iter();
        let bytes: Vec<_> = bytes.map(|byte| Value::from(i64::from(*byte))).collect();
        put(stored, OUTPUT, DIR_BYTES, bytes.into());
    }
}

/// Reads what was stored: the layer, and whether there was an external id.
pub(super) fn read(stored: &str) -> Result<(Layer, bool), ConfigError> {
    let error = |error: toml::de::Error| ConfigError::Stored(error.message().to_owned());
    let mut table: Table = stored.parse().map_err(error)?;
    let mut take = |section: &str, key: &str| {
        let section = table.get_mut(section).and_then(Value::as_table_mut)?;
        section.remove(key)
    };
    let had_external_id = take("role", EXTERNAL_ID).is_some();
    let bytes = take(OUTPUT, DIR_BYTES);
    let mut layer = Layer::deserialize(table).map_err(error)?;
    if let Some(dir) = bytes.and_then(directory) {
        layer.output.dir = Some(Set {
            value: dir,
            source: Source::Stored,
        });
    }
    layer.set_source(&Source::Stored);
    Ok((layer, had_external_id))
}

#[cfg(unix)]
fn directory(bytes: Value) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let bytes: Vec<u8> = bytes.try_into().ok()?;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn directory(_: Value) -> Option<PathBuf> {
    None
}

/// Refuses settings in force that differ from what was stored.
pub(super) fn compare(
    merged: &Layer,
    stored: &Layer,
    had_external_id: bool,
) -> Result<(), ConfigError> {
    if had_external_id != has_external_id(merged) {
        let words = ["none", "one (it is not stored: give it again)"];
        return Err(ConfigError::OtherRun {
            setting: "role.external_id".to_owned(),
            stored: words[usize::from(had_external_id)].to_owned(),
            given: words[usize::from(!had_external_id)].to_owned(),
        });
    }
    let mut given = Vec::new();
    merged.each(|section, key, value, source| {
        given.push((section, key, value.to_toml(), source.clone()));
    });
    let mut other = None;
    stored.each(|section, key, value, _| {
        let now = given.iter().find(|it| (it.0, it.1) == (section, key));
        let Some((_, _, now, source)) = now else {
            return;
        };
        if section != OUTPUT && *now != value.to_toml() && other.is_none() {
            let name = format!("{section}.{key}");
            let place = Place { key: &name, source };
            let text = |value: Option<Value>| value.map_or_else(String::new, |it| it.to_string());
            other = Some(ConfigError::OtherRun {
                setting: name.clone(),
                stored: text(value.to_toml()),
                given: format!("{} ({place})", text(now.clone())),
            });
        }
    });
    other.map_or(Ok(()), Err)
}

/// Refuses another window than the stored one.
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

fn has_external_id(layer: &Layer) -> bool {
    let id = layer.role.external_id.as_ref();
    id.is_some_and(|id| !id.value.is_empty())
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

    fn resume(args: &ScanArgs, stored: &str) -> Result<Config, ConfigError> {
        Config::resume(args, None, std::iter::empty(), stored, window())
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
        let config = resume(&again, &stored).unwrap();
        assert_eq!(config.scope.regions.as_ref().unwrap().len(), 1);
        assert_eq!(config.window(jiff::Timestamp::UNIX_EPOCH), window());
        assert!(config.output.dir.is_absolute() && config.output.dir.ends_with("somewhere"));
        assert!(resume(&first(), &stored).is_ok(), "the same flags again");
    }

    #[test]
    fn reports_in_s3_stay_there_when_a_run_is_resumed() {
        let first = ScanArgs {
            out: Some("s3://reports/nightly".into()),
            ..ScanArgs::default()
        };
        let config = resume(&ScanArgs::default(), &started(&first)).unwrap();
        let location = config.output.location.unwrap();
        assert_eq!(location.to_string(), "s3://reports/nightly/");
    }

    #[test]
    fn the_external_id_is_not_stored_and_has_to_be_given_again() {
        let stored = started(&first());
        assert!(!stored.contains("s3cret"), "{stored}");
        let error = resume(&ScanArgs::default(), &stored).unwrap_err();
        assert!(error.to_string().contains("role.external_id"), "{error}");
    }

    #[test]
    fn a_flag_that_would_change_the_facts_is_refused_with_both_values() {
        let stored = started(&ScanArgs::default());
        let mut other = first();
        other.scope.external_id = None;
        let error = resume(&other, &stored).unwrap_err().to_string();
        assert!(
            error.contains("scope.regions") && error.contains("eu-west-1"),
            "{error}"
        );
        let other = ScanArgs {
            start: Some("2026-01-02".to_owned()),
            end: Some("2026-01-08".to_owned()),
            ..ScanArgs::default()
        };
        let error = resume(&other, &stored).unwrap_err().to_string();
        assert!(error.contains("the window"), "{error}");
    }

    #[test]
    fn settings_that_are_no_toml_are_reported() {
        let error = resume(&ScanArgs::default(), "[scope\n").unwrap_err();
        assert!(matches!(error, ConfigError::Stored(_)), "{error}");
    }
}
