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
    let mut places: Vec<usize> = (0..rows.len()).collect();
    let key_at = |at: &usize| rows.get(*at).map(key);
    places.sort_by(|a, b| key_at(a).cmp(&key_at(b)));
    arrange(rows, places);
}

/// Brings items into an order: the place of each next one, as they are now. Items are large, and
/// sorting them themselves would need room for half of them once more.
fn arrange<T>(items: &mut [T], mut places: Vec<usize>) {
    for at in 0..places.len() {
        // What is behind `at` may have been put elsewhere, to make room for an item before it.
        let mut from = places.get(at).copied().unwrap_or(at);
        while from < at {
            from = places.get(from).copied().unwrap_or(at);
        }
        items.swap(at, from);
        if let Some(place) = places.get_mut(at) {
            *place = from;
        }
    }
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
        row.caveats.contains(Caveat::UsageUnknown),
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_arranged_as_sorting_them_arranges_them(
            items in prop::collection::vec((0_u8..20, any::<u16>()), 0..60),
        ) {
            let mut sorted = items.clone();
            sorted.sort_by_key(|(key, _)| *key);
            let mut places: Vec<usize> = (0..items.len()).collect();
            places.sort_by_key(|it| items[*it].0);
            let mut arranged = items;
            arrange(&mut arranged, places);
            prop_assert_eq!(arranged, sorted);
        }
    }

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
