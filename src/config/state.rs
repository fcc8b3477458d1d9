//! Where the run store is kept: the platform's directory, or a place in S3.

use std::{
    ffi::OsString,
    fmt::Display,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, State,
    layer::{StateLayer, required},
    parse,
    source::Set,
};
use crate::model::{id::AccountId, s3_location::S3Location};

/// The place in S3, if one is set.
pub(super) fn checked(layer: StateLayer) -> Result<State, ConfigError> {
    let set = required(layer.location, "state.location")?;
    let url = set.value.trim();
    let place = set.place("state.location");
    Ok(State {
        location: match url {
            "" => None,
            url => Some(location(&place, url)?),
        },
        expected_owner: owner(layer.expected_owner, "state.expected_owner")?,
    })
}

/// Refuses a URL where a directory is expected: it would become a directory of that name.
pub(super) fn check_directory(place: &dyn Display, path: &Path) -> Result<(), ConfigError> {
    match path.to_str().filter(|text| S3Location::is_url(text)) {
        None => Ok(()),
        Some(url) => {
            let expected = "expected a directory; --state keeps the run store in S3";
            Err(ConfigError::value(place, url, expected))
        }
    }
}

/// A URL of S3.
pub(super) fn location(place: &dyn Display, url: &str) -> Result<S3Location, ConfigError> {
    url.parse()
        .map_err(|expected: &str| ConfigError::value(place, url, expected))
}

/// The account that has to own a bucket; empty = any.
pub(super) fn owner(set: Option<Set<String>>, key: &'static str) -> Result<String, ConfigError> {
    let set = required(set, key)?;
    if !set.value.is_empty() {
        parse::<AccountId>(&set.place(key), &set.value)?;
    }
    Ok(set.value)
}

/// The directory that was set, else the platform's: `$XDG_STATE_HOME`
/// (<https://specifications.freedesktop.org/basedir-spec/latest/>) or what stands in for it.
/// Without the variable `HOME`, `home` is the user's as the system knows it.
pub(super) fn directory(
    set: &Path,
    environment: &[(String, OsString)],
    home: Option<&Path>,
) -> Option<PathBuf> {
    if !set.as_os_str().is_empty() {
        return Some(set.to_owned());
    }
    let variable = |name: &str| {
        environment
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| Path::new(value).to_owned())
            // The specification has relative paths ignored.
            .filter(|path| path.is_absolute())
    };
    let home =
        || variable("HOME").or_else(|| home.filter(|path| path.is_absolute()).map(Path::to_owned));
    let parent = if cfg!(target_os = "macos") {
        home()?.join("Library/Application Support")
    } else {
        match variable("XDG_STATE_HOME") {
            Some(directory) => directory,
            None => home()?.join(".local/state"),
        }
    };
    Some(parent.join("vpce-scout"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_wins_and_a_relative_place_of_the_platform_is_ignored() {
        let environment = |pairs: &[(&str, &str)]| -> Vec<(String, OsString)> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), OsString::from(value));
            pairs.iter().map(owned).collect()
        };
        let home = environment(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "state")]);
        let none = environment(&[]);
        assert_eq!(
            directory(Path::new("here"), &home, None),
            Some("here".into())
        );
        let platform = directory(Path::new(""), &home, Some(Path::new("/home/b"))).unwrap();
        assert!(platform.starts_with("/home/a"));
        let platform = directory(Path::new(""), &none, Some(Path::new("/home/b"))).unwrap();
        assert!(platform.starts_with("/home/b"));
        assert_eq!(directory(Path::new(""), &none, None), None);
    }
}
