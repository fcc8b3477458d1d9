//! The setting `usage.max_scan_gb`: a number, or an empty text for no limit.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, de::Error};
use toml::Value;

use crate::model::money::BYTES_PER_GB;

/// The limit's place in the settings.
const MAX_SCAN_GB: &str = "usage.max_scan_gb";

/// Numbers of the limit as text: it may have decimals, and may be none.
pub(super) fn as_written(path: &str, value: Value) -> Value {
    match value {
        Value::Integer(_) | Value::Float(_) if path == MAX_SCAN_GB => {
            Value::String(value.to_string())
        }
        other => other,
    }
}

/// The limit in bytes.
pub(super) fn max_scan_bytes<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let gb: Option<Decimal> = text.trim().parse().ok();
    gb.filter(|gb| *gb >= Decimal::ZERO)
        .and_then(|gb| gb.checked_mul(BYTES_PER_GB.into())?.to_u64())
        .map(Some)
        .ok_or_else(|| {
            let hint = "a number of GB that is not negative, or nothing for no limit";
            D::Error::custom(format!(
                "`{text}` is no usable value of --max-scan-gb: {hint}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use crate::{cli::scan::ScanArgs, config::Config};

    fn limit(gb: &str) -> Result<Option<u64>, ()> {
        let args = ScanArgs {
            max_scan_gb: Some(gb.to_owned()),
            ..ScanArgs::default()
        };
        let config = Config::resolve(&args, None, std::iter::empty());
        config.map(|it| it.usage.max_scan_bytes).map_err(drop)
    }

    #[test]
    fn the_limit_is_a_number_of_gb_with_or_without_decimals_or_nothing() {
        assert_eq!(limit("50"), Ok(Some(50 << 30)));
        assert_eq!(limit("0.5"), Ok(Some(1 << 29)));
        assert_eq!(limit("0"), Ok(Some(0)));
        assert_eq!(limit(""), Ok(None));
        for odd in ["-1", "x", "1e99", "99999999999999999999", "nan", "1 GB"] {
            assert_eq!(limit(odd), Err(()), "{odd}");
        }
    }

    #[test]
    fn a_settings_file_may_hold_it_as_a_number_or_as_text() {
        for (written, expected) in [("50", 50 << 30), ("0.5", 1 << 29), ("\"2\"", 2 << 30)] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), format!("[usage]\nmax_scan_gb = {written}\n")).unwrap();
            let args = ScanArgs::default();
            let config = Config::resolve(&args, Some(file.path()), std::iter::empty()).unwrap();
            assert_eq!(config.usage.max_scan_bytes, Some(expected), "{written}");
        }
    }
}
