//! Rows of `vpcs.csv`.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    figures::{count, fine, texts},
    services::aws_usage,
    view::{BehindTransitGateways, RegionView},
};
use crate::{
    classify::egress,
    model::{
        classified::CalledService, coverage::Step, inventory::Vpc, kind::ResourceState,
        money::Amount, report::VpcRow, vpc_logging::VpcLogging,
    },
};

/// Seconds as hours.
fn hours(seconds: i64) -> Option<Amount> {
    fine(Decimal::from(seconds).checked_div(Decimal::from(3600)))
}

impl RegionView<'_> {
    pub(super) fn vpc_row(
        &self,
        vpc: &Vpc,
        services: &[CalledService],
        behind_transit_gateways: &BehindTransitGateways,
        logging: VpcLogging,
    ) -> VpcRow {
        let facts = self.facts;
        let [subnets, tables, gateways, endpoints] = [
            Step::Subnets,
            Step::RouteTables,
            Step::NatGateways,
            Step::Endpoints,
        ]
        .map(|step| facts.complete(step));
        let at = &vpc.target;
        let in_vpc = self.index.subnets(&vpc.vpc_id);
        let zones: BTreeSet<_> = in_vpc
            .iter()
            .map(|it| it.availability_zone.to_string())
            .collect();
        let nat = self.index.nat_gateways(&vpc.vpc_id).iter();
        let nat = nat.filter(|it| it.state == ResourceState::Available);
        let dns = facts.dns.get(&vpc.vpc_id);
        let window = self.context.window;
        let central = behind_transit_gateways.central_egress.get(&vpc.vpc_id);
        let (queries, services) = aws_usage(services);
        VpcRow {
            account_id: at.account_id.clone(),
            account_name: self.name(&at.account_id),
            region: at.region.clone(),
            vpc_id: vpc.vpc_id.clone(),
            vpc_name: vpc.name.clone(),
            owner_account_id: vpc.owner_account_id.clone(),
            is_default: vpc.is_default,
            cidrs: texts(&vpc.cidrs),
            dns_support: vpc.dns_support,
            dns_hostnames: vpc.dns_hostnames,
            availability_zones: subnets.contains(at).then(|| zones.into_iter().collect()),
            subnets: subnets.contains(at).then(|| count(in_vpc.len())),
            nat_gateways: (gateways.contains(at) && vpc.is_seen_by_owner())
                .then(|| count(nat.count())),
            egress: (tables.contains(at) && subnets.contains(at)).then(|| {
                let closed = behind_transit_gateways.closed.contains(&vpc.vpc_id);
                egress::egress(self.index, &vpc.vpc_id, closed)
            }),
            query_logging: logging.query_logging.to_owned(),
            query_log_destinations: logging.query_log_destinations,
            flow_logs: logging.flow_logs,
            endpoints: (endpoints.contains(at) && vpc.is_seen_by_owner())
                .then(|| count(self.index.endpoints(&vpc.vpc_id).len())),
            dns_queries: dns.and_then(|it| it.queries),
            aws_queries: dns.map(|_| queries),
            aws_services: dns.map(|_| services),
            egress_account_id: central.map(|it| it.account_id.clone()),
            egress_vpc_id: central.map(|it| it.vpc_id.clone()),
            egress_nat_gateway_ids: central.map(|it| it.nat_gateway_ids.clone()),
            logged_hours: dns
                .and_then(|it| it.coverage.as_ref()?.logged_seconds(window))
                .and_then(hours),
            window_hours: hours(window.end.as_second() - window.start.as_second())
                .unwrap_or(Amount(Decimal::ZERO)),
            query_logging_message: logging.query_logging_failure,
        }
    }
}
