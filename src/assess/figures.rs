//! Figures as the rows of a report show them: rounded, counted, as shares and as text.

use rust_decimal::Decimal;

use crate::model::money::{self, Amount};

/// Decimal places of a sum of money in a report.
const CENTS: u32 = 2;
/// Decimal places of GB and hours.
const FINE: u32 = 4;

/// A sum of money, to the cent.
pub(super) fn usd(amount: Option<Decimal>) -> Option<Amount> {
    amount.map(|amount| Amount(money::round(amount, CENTS).normalize()))
}

pub(super) fn fine(quantity: Option<Decimal>) -> Option<Amount> {
    quantity.map(|quantity| Amount(money::round(quantity, FINE).normalize()))
}

/// `part` of `whole` as a fraction of one, rounded to six places.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a share needs six places")]
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

pub(super) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

pub(super) fn count(items: usize) -> u64 {
    items as u64
}
