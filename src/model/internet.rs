//! What lets a VPC reach the internet: internet gateways, and VPC Block Public Access.
//!
//! Like `inventory`, reduced to what the judgements need, in AWS's own words.

use super::kind::BlockMode;
use serde::{Deserialize, Serialize};

use super::id::{InternetGatewayId, VpcId};
use super::target::Target;

/// An internet gateway, or an egress-only one for IPv6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// Where it is.
    pub target: Target,
    /// `igw-…` or `eigw-…`.
    pub internet_gateway_id: InternetGatewayId,
    /// VPCs that it is attached to.
    pub vpc_ids: Vec<VpcId>,
}

/// VPC Block Public Access: whether VPCs of a target reach the internet by internet gateways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcBlockPublicAccess {
    /// The account and Region.
    pub target: Target,
    /// `off`, `block-ingress` or `block-bidirectional`.
    pub mode: BlockMode,
    /// What is excluded from that.
    pub exclusions: Vec<BlockPublicAccessExclusion>,
}

/// A VPC or subnet that VPC Block Public Access leaves alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockPublicAccessExclusion {
    /// `vpc-…` or `subnet-…`.
    pub resource_id: String,
    /// `allow-bidirectional` or `allow-egress`.
    pub mode: String,
}
