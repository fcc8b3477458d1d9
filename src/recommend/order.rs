//! Best first.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use super::rank::{OpportunityStore, RankedRow};
use crate::model::opportunity::Action;

/// Measured savings; then gateway endpoints, which are free; then what could save; what is advised for
/// other reasons; what is not worth it. Within each by falling saving, then by falling ceiling, then what
/// is known to be called, then by ids, the most queried service of a VPC first.
pub(super) fn sort(rows: &mut [RankedRow<'_>], kept: &mut dyn OpportunityStore) {
    rows.sort_unstable_by(|a, b| {
        key(a).cmp(&key(b)).then_with(|| {
            let [one, other] = [a, b].map(|it| (kept.reason(it.number), it.number));
            one.cmp(&other)
        })
    });
}

/// The place of a row among those of other Regions: bytes that are in the order of the rows. Within a
/// Region rows keep the order in which they come.
pub fn sort_key(row: &RankedRow<'_>) -> Vec<u8> {
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
type Ids<'r> = (&'r str, &'r str, &'r str, Reverse<u64>, &'r str, Action);

fn key<'r>(row: &'r RankedRow<'_>) -> Key<'r> {
    let known = |usd: Option<Decimal>| Reverse(usd.unwrap_or(Decimal::NEGATIVE_ONE));
    let ids = (
        row.vpc.owner_account_id.as_str(),
        row.vpc.target.region.as_str(),
        row.vpc.vpc_id.as_str(),
        Reverse(row.query_count),
        row.service.as_deref().unwrap_or_default(),
        row.action,
    );
    (
        rank(row),
        known(row.saving),
        known(row.ceiling),
        row.usage_unknown,
        ids,
    )
}

fn rank(row: &RankedRow<'_>) -> u8 {
    match row.action {
        Action::None => 4,
        _ if row.saving.is_some_and(|usd| usd > Decimal::ZERO) => 0,
        _ if row.is_gateway => 1,
        _ if row.ceiling.is_some() => 2,
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
