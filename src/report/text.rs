//! Numbers as people read them: `1,234,567`, `1,234.50 USD`, `6,070.2 GB`.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::model::{money::BYTES_PER_GB, shard::Shard};

/// What stands for a figure that is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// A count with thousands separators.
pub(super) fn grouped(count: u64) -> String {
    separated(&count.to_string())
}

/// US dollars to the cent; a missing amount is unknown, never zero.
pub(super) fn usd(amount: Option<Decimal>) -> String {
    amount.map_or_else(
        || UNKNOWN.to_owned(),
        |usd| format!("{} USD", decimal(usd, 2)),
    )
}

/// Bytes as GB of 2^30, with as many places as make sense for their size.
pub(super) fn gb(bytes: u64) -> String {
    gb_of(Decimal::from(bytes) / Decimal::from(BYTES_PER_GB))
}

/// GB.
pub(super) fn gb_of(gb: Decimal) -> String {
    let places = match gb {
        gb if gb.is_zero() => 0,
        gb if gb >= Decimal::from(100) => 1,
        _ => 3,
    };
    format!("{} GB", decimal(gb, places))
}

/// `1 VPC`, `2 VPCs`.
pub(super) fn with_plural(count: u64, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", grouped(count))
}

/// ` (shard 2 of 3)`; nothing where all accounts were scanned.
pub(super) fn of_shard(shard: Option<Shard>) -> String {
    shard.map_or_else(String::new, |it| {
        format!(" (shard {} of {})", it.index(), it.count())
    })
}

/// Whole percent of one in the other, if there are any.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    let percent = part.checked_mul(100)?.checked_div(whole)?;
    Some(format!("{percent} %"))
}

/// A number with so many decimal places, rounded half away from zero.
pub(super) fn decimal(number: Decimal, places: u32) -> String {
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{rounded:.*}", places as usize);
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", separated(whole)),
        None => separated(&text),
    }
}

/// Commas between groups of three digits.
fn separated(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_units_and_one_way_of_rounding() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), expected);
        }
        let money = |text: &str| usd(Some(text.parse().unwrap()));
        assert_eq!(money("1234.565"), "1,234.57 USD");
        assert_eq!(money("-1234.5"), "-1,234.50 USD");
        assert_eq!(money("0"), "0.00 USD");
        assert_eq!(usd(None), "unknown");
        assert_eq!(gb(BYTES_PER_GB * 6070), "6,070.0 GB");
        assert_eq!(gb(1 << 20), "0.001 GB");
        assert_eq!(gb(0), "0 GB");
        assert_eq!(with_plural(1, "Region"), "1 Region");
        assert_eq!(with_plural(2000, "Region"), "2,000 Regions");
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(76, 100).unwrap(), "76 %");
    }
}
