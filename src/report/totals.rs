//! Sums over the organization, and what they leave out.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    flow_usage, network, opportunities,
    view::{View, count},
};
use crate::model::{
    flow_format,
    id::Region,
    money::{Amount, BYTES_PER_GB},
    report::{Report, Totals},
};

impl View<'_> {
    pub(super) fn totals(&self, report: &Report) -> Totals {
        let facts = self.parts.facts;
        let gaps = facts.outcomes.gaps().into_iter();
        let regions = facts.outcomes.regions();
        let unlisted = facts
            .dns
            .iter()
            .filter(|(vpc, _)| !self.vpcs.contains_key(*vpc));
        let nat = &report.nat_gateways;
        let unknown = nat.iter().filter(|row| row.monthly_total_usd.is_none());
        let unpriced = unknown.clone().filter(|row| {
            // What costs nothing any more needs no price.
            row.hour_price_usd.is_none() || row.gb_price_usd.is_none()
        });
        let unpriced: Vec<_> = unpriced.map(|row| &row.region).collect();
        let endpoints = &report.endpoints;
        let unpriced_endpoints = endpoints.iter().filter(|row| row.monthly_usd.is_none());
        let unmeasured = endpoints.iter().filter(|row| {
            row.gb_processed_month.is_none() && row.monthly_usd.is_some_and(|usd| !usd.0.is_zero())
        });
        let unpriced_endpoints: Vec<_> = unpriced_endpoints.map(|row| &row.region).collect();
        let logging = |word: &str| {
            count(
                report
                    .vpcs
                    .iter()
                    .filter(|vpc| vpc.query_logging == word)
                    .count(),
            )
        };
        let logged = self
            .vpcs
            .keys()
            .filter(|vpc| self.parts.index.is_logged(vpc))
            .count();
        let measured = !facts.query_log_bytes.is_empty();
        let mut totals = Totals {
            accounts: count(facts.accounts.len()),
            accounts_scanned: count(report.accounts.iter().filter(|it| it.scanned).count()),
            regions: count(regions.len()),
            vpcs: count(report.vpcs.len()),
            vpcs_logged: count(logged),
            vpcs_logging_unknown: logging("unknown"),
            dns_queries: report.vpcs.iter().filter_map(|vpc| vpc.dns_queries).sum(),
            aws_queries: report.vpcs.iter().filter_map(|vpc| vpc.aws_queries).sum(),
            unlisted_vpc_queries: unlisted.filter_map(|(_, dns)| dns.queries).sum(),
            nat_gateways: count(report.nat_gateways.len()),
            nat_monthly_usd: known_sum(nat.iter().map(|row| row.monthly_total_usd)),
            nat_gateways_cost_unknown: count(unknown.count()),
            nat_gateways_price_unknown: count(unpriced.len()),
            nat_gateways_price_unknown_regions: distinct(&unpriced),
            nat_public_ipv4_monthly_usd: known_sum(
                nat.iter().map(|row| row.monthly_public_ipv4_usd),
            ),
            endpoints: count(endpoints.len()),
            endpoints_monthly_usd: known_sum(endpoints.iter().map(|row| row.monthly_usd)),
            endpoints_data_unknown: count(unmeasured.count()),
            endpoints_price_unknown: count(unpriced_endpoints.len()),
            endpoints_price_unknown_regions: distinct(&unpriced_endpoints),
            logs_bytes_scanned: facts.bytes_scanned.values().sum(),
            logs_scan_usd: small(self.parts.logs_scan.usd),
            logs_bytes_unpriced: whole(self.parts.logs_scan.unpriced * Decimal::from(BYTES_PER_GB)),
            metrics_requested: whole(self.parts.metrics.quantity),
            metrics_usd: small(self.parts.metrics.usd),
            metrics_unpriced: whole(self.parts.metrics.unpriced),
            query_logs_gb_month: measured.then(|| fine(self.parts.query_logs.quantity)),
            query_logs_monthly_usd: network::usd(self.parts.query_logs.usd).filter(|_| measured),
            query_logs_gb_month_unpriced: measured.then(|| fine(self.parts.query_logs.unpriced)),
            query_log_groups_unmeasured: facts.query_log_groups_unmeasured,
            opportunities: count(opportunities::to_act_on(&report.opportunities).count()),
            monthly_saving_usd: opportunities::saving(report.opportunities.iter()),
            opportunities_saving_unknown: count(
                opportunities::to_act_on(&report.opportunities)
                    .filter(|row| row.monthly_saving_usd.is_none())
                    .count(),
            ),
            removable_monthly_usd: opportunities::removable(&report.opportunities),
            gaps: gaps
                .map(|(reason, cells)| (reason.to_owned(), cells))
                .collect(),
            ..Totals::default()
        };
        flow_usage::fill_totals(nat, &mut totals);
        let unmeasured = |id: &&String| !self.parts.attribution.nat_known.contains(*id);
        if self.vpcs.keys().any(|id| unmeasured(&id)) {
            totals.flow_log_format = Some(flow_format::RECOMMENDED.to_owned());
        }
        totals
    }
}

/// The sum of the amounts that are known: of nothing it is zero, of nothing known it is unknown.
fn known_sum(amounts: impl Iterator<Item = Option<Amount>>) -> Option<Amount> {
    let (mut sum, mut known, mut all) = (Decimal::ZERO, 0, 0);
    for amount in amounts {
        all += 1;
        if let Some(Amount(usd)) = amount {
            known += 1;
            sum += usd;
        }
    }
    network::usd((known > 0 || all == 0).then_some(sum))
}

/// A sum of money that may be less than a cent.
fn small(usd: Option<Decimal>) -> Option<Amount> {
    usd.map(|usd| Amount(usd.round_dp(6).normalize()))
}

fn fine(quantity: Decimal) -> Amount {
    Amount(quantity.round_dp(4).normalize())
}

fn whole(quantity: Decimal) -> u64 {
    quantity.round().to_u64().unwrap_or(u64::MAX)
}

fn distinct(regions: &[&Region]) -> u64 {
    count(regions.iter().collect::<BTreeSet<_>>().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_nothing_known_is_unknown_and_one_of_nothing_is_zero() {
        let sum = |amounts: &[Option<i64>]| {
            let amounts = amounts.iter();
            known_sum(amounts.map(|it| it.map(|usd| Amount(Decimal::from(usd))))).map(|it| it.0)
        };
        assert_eq!(sum(&[]), Some(Decimal::ZERO));
        assert_eq!(sum(&[None, Some(2), Some(3)]), Some(Decimal::from(5)));
        assert_eq!(sum(&[None, None]), None);
    }
}
