//! The settings `[objects]`, checked.

use std::ffi::OsStr;

use toml::Value;

use super::{
    ConfigError, Objects,
    layer::{AthenaLayer, ObjectsLayer},
    parse,
    source::{Printed, Setting},
};
use crate::{cli::engine::Engine, model::id::AccountId};

/// Checks what the types do not: account ids, and buckets that stand for others.
pub(super) fn checked(layer: ObjectsLayer, athena: &AthenaLayer) -> Result<Objects, ConfigError> {
    let accounts = [
        ("objects.account", &layer.account),
        ("objects.expected_owner", &layer.expected_owner),
    ];
    for (key, set) in accounts {
        if let Some(set) = set.as_ref().filter(|it| !it.value.is_empty()) {
            parse::<AccountId>(&set.place(key), &set.value)?;
        }
    }
    if let Some(set) = &layer.mirror {
        for (from, to) in &set.value {
            let is_bucket = to.as_str().is_some_and(|it| it.starts_with("s3://"));
            if !is_bucket || glob::Pattern::new(from).is_err() {
                return Err(ConfigError::value(
                    set.place("objects.mirror"),
                    format!("{from} = {to}"),
                    "expected a pattern of bucket ARNs and s3://BUCKET/PREFIX",
                ));
            }
        }
    }
    let workgroup = athena.workgroup.as_ref().map(|it| it.value.as_str());
    let engine = layer.engine.as_ref();
    if let Some(set) = engine.filter(|it| it.value == Engine::Athena)
        && workgroup.unwrap_or_default().is_empty()
    {
        return Err(ConfigError::value(
            set.place("objects.engine"),
            "athena",
            "expected athena.workgroup to be set too: the workgroup that runs the queries",
        ));
    }
    layer.values()
}

impl Printed for Engine {
    fn to_toml(&self) -> Option<Value> {
        Value::try_from(self).ok()
    }
}

impl Setting for Engine {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        let expected = || "auto, embedded or athena".to_owned();
        let text = text.to_str().ok_or_else(expected)?.trim();
        <Self as clap::ValueEnum>::from_str(text, false).map_err(|_| expected())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn read(variable: &str, value: &str) -> Result<Config, String> {
        let environment = [(variable.to_owned(), value.into())];
        let args = crate::cli::scan::ScanArgs::default();
        Config::resolve(&args, None, environment.into_iter()).map_err(|it| it.to_string())
    }

    #[test]
    fn athena_needs_a_workgroup_and_accounts_are_ids() {
        let error = read("VPCE_SCOUT_OBJECTS_ENGINE", "athena").unwrap_err();
        assert!(error.contains("athena.workgroup"), "{error}");
        assert!(read("VPCE_SCOUT_OBJECTS_ENGINE", "embedded").is_ok());
        assert!(read("VPCE_SCOUT_OBJECTS_ENGINE", "fast").is_err());
        assert!(read("VPCE_SCOUT_OBJECTS_ACCOUNT", "archive").is_err());
        assert!(read("VPCE_SCOUT_OBJECTS_ACCOUNT", "111111111111").is_ok());
    }
}
