//! The range of the settings that are numbers.

use super::{ConfigError, layer::Layer, source::Place};

/// More than anyone means: a billion calls, or seconds (31 years). Clocks and counters would
/// overflow far beyond.
const MOST: i128 = 1_000_000_000;

/// Durations that may be 0, which means without end, or not at all; workers, of which 0 means one a core.
const MAY_BE_ZERO: [&str; 4] = [
    "run_seconds",
    "active_wait_seconds",
    "workers",
    "refresh_days",
];

/// Every number of the settings is a count or a duration: none may be negative, few may be zero.
pub(super) fn check_numbers(layer: &Layer) -> Result<(), ConfigError> {
    let mut odd = None;
    layer.each(|section, key, value, source| {
        let least = i128::from(!MAY_BE_ZERO.contains(&key));
        if let Some(number) = value.integer()
            && !(least..=MOST).contains(&number)
            && odd.is_none()
        {
            let key = format!("{section}.{key}");
            let expected = format!("expected a number from {least} to {MOST}");
            let place = Place { key: &key, source };
            odd = Some(ConfigError::value(place, number.to_string(), expected));
        }
    });
    odd.map_or(Ok(()), Err)
}
