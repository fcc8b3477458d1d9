//! Best first.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use crate::model::opportunity::{Action, Opportunity};

/// Measured savings; then gateway endpoints, which are free; then what could save; what is advised for
/// other reasons; what is not worth it. Within each by falling saving, then by falling ceiling, then
/// by ids, the most queried service of a VPC first.
pub(super) fn sort(rows: &mut [Opportunity]) {
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
}

type Key<'r> = (u8, Reverse<Decimal>, Reverse<Decimal>, Ids<'r>);
type Ids<'r> = (
    &'r str,
    &'r str,
    &'r str,
    Reverse<u64>,
    &'r str,
    Action,
    &'r str,
);

fn key(row: &Opportunity) -> Key<'_> {
    let known = |usd: Option<Decimal>| Reverse(usd.unwrap_or(Decimal::NEGATIVE_ONE));
    let ids = (
        row.account_id.as_str(),
        row.region.as_str(),
        row.vpc_id.as_str(),
        Reverse(row.query_count.unwrap_or_default()),
        row.service.as_deref().unwrap_or_default(),
        row.action,
        row.reason.as_str(),
    );
    (
        rank(row),
        known(row.money.saving),
        known(row.money.ceiling),
        ids,
    )
}

fn rank(row: &Opportunity) -> u8 {
    let (money, is_gateway) = (row.money, row.endpoint_type.as_deref() == Some("Gateway"));
    match row.action {
        Action::None => 4,
        _ if money.saving.is_some_and(|usd| usd > Decimal::ZERO) => 0,
        _ if is_gateway => 1,
        _ if money.ceiling.is_some() => 2,
        _ => 3,
    }
}
