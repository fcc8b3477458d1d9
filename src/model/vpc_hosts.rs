//! The hosts of one VPC, as `hosts.csv` and `vpc_hosts.json` tell them.

use super::{
    id::{AccountId, Region},
    report::HostRow,
};

/// The hosts of one VPC, the most queried first.
#[derive(Clone, Debug, PartialEq)]
pub struct HostsOfVpc {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// The VPC.
    pub vpc_id: String,
    /// Its rows.
    pub hosts: Vec<HostRow>,
}

/// An entry of `vpc_hosts.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcHosts {
    /// `<account>/<region>/<vpc>`
    pub key: String,
    /// The hosts, the most queried first.
    pub hosts: Vec<HostOfVpc>,
}

/// A host with what is known of its service.
#[derive(Clone, Debug, PartialEq)]
pub struct HostOfVpc {
    /// As in `hosts.csv`.
    pub row: HostRow,
    /// Whether the region offers an endpoint service; unknown if it could not be asked.
    pub endpoint_supported: Option<bool>,
    /// Whether the VPC has an available endpoint of it; unknown if these could not be listed.
    pub endpoint_exists: Option<bool>,
}
