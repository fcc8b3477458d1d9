//! Sums over the organization, and what they leave out.

use super::{
    network,
    view::{View, count},
};
use crate::model::{
    money::Amount,
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
        let known_costs = report
            .nat_gateways
            .iter()
            .filter_map(|row| row.monthly_total_usd);
        let unknown = report
            .nat_gateways
            .iter()
            .filter(|row| row.monthly_total_usd.is_none());
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
            .filter(|vpc| self.index.is_logged(vpc))
            .count();
        Totals {
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
            nat_monthly_usd: network::usd(Some(known_costs.map(|amount| amount.0).sum())),
            nat_gateways_cost_unknown: count(unknown.count()),
            logs_bytes_scanned: facts.bytes_scanned.values().sum(),
            logs_scan_usd: self
                .parts
                .logs_scan_usd
                .map(|usd| Amount(usd.round_dp(6).normalize())),
            logs_bytes_unpriced: self.parts.logs_bytes_unpriced,
            gaps: gaps
                .map(|(reason, cells)| (reason.to_owned(), cells))
                .collect(),
        }
    }
}
