//! What CloudWatch counted for the resources of a target.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{NatGatewayId, SubnetId, VpcEndpointId};

/// What CloudWatch counted for a NAT gateway over the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatMetrics {
    /// The gateway.
    pub nat_gateway_id: NatGatewayId,
    /// Bytes from clients in the VPC.
    pub bytes_in_from_source: Option<u64>,
    /// Bytes from the destinations, on their way back.
    pub bytes_in_from_destination: Option<u64>,
    /// The most connections at once.
    pub active_connections: Option<u64>,
    /// Metrics that were asked for; CloudWatch bills each. Not counted in runs of before 2026-11-27.
    #[serde(default)]
    pub metrics_requested: Option<u64>,
}

impl NatMetrics {
    /// The part of the metered bytes, in percent, that flow logs may lack: they are delivered by best
    /// effort.
    pub const TOLERANCE_PERCENT: u64 = 5;

    /// Bytes of both directions.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes_in_from_source?
            .checked_add(self.bytes_in_from_destination?)
    }
}

/// What CloudWatch counted for an interface or Gateway Load Balancer endpoint over the window
/// (namespace `AWS/PrivateLinkEndpoints`). No data point is no traffic: a point is published for a
/// minute in which the endpoint received some
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).
/// Unknown for an endpoint of a service in another Region, of which AWS publishes none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointMetrics {
    /// The endpoint.
    pub endpoint_id: VpcEndpointId,
    /// Bytes between it and the service, both directions (`BytesProcessed`), as they are billed.
    pub bytes_processed: Option<u64>,
    /// The most connections at once (`ActiveConnections`).
    pub active_connections: Option<u64>,
    /// Bytes by subnet, of an endpoint in several.
    #[serde(default)]
    pub bytes_by_subnet: BTreeMap<SubnetId, u64>,
    /// Metrics that were asked for; CloudWatch bills each.
    #[serde(default)]
    pub metrics_requested: u64,
}
