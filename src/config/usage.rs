//! The setting `usage.max_scan_gb`: a number, or an empty text for no limit.

use std::ffi::OsStr;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, de::Error};
use toml::Value;

use super::source::{Printed, Setting, shown};
use crate::model::money::BYTES_PER_GB;

const EXPECTED: &str = "a number of GB that is not negative, or nothing for no limit";

/// The most that Logs Insights may scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanLimit {
    /// As it was written.
    text: String,
    bytes: Option<u64>,
}

impl ScanLimit {
    /// The limit in bytes; none without a limit.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = if text.is_empty() {
            None
        } else {
            let gb: Decimal = text.parse().ok()?;
            let fits = gb >= Decimal::ZERO;
            Some(
                fits.then(|| gb.checked_mul(BYTES_PER_GB.into()))??
                    .to_u64()?,
            )
        };
        Some(Self {
            text: text.to_owned(),
            bytes,
        })
    }
}

impl<'de> Deserialize<'de> for ScanLimit {
    /// Reads a number, or text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = shown(&value);
        Self::read(&text)
            .ok_or_else(|| D::Error::custom(format!("invalid value `{text}`: expected {EXPECTED}")))
    }
}

impl Printed for ScanLimit {
    fn to_toml(&self) -> Option<Value> {
        Some(self.text.as_str().into())
    }
}

impl Setting for ScanLimit {
    fn from_text(text: &OsStr) -> Result<Self, String> {
        text.to_str()
            .and_then(Self::read)
            .ok_or_else(|| EXPECTED.to_owned())
    }
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
        config.map(|it| it.usage.max_scan_gb.bytes()).map_err(drop)
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
            assert_eq!(
                config.usage.max_scan_gb.bytes(),
                Some(expected),
                "{written}"
            );
        }
    }
}
