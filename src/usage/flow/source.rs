//! What is asked of a log group in one go: the flow logs of one format, about interfaces or clients.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use jiff::Timestamp;

use super::pattern::is_captured_as_public;
use crate::model::{
    flow::{FlowKind, FlowSource},
    flow_format::LogFormat,
    id::{SubnetId, VpcId},
};

/// One question to one log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub(super) kind: FlowKind,
    pub(super) format: LogFormat,
    /// The interfaces asked about, with their addresses; transit gateways and attachments, without; none
    /// for clients.
    pub(super) interfaces: BTreeMap<String, Vec<IpAddr>>,
    /// From when the bytes of those are wanted that were made within the window.
    pub(super) made_within: BTreeMap<String, Timestamp>,
    /// Interfaces of gateways and endpoints, which are no clients.
    pub(super) left_out: BTreeSet<String>,
    /// Addresses of endpoints in the VPC that only the records of clients show.
    pub(super) endpoints: BTreeSet<IpAddr>,
    /// Addresses of endpoints in other VPCs that clients may reach, by a transit gateway or a peering,
    /// and whose own interfaces are not read.
    pub(super) elsewhere: BTreeSet<IpAddr>,
    /// Whether rows of clients are by interface: blocks of VPCs that write to the log group meet, and
    /// its records do not name the VPC.
    pub(super) by_interface: bool,
    /// The VPCs of its clients, those of subnets too.
    pub(super) client_vpcs: BTreeSet<VpcId>,
    pub(super) vpcs: BTreeSet<VpcId>,
    pub(super) subnets: BTreeSet<SubnetId>,
    pub(super) others: BTreeSet<VpcId>,
    /// Address blocks of the VPCs of clients.
    pub(super) blocks: BTreeSet<IpNet>,
    /// Whether clients are kept apart by their whole addresses.
    pub(super) whole_clients: bool,
    /// Interfaces, VPCs and subnets of which its flow logs do not cover the whole window.
    pub(super) part: BTreeSet<String>,
}

impl Source {
    /// A question about nothing yet.
    pub(super) fn new(kind: FlowKind, format: LogFormat) -> Self {
        Self {
            kind,
            format,
            interfaces: BTreeMap::new(),
            made_within: BTreeMap::new(),
            left_out: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            by_interface: false,
            client_vpcs: BTreeSet::new(),
            vpcs: BTreeSet::new(),
            subnets: BTreeSet::new(),
            others: BTreeSet::new(),
            blocks: BTreeSet::new(),
            whole_clients: false,
            part: BTreeSet::new(),
        }
    }

    /// Addresses of endpoints in other VPCs that clients are asked about one by one.
    pub fn elsewhere(&self) -> impl Iterator<Item = IpAddr> {
        let all = self.elsewhere.difference(&self.endpoints).copied();
        all.filter(|it| !is_captured_as_public(*it))
    }

    /// Whether what a source holds answers this question to clients.
    pub fn is_answered_by(&self, found: &FlowSource) -> bool {
        self.kind == FlowKind::Client
            && found.kind == FlowKind::Client
            && self.vpcs.iter().eq(&found.vpcs)
            && self.subnets.iter().eq(&found.subnets)
    }

    /// Whether clients are asked about an address.
    pub fn asks_about(&self, address: IpAddr) -> bool {
        is_captured_as_public(address)
            || self.endpoints.contains(&address)
            || self.elsewhere.contains(&address)
    }

    /// The VPCs of its clients, those of subnets too.
    pub fn client_vpcs(&self) -> &BTreeSet<VpcId> {
        &self.client_vpcs
    }

    /// The fields of its records.
    pub fn format(&self) -> &LogFormat {
        &self.format
    }
}
