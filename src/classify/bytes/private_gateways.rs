//! Private NAT gateways: what passes one, for another network, may pass a NAT gateway there, which shows it
//! again. There its client is the private NAT gateway.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::AttributionContext;
use crate::model::{
    flow::{FlowKind, FlowRow, FlowSource},
    kind::ConnectivityType,
};

impl<'f> AttributionContext<'f> {
    /// The rows of private NAT gateways: what passes one may pass another behind it.
    pub(super) fn private_gateways(&mut self, source: &'f FlowSource) {
        self.names.begin_source();
        for (row, bytes) in &source.rows {
            let at_nat = matches!(source.kind, FlowKind::NatPackets | FlowKind::NatOutside);
            if at_nat && self.is_private(row) {
                self.at_gateway(source.kind, row, *bytes);
            }
        }
    }

    /// Whether the row is of an interface of a private NAT gateway.
    pub(super) fn is_private(&self, row: &FlowRow) -> bool {
        let interface = row.interface.as_deref().unwrap_or_default();
        let gateway = self.gateways.get(interface);
        gateway.is_some_and(|it| it.connectivity_type == ConnectivityType::Private)
    }

    /// The bytes of a client at a NAT gateway, or at a transit gateway before it, without those that a
    /// private NAT gateway of the client's VPC shows: its address is the client's there.
    pub(super) fn not_shown_by_private(
        &mut self,
        vpc: &'f str,
        client: Option<&IpNet>,
        (external, up): (IpAddr, bool),
        bytes: u64,
    ) -> u64 {
        let Some(shown) = self.shown_by_private.get_mut(&(vpc, external, up)) else {
            return bytes;
        };
        let gateways = self.facts.nat_gateways.values();
        let private = gateways
            .filter(|it| it.vpc_id == vpc && it.connectivity_type == ConnectivityType::Private);
        let addresses = private.flat_map(|it| it.addresses.iter().flatten());
        let mut addresses = addresses.filter_map(|it| it.private_ip);
        let may_be = client.is_none_or(|client| addresses.any(|it| client.contains(&it)));
        let again = if may_be { bytes.min(*shown) } else { 0 };
        *shown -= again;
        bytes - again
    }
}
