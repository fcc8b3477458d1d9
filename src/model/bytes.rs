//! Bytes by service after judgement: the client they belong to, the route they took, and what named them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    chargeback::EgressClient,
    id::{AccountId, NatGatewayId, Region, VpcEndpointId, VpcId},
    partner::PartnerProduct,
    shared_text::SharedText,
};

/// The route that bytes took.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FlowRoute {
    /// Through a NAT gateway, of the VPC or behind its transit gateway.
    NatGateway,
    /// Through an interface endpoint, of the VPC or of another one.
    InterfaceEndpoint,
    /// Through a gateway endpoint.
    GatewayEndpoint,
    /// Through an internet gateway.
    InternetGateway,
    /// Some other route: a peer, a VPN, an appliance.
    Other,
    /// Which one is not known.
    Unknown,
}

/// What named the service of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// The answers to the VPC's DNS queries in the window.
    Dns,
    /// The record itself: `pkt-dst-aws-service` or `pkt-src-aws-service`.
    ServiceTag,
    /// AWS's prefix lists of S3 and DynamoDB.
    PrefixList,
    /// The endpoint whose interface took them.
    Endpoint,
}

/// Stands for the region of a service that is not the VPC's, where no name shows which.
pub const OTHER_REGION: &str = "other";

/// Whether the service of some bytes is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// It is.
    Service {
        /// The service.
        service: String,
        /// The region in its names; none for a global name, or if it is not known.
        region: Option<String>,
        /// Where that is known from.
        by: NamedBy,
    },
    /// No service of AWS: a partner's product.
    Partner {
        /// The product.
        product: PartnerProduct,
        /// Where that is known from.
        by: NamedBy,
    },
    /// It is one of several; those among them that are services.
    Ambiguous(BTreeSet<String>),
    /// Nothing names one: no AWS service, or one that was not asked for by name.
    Unmatched,
}

/// Bytes, by what named their service. The parts add up to `bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// All of them.
    pub bytes: u64,
    /// Named by DNS answers.
    pub dns: u64,
    /// Named by service tags.
    pub service_tag: u64,
    /// Named by prefix lists.
    pub prefix_list: u64,
    /// Named by an endpoint's interface.
    pub endpoint: u64,
    /// Of one of several services.
    pub ambiguous: u64,
    /// Named by nothing.
    pub unmatched: u64,
    /// Of a partner's product: a part of those named by DNS answers or an endpoint's interface.
    pub partner: u64,
}

impl Shares {
    /// Adds bytes.
    pub fn add(&mut self, named: &Named, bytes: u64) {
        self.bytes += bytes;
        if matches!(named, Named::Partner { .. }) {
            self.partner += bytes;
        }
        let part = match named {
            Named::Service { by, .. } | Named::Partner { by, .. } => match by {
                NamedBy::Dns => &mut self.dns,
                NamedBy::ServiceTag => &mut self.service_tag,
                NamedBy::PrefixList => &mut self.prefix_list,
                NamedBy::Endpoint => &mut self.endpoint,
            },
            Named::Ambiguous(_) => &mut self.ambiguous,
            Named::Unmatched => &mut self.unmatched,
        };
        *part += bytes;
    }

    /// The bytes whose service or partner is known.
    pub fn attributed(&self) -> u64 {
        self.dns + self.service_tag + self.prefix_list + self.endpoint
    }
}

/// Where bytes are counted: a VPC (or a NAT gateway's account and region, if the client's VPC is not
/// known) and a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowPlace {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// The client's VPC, where it is known.
    pub vpc_id: Option<VpcId>,
    /// The route.
    pub route: FlowRoute,
}

/// Bytes between a VPC and a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceFlow {
    /// From the VPC.
    pub to_service: u64,
    /// To the VPC.
    pub from_service: u64,
    /// Both directions, through NAT gateways.
    pub nat: u64,
    /// Both directions, by a route that is not known: a NAT gateway, or not.
    pub unknown_route: u64,
}

/// A VPC, a service, and the region in its names.
pub type ServicePlace = (VpcId, String, Option<String>);

/// All bytes of a run, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// By VPC and route.
    pub places: BTreeMap<FlowPlace, Shares>,
    /// By VPC and service.
    pub services: BTreeMap<ServicePlace, ServiceFlow>,
    /// Through NAT gateways, by VPC and partner's product.
    pub partners: BTreeMap<(VpcId, PartnerProduct), u64>,
    /// VPCs that bytes may be of which are a partner's, or one of several receivers'.
    pub partner_ambiguous: BTreeSet<VpcId>,
    /// By NAT gateway; one is missing if its flow logs were not read, or not completely.
    pub nat_gateways: BTreeMap<NatGatewayId, Shares>,
    /// NAT gateways whose own records show the client of every byte.
    pub nat_clients_recorded: BTreeSet<NatGatewayId>,
    /// Through NAT gateways, by client: by the records of the gateway where these show the
    /// client, else of the transit gateway before it, else of the client. Each byte once.
    pub egress: BTreeMap<EgressClient, u64>,
    /// Through interface endpoints, by endpoint; one is missing unless the flow logs of all of its
    /// interfaces were read.
    pub endpoints: BTreeMap<VpcEndpointId, u64>,
    /// The services that ambiguous bytes may be of, by VPC.
    pub ambiguous: BTreeMap<VpcId, BTreeSet<SharedText>>,
    /// VPCs of which the flow logs show every route.
    pub all_routes_known: BTreeSet<VpcId>,
    /// VPCs whose bytes through NAT gateways are read.
    pub nat_known: BTreeSet<VpcId>,
    /// VPCs of which the NAT gateways themselves record all bytes, so that other records change nothing.
    pub nat_recorded: BTreeSet<VpcId>,
    /// VPCs of which bytes are missing that passed NAT gateways in the window: a flow log was made
    /// within it, fails to deliver, or is silent where bytes passed.
    pub part: BTreeSet<VpcId>,
    /// Records that stand for flows which were not captured, by NAT gateway.
    pub skipped: BTreeMap<NatGatewayId, u64>,
}

impl Attribution {
    /// Whether ambiguous bytes may be those of a VPC and service.
    pub fn is_ambiguous(&self, vpc_id: &str, service: &str) -> bool {
        let of_vpc = self.ambiguous.get(vpc_id);
        of_vpc.is_some_and(|it| it.contains(service))
    }
}
