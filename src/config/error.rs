//! Why settings cannot be used.

use std::{fmt::Display, path::PathBuf};

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not TOML, or a key has the wrong type.
    #[error("cannot use the settings in {origin}: {message}")]
    Syntax {
        /// The file.
        origin: String,
        /// The parser's message.
        message: String,
    },
    /// A key that does not exist.
    #[error(
        "unknown key `{key}` in {origin}{}; known here: {known}",
        did_you_mean(suggestion.as_ref())
    )]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// The file.
        origin: String,
        /// The key that was probably meant.
        suggestion: Option<String>,
        /// The keys of the same section.
        known: String,
    },
    /// An environment variable that is no setting.
    #[error(
        "unknown environment variable `{name}`{}; `vpce-scout --print-config` lists the settings, \
         and the variable of one is VPCE_SCOUT_SECTION_KEY",
        did_you_mean(suggestion.as_ref())
    )]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variable that was probably meant.
        suggestion: Option<String>,
    },
    /// A value without meaning.
    #[error("invalid value `{value}` for {place}: {expected}")]
    Value {
        /// The flag, the variable, or the key and its file.
        place: String,
        /// The value.
        value: String,
        /// What is expected.
        expected: String,
    },
    /// A resumed run was started with other settings.
    #[error(
        "the run was started with {setting} = {stored}, not {given}; leave that out to resume it, \
         or start a new run without --resume and --only-failed"
    )]
    OtherRun {
        /// The key.
        setting: String,
        /// What the run was started with.
        stored: String,
        /// The value in force now.
        given: String,
    },
    /// The settings stored with a run cannot be read.
    #[error("cannot use the settings stored with the run: {0}")]
    Stored(String),
    /// `config/default.toml` lacks a setting.
    #[error("there is no default for `{0}`")]
    NoDefault(&'static str),
    /// There is no place for the run store.
    #[error("there is no directory for the run store: the user has no home; see --state-dir")]
    NoStateDirectory,
}

fn did_you_mean(suggestion: Option<&String>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

impl ConfigError {
    pub(crate) fn value(
        place: impl Display,
        value: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Value {
            place: place.to_string(),
            value: value.into(),
            expected: expected.into(),
        }
    }
}
