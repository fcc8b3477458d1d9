//! The resources of a target, reduced to what the judgements need.
//!
//! Names are AWS's own. A field that AWS leaves out is `None`; a resource without a field that
//! it cannot be used without is left out, with a remark on the step (see `collect`).
//!
//! Of what every VPC has several, text of up to 24 bytes (any id) is kept in place.

use std::net::IpAddr;

use compact_str::CompactString;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    id::{
        AccountId, NatGatewayId, NetworkInterfaceId, Region, RouteTableId, SecurityGroupId,
        SubnetId, VpcEndpointId, VpcId,
    },
    kind::{AvailabilityMode, BlockMode, ConnectivityType, EndpointType, ResourceState},
    target::Target,
};
pub use super::{
    log_source::{AssociationState, FlowLog, QueryLogAssociation, QueryLogConfig},
    resource_metrics::{EndpointMetrics, NatMetrics},
};

/// A VPC as one account sees it: its owner, or a participant that shares its subnets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Where it was seen.
    pub target: Target,
    /// `vpc-…`.
    pub vpc_id: VpcId,
    /// The tag `Name`.
    pub name: Option<String>,
    /// The account that owns it.
    pub owner_account_id: AccountId,
    /// Whether it is the region's default VPC.
    pub is_default: bool,
    /// Associated IPv4 and IPv6 blocks.
    pub cidrs: Vec<IpNet>,
    /// `enableDnsSupport`; private DNS of endpoints needs it. Read where a judgement depends on it.
    pub dns_support: Option<bool>,
    /// `enableDnsHostnames`; private DNS of endpoints needs it. Read where a judgement depends on it.
    pub dns_hostnames: Option<bool>,
    /// The mode of VPC Block Public Access that EC2 lists with the VPC; none in runs of before
    /// 2026-11-28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_public_access: Option<BlockMode>,
}

impl Vpc {
    /// Whether the account that saw it owns it.
    pub fn is_seen_by_owner(&self) -> bool {
        self.owner_account_id == self.target.account_id
    }
}

/// The DNS attributes of a VPC, as its owner sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDnsAttributes {
    /// The VPC.
    pub vpc_id: VpcId,
    /// `enableDnsSupport`.
    pub dns_support: Option<bool>,
    /// `enableDnsHostnames`.
    pub dns_hostnames: Option<bool>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`.
    pub subnet_id: SubnetId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// Zone name, `eu-west-1a`; accounts may map names to zones differently.
    pub availability_zone: CompactString,
    /// Zone id, `euw1-az1`; the same zone in every account.
    pub availability_zone_id: Option<CompactString>,
    /// Its IPv4 and IPv6 blocks.
    #[serde(default)]
    pub cidrs: Vec<IpNet>,
    /// Private IPv4 addresses that are free; not read in runs of before 2026-11-27.
    #[serde(default)]
    pub available_addresses: Option<u32>,
}

/// What a route leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// Within the VPC.
    Local,
    /// A NAT gateway.
    NatGateway(CompactString),
    /// A transit gateway.
    TransitGateway(CompactString),
    /// An internet gateway, or an egress-only one for IPv6.
    InternetGateway(CompactString),
    /// A network interface: a NAT instance or an appliance.
    NetworkInterface(CompactString),
    /// A gateway endpoint, or a Gateway Load Balancer endpoint.
    VpcEndpoint(CompactString),
    /// A peering connection, a virtual private gateway, a carrier gateway and so on.
    Other(CompactString),
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// A CIDR block or the id of a prefix list.
    pub destination: CompactString,
    /// Where it leads.
    pub target: RouteTarget,
    /// Whether the target is gone, or a gateway is not attached to the VPC (`blackhole`).
    pub blackhole: bool,
    /// Whether EC2 gave the state that `blackhole` is read from; not set in runs of before 2026-11-28,
    /// which listed the gateways instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_state: bool,
}

impl Route {
    /// Whether it catches everything that has no better route: alone, as one of two halves, or, from
    /// an IPv6-only subnet, everything that has an IPv4 address only (NAT64, RFC 6052).
    pub fn is_default(&self) -> bool {
        const DEFAULTS: [&str; 7] = [
            "0.0.0.0/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "::/0",
            "::/1",
            "8000::/1",
            "64:ff9b::/96",
        ];
        DEFAULTS.contains(&self.destination.as_str())
    }
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`.
    pub route_table_id: RouteTableId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// Whether it serves the subnets that name no table of their own.
    pub main: bool,
    /// Subnets that name it.
    pub subnet_ids: Vec<SubnetId>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A NAT gateway, zonal or regional, public or private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// Where it is.
    pub target: Target,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// `nat-…`.
    pub nat_gateway_id: NatGatewayId,
    /// The tag `Name`.
    pub name: Option<String>,
    /// `pending`, `failed`, `available`, `deleting` or `deleted`.
    pub state: ResourceState,
    /// `public` or `private`.
    pub connectivity_type: ConnectivityType,
    /// `zonal` or `regional`.
    pub availability_mode: AvailabilityMode,
    /// Its subnet; a regional gateway has none.
    pub subnet_id: Option<SubnetId>,
    /// Zones of a regional gateway's addresses; a zonal one's zone follows from its subnet.
    pub availability_zones: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Public IPv4 addresses; not counted in runs of before 2026-11-21.
    #[serde(default)]
    pub public_ipv4_addresses: Option<u64>,
    /// Its addresses; not read in runs of before 2026-11-27.
    #[serde(default)]
    pub addresses: Option<Vec<NatGatewayAddress>>,
}

impl NatGateway {
    /// Whether it spans the zones of its VPC.
    pub fn is_regional(&self) -> bool {
        self.availability_mode == AvailabilityMode::Regional
    }
}

/// An address of a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGatewayAddress {
    /// The network interface that holds it, `eni-…`; that of a regional gateway is not in the VPC.
    pub network_interface_id: Option<NetworkInterfaceId>,
    /// The private address.
    pub private_ip: Option<IpAddr>,
    /// The public address.
    pub public_ip: Option<IpAddr>,
    /// The zone of a regional gateway's address.
    pub availability_zone: Option<String>,
}

/// A VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where it was seen.
    pub target: Target,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// `vpce-…`.
    pub endpoint_id: VpcEndpointId,
    /// The endpoint service it leads to.
    pub service_name: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`.
    pub endpoint_type: EndpointType,
    /// The state, in lower case: `available`, `pending` and so on.
    pub state: ResourceState,
    /// Whether the service's own names resolve to the endpoint.
    pub private_dns_enabled: Option<bool>,
    /// Subnets with an interface of the endpoint.
    pub subnet_ids: Vec<SubnetId>,
    /// Route tables of a gateway endpoint.
    pub route_table_ids: Vec<RouteTableId>,
    /// Security groups of its interfaces.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Network interfaces of an interface endpoint.
    pub network_interface_ids: Vec<NetworkInterfaceId>,
    /// Whether its private DNS answers only what comes through inbound Resolver endpoints (S3).
    pub private_dns_only_for_inbound: bool,
    /// The endpoint policy, a JSON document.
    pub policy: Option<String>,
    /// The tag `Name`.
    #[serde(default)]
    pub name: Option<String>,
    /// When it was created; not read in runs of before 2026-11-27, like what follows.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// Whether an AWS service created it and manages it.
    #[serde(default)]
    pub requester_managed: Option<bool>,
    /// The Region of the service, where it is not necessarily the endpoint's own.
    #[serde(default)]
    pub service_region: Option<Region>,
    /// `ipv4`, `dualstack` or `ipv6`.
    #[serde(default)]
    pub ip_address_type: Option<String>,
    /// How its private DNS names are answered.
    #[serde(default)]
    pub dns_options: Option<Box<EndpointDnsOptions>>,
    /// The last error of the endpoint, `CODE: message`.
    #[serde(default)]
    pub last_error: Option<String>,
    /// Why it could not be created.
    #[serde(default)]
    pub failure_reason: Option<String>,
}

/// How the private DNS names of an endpoint are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointDnsOptions {
    /// Which records its names have: `ipv4` (A), `dualstack` (A and AAAA), `ipv6` (AAAA) or
    /// `service-defined`.
    pub record_ip_type: Option<String>,
    /// Which domains get a private hosted zone (`ALL_DOMAINS` and so on).
    pub private_dns_preference: Option<String>,
    /// The domains that were specified for that.
    pub private_dns_specified_domains: Vec<String>,
}

impl Endpoint {
    /// Whether traffic can pass it.
    pub fn is_available(&self) -> bool {
        self.state == ResourceState::Available
    }

    /// Whether it will be available, or waits for the service's owner to accept it.
    pub fn is_unfinished(&self) -> bool {
        matches!(
            self.state,
            ResourceState::Pending | ResourceState::PendingAcceptance
        )
    }

    /// Whether a gateway endpoint takes traffic to an address, by its IP address type: its route tables
    /// hold the IPv6 prefixes of the service only if that allows it
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>). What NAT64
    /// translates is for the NAT gateway.
    pub fn routes_family_of(&self, address: IpAddr) -> bool {
        let kind = self.ip_address_type.as_deref();
        match address {
            IpAddr::V4(_) => kind != Some("ipv6"),
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => kind != Some("ipv6"),
            IpAddr::V6(_) if is_translated(address) => false,
            IpAddr::V6(_) => matches!(kind, Some("ipv6" | "dualstack")),
        }
    }

    /// The Region of the service: the endpoint's own, unless AWS names another.
    pub fn region_of_service(&self) -> &Region {
        self.service_region.as_ref().unwrap_or(&self.target.region)
    }

    /// Whether the service is in another Region.
    pub fn is_cross_region(&self) -> bool {
        *self.region_of_service() != self.target.region
    }
}

/// An endpoint service that AWS offers in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointService {
    /// The region that offers it.
    pub region: Region,
    /// `com.amazonaws.eu-west-1.ecr.api` and the like. S3 is listed once as gateway, once as interface.
    pub service_name: String,
    /// `Interface`, `Gateway` or `GatewayLoadBalancer`.
    pub service_type: EndpointType,
    /// Names that its private DNS answers; `*.` stands for one or more labels.
    pub private_dns_names: Vec<String>,
    /// Ids of the zones that offer it; names would differ from account to account.
    pub availability_zone_ids: Vec<String>,
    /// Whether endpoints of it take a policy.
    pub policy_supported: Option<bool>,
}

/// Whether DNS64 made an address of an IPv4 one, so that a NAT gateway translates what is sent to it (the
/// well-known prefix of RFC 6052).
pub fn is_translated(address: IpAddr) -> bool {
    const NAT64: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];
    matches!(address, IpAddr::V6(v6) if v6.segments()[..6] == NAT64)
}

/// Whether `address` is one that only a private network can answer with: RFC 1918, the shared
/// space of RFC 6598, that of RFC 2544, unique local and link-local addresses.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_address_space_is_private_and_its_neighbours_are_not() {
        for (text, expected) in [
            ("10.0.0.1", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("100.64.0.1", true),
            ("100.127.255.255", true),
            ("100.128.0.0", false),
            ("198.19.255.255", true),
            ("198.20.0.0", false),
            ("54.239.28.85", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2600:1f18::1", false),
        ] {
            assert_eq!(is_private(text.parse().unwrap()), expected, "{text}");
        }
    }
}
