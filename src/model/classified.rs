//! Usage after judgement: which service a host belongs to and over which path a VPC reaches it.

use std::{net::IpAddr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    id::{AccountId, NatGatewayId, VpcEndpointId, VpcId},
    partner::PartnerProduct,
    shared_text::SharedText,
};

/// What a host name is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HostKind {
    /// The name of an AWS service's API or data plane.
    Service,
    /// A customer's own resource in an AWS zone: a load balancer, a database, an endpoint.
    CustomerResource,
    /// Another name of AWS's, no API.
    OtherAws,
    /// No AWS name at all.
    None,
    /// A name of a partner's that an AWS PrivateLink endpoint serves.
    Partner,
    /// Another name of a partner's.
    PartnerOther,
}

impl HostKind {
    /// The kind's name in reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The path by which a VPC reaches a service.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// Private answers at addresses of an interface endpoint of the VPC's own.
    LocalEndpoint,
    /// Private answers at other addresses: a central endpoint, or a private zone.
    CentralEndpoint,
    /// Public answers, and a gateway endpoint on the VPC's route tables.
    GatewayEndpoint,
    /// Public answers: through a NAT or internet gateway.
    Public,
    /// Both private and public answers.
    Mixed,
    /// No answers to judge by.
    Unknown,
}

/// A host that a VPC asked for, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassifiedHost {
    /// The VPC.
    pub vpc_id: VpcId,
    /// The name: lower case, no trailing dot.
    pub host: String,
    /// What the name is.
    pub kind: HostKind,
    /// The service's name: the endpoint service's, less its prefix.
    pub service: Option<String>,
    /// The region in the name; none for a global name.
    pub service_region: Option<String>,
    /// The partner and the product, of a partner's name.
    pub partner: Option<PartnerProduct>,
    /// Queries that were answered (`NOERROR`).
    pub queries: u64,
    /// Queries answered with NXDOMAIN.
    pub nxdomain_queries: u64,
    /// Queries answered with another error.
    pub failed_queries: u64,
    /// Queries of a name that is only the target of other names.
    pub alias_queries: u64,
    /// Queries whose first address is private.
    pub private_queries: u64,
    /// Queries whose first address is public.
    pub public_queries: u64,
    /// Addresses seen in answers, sorted.
    pub answers: Vec<IpAddr>,
    /// At least so many distinct source addresses asked.
    pub sources: u64,
}

/// A service as VPCs of a Region call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceNames {
    /// The service.
    pub service: SharedText,
    /// The region in the names; none for global names.
    pub service_region: Option<SharedText>,
    /// Whether that is the VPC's own.
    pub in_own_region: bool,
    /// The endpoint service's full name; unknown if none is offered or the region was not asked.
    pub endpoint_service_name: Option<SharedText>,
}

/// The calls of one VPC to one service in one region of it, as far as the advice on them needs it: a Region
/// may have tens of thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcService {
    /// The VPC.
    pub vpc_id: VpcId,
    /// The service.
    pub names: Arc<ServiceNames>,
    /// Queries of all its names.
    pub queries: u64,
    /// The path.
    pub path: Path,
    /// The VPC whose endpoint gave the central answers, where only one can have.
    pub hub: Option<Box<Hub>>,
    /// What the flow logs measured; unknown where no flow log shows it.
    pub bytes: ServiceBytes,
}

/// The calls of one VPC to one service, with all that is shown of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledService {
    /// What the advice on them needs.
    pub service: VpcService,
    /// How many names of it were asked for.
    pub hosts: u64,
    /// The most queried of them.
    pub top_host: String,
    /// Queries with a private answer.
    pub private_queries: u64,
    /// Queries with a public answer.
    pub public_queries: u64,
    /// Addresses seen in answers, sorted.
    pub answers: Vec<IpAddr>,
    /// At least so many distinct source addresses asked.
    pub sources: u64,
    /// `Gateway`, `Interface`; sorted.
    pub endpoint_types: Arc<[String]>,
    /// Whether the region offers an endpoint service; unknown if it could not be asked.
    pub endpoint_supported: Option<bool>,
    /// Whether the VPC has an available endpoint of it; unknown if its endpoints could not be listed.
    pub endpoint_exists: Option<bool>,
    /// Those endpoints.
    pub endpoint_ids: Vec<VpcEndpointId>,
}

/// Bytes between a VPC and a service in the window, as its flow logs measured them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceBytes {
    /// From the VPC to the service, by every route.
    pub to_service: Option<u64>,
    /// From the service to the VPC, by every route.
    pub from_service: Option<u64>,
    /// Both directions through NAT gateways.
    pub nat: Option<u64>,
    /// Whether it is known that bytes through NAT gateways are missing: no rate, and no money, comes
    /// of them then.
    pub part: bool,
}

/// A VPC with central endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// The account that owns it.
    pub account_id: AccountId,
    /// The VPC.
    pub vpc_id: VpcId,
}

/// The VPC behind a transit gateway, through whose NAT gateways another VPC goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentralEgress {
    /// The account that owns it.
    pub account_id: AccountId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// Its public NAT gateways that are available, or none: it then goes out by another egress.
    pub nat_gateway_ids: Vec<NatGatewayId>,
    /// Whether the transit gateway sends some addresses of the internet elsewhere.
    pub diverges: bool,
}

/// What leads out of a VPC.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Egress {
    /// A NAT gateway.
    Nat,
    /// A transit gateway; a NAT gateway may stand behind it, in another account.
    TransitGateway,
    /// An internet gateway.
    InternetGateway,
    /// A network interface that forwards.
    NatInstance,
    /// Something else: a peer, a VPN, an inspection endpoint.
    Other,
    /// No default route.
    None,
}
