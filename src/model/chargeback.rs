//! What VPCs send through the NAT gateways of a hub VPC, and what that costs each of them.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{NatGatewayId, VpcId};
use super::target::Target;

/// The records that show whose the bytes through a NAT gateway are, the best first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChargebackBasis {
    /// The flow log of the NAT gateway's own interfaces, with the addresses of the packets.
    NatGatewayFlowLog,
    /// The flow log of the transit gateway between the VPC and the NAT gateway.
    TransitGatewayFlowLog,
    /// The flow logs of the VPC that sends them.
    VpcFlowLog,
    /// No record shows it.
    Unassigned,
}

/// Bytes of a VPC through the NAT gateways of a VPC, by what shows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EgressClient {
    /// The VPC of the NAT gateways.
    pub hub_vpc_id: VpcId,
    /// The NAT gateway; none if records do not show which one.
    pub nat_gateway_id: Option<NatGatewayId>,
    /// The VPC that the bytes are from or for.
    pub vpc_id: VpcId,
    /// The records.
    pub basis: ChargebackBasis,
}

/// A NAT gateway of a hub, or several that records do not distinguish, with the part of each VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargedGateways {
    /// The account and Region of the NAT gateways.
    pub target: Target,
    /// Their VPC.
    pub hub_vpc_id: VpcId,
    /// The NAT gateways.
    pub nat_gateway_ids: Vec<NatGatewayId>,
    /// Bytes through them in the window, both directions; none if neither metrics nor flow logs show
    /// all of them.
    pub bytes: Option<u64>,
    /// The parts. Their money adds up to what the NAT gateways cost.
    pub charges: Vec<Charge>,
}

/// The part of one VPC in the cost of NAT gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The VPC; none for what cannot be assigned.
    pub vpc_id: Option<VpcId>,
    /// Its bytes in the window, both directions; none if they are not known.
    pub bytes: Option<u64>,
    /// US dollars a month of the data; none if that cost is not known, or its split.
    pub data_usd: Option<Decimal>,
    /// US dollars a month of the hours; none if that cost is not known, or its split.
    pub hours_usd: Option<Decimal>,
    /// What the bytes rest on.
    pub basis: ChargebackBasis,
}
