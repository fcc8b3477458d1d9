//! Rows of `vpcs.csv`.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{AwsUsage, View, count, texts};
use crate::model::{classified::VpcService, coverage::Step, report::VpcRow};

impl View<'_> {
    pub(super) fn vpcs(&self) -> Vec<VpcRow> {
        let facts = self.parts.facts;
        let [subnets, tables, gateways, endpoints, logging, flow_logs] = [
            Step::Subnets,
            Step::RouteTables,
            Step::NatGateways,
            Step::Endpoints,
            Step::QueryLogging,
            Step::FlowLogs,
        ]
        .map(|step| facts.complete(step));
        facts
            .distinct_vpcs()
            .into_iter()
            .map(|vpc| {
                let at = &vpc.target;
                let in_vpc = self.parts.index.subnets(&vpc.vpc_id);
                let zones: BTreeSet<_> = in_vpc
                    .iter()
                    .map(|it| it.availability_zone.clone())
                    .collect();
                let nat = self.parts.index.nat_gateways(&vpc.vpc_id).iter();
                let nat = nat.filter(|it| it.state == "available");
                let dns = facts.dns.get(&vpc.vpc_id);
                let central = self.parts.central_egress.get(&vpc.vpc_id);
                let (queries, services) = self.aws.get(&vpc.vpc_id).copied().unwrap_or_default();
                let (query_logging, destinations) =
                    self.parts.index.query_logging(vpc, logging.contains(at));
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
                    nat_gateways: gateways.contains(at).then(|| count(nat.count())),
                    egress: (tables.contains(at) && subnets.contains(at))
                        .then(|| self.parts.egress.get(&vpc.vpc_id).cloned())
                        .flatten(),
                    query_logging: query_logging.to_owned(),
                    query_log_destinations: destinations,
                    flow_logs: self.parts.index.flow_log_kinds(vpc, flow_logs.contains(at)),
                    endpoints: endpoints
                        .contains(at)
                        .then(|| count(self.parts.index.endpoints(&vpc.vpc_id).len())),
                    dns_queries: dns.and_then(|it| it.queries),
                    aws_queries: dns.map(|_| queries),
                    aws_services: dns.map(|_| services),
                    egress_account_id: central.map(|it| it.account_id.clone()),
                    egress_vpc_id: central.map(|it| it.vpc_id.clone()),
                    egress_nat_gateway_ids: central.map(|it| it.nat_gateway_ids.clone()),
                }
            })
            .collect()
    }
}

/// Counts the services of each VPC.
pub(super) fn aws_usage(services: &[VpcService]) -> AwsUsage {
    let mut by_vpc: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for service in services.iter().filter(|it| it.queries > 0) {
        let entry = by_vpc.entry(&service.vpc_id).or_default();
        entry.0 += service.queries;
        entry.1.insert(&service.service);
    }
    by_vpc
        .into_iter()
        .map(|(vpc, (queries, set))| (vpc.to_owned(), (queries, count(set.len()))))
        .collect()
}
