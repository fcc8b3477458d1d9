//! What the attribution of bytes looks at and what it has counted so far; rows of NAT gateways and
//! endpoints.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use hashbrown::{HashMap, HashSet};
use ipnet::IpNet;

use super::{
    clients::{Client, Clients},
    names::Names,
    routes::RouteResolver,
};
use crate::{
    classify::{
        host::{HostRules, partner::PartnerRules},
        path::behind_translation,
        service::UsageClassifier,
    },
    model::{
        bytes::{Attribution, FlowPlace, FlowRoute, Named, NamedBy},
        chargeback::ChargebackBasis,
        classified::CentralEgress,
        facts::Facts,
        flow::{FlowKind, FlowRow, FlowSource},
        id::VpcId,
        inventory::{NatGateway, is_private},
        kind::ConnectivityType,
        partner::PartnerProduct,
        shared_text::TextPool,
    },
};

pub(super) struct AttributionContext<'f> {
    pub(super) facts: &'f Facts,
    pub(super) flows: &'f [FlowSource],
    pub(super) rules: &'f HostRules,
    partners: &'f PartnerRules,
    pub(super) names: Names<'f>,
    pub(super) clients: Clients<'f>,
    pub(super) routes: RouteResolver<'f>,
    pub(super) central: &'f BTreeMap<VpcId, CentralEgress>,
    /// NAT gateways by interface.
    pub(super) gateways: HashMap<&'f str, &'f NatGateway>,
    /// VPCs and what they reach through a NAT gateway that is read.
    pub(super) through_nat: HashSet<(&'f str, IpAddr)>,
    /// What NAT gateways show of clients, as far as no record of the client itself has shown it again.
    pub(super) shown_by_nat: HashMap<ClientFlow<'f>, u64>,
    /// NAT gateways all of whose interfaces are read, so that their bytes are known.
    pub(super) read: BTreeSet<&'f str>,
    /// NAT gateways whose interfaces were asked about, and are not covered by the answers.
    pub(super) unread: BTreeSet<&'f str>,
    /// VPCs of which transit gateways recorded what they send to other networks.
    pub(super) by_transit_gateway: BTreeSet<&'f str>,
    /// NAT gateways of which only a part of the window is recorded.
    pub(super) part: BTreeSet<&'f str>,
    /// Bytes that a private NAT gateway of a VPC shows, by the address that they go to or come from and
    /// whether they go up, less those that a NAT gateway behind it has shown again.
    pub(super) shown_by_private: HashMap<(&'f str, IpAddr, bool), u64>,
    /// Sources of clients, by place, and the VPCs of which they show a record.
    pub(super) shown: HashSet<(usize, &'f str)>,
    /// Names of services.
    texts: TextPool,
    pub(super) found: Attribution,
}

/// VPC, client, the address that it calls, and whether the bytes come from the client.
pub(super) type ClientFlow<'f> = (&'f str, IpNet, IpAddr, bool);

/// Bytes on their way to the sums.
pub(super) struct Flow<'a> {
    pub(super) place: FlowPlace,
    pub(super) named: Named,
    /// The VPCs that may be the client's.
    pub(super) vpcs: BTreeSet<&'a str>,
    pub(super) up: bool,
    pub(super) bytes: u64,
}

impl<'f> AttributionContext<'f> {
    pub(super) fn new(
        classifier: &UsageClassifier<'f>,
        central: &'f BTreeMap<VpcId, CentralEgress>,
        flows: &'f [FlowSource],
    ) -> Self {
        Self {
            facts: classifier.facts,
            flows,
            rules: classifier.rules,
            partners: classifier.partners,
            names: Names::new(classifier),
            clients: Clients::new(classifier.facts, central),
            routes: RouteResolver::new(classifier),
            central,
            gateways: HashMap::new(),
            through_nat: HashSet::new(),
            shown_by_nat: HashMap::new(),
            shown_by_private: HashMap::new(),
            read: BTreeSet::new(),
            unread: BTreeSet::new(),
            by_transit_gateway: BTreeSet::new(),
            part: BTreeSet::new(),
            shown: HashSet::new(),
            texts: TextPool::default(),
            found: Attribution::default(),
        }
    }

    pub(super) fn source(&mut self, at: usize, source: &'f FlowSource) {
        self.names.begin_source();
        for (interface, records) in &source.skipped {
            if let Some(gateway) = self.gateways.get(interface.as_str()) {
                let id = gateway.nat_gateway_id.clone();
                *self.found.skipped.entry(id).or_default() += records;
            }
        }
        if source.kind == FlowKind::Client {
            let quiet = self.clients.quiet(source).into_iter();
            self.shown.extend(quiet.map(|vpc| (at, vpc)));
        }
        let hints = hints(source);
        for (row, bytes) in &source.rows {
            match source.kind {
                // Looked at before.
                FlowKind::NatPackets | FlowKind::NatOutside if self.is_private(row) => {}
                FlowKind::NatPackets | FlowKind::NatOutside => {
                    self.at_gateway(source.kind, row, *bytes);
                }
                FlowKind::Endpoint => self.at_endpoint(row, *bytes),
                // Its rows are looked at together.
                FlowKind::TransitGateway => {}
                FlowKind::Client => {
                    let key = (row.vpc_id.as_deref(), row.client.as_ref(), row.external);
                    let hint = hints.get(&key).copied().filter(|_| !row.up);
                    if let Some(vpc) = self.at_client(source, row, *bytes, hint) {
                        self.shown.insert((at, vpc));
                    }
                }
            }
        }
    }

    /// A row of a NAT gateway's interface.
    pub(super) fn at_gateway(&mut self, kind: FlowKind, row: &'f FlowRow, bytes: u64) {
        let interface = row.interface.as_deref().unwrap_or_default();
        let (Some(gateway), Some(external)) = (self.gateways.get(interface).copied(), row.external)
        else {
            return;
        };
        let external = behind_translation(external);
        let client = match kind {
            FlowKind::NatPackets => row.client.as_ref(),
            _ => None,
        };
        let address = client.copied();
        let client = self.clients.of_gateway(&gateway.vpc_id, client);
        let vpcs = candidates(&client);
        if kind == FlowKind::NatOutside && self.is_inside(gateway, &vpcs, external.into()) {
            // The other leg of the same bytes.
            return;
        }
        let (region, tag) = (&gateway.target.region, row.aws_service.as_deref());
        let named = self.names.of(vpcs.iter().copied(), region, external, tag);
        self.through_nat
            .extend(vpcs.iter().map(|vpc| (*vpc, external)));
        if let (Client::In(vpc), Some(address)) = (&client, address) {
            let flow = (*vpc, address, external, row.up);
            *self.shown_by_nat.entry(flow).or_default() += bytes;
        }
        let id = gateway.nat_gateway_id.clone();
        if self.read.contains(id.as_str()) {
            let shares = self.found.nat_gateways.entry(id.clone()).or_default();
            shares.add(&named, bytes);
        }
        if let Client::In(vpc) = &client
            && self.found.nat_clients_recorded.contains(&id)
        {
            let basis = ChargebackBasis::NatGatewayFlowLog;
            self.charge(&gateway.vpc_id, Some(&id), vpc, (basis, bytes));
        }
        let bytes = match &client {
            _ if gateway.connectivity_type == ConnectivityType::Private => {
                let passage = (gateway.vpc_id.as_str(), external, row.up);
                *self.shown_by_private.entry(passage).or_default() += bytes;
                bytes
            }
            Client::In(vpc) => {
                let passage = (external, row.up);
                self.not_shown_by_private(vpc, address.as_ref(), passage, bytes)
            }
            _ => bytes,
        };
        if bytes == 0 {
            return;
        }
        self.count(Flow {
            place: self.place(gateway, &client, FlowRoute::NatGateway),
            named,
            vpcs,
            up: row.up,
            bytes,
        });
    }

    /// Whether an address is on the client's side of a gateway.
    fn is_inside(&self, gateway: &NatGateway, vpcs: &BTreeSet<&str>, address: IpNet) -> bool {
        let in_vpc = vpcs
            .iter()
            .filter_map(|vpc| self.clients.vpcs.get(vpc))
            .any(|vpc| {
                let mut blocks = vpc.cidrs.iter();
                blocks.any(|block| block.contains(&address))
            });
        in_vpc
            || gateway.connectivity_type == ConnectivityType::Public && is_private(address.addr())
    }

    /// A row of an endpoint's interface.
    fn at_endpoint(&mut self, row: &'f FlowRow, bytes: u64) {
        let endpoint = row
            .interface
            .as_deref()
            .and_then(|it| self.routes.endpoint_of(it))
            .and_then(|id| self.facts.endpoints.get(id));
        let Some(endpoint) = endpoint else { return };
        if let Some(sum) = self.found.endpoints.get_mut(&endpoint.endpoint_id) {
            *sum += bytes;
        }
        let client = self
            .clients
            .of_gateway(&endpoint.vpc_id, row.client.as_ref());
        let route = FlowRoute::InterfaceEndpoint;
        let place = match &client {
            Client::In(vpc) => self.place_of(vpc, route),
            _ => None,
        };
        let place = place.unwrap_or_else(|| FlowPlace {
            account_id: endpoint.target.account_id.clone(),
            region: endpoint.target.region.clone(),
            vpc_id: None,
            route,
        });
        self.count(Flow {
            place,
            named: self.service_of(&endpoint.service_name),
            vpcs: candidates(&client),
            up: row.up,
            bytes,
        });
    }

    /// The service of an endpoint.
    pub(super) fn service_of(&self, endpoint_service_name: &str) -> Named {
        match self
            .rules
            .split_endpoint_service_name(endpoint_service_name)
        {
            Some((service, region)) => Named::Service {
                service: service.to_owned(),
                region: region.map(str::to_owned),
                by: NamedBy::Endpoint,
            },
            None => match self.partners.product_of_service(endpoint_service_name) {
                Some(product) => Named::Partner {
                    product: PartnerProduct {
                        provider: product.provider.clone(),
                        product: Some(product.name.clone()),
                    },
                    by: NamedBy::Endpoint,
                },
                None => Named::Unmatched,
            },
        }
    }

    pub(super) fn place_of(&self, vpc: &str, route: FlowRoute) -> Option<FlowPlace> {
        let vpc = self.clients.vpcs.get(vpc)?;
        Some(FlowPlace {
            account_id: vpc.target.account_id.clone(),
            region: vpc.target.region.clone(),
            vpc_id: Some(vpc.vpc_id.clone()),
            route,
        })
    }

    fn place(&self, gateway: &NatGateway, client: &Client<'_>, route: FlowRoute) -> FlowPlace {
        let known = match client {
            Client::In(vpc) => self.place_of(vpc, route),
            _ => None,
        };
        known.unwrap_or_else(|| FlowPlace {
            account_id: gateway.target.account_id.clone(),
            region: gateway.target.region.clone(),
            vpc_id: None,
            route,
        })
    }

    pub(super) fn count(&mut self, flow: Flow<'_>) {
        let Flow { place, named, .. } = flow;
        let (vpc, route) = (place.vpc_id.clone(), place.route);
        let shares = self.found.places.entry(place).or_default();
        shares.add(&named, flow.bytes);
        match named {
            Named::Ambiguous(services) => {
                let vpcs = flow.vpcs.iter().map(|it| VpcId::from(*it));
                self.found.partner_ambiguous.extend(vpcs);
                self.add_ambiguous(&flow.vpcs, &services);
            }
            Named::Unmatched => {}
            Named::Partner { product, .. } => match vpc {
                Some(vpc) if route == FlowRoute::NatGateway => {
                    *self.found.partners.entry((vpc, product)).or_default() += flow.bytes;
                }
                Some(_) => {}
                None => {
                    let vpcs = flow.vpcs.iter().map(|it| VpcId::from(*it));
                    self.found.partner_ambiguous.extend(vpcs);
                }
            },
            Named::Service {
                service, region, ..
            } => {
                let Some(vpc) = vpc else {
                    self.add_ambiguous(&flow.vpcs, &BTreeSet::from([service]));
                    return;
                };
                let sums = &mut self.found.services;
                let sums = sums.entry((vpc, service, region)).or_default();
                let side = if flow.up {
                    &mut sums.to_service
                } else {
                    &mut sums.from_service
                };
                *side += flow.bytes;
                match route {
                    FlowRoute::NatGateway => sums.nat += flow.bytes,
                    FlowRoute::Unknown => sums.unknown_route += flow.bytes,
                    _ => {}
                }
            }
        }
    }
}

impl AttributionContext<'_> {
    /// Notes that bytes of one of some VPCs may be of one of some services.
    fn add_ambiguous(&mut self, vpcs: &BTreeSet<&str>, services: &BTreeSet<String>) {
        for vpc in vpcs {
            let of_vpc = self.found.ambiguous.entry((*vpc).into()).or_default();
            of_vpc.extend(services.iter().map(|it| self.texts.share(it)));
        }
    }
}

/// The VPCs that a client may be in.
fn candidates<'f>(client: &Client<'f>) -> BTreeSet<&'f str> {
    match client {
        Client::In(vpc) => [*vpc].into(),
        Client::OneOf(vpcs) => vpcs.clone(),
        Client::Elsewhere => BTreeSet::new(),
    }
}

/// A client and what it calls.
type Pair<'r> = (Option<&'r str>, Option<&'r IpNet>, Option<IpAddr>);

/// `traffic-path` of what goes up: records of what comes down have none.
fn hints(source: &FlowSource) -> HashMap<Pair<'_>, u8> {
    let up = source.rows.keys().filter(|row| row.up);
    up.filter_map(|row| {
        let key = (row.vpc_id.as_deref(), row.client.as_ref(), row.external);
        Some((key, row.traffic_path?))
    })
    .collect()
}
