//! Rows of `vpc_services.csv`, `services.csv` and `hosts.csv`.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{View, count, share, texts};
use crate::model::{
    classified::{ClassifiedHost, VpcService},
    inventory::Vpc,
    money::Amount,
    report::{HostRow, OpportunityRow, ServiceRow, VpcServiceRow},
};

impl View<'_> {
    pub(super) fn vpc_services(&self, services: Vec<VpcService>) -> Vec<VpcServiceRow> {
        let mut rows: Vec<_> = services
            .into_iter()
            .filter_map(|service| {
                let vpc = self.vpcs.get(&service.vpc_id)?;
                let (queries, _) = self.aws.get(&vpc.vpc_id).copied().unwrap_or_default();
                Some(VpcServiceRow {
                    account_id: vpc.target.account_id.clone(),
                    account_name: self.name(&vpc.target.account_id),
                    region: vpc.target.region.clone(),
                    vpc_id: vpc.vpc_id.clone(),
                    vpc_name: vpc.name.clone(),
                    service: service.service,
                    service_region: service.service_region,
                    query_count: service.queries,
                    query_share: share(service.queries, queries),
                    hosts: service.hosts,
                    top_host: service.top_host,
                    sources: Some(service.sources).filter(|sources| *sources > 0),
                    endpoint_service_name: service.endpoint_service_name,
                    endpoint_types: service.endpoint_types,
                    endpoint_supported: service.endpoint_supported,
                    endpoint_exists: service.endpoint_exists,
                    endpoint_ids: service.endpoint_ids,
                    path: service.path,
                    private_queries: service.private_queries,
                    public_queries: service.public_queries,
                    answers: texts(&service.answers),
                    bytes_to_service: service.bytes.to_service,
                    bytes_from_service: service.bytes.from_service,
                    nat_bytes: service.bytes.nat,
                    hub_account_id: service.hub.as_ref().map(|hub| hub.account_id.clone()),
                    hub_vpc_id: service.hub.map(|hub| hub.vpc_id),
                })
            })
            .collect();
        rows.sort_by(|a, b| {
            (
                &a.account_id,
                &a.region,
                &a.vpc_id,
                b.query_count,
                &a.service,
                &a.service_region,
            )
                .cmp(&(
                    &b.account_id,
                    &b.region,
                    &b.vpc_id,
                    a.query_count,
                    &b.service,
                    &b.service_region,
                ))
        });
        rows
    }
}

/// The rows of the hosts of one VPC, the most queried first.
pub fn hosts_of_vpc(vpc: &Vpc, hosts: Vec<ClassifiedHost>) -> Vec<HostRow> {
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
        })
        .collect();
    rows.sort_by(|a, b| (b.query_count, &a.host).cmp(&(a.query_count, &b.host)));
    rows
}

/// The bytes that are known of the rows of a service, both ways.
fn bytes(rows: &[&VpcServiceRow]) -> Option<u64> {
    let known = rows
        .iter()
        .flat_map(|row| [row.bytes_to_service, row.bytes_from_service])
        .flatten();
    known.reduce(|sum, bytes| sum + bytes)
}

/// The services over all VPCs, the most queried first.
pub(super) fn services(
    rows: &[VpcServiceRow],
    opportunities: &[OpportunityRow],
) -> Vec<ServiceRow> {
    let mut savings: BTreeMap<&str, Vec<&OpportunityRow>> = BTreeMap::new();
    for row in opportunities {
        let service = row.service.as_deref().unwrap_or_default();
        savings.entry(service).or_default().push(row);
    }
    let saving = |service: &str| -> Option<Amount> {
        let rows = savings.get(service)?;
        super::opportunities::saving(rows.iter().copied())
    };
    let mut by_service: BTreeMap<&str, Vec<&VpcServiceRow>> = BTreeMap::new();
    for row in rows {
        by_service.entry(&row.service).or_default().push(row);
    }
    let total = rows.iter().map(|row| row.query_count).sum();
    let vpcs_where = |rows: &[&VpcServiceRow], exists: bool| {
        let fits = rows
            .iter()
            .filter(|row| row.endpoint_exists == Some(exists));
        count(fits.map(|row| &row.vpc_id).collect::<BTreeSet<_>>().len())
    };
    let mut services: Vec<_> = by_service
        .into_iter()
        .map(|(service, rows)| {
            let distinct = |key: fn(&VpcServiceRow) -> &str| {
                count(
                    rows.iter()
                        .map(|row| key(row))
                        .collect::<BTreeSet<_>>()
                        .len(),
                )
            };
            let sum = |figure: fn(&VpcServiceRow) -> u64| rows.iter().map(|row| figure(row)).sum();
            let queries: u64 = sum(|row| row.query_count);
            ServiceRow {
                service: service.to_owned(),
                accounts: distinct(|row| row.account_id.as_str()),
                regions: distinct(|row| row.region.as_str()),
                vpcs: distinct(|row| &row.vpc_id),
                query_count: queries,
                query_share: share(queries, total),
                vpcs_with_endpoint: vpcs_where(&rows, true),
                vpcs_without_endpoint: vpcs_where(&rows, false),
                public_queries: sum(|row| row.public_queries),
                private_queries: sum(|row| row.private_queries),
                bytes: bytes(&rows),
                monthly_saving_usd: saving(service),
            }
        })
        .collect();
    services.sort_by(|a, b| (b.query_count, &a.service).cmp(&(a.query_count, &b.service)));
    services
}
