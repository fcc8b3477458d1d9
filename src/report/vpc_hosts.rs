//! `vpc_hosts.json`: the hosts of every VPC by falling query count, in the shape of the AWS
//! reference solution, which writes one such object for one VPC.
//!
//! Three tables are read side by side, all in the order of VPCs: the VPCs, their services, their hosts.

use std::{collections::BTreeMap, io};

use serde::{
    Deserialize, Serialize, Serializer,
    de::DeserializeOwned,
    ser::{Error, SerializeMap},
};

use super::reader::ReportReader;
use crate::{
    model::{
        id::VpcId,
        report::{HostRow, Row, VpcRow, VpcServiceRow},
    },
    store::{MergedRows, StoredRow},
};

/// The report, serialized as `vpc_hosts.json`.
pub(super) struct VpcHosts<'r>(pub(super) &'r ReportReader);

#[derive(Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the columns"
)]
struct Vpc {
    account_id: String,
    region: String,
    vpc_id: VpcId,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the columns"
)]
struct Service {
    vpc_id: VpcId,
    service: String,
    service_region: Option<String>,
    endpoint_supported: Option<bool>,
    endpoint_exists: Option<bool>,
}

#[derive(Deserialize)]
struct HostOfVpc {
    vpc_id: VpcId,
    host: String,
    service: Option<String>,
    service_region: Option<String>,
    query_count: u64,
    answers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    query_count: u64,
    #[serde(rename = "endpoint_supported")]
    endpoint_supported: Option<bool>,
    #[serde(rename = "endpoint_exists")]
    endpoint_exists: Option<bool>,
    answers: Vec<String>,
}

impl Serialize for VpcHosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = &self.0.rows;
        let merged = |table| rows.merged(table, None).map_err(S::Error::custom);
        let mut vpcs = merged(VpcRow::TABLE)?;
        let mut services = RowsByVpc::<Service>::new(merged(VpcServiceRow::TABLE)?);
        let mut hosts = RowsByVpc::<HostOfVpc>::new(merged(HostRow::TABLE)?);
        let mut map = serializer.serialize_map(None)?;
        while let Some(row) = vpcs.next().map_err(S::Error::custom)? {
            let vpc: Vpc = row.read().map_err(S::Error::custom)?;
            let called = services.of(|it| it.vpc_id == vpc.vpc_id);
            let asked = hosts.of(|it| it.vpc_id == vpc.vpc_id);
            let (called, asked) = called
                .and_then(|called| Ok((called, asked?)))
                .map_err(S::Error::custom)?;
            let key = format!("{}/{}/{}", vpc.account_id, vpc.region, vpc.vpc_id);
            map.serialize_entry(&key, &Hosts(named(asked, &called)))?;
        }
        map.end()
    }
}

/// The rows of a table, read VPC by VPC.
struct RowsByVpc<T> {
    rows: MergedRows,
    next: Option<T>,
    begun: bool,
}

impl<T: DeserializeOwned> RowsByVpc<T> {
    fn new(rows: MergedRows) -> Self {
        Self {
            rows,
            next: None,
            begun: false,
        }
    }

    fn step(&mut self) -> io::Result<()> {
        let row = self.rows.next()?;
        self.next = row.map(StoredRow::read).transpose()?;
        Ok(())
    }

    /// The next rows, as long as they are those of a VPC.
    fn of(&mut self, is_of: impl Fn(&T) -> bool) -> io::Result<Vec<T>> {
        if !self.begun {
            self.begun = true;
            self.step()?;
        }
        let mut found = Vec::new();
        while let Some(row) = self.next.take_if(|it| is_of(it)) {
            found.push(row);
            self.step()?;
        }
        Ok(found)
    }
}

/// The hosts under their names, with what is known of their services.
fn named(hosts: Vec<HostOfVpc>, services: &[Service]) -> Vec<(String, Host)> {
    let by_name: BTreeMap<_, _> = services
        .iter()
        .map(|it| ((it.service.as_str(), it.service_region.as_deref()), it))
        .collect();
    let host = |it: HostOfVpc| {
        let name = it.service.as_deref();
        let service = name.and_then(|name| by_name.get(&(name, it.service_region.as_deref())));
        // A name that is no service has no endpoint; of a service that was never answered nothing is
        // known.
        let known = |value: fn(&Service) -> Option<bool>| match (name, service) {
            (_, Some(service)) => value(service),
            (None, None) => Some(false),
            (Some(_), None) => None,
        };
        let host = Host {
            query_count: it.query_count,
            endpoint_supported: known(|service| service.endpoint_supported),
            endpoint_exists: known(|service| service.endpoint_exists),
            answers: Vec::new(),
        };
        let answers = it.answers;
        (format!("{}.", it.host), Host { answers, ..host })
    };
    hosts.into_iter().map(host).collect()
}

struct Hosts(Vec<(String, Host)>);

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, host)| (name, host)))
    }
}
