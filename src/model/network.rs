//! What stands around endpoints and routes: network interfaces, security groups, transit gateways.
//!
//! Like `inventory`, reduced to what the judgements need, in AWS's own words.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{id::AccountId, target::Target};

/// A network interface of an interface endpoint or of a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// Where it was seen.
    pub target: Target,
    /// `eni-…`.
    pub network_interface_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnet.
    pub subnet_id: Option<String>,
    /// `vpc_endpoint` or `nat_gateway`.
    pub interface_type: String,
    /// Its private addresses, IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// What made it says what it is for: `VPC Endpoint Interface vpce-…`.
    pub description: Option<String>,
}

impl NetworkInterface {
    /// The endpoint or gateway that the description names.
    pub fn made_for(&self) -> Option<&str> {
        let mut words = self.description.as_deref()?.split_whitespace();
        words.rfind(|word| word.starts_with("vpce-") || word.starts_with("nat-"))
    }
}

/// A security group of an endpoint: what it lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Where it is.
    pub target: Target,
    /// `sg-…`.
    pub security_group_id: String,
    /// What it lets in.
    pub ingress: Vec<IngressRule>,
}

/// Something that a security group lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngressRule {
    /// `tcp`, `udp`, a number, or `-1` for every protocol.
    pub protocol: String,
    /// The first port; none for every port.
    pub from_port: Option<i32>,
    /// The last port; none for every port.
    pub to_port: Option<i32>,
    /// Address blocks that may come in.
    pub cidrs: Vec<IpNet>,
    /// Whether security groups or prefix lists may come in too, whose addresses are not known.
    pub others: bool,
}

/// The attachment of something to a transit gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayAttachment {
    /// Where it was seen: in the account of the resource, or in that of the transit gateway.
    pub target: Target,
    /// `tgw-attach-…`.
    pub attachment_id: String,
    /// `tgw-…`.
    pub transit_gateway_id: String,
    /// The account of the transit gateway.
    pub transit_gateway_owner_id: Option<AccountId>,
    /// `vpc`, `vpn`, `direct-connect-gateway`, `peering` and so on.
    pub resource_type: String,
    /// The VPC, for an attachment of one.
    pub resource_id: Option<String>,
    /// Whether traffic can pass it.
    pub available: bool,
    /// The transit gateway route table that traffic from it follows; only the owner sees it.
    pub route_table_id: Option<String>,
}

/// Where a transit gateway route table sends what has no better route; only the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayDefaultRoute {
    /// `tgw-rtb-…`.
    pub route_table_id: String,
    /// The attachments that it leads to; none if it drops.
    pub attachment_ids: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_says_which_endpoint_it_was_made_for() {
        let interface = |description: Option<&str>| NetworkInterface {
            target: Target {
                account_id: "123456789012".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            network_interface_id: "eni-1".into(),
            vpc_id: "vpc-1".into(),
            subnet_id: None,
            interface_type: "vpc_endpoint".into(),
            addresses: Vec::new(),
            description: description.map(str::to_owned),
        };
        let made_for = |text| interface(Some(text)).made_for().map(str::to_owned);
        assert_eq!(
            made_for("VPC Endpoint Interface vpce-1").as_deref(),
            Some("vpce-1")
        );
        assert_eq!(
            made_for("Interface for NAT Gateway nat-1").as_deref(),
            Some("nat-1")
        );
        assert_eq!(made_for("mine"), None);
        assert_eq!(interface(None).made_for(), None);
    }
}
