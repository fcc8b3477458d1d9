//! The sums of two runs side by side. A sum that leaves something out names what.

use rust_decimal::Decimal;

use super::{Change, Kind, Row, Tables, savings};
use crate::model::{coverage::Step, money::Amount};

/// All rows of sums.
pub(super) fn totals(both: [&Tables; 2]) -> Vec<Row> {
    let counted = |id, step, count: fn(&Tables) -> usize| counted(id, both, step, count);
    let mut rows = vec![
        counted("vpcs", Step::Vpcs, |it| it.vpcs.len()),
        counted("vpcs_with_query_logging", Step::QueryLogging, |it| {
            it.vpcs
                .iter()
                .filter(|vpc| matches!(vpc.query_logging.as_str(), "own" | "shared"))
                .count()
        }),
        counted("endpoints", Step::Endpoints, |it| it.endpoints.len()),
        counted("vpc_services", Step::DnsUsage, |it| it.vpc_services.len()),
        counted("nat_gateways", Step::NatGateways, |it| {
            it.nat_gateways.len()
        }),
    ];
    let nat = |it: &Tables| is_seen(it, Step::NatGateways);
    let nat_gb = both.map(|it| {
        let gb = it.nat_gateways.iter().map(|it| it.gb_processed_month);
        Sum::of(nat(it), gb)
    });
    let nat_usd = both.map(|it| {
        let usd = it.nat_gateways.iter().map(|it| it.monthly_total_usd);
        Sum::of(nat(it), usd)
    });
    let endpoint_usd = both.map(|it| {
        let usd = it.endpoints.iter().map(|it| it.monthly_usd);
        Sum::of(is_seen(it, Step::Endpoints), usd)
    });
    rows.push(summed(
        "nat_gateway_gb",
        nat_gb,
        "NAT gateways",
        |row, [a, b]| Row {
            gb_month_before: a,
            gb_month_after: b,
            ..row
        },
    ));
    let money = |row: Row, [a, b]: [Option<Amount>; 2]| Row {
        monthly_usd_before: a,
        monthly_usd_after: b,
        ..row
    };
    rows.push(summed("nat_gateway_cost", nat_usd, "NAT gateways", money));
    rows.push(summed("endpoint_cost", endpoint_usd, "endpoints", money));
    rows.extend(savings::totals(both));
    rows
}

/// Whether a run looked at what a step lists, anywhere.
fn is_seen(tables: &Tables, step: Step) -> bool {
    !tables.outcomes.targets_with(step).is_empty()
}

/// Nothing counted where a run looked nowhere is unknown.
fn counted(id: &str, both: [&Tables; 2], step: Step, count: fn(&Tables) -> usize) -> Row {
    let [before, after] = both.map(|it| {
        let counted = count(it);
        (counted > 0 || is_seen(it, step)).then_some(counted)
    });
    let [seen_before, seen_after] = both.map(|it| it.outcomes.targets_with(step));
    let only = |a: &std::collections::BTreeSet<_>, b: &std::collections::BTreeSet<_>| {
        a.difference(b).count()
    };
    let (gone, new) = (
        only(&seen_before, &seen_after),
        only(&seen_after, &seen_before),
    );
    let note = (gone + new > 0).then(|| {
        format!("not the same places: {gone} (account, region) seen only before, {new} only after")
    });
    let change = match (before, after) {
        (Some(before), Some(after)) => same(before == after),
        _ => Change::Unknown,
    };
    Row {
        before: before.map(|it| it.to_string()),
        after: after.map(|it| it.to_string()),
        note,
        ..Row::new(Kind::Total, change, id)
    }
}

fn same(same: bool) -> Change {
    if same { Change::Same } else { Change::Changed }
}

/// A sum of what is known, and of how many it is not.
#[derive(Clone, Copy)]
struct Sum {
    known: Decimal,
    unknown: usize,
    all: usize,
    /// Whether the run looked at what is summed, anywhere.
    seen: bool,
}

impl Sum {
    fn of(seen: bool, amounts: impl Iterator<Item = Option<Amount>>) -> Self {
        let mut sum = Self {
            known: Decimal::ZERO,
            unknown: 0,
            all: 0,
            seen,
        };
        for amount in amounts {
            sum.all += 1;
            match amount {
                Some(amount) => sum.known += amount.0,
                None => sum.unknown += 1,
            }
        }
        sum
    }

    /// Nothing known of something is unknown; nothing of nothing is zero, where somebody looked.
    fn amount(self) -> Option<Amount> {
        let nothing = self.all == 0 && self.seen;
        (nothing || self.unknown < self.all).then(|| Amount(self.known.normalize()))
    }
}

fn summed(
    id: &str,
    sums: [Sum; 2],
    of: &str,
    put: impl FnOnce(Row, [Option<Amount>; 2]) -> Row,
) -> Row {
    let amounts = sums.map(Sum::amount);
    let unknown = sums.map(|sum| sum.unknown);
    let change = match amounts {
        [Some(before), Some(after)] => same(before == after),
        _ => Change::Unknown,
    };
    let note = (unknown != [0, 0]).then(|| {
        let [before, after] = unknown;
        format!("without the {of} whose figure is unknown: {before} before, {after} after")
    });
    let row = Row {
        note,
        ..Row::new(Kind::Total, change, id)
    };
    put(row, amounts).priced()
}
