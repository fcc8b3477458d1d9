//! A setting, the layer that it comes from, and how it is read and printed.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Deserializer};
use toml::Value;

use super::ConfigError;
use crate::{cli::format::Format, model::id::Region};

/// Where a value was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Source {
    /// `config/default.toml`.
    #[default]
    Default,
    /// A settings file.
    File(Arc<Path>),
    /// An environment variable, by its name.
    Variable(Arc<str>),
    /// A flag, with its dashes.
    Flag(&'static str),
    /// The run that is resumed.
    Stored,
}

/// The value of one setting in one layer.
#[derive(Clone, Debug)]
pub(super) struct Set<T> {
    pub(super) value: T,
    pub(super) source: Source,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    /// The source is filled in once the whole layer is read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self {
            value,
            source: Source::Default,
        })
    }
}

/// A setting as messages name it: the flag, the variable, or the key and its file.
#[derive(Clone, Debug)]
pub(super) struct Place<'p> {
    pub(super) key: &'p str,
    pub(super) source: &'p Source,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Source::Default => write!(out, "`{}`", self.key),
            Source::File(path) => write!(out, "`{}` in `{}`", self.key, path.display()),
            Source::Variable(name) => out.write_str(name),
            Source::Flag(flag) => out.write_str(flag),
            Source::Stored => write!(out, "`{}` of the stored run", self.key),
        }
    }
}

/// A value of a table as a whole number or text, for messages.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a setting can be printed and checked by, whatever its type.
pub(super) trait Printed {
    /// The value as TOML; none if it cannot be shown.
    fn to_toml(&self) -> Option<Value>;

    /// The value, if it is a whole number.
    fn integer(&self) -> Option<i128> {
        None
    }
}

/// A type of setting.
pub(super) trait Setting: Printed + Sized {
    /// Reads the text of an environment variable; on failure returns what is expected.
    fn from_text(text: &OsStr) -> Result<Self, String>;

    /// Takes the value of a later layer.
    fn overlay(&mut self, over: Self) {
        *self = over;
    }
}

/// Lays a setting of a later layer over that of an earlier one.
pub(super) fn overlay<T: Setting>(under: &mut Option<Set<T>>, over: Option<Set<T>>) {
    match (under, over) {
        (_, None) => {}
        (Some(under), Some(over)) => {
            under.value.overlay(over.value);
            under.source = over.source;
        }
        (under @ None, over) => *under = over,
    }
}

impl<T: Setting> Set<T> {
    pub(super) fn read(key: &str, text: &OsStr, source: Source) -> Result<Self, ConfigError> {
        let value = T::from_text(text).map_err(|expected| {
            let place = Place {
                key,
                source: &source,
            };
            ConfigError::value(
                place,
                text.to_string_lossy(),
                format!("expected {expected}"),
            )
        })?;
        Ok(Self { value, source })
    }
}

fn utf8(text: &OsStr) -> Result<&str, String> {
    text.to_str().ok_or_else(|| "UTF-8".to_owned())
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Printed for $number {
            fn to_toml(&self) -> Option<Value> {
                i64::try_from(*self).ok().map(Value::Integer)
            }

            fn integer(&self) -> Option<i128> {
                i128::try_from(*self).ok()
            }
        }

        impl Setting for $number {
            fn from_text(text: &OsStr) -> Result<Self, String> {
                utf8(text)?.trim().parse().map_err(|_| "a whole number".to_owned())
            }
        }
    )*};
}

numbers!(u32, u64, usize, i64);

impl Printed for String {
    fn to_toml(&self) -> Option<Value> {
        Some(self.as_str().into())
    }
}

impl Setting for String {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        utf8(text).map(str::to_owned)
    }
}

impl Printed for bool {
    fn to_toml(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Setting for bool {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        utf8(text)?
            .trim()
            .parse()
            .map_err(|_| "true or false".to_owned())
    }
}

impl Printed for PathBuf {
    fn to_toml(&self) -> Option<Value> {
        self.to_str().map(Value::from)
    }
}

impl Setting for PathBuf {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        Ok(OsString::from(text).into())
    }
}

impl Printed for Vec<String> {
    fn to_toml(&self) -> Option<Value> {
        Some(self.clone().into())
    }
}

impl Setting for Vec<String> {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        let text = utf8(text)?;
        if text.is_empty() {
            return Ok(Self::new());
        }
        Ok(text.split(',').map(|item| item.trim().to_owned()).collect())
    }
}

impl Printed for Vec<Format> {
    fn to_toml(&self) -> Option<Value> {
        Value::try_from(self).ok()
    }
}

impl Setting for Vec<Format> {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        let names = Vec::<String>::from_text(text)?.into_iter();
        names
            .map(|name| Value::String(name).try_into())
            .collect::<Result<_, toml::de::Error>>()
            .map_err(|_| {
                let known = <Format as clap::ValueEnum>::value_variants().iter();
                let known = known.filter_map(clap::ValueEnum::to_possible_value);
                let known: Vec<_> = known.map(|it| it.get_name().to_owned()).collect();
                format!("some of {}", known.join(", "))
            })
    }
}

/// An external id, which is never printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    pub(super) fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id; empty if there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ExternalId(..)")
    }
}

impl Printed for ExternalId {
    fn to_toml(&self) -> Option<Value> {
        self.is_empty().then(|| "".into())
    }
}

impl Setting for ExternalId {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        utf8(text).map(Self::new)
    }
}

impl Printed for BTreeMap<String, Vec<Region>> {
    fn to_toml(&self) -> Option<Value> {
        Value::try_from(self).ok()
    }
}

impl Setting for BTreeMap<String, Vec<Region>> {
    fn from_text(_: &OsStr) -> Result<Self, String> {
        Err("a table in a settings file".to_owned())
    }

    fn overlay(&mut self, over: Self) {
        self.extend(over);
    }
}

impl Printed for toml::Table {
    fn to_toml(&self) -> Option<Value> {
        Some(Value::Table(self.clone()))
    }
}

impl Setting for toml::Table {
    fn from_text(_: &OsStr) -> Result<Self, String> {
        Err("a table in a settings file".to_owned())
    }

    fn overlay(&mut self, over: Self) {
        self.extend(over);
    }
}
