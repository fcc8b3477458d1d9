//! `vpc_hosts.json`: the hosts of every VPC by falling query count, in the shape of the AWS
//! reference solution, which writes one such object for one VPC.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::model::report::{HostRow, Report, VpcServiceRow};

/// The report, serialized as `vpc_hosts.json`.
pub(super) struct VpcHosts<'r>(pub(super) &'r Report);

/// The hosts of one VPC, each with what is known of its service in the VPC.
struct Hosts<'r>(Vec<(&'r HostRow, Option<&'r VpcServiceRow>)>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Host<'r> {
    query_count: u64,
    #[serde(rename = "endpoint_supported")]
    endpoint_supported: Option<bool>,
    #[serde(rename = "endpoint_exists")]
    endpoint_exists: Option<bool>,
    answers: &'r [String],
}

impl Serialize for VpcHosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let services: BTreeMap<_, &VpcServiceRow> = self
            .0
            .vpc_services
            .iter()
            .map(|row| {
                (
                    (&row.vpc_id, &row.service, row.service_region.as_ref()),
                    row,
                )
            })
            .collect();
        let mut by_vpc: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for host in &self.0.hosts {
            let service = host.service.as_ref().and_then(|service| {
                services
                    .get(&(&host.vpc_id, service, host.service_region.as_ref()))
                    .copied()
            });
            by_vpc
                .entry(&host.vpc_id)
                .or_default()
                .push((host, service));
        }
        serializer.collect_map(self.0.vpcs.iter().map(|vpc| {
            let mut hosts = by_vpc.remove(vpc.vpc_id.as_str()).unwrap_or_default();
            hosts.sort_by(|(a, _), (b, _)| (b.query_count, &a.host).cmp(&(a.query_count, &b.host)));
            (
                format!("{}/{}/{}", vpc.account_id, vpc.region, vpc.vpc_id),
                Hosts(hosts),
            )
        }))
    }
}

impl Serialize for Hosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(row, service)| {
            // A name that is no service has no endpoint; of a service that was never answered
            // nothing is known.
            let known = |value: fn(&VpcServiceRow) -> Option<bool>| match (&row.service, service) {
                (_, Some(service)) => value(service),
                (None, None) => Some(false),
                (Some(_), None) => None,
            };
            let host = Host {
                query_count: row.query_count,
                endpoint_supported: known(|service| service.endpoint_supported),
                endpoint_exists: known(|service| service.endpoint_exists),
                answers: &row.answers,
            };
            (format!("{}.", row.host), host)
        }))
    }
}
