//! Where the platform keeps what programs remember.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

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
            // A relative path is to be ignored, says the specification.
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
