//! Numbers and times as Logs Insights writes them: `12`, `12.0`, `1.2E7`, `1.7000496E12` and
//! `2026-03-01 12:00:00.000`.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// The largest power of ten below 2^64.
const LIMIT: f64 = 1e19;

/// A whole number. Large sums may come as floating point, exact up to 2^53; a fraction is none.
pub(super) fn whole(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    let fits = number.is_finite() && number.fract() == 0.0 && (0.0..LIMIT).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked right here"
    )]
    fits.then_some(number as u64)
}

/// A time: milliseconds since 1970, or a date and a time in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    if let Some(millis) = whole(text) {
        return Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok();
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_in_every_spelling() {
        for (text, expected) in [
            ("18446744073709551615", u64::MAX),
            ("1.5E3", 1500),
            ("1.2E7", 12_000_000),
            ("1.2e+7", 12_000_000),
            ("12.0", 12),
            ("0", 0),
        ] {
            assert_eq!(whole(text), Some(expected), "{text}");
        }
        for odd in [
            "", "-", "-1", "1.5", "1.5E-3", "NaN", "inf", "1e400", "many",
        ] {
            assert_eq!(whole(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_time_is_read_as_milliseconds_and_as_a_date() {
        let noon: Timestamp = "2023-11-15T12:00:00.007Z".parse().unwrap();
        for text in [
            "1700049600007",
            "1.700049600007E12",
            "2023-11-15 12:00:00.007",
            "2023-11-15T12:00:00.007",
        ] {
            assert_eq!(time(text), Some(noon), "{text}");
        }
        for odd in ["", "noon", "-1", "99999999999999999999"] {
            assert_eq!(time(odd), None, "{odd}");
        }
    }
}
