//! What flow logs hold of the traffic between clients and what they call: bytes by address, route and
//! direction, as Logs Insights summed them.
//!
//! A *source* is one question to one log group: about interfaces of NAT gateways, interfaces of
//! endpoints, or those of clients. Each interface is asked about in one source only, so that no
//! record counts twice. *Up* is from the client, *down* is to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use super::flow_row::{FlowGroup, FlowGroups, FlowRow};
use super::{
    coverage::Failure,
    id::{SubnetId, VpcId},
    network::NetworkInterface,
    object_reads::ObjectReads,
};

/// The interfaces that a source covers, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// NAT gateways, with the addresses of the packets: client and external address in one record.
    NatPackets,
    /// NAT gateways without: the external side of the gateway, no clients.
    NatOutside,
    /// Interface endpoints: the interface is what is called.
    Endpoint,
    /// Clients.
    Client,
    /// Transit gateways and their attachments: what VPCs send through other VPCs.
    TransitGateway,
}

/// What one source holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSource {
    /// The interfaces that it covers.
    pub kind: FlowKind,
    /// Those interfaces (or regional NAT gateways, transit gateways, attachments); none for clients.
    pub interfaces: Vec<String>,
    /// The VPCs whose clients it covers, all of their subnets.
    pub vpcs: Vec<VpcId>,
    /// Subnets whose clients it covers, of other VPCs.
    pub subnets: Vec<SubnetId>,
    /// VPCs whose records may be among them, and are read elsewhere.
    pub others: Vec<VpcId>,
    /// Bytes by what they are.
    #[serde(with = "super::flow_row::pairs")]
    pub rows: BTreeMap<FlowRow, u64>,
    /// Records that stand for flows which were not captured (`SKIPDATA`), by interface.
    pub skipped: BTreeMap<String, u64>,
    /// Interfaces of which there was a record that shows no bytes from or to the outside (`NODATA`,
    /// or traffic within the VPC); for clients their VPCs, else subnets, else [`CLIENTS`].
    #[serde(default)]
    pub quiet: BTreeSet<String>,
    /// Of these interfaces, VPCs and subnets it covers a part of the window only: the flow log was
    /// made within the window, or its delivery fails.
    #[serde(default)]
    pub part: BTreeSet<String>,
}

/// Stands for clients that a record does not name.
pub const CLIENTS: &str = "clients";

impl FlowSource {
    /// Whether there was any record at all.
    pub fn is_seen(&self) -> bool {
        !(self.rows.is_empty() && self.skipped.is_empty() && self.quiet.is_empty())
    }

    /// The interfaces asked about of which there was no record: nothing is known of their bytes.
    pub fn silent(&self) -> impl Iterator<Item = &str> {
        // Records of a transit gateway name attachments.
        let is_recorded = self.kind == FlowKind::TransitGateway && self.is_seen();
        let rows = self.rows.keys().filter_map(|row| row.interface.as_deref());
        let seen: BTreeSet<&str> = rows
            .chain(self.skipped.keys().map(String::as_str))
            .chain(self.quiet.iter().map(String::as_str))
            .collect();
        let asked = self.interfaces.iter().map(String::as_str);
        asked.filter(move |it| !is_recorded && !seen.contains(it))
    }
}

/// What the flow logs of one log group hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowUsage {
    /// Sources that were read completely.
    pub sources: Vec<FlowSource>,
    /// Bytes scanned by all queries.
    pub bytes_scanned: u64,
    /// What reading objects in S3 took; none for a log group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<ObjectReads>,
    /// Bytes that the group took in over the window; none if no single query read them all.
    #[serde(default)]
    pub window_bytes: Option<u64>,
    /// Why there are not all sources.
    pub failure: Option<Failure>,
    /// What is incomplete although nothing failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A log group's flow logs, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRead {
    /// What they hold.
    pub usage: FlowUsage,
    /// What was asked: another question needs another answer.
    pub question: u64,
    /// HTTP attempts made, the credentials' included.
    pub attempts: u32,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// In a run of one shard, the addresses of endpoints in other VPCs that clients were asked about.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub elsewhere: BTreeSet<IpAddr>,
}

/// What the step `flow_usage` keeps piece by piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowPart {
    /// The flow logs of a log group.
    Read(FlowRead),
    /// A day of a flow log in S3, until all days are there.
    Day(FlowRead),
    /// The prefix lists of a region.
    PrefixLists(Vec<PrefixList>),
    /// Interfaces of endpoints in an account of another shard, in a run of one shard.
    Interfaces(Vec<NetworkInterface>),
}

/// The addresses of a service that a gateway endpoint can lead to, in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixList {
    /// `com.amazonaws.eu-west-1.s3`.
    pub name: String,
    /// Its blocks.
    pub cidrs: Vec<IpNet>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_comes_back_from_json_as_it_was() {
        let group = FlowGroup {
            interface: Some("eni-1".into()),
            client: Some("10.0.0.0/24".parse().unwrap()),
            up: true,
            aws_service: Some("S3".into()),
            ..FlowGroup::default()
        };
        let row = FlowRow::new(Some("52.94.1.1".parse().unwrap()), group);
        let source = FlowSource {
            kind: FlowKind::NatPackets,
            interfaces: vec!["eni-1".into()],
            vpcs: Vec::new(),
            subnets: Vec::new(),
            others: Vec::new(),
            rows: [(row, 7), (FlowRow::default(), 8)].into(),
            skipped: BTreeMap::new(),
            quiet: [CLIENTS.to_owned()].into(),
            part: ["eni-1".to_owned()].into(),
        };
        let text = serde_json::to_string(&source).unwrap();
        assert_eq!(serde_json::from_str::<FlowSource>(&text).unwrap(), source);
    }
}
