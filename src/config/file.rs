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
        source: match source.kind() {
            std::io::ErrorKind::InvalidData => {
                std::io::Error::other("expected TOML in UTF-8: save it in this encoding")
            }
            _ => source,
        },
    })?;
    let origin = format!("`{}`", path.display());
    read(&text, &origin, &Source::File(path.into()))
}

fn read(text: &str, origin: &str, source: &Source) -> Result<Layer, ConfigError> {
    let syntax = |error: toml::de::Error| ConfigError::Syntax {
        origin: origin.to_owned(),
        message: in_words_of_toml(error.to_string().trim_end()),
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

/// The parser's message with the types of TOML instead of those of Rust.
fn in_words_of_toml(message: &str) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("expected any valid TOML value", "expected a smaller number"),
        (" as i128,", ","),
        ("expected usize", "expected a whole number, 0 or more"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected u32", "expected a whole number, 0 or more"),
        ("expected i64", "expected a whole number"),
        (
            "expected a sequence",
            "expected a list, as in [\"a\", \"b\"]",
        ),
        ("expected a map", "expected a table"),
        ("unknown variant", "unknown value"),
    ];
    let mut message = message.to_owned();
    for (rust, toml) in WORDS {
        message = message.replace(rust, toml);
    }
    message
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_is_described_in_the_words_of_toml() {
        for (text, expected) in [
            (
                "[limits]\naccounts = \"forty\"",
                "expected a whole number, 0 or more",
            ),
            (
                "[limits]\naccounts = 4.5",
                "expected a whole number, 0 or more",
            ),
            (
                "[limits]\naccounts = 99999999999999999999",
                "expected a smaller number",
            ),
            (
                "[role]\nduration_seconds = true",
                "expected a whole number, 0 or more",
            ),
            (
                "[logging]\nretention_days = \"x\"",
                "expected a whole number, 0 or more",
            ),
            ("[scope]\nregions = \"eu-west-1\"", "expected a list, as in"),
            ("[output]\nformats = [\"pdf\"]", "unknown value `pdf`"),
            ("[usage]\nenabled = \"yes\"", "expected a boolean"),
        ] {
            let error = read(text, "`x`", &Source::Default).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            for word in ["usize", "u64", "u32", "i64", "i128", "sequence", "variant"] {
                assert!(!error.contains(word), "{error}");
            }
        }
    }
}
