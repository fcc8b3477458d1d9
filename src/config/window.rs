//! Reading the window: spans such as `7d`, and fixed instants.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::ConfigError;
use crate::model::run::Window;

/// The longest window: NAT gateway metrics are kept for 15 months
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>).
const LONGEST_HOURS: i64 = 455 * 24;

/// Reads `90m`, `36h`, `7d` or `2w`.
pub(super) fn span(setting: &dyn Display, text: &str) -> Result<SignedDuration, ConfigError> {
    let error = || {
        ConfigError::value(
            setting,
            text,
            "expected a number and m, h, d or w, as in 7d; at most 455d",
        )
    };
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(error)?;
    let number: i64 = number.parse().map_err(|_| error())?;
    let minutes = match unit {
        "m" => Some(number),
        "h" => number.checked_mul(60),
        "d" => number.checked_mul(24 * 60),
        "w" => number.checked_mul(7 * 24 * 60),
        _ => None,
    };
    match minutes {
        Some(minutes) if (1..=LONGEST_HOURS * 60).contains(&minutes) => {
            Ok(SignedDuration::from_mins(minutes))
        }
        _ => Err(error()),
    }
}

/// The window of length `span` that ends now, in whole seconds, the current second included.
pub(super) fn up_to(now: Timestamp, span: SignedDuration) -> Window {
    let end = Timestamp::from_second(now.as_second().saturating_add(1)).unwrap_or(now);
    Window {
        start: end.saturating_sub(span).unwrap_or(end),
        end,
    }
}

/// The window between two instants that were typed; of a day that is not over (`--end` tomorrow) as
/// much as there is. Rates over time that has not come would be too low, and what has not been is
/// not nothing.
pub(super) fn fixed(start: &str, end: &str, now: Timestamp) -> Result<Window, ConfigError> {
    let window = Window {
        start: instant(&"--start", start)?,
        end: instant(&"--end", end)?,
    };
    if window.start >= window.end {
        return Err(ConfigError::value(
            "--end",
            end,
            format!("expected a time later than --start {start}"),
        ));
    }
    if window.hours() > f64::from(u32::try_from(LONGEST_HOURS).unwrap_or(u32::MAX)) {
        return Err(ConfigError::value(
            "--start",
            start,
            "expected a window of at most 455 days",
        ));
    }
    let latest = up_to(now, SignedDuration::ZERO).end;
    if window.start >= latest {
        return Err(ConfigError::value(
            "--start",
            start,
            "expected a time that is not in the future",
        ));
    }
    Ok(Window {
        end: window.end.min(latest),
        ..window
    })
}

/// An instant in whole seconds. A time of day without a zone is UTC, and a date alone is its midnight.
fn instant(setting: &dyn Display, text: &str) -> Result<Timestamp, ConfigError> {
    let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>()
        // A zone that no instant can be made of (`[Europe/Paris]`) would be ignored otherwise.
        .or_else(|error| {
            if text.contains('[') {
                Err(error)
            } else {
                text.parse::<DateTime>().and_then(utc)
            }
        })
        .and_then(|instant| Timestamp::from_second(instant.as_second()))
        .map_err(|_| {
            ConfigError::value(
                setting,
                text,
                "expected RFC 3339 as in 2026-01-31T06:00:00Z (UTC without a zone), or a date",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(start: &str, end: &str) -> Result<Window, ConfigError> {
        fixed(start, end, "2026-03-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_window_ends_now_if_it_would_end_later_and_may_not_begin_later() {
        let today = between("2026-03-01", "2026-03-02").unwrap();
        assert_eq!(today.end.to_string(), "2026-03-01T12:00:01Z");
        assert!((today.hours() - 12.0).abs() < 0.001);
        let error = between("2026-03-02", "2026-03-03").unwrap_err();
        assert!(error.to_string().contains("future"), "{error}");
    }

    #[test]
    fn spans_are_read_and_nonsense_is_refused() {
        assert_eq!(
            span(&"--since", "90m").unwrap(),
            SignedDuration::from_mins(90)
        );
        assert_eq!(
            span(&"--since", "2w").unwrap(),
            SignedDuration::from_hours(14 * 24)
        );
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "7",
            "7x",
            "7é",
            "9999999999999999d",
            "456d",
            "1.5d",
        ] {
            assert!(span(&"--since", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fixed_window_takes_dates_and_instants_and_must_run_forward() {
        let window = between("2026-01-01", "2026-01-02T00:00:00Z").unwrap();
        assert!((window.hours() - 24.0).abs() < 1e-9);
        assert!(between("2026-01-02", "2026-01-01").is_err());
        assert!(between("yesterday", "2026-01-01").is_err());
        assert!(between("2020-01-01", "2026-01-01").is_err());
    }

    #[test]
    fn a_time_of_day_without_a_zone_is_utc_and_never_cut_to_midnight() {
        for (text, expected) in [
            ("2026-01-01", "2026-01-01T00:00:00Z"),
            ("2026-01-01T10:00:00", "2026-01-01T10:00:00Z"),
            ("2026-01-01 10:00", "2026-01-01T10:00:00Z"),
            ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
            ("2026-01-01T10:00:00+02:00", "2026-01-01T08:00:00Z"),
            ("2026-01-01T10:00:00.9", "2026-01-01T10:00:00Z"),
        ] {
            let read = instant(&"--start", text).unwrap();
            assert_eq!(read.to_string(), expected, "{text}");
        }
        for odd in [
            "2026-01-01T10:00:00[Europe/Paris]",
            "2026-01-01Z",
            "2026-01-01T25:00",
            "2026-02-30",
            "10:00",
            "2026-01-01T",
        ] {
            assert!(instant(&"--start", odd).is_err(), "{odd}");
        }
    }
}
