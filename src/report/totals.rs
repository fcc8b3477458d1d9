//! Sums over the organization, and what they leave out.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    flow_usage::FlowLogged,
    network, opportunities,
    view::{Judged, View, count},
};
use crate::model::{
    flow_format,
    money::{Amount, BYTES_PER_GB},
    totals::Totals,
};

impl View<'_> {
    pub(super) fn totals(&self) -> Totals {
        let facts = self.facts;
        let scanned = facts.accounts.iter().filter(|it| self.is_scanned(&it.id));
        let unlisted = facts.dns.iter().filter(|(id, _)| self.vpc(id).is_none());
        let gaps = facts.outcomes.gaps().into_iter();
        let mut totals = Totals {
            accounts: count(facts.accounts.len()),
            accounts_scanned: count(scanned.count()),
            regions: count(facts.outcomes.regions().len()),
            unlisted_vpc_queries: unlisted.filter_map(|(_, dns)| dns.queries).sum(),
            gaps: gaps
                .map(|(reason, cells)| (reason.to_owned(), cells))
                .collect(),
            ..Totals::default()
        };
        self.sum_vpcs(&mut totals);
        self.sum_nat_gateways(&mut totals);
        self.sum_endpoints(&mut totals);
        self.sum_scan(&mut totals);
        let sums = opportunities::Sums::of(&self.judged.opportunities);
        totals.opportunities = sums.to_act_on;
        totals.monthly_saving_usd = sums.saving;
        totals.opportunities_saving_unknown = sums.saving_unknown;
        totals.removable_monthly_usd = sums.removable;
        totals
    }

    fn sum_vpcs(&self, totals: &mut Totals) {
        for row in self.vpcs() {
            totals.vpcs += 1;
            totals.vpcs_logged += u64::from(self.index.is_logged(&row.vpc_id));
            totals.vpcs_logging_unknown += u64::from(row.query_logging == "unknown");
            totals.dns_queries += row.dns_queries.unwrap_or(0);
            totals.aws_queries += row.aws_queries.unwrap_or(0);
        }
        let known = &self.judged.attribution.nat_known;
        if self.vpcs.iter().any(|vpc| !known.contains(&vpc.vpc_id)) {
            totals.flow_log_format = Some(flow_format::RECOMMENDED.to_owned());
        }
    }

    fn sum_nat_gateways(&self, totals: &mut Totals) {
        let (mut monthly, mut addresses) = (Sum::default(), Sum::default());
        let (mut unpriced, mut logged) = (BTreeSet::new(), FlowLogged::default());
        for row in self.nat_gateways() {
            monthly.add(row.monthly_total_usd);
            addresses.add(row.monthly_public_ipv4_usd);
            logged.add(&row);
            // What costs nothing any more needs no price.
            let no_price = row.hour_price_usd.is_none() || row.gb_price_usd.is_none();
            if row.monthly_total_usd.is_none() && no_price {
                totals.nat_gateways_price_unknown += 1;
                totals.nat_gateways_regional_price_unknown +=
                    u64::from(row.availability_mode == "regional");
                unpriced.insert(row.region);
            }
        }
        totals.nat_gateways = monthly.all;
        totals.nat_monthly_usd = monthly.usd();
        totals.nat_gateways_cost_unknown = monthly.all - monthly.known;
        totals.nat_gateways_price_unknown_regions = count(unpriced.len());
        totals.nat_public_ipv4_monthly_usd = addresses.usd();
        logged.fill(totals);
    }

    fn sum_endpoints(&self, totals: &mut Totals) {
        let (mut monthly, mut unpriced) = (Sum::default(), BTreeSet::new());
        for row in self.endpoints() {
            monthly.add(row.monthly_usd);
            let costs = row.monthly_usd.is_some_and(|usd| !usd.0.is_zero());
            totals.endpoints_data_unknown += u64::from(costs && row.gb_processed_month.is_none());
            if row.monthly_usd.is_none() {
                unpriced.insert(row.region);
            }
        }
        totals.endpoints = monthly.all;
        totals.endpoints_monthly_usd = monthly.usd();
        totals.endpoints_price_unknown = monthly.all - monthly.known;
        totals.endpoints_price_unknown_regions = count(unpriced.len());
    }

    /// What the scan took, and what the query logs take in.
    fn sum_scan(&self, totals: &mut Totals) {
        let Judged {
            facts,
            logs_scan,
            metrics,
            query_logs,
            ..
        } = self.judged;
        totals.logs_bytes_scanned = facts.bytes_scanned.values().sum();
        totals.logs_scan_usd = small(logs_scan.usd);
        totals.logs_bytes_unpriced = whole(logs_scan.unpriced * Decimal::from(BYTES_PER_GB));
        totals.metrics_requested = whole(metrics.quantity);
        totals.metrics_usd = small(metrics.usd);
        totals.metrics_unpriced = whole(metrics.unpriced);
        totals.query_log_groups_unmeasured = facts.query_log_groups_unmeasured;
        if !facts.query_log_bytes.is_empty() {
            totals.query_logs_gb_month = Some(fine(query_logs.quantity));
            totals.query_logs_monthly_usd = network::usd(query_logs.usd);
            totals.query_logs_gb_month_unpriced = Some(fine(query_logs.unpriced));
        }
    }
}

/// A sum of amounts of which some are unknown.
#[derive(Default)]
struct Sum {
    usd: Decimal,
    known: u64,
    all: u64,
}

impl Sum {
    fn add(&mut self, amount: Option<Amount>) {
        self.all += 1;
        if let Some(Amount(usd)) = amount {
            self.known += 1;
            self.usd += usd;
        }
    }

    /// The sum of those that are known: of nothing it is zero, of nothing known it is unknown.
    fn usd(&self) -> Option<Amount> {
        network::usd((self.known > 0 || self.all == 0).then_some(self.usd))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_nothing_known_is_unknown_and_one_of_nothing_is_zero() {
        let sum = |amounts: &[Option<i64>]| {
            let mut sum = Sum::default();
            for amount in amounts {
                sum.add(amount.map(|usd| Amount(Decimal::from(usd))));
            }
            sum.usd().map(|it| it.0)
        };
        assert_eq!(sum(&[]), Some(Decimal::ZERO));
        assert_eq!(sum(&[None, Some(2), Some(3)]), Some(Decimal::from(5)));
        assert_eq!(sum(&[None, None]), None);
    }
}
