//! Rows as the scenes expect them, in a line.

use super::*;

pub(super) fn action_line(row: &Opportunity) -> String {
    let action = serde_json::to_value(row.action).unwrap();
    let service = row.service.as_deref().unwrap_or("-");
    format!("{} {service} {}", action.as_str().unwrap(), row.vpc_id)
}

/// `endpoint nat saving ceiling break-even`, `-` for what is unknown.
pub(super) fn money(row: &Opportunity) -> [String; 5] {
    let it = row.money;
    let text = |usd: Option<Decimal>| usd.map_or("-".to_owned(), |usd| format!("{usd:.2}"));
    [
        it.endpoint,
        it.nat,
        it.saving,
        it.ceiling,
        it.break_even.map(|it| it.round_dp(2)),
    ]
    .map(text)
}

#[track_caller]
pub(super) fn assert_money(row: &Opportunity, basis: Basis, expected: [&str; 5]) {
    assert_eq!(
        (row.basis, money(row)),
        (basis, expected.map(str::to_owned)),
        "{row:#?}"
    );
}
