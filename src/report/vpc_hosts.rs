//! `vpc_hosts.json`: the hosts of every VPC by falling query count, in the shape of the AWS
//! reference solution, which writes one such object for one VPC.
//!
//! Hosts come in the order of `vpcs.csv`, and those of one VPC at a time are held.

use std::{io, slice};

use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};

use crate::model::report::{HostRow, Report, VpcRow, VpcServiceRow};

/// The report, serialized as `vpc_hosts.json`.
pub(super) struct VpcHosts<'r>(pub(super) &'r Report);

/// The hosts of one VPC, and what is known of its services.
struct Hosts<'r> {
    hosts: &'r [HostRow],
    services: &'r [VpcServiceRow],
}

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

/// The VPCs that are not written yet, and the hosts of the first of them.
struct Left<'r> {
    vpcs: slice::Iter<'r, VpcRow>,
    hosts: Vec<HostRow>,
}

impl<'r> Left<'r> {
    /// Keeps a host of the first VPC; if it is of a later one, those before are written.
    fn add(
        &mut self,
        host: &HostRow,
        put: &mut impl FnMut(&'r VpcRow, &[HostRow]) -> io::Result<()>,
    ) -> io::Result<()> {
        while let Some(vpc) = self.vpcs.as_slice().first()
            && vpc.vpc_id != host.vpc_id
        {
            self.write_first(put)?;
        }
        self.hosts.push(host.clone());
        Ok(())
    }

    fn write_first(
        &mut self,
        put: &mut impl FnMut(&'r VpcRow, &[HostRow]) -> io::Result<()>,
    ) -> io::Result<()> {
        let written = self.vpcs.next().map(|vpc| put(vpc, &self.hosts));
        self.hosts.clear();
        written.unwrap_or(Ok(()))
    }
}

impl Serialize for VpcHosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut refused = None;
        let mut put = |vpc: &VpcRow, hosts: &[HostRow]| {
            let key = format!("{}/{}/{}", vpc.account_id, vpc.region, vpc.vpc_id);
            let services = services_of(self.0, vpc);
            let entry = map.serialize_entry(&key, &Hosts { hosts, services });
            entry.map_err(|error| {
                refused = Some(error);
                io::ErrorKind::Other.into()
            })
        };
        let mut left = Left {
            vpcs: self.0.vpcs.iter(),
            hosts: Vec::new(),
        };
        let mut made = self.0.hosts.each(|host| left.add(host, &mut put));
        while made.is_ok() && left.vpcs.len() > 0 {
            made = left.write_first(&mut put);
        }
        match (refused, made) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => map.end(),
        }
    }
}

/// The rows of a VPC in `vpc_services.csv`, which has the order of `vpcs.csv`.
fn services_of<'r>(report: &'r Report, vpc: &VpcRow) -> &'r [VpcServiceRow] {
    let key = (&vpc.account_id, &vpc.region, &vpc.vpc_id);
    let rows = report.vpc_services.as_slice();
    let of = |row: &VpcServiceRow| (&row.account_id, &row.region, &row.vpc_id).cmp(&key);
    let start = rows.partition_point(|row| of(row).is_lt());
    let end = rows.partition_point(|row| of(row).is_le());
    rows.get(start..end).unwrap_or_default()
}

impl Serialize for Hosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.hosts.iter().map(|row| {
            let name = |service: &&VpcServiceRow| {
                Some(&service.service) == row.service.as_ref()
                    && service.service_region == row.service_region
            };
            let service = self.services.iter().find(name);
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
