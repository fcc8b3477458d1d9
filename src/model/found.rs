//! What one cell of a run read, as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    bill::Bill,
    coverage::{Cell, Failure},
    id::{Region, VpcId},
    internet::{InternetGateway, VpcBlockPublicAccess},
    inventory::{
        Endpoint, EndpointMetrics, EndpointService, FlowLog, NatGateway, NatMetrics,
        QueryLogAssociation, QueryLogConfig, RouteTable, Subnet, Vpc, VpcDnsAttributes,
    },
    network::{
        NetworkInterface, SecurityGroup, TransitGatewayAttachment, TransitGatewayRouteTable,
    },
    partner::PartnerServiceCheck,
    target::{Account, Target},
};

/// A finished cell with what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// How it ended.
    pub cell: Cell,
    /// What was read; also of a cell that failed before its end.
    pub found: Found,
}

/// What one cell read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Nothing to keep.
    #[default]
    Nothing,
    /// Accounts, selected or not.
    Accounts(Vec<Account>),
    /// VPCs.
    Vpcs(Vec<Vpc>),
    /// Subnets.
    Subnets(Vec<Subnet>),
    /// Route tables.
    RouteTables(Vec<RouteTable>),
    /// NAT gateways.
    NatGateways(Vec<NatGateway>),
    /// Endpoints.
    Endpoints(Vec<Endpoint>),
    /// Network interfaces of endpoints and NAT gateways.
    NetworkInterfaces(Vec<NetworkInterface>),
    /// Security groups of endpoints.
    SecurityGroups(Vec<SecurityGroup>),
    /// Attachments to transit gateways, and the route tables of these.
    TransitGateways(Vec<TransitGatewayAttachment>, Vec<TransitGatewayRouteTable>),
    /// Endpoint services of a region.
    EndpointServices(Vec<EndpointService>),
    /// Query log configurations and associations.
    QueryLogging(Vec<QueryLogConfig>, Vec<QueryLogAssociation>),
    /// Query log configurations that Route 53 Profiles carry, and the VPCs that they reach.
    ProfileQueryLogging(Vec<QueryLogConfig>, Vec<QueryLogAssociation>),
    /// The same where some of the Profiles could not be read.
    PartialProfileQueryLogging(
        Vec<QueryLogConfig>,
        Vec<QueryLogAssociation>,
        UnreadProfiles,
    ),
    /// Flow logs.
    FlowLogs(Vec<FlowLog>),
    /// NAT gateway metrics.
    NatMetrics(Vec<NatMetrics>),
    /// Internet gateways, egress-only ones included.
    InternetGateways(Vec<InternetGateway>),
    /// VPC Block Public Access of the Region.
    VpcBlockPublicAccess(VpcBlockPublicAccess),
    /// Metrics of interface endpoints.
    EndpointMetrics(Vec<EndpointMetrics>),
    /// DNS attributes of VPCs.
    VpcDnsAttributes(Vec<VpcDnsAttributes>),
    /// Published endpoint services of partners that were asked for.
    PartnerServices(Target, Vec<PartnerServiceCheck>),
    /// The regions of an account that are looked at.
    Regions(Vec<Region>),
    /// What AWS billed.
    Bill(Bill),
}

/// Route 53 Profiles of which it is not known what they carry, and the VPCs that are associated with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadProfiles {
    /// The account and Region that could not read them.
    pub target: Target,
    /// The associated VPCs; of every other VPC of the account all Profiles are known.
    pub vpc_ids: BTreeSet<VpcId>,
    /// The first failure.
    pub failure: Failure,
}

impl Found {
    /// What a step found, and why it is not complete.
    pub fn of<T>(
        result: Result<T, Failure>,
        found: impl FnOnce(T) -> Self,
    ) -> (Self, Option<Failure>) {
        match result.map(found) {
            Ok(found) => {
                let failure = found.failure().cloned();
                (found, failure)
            }
            Err(failure) => (Self::Nothing, Some(failure)),
        }
    }

    /// Why a part of what was looked for is missing; none if nothing is.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::PartialProfileQueryLogging(_, _, unread) => Some(&unread.failure),
            _ => None,
        }
    }
}
