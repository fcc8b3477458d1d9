//! Bytes through the NAT gateways of a hub: the VPCs they belong to, and rows of transit gateways' flow logs.
//!
//! Three records may show a byte of a spoke: that of the NAT gateway, that of the transit gateway, that
//! of the spoke. It counts at the first of these that shows its VPC.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::{
    context::{AttributionContext, Flow},
    routes::EgressRoute,
};
use crate::{
    classify::{
        central_egress::TransitDestination,
        path::{behind_translation, only},
    },
    model::{
        bytes::{FlowPlace, FlowRoute},
        chargeback::{ChargebackBasis, EgressClient},
        flow::{FlowKind, FlowRow, FlowSource},
        id::{SubnetId, VpcId},
    },
};

/// Bytes of a VPC through another one, as a transit gateway recorded them.
type TransitBytes<'f> = (Option<&'f str>, bool);

impl<'f> AttributionContext<'f> {
    /// Notes bytes of a VPC through NAT gateways of a VPC.
    pub(super) fn charge(
        &mut self,
        hub: &str,
        gateway: Option<&str>,
        vpc: &str,
        (basis, bytes): (ChargebackBasis, u64),
    ) {
        let client = EgressClient {
            hub_vpc_id: hub.into(),
            nat_gateway_id: gateway.map(Into::into),
            vpc_id: vpc.into(),
            basis,
        };
        *self.found.egress.entry(client).or_default() += bytes;
    }

    /// Notes bytes that a client recorded, unless a gateway shows the client.
    pub(super) fn charge_client(
        &mut self,
        vpc: &'f str,
        route: &EgressRoute<'f>,
        (external, bytes): (IpAddr, u64),
    ) {
        let (hub, gateway) = match route {
            EgressRoute::Nat(gateway) => (vpc, *gateway),
            EgressRoute::TransitGateway => {
                let TransitDestination::Vpc(hub) =
                    self.routes.transit.destination(vpc, Some(external))
                else {
                    return;
                };
                if self.gateways_of(hub).next().is_none() {
                    return;
                }
                (hub, only(self.gateways_of(hub)))
            }
            EgressRoute::Known(_) => return,
        };
        if !self.is_client_recorded(hub, gateway) {
            self.charge(hub, gateway, vpc, (ChargebackBasis::VpcFlowLog, bytes));
        }
    }

    /// Whether a NAT gateway of a VPC, or one of those that may be meant, shows its clients.
    fn is_client_recorded(&self, hub: &str, gateway: Option<&str>) -> bool {
        let recorded = &self.found.nat_clients_recorded;
        match gateway {
            Some(id) => recorded.contains(id),
            None => self.gateways_of(hub).any(|id| recorded.contains(id)),
        }
    }

    /// Public NAT gateways of a VPC that are available.
    fn gateways_of(&self, vpc: &str) -> impl Iterator<Item = &'f str> {
        let all = self.routes.transit.nat_gateways(vpc);
        all.map(|it| it.nat_gateway_id.as_str())
    }

    /// The rows of the flow logs of transit gateways.
    pub(super) fn at_transit_gateways(&mut self, sources: &[&'f FlowSource]) {
        let logged = self.clients_logged();
        let mut best: BTreeMap<TransitBytes<'_>, u8> = BTreeMap::new();
        for row in sources.iter().flat_map(|source| source.rows.keys()) {
            let rank = self.rank(row);
            let kept = best.entry((row.vpc_id.as_deref(), row.up)).or_insert(rank);
            *kept = rank.min(*kept);
        }
        // VPCs that send on what comes to them: what they send was recorded before.
        let rows = sources.iter().flat_map(|source| source.rows.keys());
        let behind: BTreeSet<&str> = rows.filter_map(|row| row.hub_vpc_id.as_deref()).collect();
        let between = |id: &str| behind.contains(id) && self.gateways_of(id).next().is_none();
        let between: BTreeSet<&str> = behind.iter().copied().filter(|id| between(id)).collect();
        for source in sources {
            for (row, bytes) in &source.rows {
                let passage = (row.vpc_id.as_deref(), row.up);
                let is_first = passage.0.is_none_or(|id| !between.contains(id));
                if is_first && best.get(&passage) == Some(&self.rank(row)) {
                    self.of_transit_gateway(source, row, *bytes, &logged);
                }
            }
        }
    }

    fn of_transit_gateway(
        &mut self,
        source: &'f FlowSource,
        row: &'f FlowRow,
        bytes: u64,
        logged: &BTreeSet<&str>,
    ) {
        let vpc = row.vpc_id.as_deref();
        let vpc = vpc.and_then(|id| self.clients.vpcs.get(id).map(|it| it.vpc_id.as_str()));
        let is_part = !source.part.is_empty();
        if let Some(vpc) = vpc {
            if is_part && logged.contains(vpc) {
                // Bytes of a part are not those of the window.
                return;
            }
            self.by_transit_gateway.insert(vpc);
        }
        self.at_attachment(vpc, row, bytes, is_part);
    }

    /// Which of two records of the same bytes counts: that of the client's own attachment, else that of
    /// the one by which they came in. A flow log of a transit gateway has both.
    fn rank(&self, row: &FlowRow) -> u8 {
        let attachments = &self.facts.transit_gateway_attachments;
        let attachment = row
            .interface
            .as_ref()
            .and_then(|id| attachments.get(id.as_str()));
        let own = attachment.and_then(|it| it.resource_id.as_deref());
        if own.is_some() && own == row.vpc_id.as_deref() {
            0
        } else {
            1 + u8::from(row.ingress != Some(true))
        }
    }

    fn at_attachment(&mut self, vpc: Option<&'f str>, row: &'f FlowRow, bytes: u64, is_part: bool) {
        let hub = match self.hub_of(vpc, row) {
            Ok(hub) => hub,
            Err(route) => return self.count_passage(vpc, row, bytes, route),
        };
        let gateway = match self.routes.behind_attachment(hub, row) {
            EgressRoute::Nat(Some(id)) => Some(id),
            _ => only(self.gateways_of(hub)),
        };
        if let Some(vpc) = vpc.filter(|_| !self.is_client_recorded(hub, gateway)) {
            let basis = ChargebackBasis::TransitGatewayFlowLog;
            self.charge(hub, gateway, vpc, (basis, bytes));
        }
        let counted = match gateway {
            Some(id) => self.read.contains(id),
            None => self.gateways_of(hub).any(|id| self.read.contains(id)),
        };
        if !counted {
            match vpc {
                Some(vpc) if is_part => drop(self.found.part.insert(vpc.into())),
                Some(_) => {}
                None => self.count_unknown(row, bytes, hub),
            }
            self.count_passage(vpc, row, bytes, FlowRoute::NatGateway);
        }
    }

    /// The VPC with NAT gateways that a row's bytes passed, behind others if it is not the next one; else
    /// the route that they took.
    fn hub_of(&self, vpc: Option<&'f str>, row: &'f FlowRow) -> Result<&'f str, FlowRoute> {
        let next = row.hub_vpc_id.as_deref();
        let next = next.and_then(|id| self.clients.vpcs.get(id));
        let next = next.map(|it| it.vpc_id.as_str());
        let next = next.filter(|it| Some(*it) != vpc).ok_or(FlowRoute::Other)?;
        let has_gateways = |id: &str| self.gateways_of(id).next().is_some();
        if has_gateways(next) {
            return Ok(next);
        }
        match self.routes.transit.destination(next, row.external) {
            TransitDestination::Vpc(hub) if has_gateways(hub) => Ok(hub),
            TransitDestination::Unknown => Err(FlowRoute::Unknown),
            _ => Err(FlowRoute::Other),
        }
    }

    /// Counts bytes of a VPC that passed a transit gateway.
    fn count_passage(
        &mut self,
        vpc: Option<&'f str>,
        row: &'f FlowRow,
        bytes: u64,
        route: FlowRoute,
    ) {
        let Some((vpc, external)) = vpc.zip(row.external) else {
            return;
        };
        let Some(place) = self.place_of(vpc, route) else {
            return;
        };
        let external = behind_translation(external);
        let named = self
            .names
            .of([vpc], &place.region, external, row.aws_service.as_deref());
        if route == FlowRoute::NatGateway {
            self.through_nat.insert((vpc, external));
        }
        let passage = (external, row.up);
        let bytes = self.not_shown_by_private(vpc, row.client.as_ref(), passage, bytes);
        if bytes == 0 {
            return;
        }
        self.count(Flow {
            place,
            named,
            vpcs: [vpc].into(),
            up: row.up,
            bytes,
        });
    }

    /// Counts bytes of a network that is no VPC of the scan, in the account of the hub.
    fn count_unknown(&mut self, row: &'f FlowRow, bytes: u64, hub: &'f str) {
        let route = FlowRoute::NatGateway;
        let Some((place, external)) = self.place_of(hub, route).zip(row.external) else {
            return;
        };
        let external = behind_translation(external);
        let tag = row.aws_service.as_deref();
        let named = self.names.of([], &place.region, external, tag);
        self.count(Flow {
            place: FlowPlace {
                vpc_id: None,
                ..place
            },
            named,
            vpcs: BTreeSet::new(),
            up: row.up,
            bytes,
        });
    }

    /// The VPCs whose clients have a flow log of the whole window.
    fn clients_logged(&self) -> BTreeSet<&'f str> {
        let sources = self.flows.iter();
        let clients = sources.filter(|it| it.kind == FlowKind::Client && it.is_seen());
        let mut logged = BTreeSet::new();
        for source in clients {
            let whole = |id: &&str| !source.part.contains(*id);
            logged.extend(source.vpcs.iter().map(VpcId::as_str).filter(whole));
            let subnets = source.subnets.iter().map(SubnetId::as_str).filter(whole);
            let known = subnets.filter_map(|id| self.facts.subnets.get(id));
            logged.extend(known.map(|it| it.vpc_id.as_str()));
        }
        logged
    }
}
