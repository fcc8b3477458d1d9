//! Best first.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use crate::model::{
    kind::EndpointType,
    opportunity::{Action, Caveat, Opportunity},
};

/// Measured savings; then gateway endpoints, which are free; then what could save; what is advised for
/// other reasons; what is not worth it. Within each by falling saving, then by falling ceiling, then what
/// is known to be called, then by ids, the most queried service of a VPC first.
pub(super) fn sort(rows: &mut [Opportunity]) {
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
}

/// The place of a row among those of other Regions: bytes that are in the order of the rows. Within a
/// Region rows keep the order in which they come.
pub fn sort_key(row: &Opportunity) -> Vec<u8> {
    let (rank, Reverse(saving), Reverse(ceiling), unknown, ids) = key(row);
    let mut bytes = vec![rank];
    bytes.extend(falling(saving));
    bytes.extend(falling(ceiling));
    bytes.push(u8::from(unknown));
    let (account, region, ..) = ids;
    bytes.extend(account.bytes().chain([0]));
    bytes.extend(region.bytes());
    bytes
}

/// Bytes whose order is that of falling amounts.
fn falling(usd: Decimal) -> impl Iterator<Item = u8> {
    let mut fraction = usd.fract();
    fraction.rescale(Decimal::MAX_SCALE);
    let whole = usd.trunc().mantissa();
    let ordered = |number: i128| !(number.cast_unsigned() ^ (1 << 127));
    let parts = [whole, fraction.mantissa()].map(ordered);
    parts.into_iter().flat_map(u128::to_be_bytes)
}

type Key<'r> = (u8, Reverse<Decimal>, Reverse<Decimal>, bool, Ids<'r>);
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
        row.caveats.contains(&Caveat::UsageUnknown),
        ids,
    )
}

fn rank(row: &Opportunity) -> u8 {
    let (money, is_gateway) = (row.money, row.endpoint_type == Some(EndpointType::Gateway));
    match row.action {
        Action::None => 4,
        _ if money.saving.is_some_and(|usd| usd > Decimal::ZERO) => 0,
        _ if is_gateway => 1,
        _ if money.ceiling.is_some() => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_amounts_are_in_falling_order() {
        let amounts = [
            "79228162514264337593543950335",
            "100",
            "12.34",
            "12.339999",
            "0.0000001",
            "0",
            "-0.5",
            "-1",
            "-1.5",
        ];
        let bytes: Vec<Vec<u8>> = amounts
            .iter()
            .map(|it| falling(it.parse().unwrap()).collect())
            .collect();
        assert!(bytes.is_sorted(), "{bytes:?}");
        let same =
            |a: &str, b: &str| [a, b].map(|it| falling(it.parse().unwrap()).collect::<Vec<_>>());
        let [short, long] = same("1.5", "1.500");
        assert_eq!(short, long);
    }
}
