//! Rows of `vpc_services.csv`, `services.csv` and `hosts.csv`.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    opportunities,
    view::{View, count, share, texts},
};
use crate::model::{
    classified::{ClassifiedHost, VpcService},
    id::{AccountId, Region},
    inventory::Vpc,
    money::Amount,
    report::{HostRow, ServiceRow, VpcServiceRow},
    rows::Rows,
    vpc_hosts::HostsOfVpc,
};

/// Brings services into the order in which a view looks them up: by VPC, the most queried first.
pub(super) fn sort(services: &mut [VpcService]) {
    let key = |it: &VpcService| {
        (
            Reverse(it.queries),
            it.service.clone(),
            it.service_region.clone(),
        )
    };
    services.sort_by(|a, b| a.vpc_id.cmp(&b.vpc_id).then_with(|| key(a).cmp(&key(b))));
}

/// Queries to AWS services of one VPC, and how many distinct ones it called.
pub(super) fn aws_usage(services: &[VpcService]) -> (u64, u64) {
    let called = || services.iter().filter(|it| it.queries > 0);
    let distinct: BTreeSet<&str> = called().map(|it| it.service.as_str()).collect();
    (called().map(|it| it.queries).sum(), count(distinct.len()))
}

impl View<'_> {
    pub(super) fn vpc_services(&self) -> impl Iterator<Item = VpcServiceRow> {
        self.vpcs.iter().flat_map(move |vpc| {
            let services = self.services_of(&vpc.vpc_id);
            let (queries, _) = aws_usage(services);
            services
                .iter()
                .map(move |service| self.vpc_service(vpc, service, queries))
        })
    }

    fn vpc_service(&self, vpc: &Vpc, service: &VpcService, queries: u64) -> VpcServiceRow {
        VpcServiceRow {
            account_id: vpc.target.account_id.clone(),
            account_name: self.name(&vpc.target.account_id),
            region: vpc.target.region.clone(),
            vpc_id: vpc.vpc_id.clone(),
            vpc_name: vpc.name.clone(),
            service: service.service.clone(),
            service_region: service.service_region.clone(),
            query_count: service.queries,
            query_share: share(service.queries, queries),
            hosts: service.hosts,
            top_host: service.top_host.clone(),
            sources: Some(service.sources).filter(|sources| *sources > 0),
            endpoint_service_name: service.endpoint_service_name.clone(),
            endpoint_types: service.endpoint_types.clone(),
            endpoint_supported: service.endpoint_supported,
            endpoint_exists: service.endpoint_exists,
            endpoint_ids: service.endpoint_ids.clone(),
            path: service.path,
            private_queries: service.private_queries,
            public_queries: service.public_queries,
            answers: texts(&service.answers),
            bytes_to_service: service.bytes.to_service,
            bytes_from_service: service.bytes.from_service,
            nat_bytes: service.bytes.nat,
            hub_account_id: service.hub.as_ref().map(|hub| hub.account_id.clone()),
            hub_vpc_id: service.hub.as_ref().map(|hub| hub.vpc_id.clone()),
        }
    }

    /// The services over all VPCs, the most queried first.
    pub(super) fn services(&self) -> Vec<ServiceRow> {
        let mut by_service: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
        for vpc in &self.vpcs {
            for service in self.services_of(&vpc.vpc_id) {
                let sums = by_service.entry(&service.service).or_default();
                sums.add(vpc, service);
            }
        }
        let total = by_service.values().map(|it| it.queries).sum();
        let savings = opportunities::saving_by_service(&self.judged.opportunities);
        let mut services: Vec<_> = by_service
            .into_iter()
            .map(|(service, sums)| sums.row(service, total, savings.get(service).copied()))
            .collect();
        services.sort_by(|a, b| (b.query_count, &a.service).cmp(&(a.query_count, &b.service)));
        services
    }
}

/// The sums over one service. VPCs come one after the other, account by account, so that a look at
/// the last one is enough to count distinct ones.
#[derive(Default)]
struct Sums<'v> {
    accounts: Distinct<&'v AccountId>,
    regions: BTreeSet<&'v Region>,
    vpcs: Distinct<&'v str>,
    with_endpoint: Distinct<&'v str>,
    without_endpoint: Distinct<&'v str>,
    queries: u64,
    public_queries: u64,
    private_queries: u64,
    bytes: Option<u64>,
}

/// How many distinct items came, equal ones one after the other.
struct Distinct<T> {
    last: Option<T>,
    count: u64,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            last: None,
            count: 0,
        }
    }
}

impl<T: PartialEq> Distinct<T> {
    fn add(&mut self, item: T) {
        if self.last.as_ref() != Some(&item) {
            self.count += 1;
            self.last = Some(item);
        }
    }
}

impl<'v> Sums<'v> {
    fn add(&mut self, vpc: &'v Vpc, service: &VpcService) {
        self.accounts.add(&vpc.target.account_id);
        self.regions.insert(&vpc.target.region);
        self.vpcs.add(&vpc.vpc_id);
        match service.endpoint_exists {
            Some(true) => self.with_endpoint.add(&vpc.vpc_id),
            Some(false) => self.without_endpoint.add(&vpc.vpc_id),
            None => {}
        }
        self.queries += service.queries;
        self.public_queries += service.public_queries;
        self.private_queries += service.private_queries;
        let bytes = [service.bytes.to_service, service.bytes.from_service];
        // Those that are known, both ways.
        self.bytes = bytes
            .into_iter()
            .chain([self.bytes])
            .flatten()
            .reduce(|sum, bytes| sum + bytes);
    }

    fn row(self, service: &str, total: u64, saving: Option<Amount>) -> ServiceRow {
        ServiceRow {
            service: service.to_owned(),
            accounts: self.accounts.count,
            regions: count(self.regions.len()),
            vpcs: self.vpcs.count,
            query_count: self.queries,
            query_share: share(self.queries, total),
            vpcs_with_endpoint: self.with_endpoint.count,
            vpcs_without_endpoint: self.without_endpoint.count,
            public_queries: self.public_queries,
            private_queries: self.private_queries,
            bytes: self.bytes,
            monthly_saving_usd: saving,
        }
    }
}

/// The hosts of one VPC, the most queried first.
pub fn hosts_of_vpc(vpc: &Vpc, hosts: Vec<ClassifiedHost>) -> HostsOfVpc {
    let mut rows: Vec<_> = hosts
        .into_iter()
        .map(|host| HostRow {
            account_id: vpc.target.account_id.clone(),
            region: vpc.target.region.clone(),
            vpc_id: vpc.vpc_id.clone(),
            host: host.host,
            kind: host.kind,
            service: host.service,
            service_region: host.service_region,
            query_count: host.queries,
            nxdomain_queries: host.nxdomain_queries,
            answers: texts(&host.answers),
            failed_queries: host.failed_queries,
            alias_queries: host.alias_queries,
        })
        .collect();
    rows.sort_by(|a, b| (b.query_count, &a.host).cmp(&(a.query_count, &b.host)));
    HostsOfVpc {
        account_id: vpc.target.account_id.clone(),
        region: vpc.target.region.clone(),
        vpc_id: vpc.vpc_id.clone(),
        hosts: rows,
    }
}

/// The rows of all VPCs.
pub(super) fn hosts(of_vpcs: Rows<HostsOfVpc>) -> Rows<HostRow> {
    Rows::made_by(move |take| of_vpcs.each(|it| it.hosts.iter().try_for_each(&mut *take)))
}
