//! Rows of `vpc_services.csv`, `services.csv` and `hosts.csv`.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde::Deserialize;

use super::{
    AssessError, Context,
    figures::{count, share, texts},
    tables::Tables,
    totals,
    view::RegionView,
};
use crate::model::{
    classified::{CalledService, ClassifiedHost},
    id::{AccountId, Region, VpcId},
    inventory::Vpc,
    money::Amount,
    report::{HostRow, ServiceRow, VpcServiceRow},
};

/// Queries to AWS services of one VPC, and how many distinct ones it called.
pub(super) fn aws_usage(services: &[CalledService]) -> (u64, u64) {
    let called = || {
        let all = services.iter().map(|it| &it.service);
        all.filter(|it| it.queries > 0)
    };
    let distinct: BTreeSet<&str> = called().map(|it| &*it.names.service).collect();
    (called().map(|it| it.queries).sum(), count(distinct.len()))
}

impl RegionView<'_> {
    /// The services that a VPC calls, the most queried first.
    pub(super) fn vpc_services(
        &self,
        vpc: &Vpc,
        services: &[CalledService],
    ) -> impl Iterator<Item = VpcServiceRow> {
        let (queries, _) = aws_usage(services);
        let mut sorted: Vec<&CalledService> = services.iter().collect();
        sorted.sort_by_key(|it| {
            let it = &it.service;
            (
                Reverse(it.queries),
                &it.names.service,
                &it.names.service_region,
            )
        });
        let rows = sorted.into_iter();
        rows.map(move |called| self.vpc_service(vpc, called, queries))
    }

    fn vpc_service(&self, vpc: &Vpc, called: &CalledService, queries: u64) -> VpcServiceRow {
        let service = &called.service;
        let names = &service.names;
        VpcServiceRow {
            account_id: vpc.target.account_id.clone(),
            account_name: self.name(&vpc.target.account_id),
            region: vpc.target.region.clone(),
            vpc_id: vpc.vpc_id.clone(),
            vpc_name: vpc.name.clone(),
            service: names.service.to_string(),
            service_region: names.service_region.as_deref().map(str::to_owned),
            query_count: service.queries,
            query_share: share(service.queries, queries),
            hosts: called.hosts,
            top_host: called.top_host.clone(),
            sources: Some(called.sources).filter(|sources| *sources > 0),
            endpoint_service_name: names.endpoint_service_name.as_deref().map(str::to_owned),
            endpoint_types: called.endpoint_types.to_vec(),
            endpoint_supported: called.endpoint_supported,
            endpoint_exists: called.endpoint_exists,
            endpoint_ids: called.endpoint_ids.clone(),
            path: service.path,
            private_queries: called.private_queries,
            public_queries: called.public_queries,
            answers: texts(&called.answers),
            bytes_to_service: service.bytes.to_service,
            bytes_from_service: service.bytes.from_service,
            nat_bytes: service.bytes.nat,
            hub_account_id: service.hub.as_ref().map(|hub| hub.account_id.clone()),
            hub_vpc_id: service.hub.as_ref().map(|hub| hub.vpc_id.clone()),
        }
    }
}

impl Context<'_> {
    /// Writes the services over all VPCs, the most queried first.
    pub(super) fn add_services(
        tables: &Tables<'_>,
        totals: &totals::Sums,
    ) -> Result<(), AssessError> {
        let mut by_service: BTreeMap<String, Sums> = BTreeMap::new();
        tables.each::<VpcServiceRow, _>(|row: Called| {
            if !by_service.contains_key(&row.service) {
                by_service.insert(row.service.clone(), Sums::default());
            }
            if let Some(sums) = by_service.get_mut(&row.service) {
                sums.add(row);
            }
        })?;
        let total = by_service.values().map(|it| it.queries).sum();
        let savings = &totals.opportunities.by_service;
        let mut services: Vec<_> = by_service
            .into_iter()
            .map(|(service, sums)| {
                let saving = savings.get(&service).copied();
                sums.row(service, total, saving)
            })
            .collect();
        services.sort_by(|a, b| (b.query_count, &a.service).cmp(&(a.query_count, &b.service)));
        tables.begin(None);
        services.iter().try_for_each(|row| tables.add(&[], row))
    }
}

/// What is summed of a row of `vpc_services`.
#[derive(Deserialize)]
struct Called {
    account_id: AccountId,
    region: Region,
    vpc_id: VpcId,
    service: String,
    query_count: u64,
    endpoint_exists: Option<bool>,
    public_queries: u64,
    private_queries: u64,
    bytes_to_service: Option<u64>,
    bytes_from_service: Option<u64>,
}

/// The sums over one service. VPCs come one after the other, account by account, so that a look at
/// the last one is enough to count distinct ones.
#[derive(Default)]
struct Sums {
    accounts: Distinct<AccountId>,
    regions: BTreeSet<Region>,
    vpcs: Distinct<VpcId>,
    with_endpoint: Distinct<VpcId>,
    without_endpoint: Distinct<VpcId>,
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

impl Sums {
    fn add(&mut self, row: Called) {
        self.accounts.add(row.account_id);
        if !self.regions.contains(&row.region) {
            self.regions.insert(row.region);
        }
        match row.endpoint_exists {
            Some(true) => self.with_endpoint.add(row.vpc_id.clone()),
            Some(false) => self.without_endpoint.add(row.vpc_id.clone()),
            None => {}
        }
        self.vpcs.add(row.vpc_id);
        self.queries += row.query_count;
        self.public_queries += row.public_queries;
        self.private_queries += row.private_queries;
        let bytes = [row.bytes_to_service, row.bytes_from_service];
        // Those that are known, in both directions.
        self.bytes = bytes
            .into_iter()
            .chain([self.bytes])
            .flatten()
            .reduce(|sum, bytes| sum + bytes);
    }

    fn row(self, service: String, total: u64, saving: Option<Amount>) -> ServiceRow {
        ServiceRow {
            service,
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
pub(super) fn hosts_of_vpc(vpc: &Vpc, hosts: Vec<ClassifiedHost>) -> Vec<HostRow> {
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
            product: host.partner.as_ref().and_then(|it| it.product.clone()),
            provider: host.partner.map(|it| it.provider),
        })
        .collect();
    rows.sort_by(|a, b| (b.query_count, &a.host).cmp(&(a.query_count, &b.host)));
    rows
}
