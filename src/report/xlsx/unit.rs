//! The unit of the numbers in a column: its format shows it.

use crate::report::Kind;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// US dollars for one unit of something.
    Price,
    Usd,
    Gb,
    Bytes,
    Percent,
    Share,
    Hours,
    Milliseconds,
    Count,
    /// A number of no unit that is known here.
    Other,
}

impl Unit {
    /// The unit of a column.
    pub(super) fn of(column: &str, kind: Kind) -> Self {
        match kind {
            Kind::Usd if column.ends_with("price_usd") => Self::Price,
            Kind::Usd => Self::Usd,
            Kind::Gb => Self::Gb,
            Kind::Bytes => Self::Bytes,
            Kind::Percent => Self::Percent,
            Kind::Share => Self::Share,
            Kind::Hours => Self::Hours,
            Kind::Integer if column.ends_with("_ms") => Self::Milliseconds,
            Kind::Integer => Self::Count,
            Kind::Id | Kind::Text | Kind::Time | Kind::Bool | Kind::List | Kind::Number => {
                Self::Other
            }
        }
    }
}
