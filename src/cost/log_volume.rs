//! How much logs take in, by what others of the same sort took in: a mean, never a promise.
//!
//! A *logger* is what logs: a VPC, or a NAT gateway.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::price_book::PriceBook;
use crate::model::{
    id::Region,
    money::{BYTES_PER_GB, HOURS_PER_MONTH, PriceItem, SHORTEST_LIFE_SECONDS},
    run::Window,
};

/// What loggers of one sort wrote in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// What their log groups took in, bytes.
    pub bytes: u64,
    /// How many there were.
    pub loggers: usize,
    /// Seconds of the window in which they logged, of all of them together.
    pub seconds: u64,
}

impl Volume {
    /// Adds a logger that has logged since `since`; none if that is not known, or before the window.
    pub fn add(&mut self, window: Window, since: Option<Timestamp>) {
        let start = since.map_or(window.start, |since| since.max(window.start));
        let seconds = window.end.as_second() - start.as_second();
        if let Ok(seconds @ 1..) = u64::try_from(seconds) {
            self.loggers += 1;
            self.seconds += seconds;
        }
    }

    /// GB a month of one logger, in the mean; none if nothing was measured, or if they logged for less
    /// than a day in the mean. Nothing at all in the logs is taken for logs that do not arrive, not for
    /// a volume of zero.
    pub fn gb_month(&self) -> Option<Decimal> {
        let day = SHORTEST_LIFE_SECONDS.unsigned_abs();
        let shortest = u64::try_from(self.loggers).ok()?.checked_mul(day)?;
        if self.bytes == 0 || self.seconds == 0 || self.seconds < shortest {
            return None;
        }
        let gb = Decimal::from(self.bytes) / Decimal::from(BYTES_PER_GB);
        // Multiplied first: a month is no round part of most windows.
        let all = gb.checked_mul(Decimal::from(HOURS_PER_MONTH * 3600))?;
        all.checked_div(Decimal::from(self.seconds))
    }
}

/// What so many GB of vended logs a month cost to ingest or deliver (`item`), US dollars, from the
/// first tier on: other vended logs of the region may have reached a cheaper one. None if no price is known.
pub fn monthly_usd(
    item: PriceItem,
    gb_month: Decimal,
    region: &Region,
    prices: &PriceBook,
) -> Option<Decimal> {
    prices.graduated(item, region, Decimal::ZERO, gb_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth of a month.
    fn window() -> Window {
        let end: Timestamp = "2026-06-08T01:00:00Z".parse().unwrap();
        Window {
            start: end - jiff::SignedDuration::from_hours(73),
            end,
        }
    }

    fn hours_before_the_end(hours: i64) -> Timestamp {
        window().end - jiff::SignedDuration::from_hours(hours)
    }

    fn volume(gb: u64, since: &[Option<Timestamp>]) -> Volume {
        let mut volume = Volume {
            bytes: gb * BYTES_PER_GB,
            ..Volume::default()
        };
        for since in since {
            volume.add(window(), *since);
        }
        volume
    }

    #[test]
    fn the_mean_is_of_a_month_of_one_logger() {
        let two = volume(6, &[None, Some(hours_before_the_end(2000))]);
        assert_eq!(two.gb_month(), Some(Decimal::from(30)));
    }

    #[test]
    fn a_logger_counts_from_when_it_began() {
        let day = volume(24, &[Some(hours_before_the_end(24))]);
        assert_eq!(day.gb_month(), Some(Decimal::from(730)));
        let trial = volume(1, &[Some(hours_before_the_end(23))]);
        assert_eq!(trial.gb_month(), None, "less than a day makes no rate");
        let mixed = volume(73, &[Some(hours_before_the_end(1)), None]);
        assert!(mixed.gb_month().is_some(), "a day in the mean");
        let after_the_window = volume(1, &[Some(hours_before_the_end(-1))]);
        assert_eq!(
            (after_the_window.loggers, after_the_window.gb_month()),
            (0, None)
        );
    }

    #[test]
    fn nothing_measured_is_unknown_and_never_zero() {
        assert_eq!(volume(0, &[None]).gb_month(), None);
        assert_eq!(volume(1, &[]).gb_month(), None);
        assert_eq!(Volume::default().gb_month(), None);
    }

    #[test]
    fn money_is_reported_where_the_price_is_known_and_by_its_tiers() {
        let prices = PriceBook::built_in().unwrap();
        let usd = |gb: u32, region: &str| {
            monthly_usd(
                PriceItem::LogsVendedIngestGb,
                Decimal::from(gb),
                &region.parse().unwrap(),
                &prices,
            )
        };
        assert_eq!(usd(10, "us-east-1"), Some(Decimal::from(5)));
        assert_eq!(usd(11_000, "us-east-1"), Some(Decimal::from(5_120 + 190)));
        assert_eq!(usd(10, "cn-north-1"), None);
    }
}
