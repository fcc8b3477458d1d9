//! What one account deploys in one Region: its VPCs, their endpoints, the zones of a hub.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use ipnet::IpNet;
use serde_json::Value;

use super::names::{Name, Names};
use crate::model::{
    endpoint_port,
    id::AccountId,
    inventory::{Endpoint, EndpointService, Vpc},
    report::OpportunityRow,
    target::Target,
};

/// What one account deploys in one Region.
#[derive(Debug)]
pub(super) struct Unit<'f> {
    /// The account and the Region.
    pub(super) target: Target,
    /// The account's name.
    pub(super) account_name: Option<&'f str>,
    /// Its VPCs with something to be made or changed, by id.
    pub(super) vpcs: BTreeMap<&'f str, VpcPlan<'f>>,
    /// Central endpoints that exist, and that its VPCs are to use.
    pub(super) central: Vec<CentralEndpoint<'f>>,
    /// Removals, for the checklist.
    pub(super) removals: Vec<&'f OpportunityRow>,
    /// Quotas that it passes.
    pub(super) limits: Vec<String>,
}

impl<'f> Unit<'f> {
    pub(super) fn new(target: Target, account_name: Option<&'f str>) -> Self {
        Self {
            target,
            account_name,
            vpcs: BTreeMap::new(),
            central: Vec::new(),
            removals: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// Every endpoint of the unit, in the order of its VPCs.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&VpcPlan<'f>, &EndpointPlan<'f>)> {
        self.vpcs
            .values()
            .flat_map(|vpc| vpc.endpoints.iter().map(move |endpoint| (vpc, endpoint)))
    }

    /// The opportunities that the templates take.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'f OpportunityRow> {
        let of_endpoints = self.endpoints().flat_map(|(_, it)| &it.rows);
        let of_central = self.central.iter().flat_map(|it| &it.rows);
        of_endpoints.chain(of_central).copied()
    }

    /// Whether there is nothing to be applied.
    pub(super) fn is_empty(&self) -> bool {
        self.vpcs.is_empty() && self.central.is_empty()
    }

    /// Whether an endpoint that exists is changed.
    pub(super) fn changes_existing(&self) -> bool {
        self.endpoints().any(|(_, it)| it.existing.is_some())
    }
}

/// A VPC with its endpoints.
#[derive(Debug)]
pub(super) struct VpcPlan<'f> {
    /// The VPC.
    pub(super) vpc: &'f Vpc,
    /// The security group of its new interface endpoints.
    pub(super) security_group: Name,
    /// Blocks that it lets in: the VPC's own, and those of the VPCs that use it as a hub.
    pub(super) client_blocks: BTreeSet<IpNet>,
    /// What is made or changed, by type and service.
    pub(super) endpoints: Vec<EndpointPlan<'f>>,
}

impl VpcPlan<'_> {
    /// The TCP ports that the security group lets in: those of the services of its new endpoints.
    /// Of Transfer Family SFTP alone: its endpoints listen on other ports only if a server asks for that.
    pub(super) fn ports(&self) -> BTreeSet<u16> {
        let new = self.endpoints.iter();
        let new = new.filter(|it| it.existing.is_none() && it.is_interface());
        new.flat_map(|it| {
            let ports = endpoint_port::of_service(it.service);
            let sftp = it.service.starts_with("transfer.server");
            ports.get(..1).filter(|_| sftp).unwrap_or(ports)
        })
        .copied()
        .collect()
    }

    /// Whether a new interface endpoint needs the security group.
    pub(super) fn needs_security_group(&self) -> bool {
        let new = |it: &EndpointPlan<'_>| it.existing.is_none() && it.is_interface();
        self.endpoints.iter().any(new)
    }
}

/// An endpoint that is made or changed.
#[derive(Debug)]
pub(super) struct EndpointPlan<'f> {
    /// The resource's name in the template.
    pub(super) name: Name,
    /// The service, as in the reports.
    pub(super) service: &'f str,
    /// The endpoint service.
    pub(super) service_name: &'f str,
    /// The endpoint that is changed; none if one is made.
    pub(super) existing: Option<&'f Endpoint>,
    /// What it looks like afterwards.
    pub(super) shape: Shape<'f>,
    /// The endpoint policy, in which the organization has no id yet; none if endpoints of the service take none.
    pub(super) policy: Option<Rc<Value>>,
    /// The private hosted zones that lead other VPCs to a hub's endpoint.
    pub(super) zones: Vec<HostedZone<'f>>,
    /// The opportunities that ask for it.
    pub(super) rows: Vec<&'f OpportunityRow>,
    /// What the reviewer has to know.
    pub(super) notes: Vec<String>,
}

impl EndpointPlan<'_> {
    /// Whether it is this endpoint that is changed, or one is made.
    pub(super) fn is_of(&self, existing: Option<&Endpoint>) -> bool {
        let [own, other] = [self.existing, existing].map(|it| it.map(|it| it.endpoint_id.as_str()));
        own == other
    }

    /// Whether it is an interface endpoint.
    pub(super) fn is_interface(&self) -> bool {
        matches!(self.shape, Shape::Interface { .. })
    }
}

/// What an endpoint looks like once the template is applied.
#[derive(Debug)]
pub(super) enum Shape<'f> {
    /// A gateway endpoint on these route tables.
    Gateway {
        /// Their ids, sorted.
        route_tables: Vec<&'f str>,
    },
    /// An interface endpoint.
    Interface {
        /// One a zone, by zone.
        subnets: Vec<&'f str>,
        /// Whether the service's own names lead to it.
        private_dns: bool,
    },
}

/// A central endpoint that exists, in whatever account, and the zones of this account that lead to it.
#[derive(Debug)]
pub(super) struct CentralEndpoint<'f> {
    /// What its parameters are named after.
    pub(super) name: Name,
    /// The service, as in the reports.
    pub(super) service: &'f str,
    /// The endpoint.
    pub(super) endpoint: &'f Endpoint,
    /// The account of the endpoint.
    pub(super) hub_account_id: &'f AccountId,
    /// Zones that are made for VPCs which have none that answers for the service.
    pub(super) zones: Vec<HostedZone<'f>>,
    /// The opportunities that ask for it.
    pub(super) rows: Vec<&'f OpportunityRow>,
    /// What the reviewer has to know.
    pub(super) notes: Vec<String>,
}

/// A private hosted zone that answers for a service in the VPCs that use a hub.
#[derive(Debug)]
pub(super) struct HostedZone<'f> {
    /// The resource's name in the template.
    pub(super) name: Name,
    /// The domain.
    pub(super) domain: String,
    /// The names in it that lead to the endpoint.
    pub(super) records: Vec<String>,
    /// The VPCs that it is associated with, the hub's own first.
    pub(super) vpcs: Vec<&'f Vpc>,
}
impl<'f> Unit<'f> {
    pub(super) fn vpc(&mut self, names: &mut Names, vpc: &'f Vpc) -> &mut VpcPlan<'f> {
        self.vpcs.entry(&vpc.vpc_id).or_insert_with(|| VpcPlan {
            vpc,
            security_group: names.name(&[&vpc.vpc_id, "endpoints", "security", "group"]),
            client_blocks: vpc.cidrs.iter().copied().collect(),
            endpoints: Vec::new(),
        })
    }
}

impl<'f> EndpointPlan<'f> {
    /// Two rows about one endpoint: it gets what either asks for.
    pub(super) fn merge(&mut self, shape: Shape<'f>, row: &'f OpportunityRow) {
        match (&mut self.shape, shape) {
            (Shape::Gateway { route_tables }, Shape::Gateway { route_tables: more }) => {
                route_tables.extend(more);
                route_tables.sort_unstable();
                route_tables.dedup();
            }
            (
                Shape::Interface {
                    subnets,
                    private_dns,
                },
                Shape::Interface {
                    subnets: more,
                    private_dns: on,
                },
            ) => {
                for subnet in more {
                    if !subnets.contains(&subnet) {
                        subnets.push(subnet);
                    }
                }
                *private_dns |= on;
            }
            _ => {}
        }
        self.rows.push(row);
    }

    /// A hub answers by hosted zones, which take every name that private DNS would answer.
    pub(super) fn become_hub(&mut self, vpc: &'f Vpc, offer: &EndpointService, names: &mut Names) {
        if let Shape::Interface { private_dns, .. } = &mut self.shape {
            *private_dns = false;
        }
        self.zones = zones(&vpc.vpc_id, vpc, offer, names);
        if self.zones.is_empty() {
            self.notes.push(
                "The Region lists no private DNS name for the service: no hosted zone leads other VPCs \
                 to this endpoint."
                    .to_owned(),
            );
        }
    }
}

/// What a rule of a security group for a port is for.
pub(super) fn purpose(port: u16) -> String {
    match port {
        443 => "HTTPS from clients of the endpoints".to_owned(),
        port => format!("Port {port} from clients of the endpoints"),
    }
}

/// The zones that take every name which private DNS would answer, for a VPC. They are named after what they
/// belong to, not after a VPC that uses them: the next run may have another one first.
pub(super) fn zones<'f>(
    owner: &str,
    vpc: &'f Vpc,
    offer: &EndpointService,
    names: &mut Names,
) -> Vec<HostedZone<'f>> {
    let mut zones: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in &offer.private_dns_names {
        let domain = name.strip_prefix("*.").unwrap_or(name);
        zones.entry(domain).or_default().insert(name);
    }
    zones
        .into_iter()
        .map(|(domain, records)| HostedZone {
            name: names.name(&[owner, domain, "zone"]),
            domain: domain.to_owned(),
            records: records.into_iter().map(str::to_owned).collect(),
            vpcs: vec![vpc],
        })
        .collect()
}
