//! Settings files, and the embedded defaults.

use std::path::Path;

use serde::Deserialize;
use toml::Table;

use super::{ConfigError, DEFAULTS, environment::distance, layer::Layer, prices, source::Source};

/// The layer of the defaults.
pub(super) fn defaults() -> Result<Layer, ConfigError> {
    read(DEFAULTS, "config/default.toml", &Source::Default)
}

/// The layer of a file.
pub(super) fn layer(path: &Path) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    let origin = format!("`{}`", path.display());
    read(&text, &origin, &Source::File(path.into()))
}

fn read(text: &str, origin: &str, source: &Source) -> Result<Layer, ConfigError> {
    let syntax = |error: toml::de::Error| ConfigError::Syntax {
        origin: origin.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    };
    let table: Table = text.parse().map_err(syntax)?;
    check_keys(&table, origin)?;
    // From the text again, so that an error shows its line.
    let mut layer =
        Layer::deserialize(toml::Deserializer::parse(text).map_err(syntax)?).map_err(syntax)?;
    layer.set_source(source);
    if let Some(discounts) = &layer.prices.discount_percent {
        prices::discounts(discounts)?;
    }
    Ok(layer)
}

/// Refuses keys that do not exist, with those that do.
fn check_keys(table: &Table, origin: &str) -> Result<(), ConfigError> {
    for (section, values) in table {
        let known = Layer::SECTIONS.iter().find(|(name, _)| name == section);
        let Some((_, keys)) = known else {
            let sections = Layer::SECTIONS.iter().map(|(name, _)| *name);
            return Err(unknown(section, "", &sections.collect::<Vec<_>>(), origin));
        };
        for key in values.as_table().into_iter().flat_map(Table::keys) {
            if !keys.contains(&key.as_str()) {
                return Err(unknown(key, section, keys, origin));
            }
        }
    }
    Ok(())
}

fn unknown(key: &str, section: &str, known: &[&str], origin: &str) -> ConfigError {
    let near = known
        .iter()
        .filter_map(|it| Some((distance(key, it)?, *it)));
    let suggestion = near.min().map(|(_, name)| name.to_owned());
    let key = match section {
        "" => key.to_owned(),
        section => format!("{section}.{key}"),
    };
    ConfigError::UnknownKey {
        key,
        origin: origin.to_owned(),
        suggestion,
        known: known.join(", "),
    }
}
