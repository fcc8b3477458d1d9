//! Rows of clients' interfaces: they count for what no gateway and no endpoint shows.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    clients::Client,
    context::{AttributionContext, Flow},
    routes::EgressRoute,
};
use crate::{
    classify::{central_egress::TransitDestination, path::behind_translation},
    model::{
        bytes::{FlowPlace, FlowRoute, Named},
        flow::{FlowRow, FlowSource},
        inventory::{Vpc, is_private},
    },
};

impl<'f> AttributionContext<'f> {
    /// A row of a client's interface. Returns the client's VPC, where that is known.
    pub(super) fn at_client(
        &mut self,
        source: &'f FlowSource,
        row: &'f FlowRow,
        bytes: u64,
        hint: Option<u8>,
    ) -> Option<&'f str> {
        let external = behind_translation(row.external?);
        let client = self.clients.of_record(source, row);
        let Client::In(vpc_id) = client else {
            self.unattributed(&client, bytes);
            return None;
        };
        let vpc = self.clients.vpcs.get(vpc_id).copied()?;
        self.of_client(vpc, row, bytes, external, hint);
        Some(vpc_id)
    }

    fn of_client(
        &mut self,
        vpc: &'f Vpc,
        row: &'f FlowRow,
        bytes: u64,
        external: IpAddr,
        hint: Option<u8>,
    ) {
        let vpc_id = vpc.vpc_id.as_str();
        if let Some(endpoint) = self.routes.endpoint_at(vpc_id, external) {
            let name = self
                .facts
                .endpoints
                .get(endpoint)
                .map(|it| &it.service_name);
            let named = name.map_or(Named::Unmatched, |name| self.service_of(name));
            return self.count_client(vpc_id, FlowRoute::InterfaceEndpoint, named, (row.up, bytes));
        }
        if vpc.cidrs.iter().any(|block| block.contains(&external)) {
            return;
        }
        let (region, tag) = (&vpc.target.region, row.aws_service.as_deref());
        let named = self.names.of([vpc_id], region, external, tag);
        if is_endpoint_elsewhere(vpc, &named, external) {
            return self.count_client(vpc_id, FlowRoute::InterfaceEndpoint, named, (row.up, bytes));
        }
        let counted = self.through_nat.contains(&(vpc_id, external));
        let route = self.routes.of(vpc_id, row, &named, hint);
        if route == EgressRoute::TransitGateway && self.by_transit_gateway.contains(vpc_id) {
            // The transit gateway recorded them.
            return;
        }
        self.charge_client(vpc_id, &route, (external, bytes));
        let flow_route = match route {
            EgressRoute::Nat(Some(id)) if self.read.contains(id) => return,
            // Some of its interfaces may be recorded, and these bytes with them.
            EgressRoute::Nat(Some(id)) if self.unread.contains(id) && counted => return,
            EgressRoute::Nat(Some(id)) => {
                if !self.unread.contains(id) {
                    let shares = self.found.nat_gateways.entry(id.into()).or_default();
                    shares.add(&named, bytes);
                }
                FlowRoute::NatGateway
            }
            route => match self.route_past_gateway(vpc_id, &route, external) {
                Some(FlowRoute::Unknown | FlowRoute::NatGateway) if counted => return,
                Some(flow_route) => flow_route,
                None => return,
            },
        };
        let of_record = row.next_hop.is_some() || row.traffic_path.or(hint).is_some();
        let bytes = if of_record || flow_route == FlowRoute::NatGateway {
            bytes
        } else {
            self.not_shown_by_nat(vpc_id, row, external, bytes)
        };
        if bytes > 0 {
            self.count_client(vpc_id, flow_route, named, (row.up, bytes));
        }
    }

    /// The bytes of a record that names no route, without those that a NAT gateway shows of the same client:
    /// the routes of today, which lead past the gateway, are younger than these bytes.
    fn not_shown_by_nat(&mut self, vpc: &'f str, row: &FlowRow, to: IpAddr, bytes: u64) -> u64 {
        let flow = row.client.map(|client| (vpc, client, to, row.up));
        let shown = flow.and_then(|flow| self.shown_by_nat.get_mut(&flow));
        let Some(shown) = shown else { return bytes };
        let again = bytes.min(*shown);
        *shown -= again;
        bytes - again
    }

    /// Counts bytes of a client in one VPC, by the direction that they went in.
    fn count_client(
        &mut self,
        vpc_id: &'f str,
        route: FlowRoute,
        named: Named,
        (up, bytes): (bool, u64),
    ) {
        if let Some(place) = self.place_of(vpc_id, route) {
            let vpcs = [vpc_id].into();
            self.count(Flow {
                place,
                named,
                vpcs,
                up,
                bytes,
            });
        }
    }

    /// The route of bytes of which the NAT gateway, if any, is not known; none if all that may have passed
    /// them are read.
    fn route_past_gateway(
        &self,
        vpc_id: &str,
        route: &EgressRoute<'_>,
        external: IpAddr,
    ) -> Option<FlowRoute> {
        let (read, all) = match route {
            EgressRoute::Known(route) => return Some(*route),
            EgressRoute::Nat(_) => self.gateways_read(vpc_id),
            EgressRoute::TransitGateway => {
                let transit = &self.routes.transit;
                let hub = match transit.destination(vpc_id, Some(external)) {
                    TransitDestination::Vpc(hub) => hub,
                    TransitDestination::OtherNetwork => return Some(FlowRoute::Other),
                    // Bytes that were accepted were not dropped: it was another route at that time.
                    TransitDestination::Dropped | TransitDestination::Unknown => {
                        return Some(FlowRoute::Unknown);
                    }
                };
                let all: Vec<_> = transit.nat_gateways(hub).collect();
                if all.is_empty() {
                    return Some(FlowRoute::Other);
                }
                let read = |id: &str| self.read.contains(id);
                let read = all.iter().filter(|it| read(&it.nat_gateway_id));
                (read.count(), all.len())
            }
        };
        match read {
            0 => Some(FlowRoute::NatGateway),
            read if read == all => None,
            _ => Some(FlowRoute::Unknown),
        }
    }

    /// Bytes of a client that may be in several VPCs: counted in the account and region of the first.
    fn unattributed(&mut self, client: &Client<'f>, bytes: u64) {
        let Client::OneOf(vpcs) = client else { return };
        let first = vpcs.iter().find_map(|vpc| self.clients.vpcs.get(vpc));
        let Some(vpc) = first else { return };
        let place = FlowPlace {
            account_id: vpc.target.account_id.clone(),
            region: vpc.target.region.clone(),
            vpc_id: None,
            route: FlowRoute::Unknown,
        };
        let shares = self.found.places.entry(place).or_default();
        shares.add(&Named::Ambiguous(BTreeSet::new()), bytes);
    }

    /// How many NAT gateways of a VPC are read, and how many there are.
    fn gateways_read(&self, vpc: &str) -> (usize, usize) {
        let all = self
            .facts
            .nat_gateways
            .values()
            .filter(|it| it.vpc_id == vpc);
        let (mut read, mut count) = (0, 0);
        for gateway in all {
            count += 1;
            read += usize::from(self.read.contains(gateway.nat_gateway_id.as_str()));
        }
        (read, count)
    }
}

/// Whether an address outside of the VPC is that of an endpoint in another one, be it known or not:
/// names of AWS have private addresses nowhere else.
fn is_endpoint_elsewhere(vpc: &Vpc, named: &Named, external: IpAddr) -> bool {
    let outside = !vpc.cidrs.iter().any(|block| block.contains(&external));
    outside && is_private(external) && *named != Named::Unmatched
}
