//! `vpc_hosts.json`: the hosts of every VPC by falling query count, in the shape of the AWS
//! reference solution, which writes one such object for one VPC.

use std::{io, sync::Arc};

use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};

use super::view::{Judged, View};
use crate::model::{
    classified::VpcService,
    report::{HostRow, Report},
    rows::Rows,
    vpc_hosts::{HostOfVpc, HostsOfVpc, VpcHosts as OfVpc},
};

/// The report, serialized as `vpc_hosts.json`.
pub(super) struct VpcHosts<'r>(pub(super) &'r Report);

struct Hosts<'r>(&'r [HostOfVpc]);

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

/// The hosts with what is known of their services, made whenever they are asked for.
pub(super) fn of(judged: &Arc<Judged>, hosts: Rows<HostsOfVpc>) -> Rows<OfVpc> {
    let judged = Arc::clone(judged);
    Rows::made_by(move |take| {
        let view = View::new(&judged);
        hosts.each(|it| {
            let services = view.services_of(&it.vpc_id);
            let hosts = it.hosts.iter().map(|row| host(row, services));
            take(&OfVpc {
                key: format!("{}/{}/{}", it.account_id, it.region, it.vpc_id),
                hosts: hosts.collect(),
            })
        })
    })
}

fn host(row: &HostRow, services: &[VpcService]) -> HostOfVpc {
    let name = |service: &&VpcService| {
        Some(&service.service) == row.service.as_ref()
            && service.service_region == row.service_region
    };
    let service = services.iter().find(name);
    // A name that is no service has no endpoint; of a service that was never answered nothing is
    // known.
    let known = |value: fn(&VpcService) -> Option<bool>| match (&row.service, service) {
        (_, Some(service)) => value(service),
        (None, None) => Some(false),
        (Some(_), None) => None,
    };
    HostOfVpc {
        endpoint_supported: known(|service| service.endpoint_supported),
        endpoint_exists: known(|service| service.endpoint_exists),
        row: row.clone(),
    }
}

impl Serialize for VpcHosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut refused = None;
        let made = self.0.vpc_hosts.each(|it| {
            let entry = map.serialize_entry(&it.key, &Hosts(&it.hosts));
            entry.map_err(|error| {
                refused = Some(error);
                io::ErrorKind::Other.into()
            })
        });
        match (refused, made) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => map.end(),
        }
    }
}

impl Serialize for Hosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|it| {
            let host = Host {
                query_count: it.row.query_count,
                endpoint_supported: it.endpoint_supported,
                endpoint_exists: it.endpoint_exists,
                answers: &it.row.answers,
            };
            (format!("{}.", it.row.host), host)
        }))
    }
}
