//! The rows of the rules' files in `config`, as they are written there.

use serde::Deserialize;

use super::{HostKind, NameForm};

/// `config/services.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generated {
    pub(super) partition: Vec<PartitionRow>,
    pub(super) regional: Vec<RegionalRow>,
    pub(super) service: Vec<ServiceRow>,
}

/// `config/services_by_hand.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHand {
    pub(super) zone: Vec<ZoneRow>,
    pub(super) endpoint_name_exception: Vec<ExceptionRow>,
    pub(super) service: Vec<ServiceRow>,
    pub(super) customer_label: Vec<String>,
    pub(super) customer_resource: Vec<String>,
    pub(super) other_aws: Vec<String>,
    pub(super) no_service_label: Vec<String>,
    pub(super) plane_label: Vec<Box<str>>,
    /// For the generator.
    #[serde(rename = "endpoint_service_without_host")]
    _endpoint_service_without_host: Vec<String>,
    pub(super) endpoint_service: Vec<EndpointServiceRow>,
}

/// `config/alias_names.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aliases {
    pub(super) alias: Vec<AliasRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AliasRow {
    pub(super) name: String,
    #[serde(rename = "evidence")]
    _evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartitionRow {
    pub(super) id: String,
    pub(super) dns: String,
    pub(super) dual: String,
    pub(super) region_prefixes: Vec<String>,
    pub(super) regions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionalRow {
    pub(super) labels: String,
    pub(super) service: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceRow {
    pub(super) name: String,
    pub(super) service: String,
    /// Where the zone itself is of one region.
    pub(super) region: Option<Box<str>>,
    pub(super) form: Option<NameForm>,
    #[serde(rename = "evidence")]
    _evidence: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ZoneRow {
    pub(super) name: String,
    pub(super) partitions: Vec<String>,
    pub(super) kind: HostKind,
    #[serde(rename = "evidence")]
    _evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionRow {
    pub(super) regions: Vec<String>,
    pub(super) prefix: String,
    pub(super) suffix: Option<String>,
    pub(super) services: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointServiceRow {
    pub(super) name: String,
    #[serde(default = "interface")]
    pub(super) types: Vec<String>,
    #[serde(default)]
    pub(super) dns: Vec<String>,
    #[serde(rename = "dns_evidence")]
    _dns_evidence: Option<String>,
    #[serde(rename = "evidence")]
    _evidence: String,
}

fn interface() -> Vec<String> {
    vec!["interface".to_owned()]
}
