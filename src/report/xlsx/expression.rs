//! A spreadsheet formula together with its value, so that a formula is written only where it gives
//! the figure of the report.

use rust_decimal::{Decimal, RoundingStrategy};

/// How tightly the text of an expression binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Single,
}

/// Part of a formula, and what it comes to.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    text: String,
    value: Decimal,
    binding: Binding,
}

impl Expression {
    /// A cell, a name or a function call.
    pub(super) fn reference(text: impl Into<String>, value: Decimal) -> Self {
        Self {
            text: text.into(),
            value,
            binding: Binding::Single,
        }
    }

    /// A number that stands in the formula.
    pub(super) fn number(value: impl Into<Decimal>) -> Self {
        let value: Decimal = value.into();
        Self::reference(value.normalize().to_string(), value)
    }

    /// Rounded as spreadsheets round: half away from zero.
    pub(super) fn round(self, places: u32) -> Self {
        let value = self
            .value
            .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        Self::reference(format!("ROUND({},{places})", self.text), value)
    }

    /// Without the `=`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn value(&self) -> Decimal {
        self.value
    }

    fn within(&self, binding: Binding) -> String {
        if self.binding < binding {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }
}

/// The sum; none if one part is missing or it cannot be calculated. So with the others below.
pub(super) fn add(one: Option<Expression>, other: Option<Expression>) -> Option<Expression> {
    let (one, other) = (one?, other?);
    Some(Expression {
        value: one.value.checked_add(other.value)?,
        text: format!("{}+{}", one.text, other.text),
        binding: Binding::Sum,
    })
}

/// The difference.
pub(super) fn subtract(one: Option<Expression>, other: Option<Expression>) -> Option<Expression> {
    let (one, other) = (one?, other?);
    Some(Expression {
        value: one.value.checked_sub(other.value)?,
        text: format!("{}-{}", one.text, other.within(Binding::Product)),
        binding: Binding::Sum,
    })
}

/// The product.
pub(super) fn multiply(one: Option<Expression>, other: Option<Expression>) -> Option<Expression> {
    let (one, other) = (one?, other?);
    Some(Expression {
        value: one.value.checked_mul(other.value)?,
        text: format!(
            "{}*{}",
            one.within(Binding::Product),
            other.within(Binding::Product)
        ),
        binding: Binding::Product,
    })
}

/// The quotient.
pub(super) fn divide(one: Option<Expression>, other: Option<Expression>) -> Option<Expression> {
    let (one, other) = (one?, other?);
    Some(Expression {
        value: one.value.checked_div(other.value)?,
        text: format!(
            "{}/{}",
            one.within(Binding::Product),
            other.within(Binding::Single)
        ),
        binding: Binding::Product,
    })
}

/// Rounded to `places`.
pub(super) fn round(it: Option<Expression>, places: u32) -> Option<Expression> {
    Some(it?.round(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "what is calculated with may be unknown"
    )]
    fn cell(name: &str, value: i64) -> Option<Expression> {
        Some(Expression::reference(name, Decimal::from(value)))
    }

    #[test]
    fn a_formula_keeps_the_order_in_which_its_value_was_calculated() {
        let sum = add(cell("A1", 1), cell("B1", 2));
        let product = multiply(sum.clone(), cell("C1", 4)).unwrap();
        assert_eq!(product.text(), "(A1+B1)*C1");
        assert_eq!(product.value(), Decimal::from(12));
        let quotient = divide(cell("A1", 24), multiply(cell("B1", 3), cell("C1", 4))).unwrap();
        assert_eq!(quotient.text(), "A1/(B1*C1)");
        assert_eq!(quotient.value(), Decimal::from(2));
        let difference = subtract(cell("A1", 9), sum).unwrap();
        assert_eq!(difference.text(), "A1-(A1+B1)");
        assert_eq!(difference.value(), Decimal::from(6));
    }

    #[test]
    fn halves_are_rounded_away_from_zero_and_a_missing_part_makes_no_formula() {
        let half = divide(cell("A1", 1), cell("B1", 8));
        let rounded = round(half, 2).unwrap();
        assert_eq!(rounded.text(), "ROUND(A1/B1,2)");
        assert_eq!(rounded.value(), Decimal::new(13, 2));
        assert!(divide(cell("A1", 1), cell("B1", 0)).is_none());
        assert!(add(cell("A1", 1), None).is_none());
    }
}
