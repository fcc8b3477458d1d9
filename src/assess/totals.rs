//! Sums over a Region, sums over the organization, and what they leave out.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    AssessError, Context,
    figures::{self, count},
    flow_usage::FlowLogged,
    opportunities,
    tables::Tables,
    view::RegionView,
};
use crate::{
    cost::{objects, scan},
    model::{
        bytes::Attribution,
        coverage::Step,
        flow_format,
        id::{Region, VpcId},
        kind::AvailabilityMode,
        money::{Amount, BYTES_PER_GB},
        object_reads::{ObjectCounts, ObjectRoute},
        posture::Finding,
        report::{EndpointRow, NatGatewayRow, VpcRow},
        totals::Totals,
    },
};

/// The sums of a Region, or of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    vpcs: u64,
    vpcs_logged: u64,
    vpcs_logging_unknown: u64,
    dns_queries: Option<u64>,
    aws_queries: Option<u64>,
    /// Queries of VPCs that are not in the Region, by VPC.
    unlisted: BTreeMap<VpcId, u64>,
    /// Whether a flow log would measure more.
    flow_log_wanted: bool,
    nat_gateways: Sum,
    nat_addresses: Sum,
    /// NAT gateways without a price, by Region.
    nat_gateways_unpriced: BTreeMap<Region, u64>,
    nat_gateways_regional_unpriced: u64,
    nat_gateways_young: u64,
    flow_logged: FlowLogged,
    endpoints: Sum,
    endpoints_data_unknown: u64,
    /// Endpoints without a price, by Region.
    endpoints_unpriced: BTreeMap<Region, u64>,
    /// Endpoints by what is wrong with them.
    pub(super) findings: BTreeMap<Finding, u64>,
    /// NAT gateways by finding.
    pub(super) nat_findings: BTreeMap<Finding, u64>,
    pub(super) opportunities: opportunities::Sums,
    /// What reading logs in S3 took.
    object_reads: BTreeMap<ObjectRoute, ObjectCounts>,
    /// Bytes that Logs Insights scanned.
    bytes_scanned: BTreeMap<Region, u64>,
    /// Bytes of query logs that log groups took in over the window.
    query_log_bytes: BTreeMap<Region, u64>,
    query_log_groups_unmeasured: u64,
    /// Metrics that CloudWatch was asked for.
    metrics: BTreeMap<Region, u64>,
}

fn add_all<K: Ord>(sums: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *sums.entry(key).or_default() += count;
    }
}

impl Sums {
    /// What the facts of a Region show without a row.
    pub(super) fn of_facts(view: &RegionView<'_>, attribution: &Attribution) -> Self {
        let facts = view.facts;
        let unlisted = facts.dns.iter().filter(|(id, _)| view.vpc(id).is_none());
        let unlisted = unlisted.filter_map(|(id, dns)| Some((id.clone(), dns.queries?)));
        let known = &attribution.nat_known;
        Self {
            unlisted: unlisted.collect(),
            flow_log_wanted: view.vpcs.iter().any(|vpc| !known.contains(&vpc.vpc_id)),
            object_reads: facts.object_reads.clone(),
            bytes_scanned: facts.bytes_scanned.clone(),
            query_log_bytes: facts.query_log_bytes.clone(),
            query_log_groups_unmeasured: facts.query_log_groups_unmeasured,
            metrics: scan::metrics_requested(facts),
            ..Self::default()
        }
    }

    pub(super) fn add_vpc(&mut self, row: &VpcRow, is_query_logged: bool) {
        self.vpcs += 1;
        self.vpcs_logged += u64::from(is_query_logged);
        self.vpcs_logging_unknown += u64::from(row.query_logging == "unknown");
        if let Some(queries) = row.dns_queries {
            self.dns_queries = sum(self.dns_queries, Some(queries));
            self.aws_queries = sum(self.aws_queries, row.aws_queries);
        }
    }

    pub(super) fn add_nat_gateway(&mut self, row: &NatGatewayRow) {
        self.nat_gateways.add(row.monthly_total_usd);
        self.nat_addresses.add(row.monthly_public_ipv4_usd);
        self.flow_logged.add(row);
        for finding in &row.findings {
            *self.nat_findings.entry(*finding).or_default() += 1;
        }
        self.nat_gateways_young += {
            let hours = row.window_hours.map(|it| it.0);
            u64::from(hours.is_some_and(|it| it < Decimal::from(24)))
        };
        // What costs nothing any more needs no price.
        let no_price = row.hour_price_usd.is_none() || row.gb_price_usd.is_none();
        if row.monthly_total_usd.is_none() && no_price {
            let region = row.region.clone();
            *self.nat_gateways_unpriced.entry(region).or_default() += 1;
            self.nat_gateways_regional_unpriced +=
                u64::from(row.availability_mode == AvailabilityMode::Regional);
        }
    }

    pub(super) fn add_endpoint(&mut self, row: &EndpointRow) {
        self.endpoints.add(row.monthly_usd);
        let costs = row.monthly_usd.is_some_and(|usd| !usd.0.is_zero());
        self.endpoints_data_unknown += u64::from(costs && row.gb_processed_month.is_none());
        if row.monthly_usd.is_none() {
            let region = row.region.clone();
            *self.endpoints_unpriced.entry(region).or_default() += 1;
        }
        for finding in &row.findings {
            *self.findings.entry(*finding).or_default() += 1;
        }
    }

    /// Adds the sums of another Region.
    pub(super) fn add(&mut self, other: Self) {
        self.vpcs += other.vpcs;
        self.vpcs_logged += other.vpcs_logged;
        self.vpcs_logging_unknown += other.vpcs_logging_unknown;
        self.dns_queries = sum(self.dns_queries, other.dns_queries);
        self.aws_queries = sum(self.aws_queries, other.aws_queries);
        add_all(&mut self.unlisted, other.unlisted);
        self.flow_log_wanted |= other.flow_log_wanted;
        self.nat_gateways.merge(&other.nat_gateways);
        self.nat_addresses.merge(&other.nat_addresses);
        add_all(&mut self.nat_gateways_unpriced, other.nat_gateways_unpriced);
        self.nat_gateways_young += other.nat_gateways_young;
        self.nat_gateways_regional_unpriced += other.nat_gateways_regional_unpriced;
        self.flow_logged.merge(&other.flow_logged);
        self.endpoints.merge(&other.endpoints);
        self.endpoints_data_unknown += other.endpoints_data_unknown;
        add_all(&mut self.endpoints_unpriced, other.endpoints_unpriced);
        add_all(&mut self.findings, other.findings);
        add_all(&mut self.nat_findings, other.nat_findings);
        self.opportunities.merge(other.opportunities);
        for (route, counts) in other.object_reads {
            self.object_reads.entry(route).or_default().absorb(counts);
        }
        add_all(&mut self.bytes_scanned, other.bytes_scanned);
        add_all(&mut self.query_log_bytes, other.query_log_bytes);
        self.query_log_groups_unmeasured += other.query_log_groups_unmeasured;
        add_all(&mut self.metrics, other.metrics);
    }

    /// Forgets the queries of VPCs that a Region of the report lists after all.
    pub(super) fn forget_listed(&mut self, tables: &Tables<'_>) -> Result<(), AssessError> {
        if !self.unlisted.is_empty() {
            tables.each::<VpcRow, _>(|row: VpcRow| {
                self.unlisted.remove(&row.vpc_id);
            })?;
        }
        Ok(())
    }
}

impl Context<'_> {
    /// The totals of the organization.
    pub(super) fn totals(&self, sums: &Sums) -> Totals {
        let organization = self.organization;
        let accounts = organization.accounts.iter();
        let scanned = accounts.filter(|it| organization.is_scanned(&it.id));
        let mut totals = Totals {
            accounts: count(organization.accounts.len()),
            accounts_scanned: count(scanned.count()),
            regions: count(organization.regions_scanned.len()),
            vpcs: sums.vpcs,
            vpcs_logged: sums.vpcs_logged,
            vpcs_logging_unknown: sums.vpcs_logging_unknown,
            dns_queries: sums.dns_queries,
            aws_queries: sums.aws_queries,
            unlisted_vpc_queries: sums.unlisted.values().sum(),
            flow_log_format: sums
                .flow_log_wanted
                .then(|| flow_format::RECOMMENDED.to_owned()),
            opportunities: sums.opportunities.to_act_on,
            monthly_saving_usd: sums.opportunities.saving,
            opportunities_saving_unknown: sums.opportunities.saving_unknown,
            removable_monthly_usd: sums.opportunities.removable,
            gaps: organization.gaps.clone(),
            not_listed: [Step::Vpcs, Step::NatGateways, Step::Endpoints]
                .into_iter()
                .filter(|step| !organization.complete.contains(step))
                .map(|step| step.name().to_owned())
                .collect(),
            ..Totals::default()
        };
        costs(sums, &mut totals);
        sums_of_nothing(&mut totals);
        self.scan(sums, &mut totals);
        totals
    }

    /// What the scan took, and what the query logs take in.
    fn scan(&self, sums: &Sums, totals: &mut Totals) {
        let logs_scan = scan::logs(&sums.bytes_scanned, self.prices);
        let metrics = scan::metrics(&sums.metrics, self.prices);
        let query_logs = scan::query_logs(&sums.query_log_bytes, self.window, self.prices);
        totals.logs_bytes_scanned = sums.bytes_scanned.values().sum();
        totals.logs_scan_usd = small(logs_scan.usd);
        totals.logs_bytes_unpriced = whole(logs_scan.unpriced * Decimal::from(BYTES_PER_GB));
        let mut read = ObjectCounts::default();
        sums.object_reads.values().for_each(|it| read.absorb(*it));
        totals.object_requests = read.lists.saturating_add(read.gets);
        totals.object_bytes = read.bytes;
        totals.athena_bytes_billed = read.athena_bytes;
        if !sums.object_reads.is_empty() {
            let cost = objects::cost(&sums.object_reads, self.prices);
            (totals.objects_usd, totals.athena_usd) = (small(cost.s3), small(cost.athena));
        }
        totals.metrics_requested = whole(metrics.quantity);
        totals.metrics_usd = small(metrics.usd);
        totals.metrics_unpriced = whole(metrics.unpriced);
        totals.query_log_groups_unmeasured = sums.query_log_groups_unmeasured;
        if let Some(query_logs) = query_logs.filter(|_| !sums.query_log_bytes.is_empty()) {
            totals.query_logs_gb_month = Some(fine(query_logs.quantity));
            totals.query_logs_monthly_usd = figures::usd(query_logs.usd);
            totals.query_logs_gb_month_unpriced = Some(fine(query_logs.unpriced));
        }
    }
}

/// Sums of nothing, where nothing could be listed, are unknown.
fn sums_of_nothing(totals: &mut Totals) {
    if totals.nat_gateways == 0 && !totals.is_listed(Step::NatGateways) {
        totals.nat_monthly_usd = None;
        totals.nat_public_ipv4_monthly_usd = None;
    }
    if totals.endpoints == 0 && !totals.is_listed(Step::Endpoints) {
        totals.endpoints_monthly_usd = None;
    }
}

/// The sum of what is known; unknown if nothing is.
fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (known, None) | (None, known) => known,
    }
}

/// What NAT gateways and endpoints cost.
fn costs(sums: &Sums, totals: &mut Totals) {
    let monthly = &sums.nat_gateways;
    totals.nat_gateways = monthly.all;
    totals.nat_monthly_usd = monthly.usd();
    totals.nat_gateways_cost_unknown = monthly.all - monthly.known;
    totals.nat_gateways_young = sums.nat_gateways_young;
    totals.nat_gateways_price_unknown = sums.nat_gateways_unpriced.values().sum();
    totals.nat_gateways_price_unknown_regions = count(sums.nat_gateways_unpriced.len());
    totals.nat_gateways_regional_price_unknown = sums.nat_gateways_regional_unpriced;
    totals.nat_public_ipv4_monthly_usd = sums.nat_addresses.usd();
    sums.flow_logged.fill(totals);
    let monthly = &sums.endpoints;
    totals.endpoints = monthly.all;
    totals.endpoints_monthly_usd = monthly.usd();
    totals.endpoints_data_unknown = sums.endpoints_data_unknown;
    totals.endpoints_price_unknown = monthly.all - monthly.known;
    totals.endpoints_price_unknown_regions = count(sums.endpoints_unpriced.len());
}

/// A sum of amounts of which some are unknown.
#[derive(Clone, Debug, Default)]
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

    fn merge(&mut self, other: &Self) {
        self.usd += other.usd;
        self.known += other.known;
        self.all += other.all;
    }

    /// The sum of those that are known: of nothing it is zero, of nothing known it is unknown.
    fn usd(&self) -> Option<Amount> {
        figures::usd((self.known > 0 || self.all == 0).then_some(self.usd))
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
