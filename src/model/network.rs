//! What stands around endpoints and routes: network interfaces, security groups, transit gateways.
//!
//! Like `inventory`, reduced to what the judgements need, in AWS's own words.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{
    id::{
        AccountId, NetworkInterfaceId, SecurityGroupId, SubnetId, TransitGatewayAttachmentId,
        TransitGatewayId, TransitGatewayRouteTableId, VpcId,
    },
    kind::{AttachedResource, InterfaceType},
    target::Target,
};

/// A network interface of an interface endpoint or of a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// Where it was seen.
    pub target: Target,
    /// `eni-…`.
    pub network_interface_id: NetworkInterfaceId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// Its subnet.
    pub subnet_id: Option<SubnetId>,
    /// `vpc_endpoint` or `nat_gateway`.
    pub interface_type: InterfaceType,
    /// Its private addresses, IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// What it is for, in the words of what made it: `VPC Endpoint Interface vpce-…`.
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
    pub security_group_id: SecurityGroupId,
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
    pub attachment_id: TransitGatewayAttachmentId,
    /// `tgw-…`.
    pub transit_gateway_id: TransitGatewayId,
    /// The account of the transit gateway.
    pub transit_gateway_owner_id: Option<AccountId>,
    /// The account of what is attached; not recorded in runs of before 2026-11-27.
    #[serde(default)]
    pub resource_owner_id: Option<AccountId>,
    /// `vpc`, `vpn`, `direct-connect-gateway`, `peering` and so on.
    pub resource_type: AttachedResource,
    /// The VPC, for an attachment of one.
    pub resource_id: Option<String>,
    /// Whether traffic can pass it.
    pub available: bool,
    /// The transit gateway route table that traffic from it follows; only the owner sees it.
    pub route_table_id: Option<TransitGatewayRouteTableId>,
}

/// A route table of a transit gateway, as far as it leads out of private networks; only the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayRouteTable {
    /// `tgw-rtb-…`.
    pub route_table_id: TransitGatewayRouteTableId,
    /// The attachments that the default route leads to; none if it drops. Read alone in runs of before
    /// 2026-11-28.
    #[serde(default)]
    pub attachment_ids: Vec<TransitGatewayAttachmentId>,
    /// Its routes, but for those to private addresses; none if they were not read to their end.
    #[serde(default)]
    pub routes: Option<Vec<TransitGatewayRoute>>,
}

/// A route of a transit gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayRoute {
    /// What it is for.
    pub destination: IpNet,
    /// The attachments that it leads to.
    pub attachment_ids: Vec<TransitGatewayAttachmentId>,
    /// Whether it drops.
    pub blackhole: bool,
    /// Whether it was made by hand, and comes before a propagated one to the same destination.
    pub is_static: bool,
}

impl TransitGatewayRouteTable {
    /// The attachments that the table sends an address to, or, without one, what has no better route;
    /// none if it drops. The longest prefix decides, then static routes come before propagated ones
    /// (<https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html>).
    pub fn attachments_to(&self, address: Option<IpAddr>) -> BTreeSet<&str> {
        let Some(routes) = &self.routes else {
            return self
                .attachment_ids
                .iter()
                .map(TransitGatewayAttachmentId::as_str)
                .collect();
        };
        let best = |address: IpAddr, longest: u8| {
            let fitting = routes.iter().filter(|it| {
                it.destination.prefix_len() <= longest && it.destination.contains(&address)
            });
            let best = fitting.max_by_key(|it| (it.destination.prefix_len(), it.is_static));
            let best = best.filter(|it| !it.blackhole);
            best.map_or(&[][..], |it| it.attachment_ids.as_slice())
        };
        if let Some(address) = address {
            return best(address, u8::MAX)
                .iter()
                .map(TransitGatewayAttachmentId::as_str)
                .collect();
        }
        let [low, high] = HALVES.map(|address| best(address, HALF));
        // Half of a default route is none.
        let whole = !low.is_empty() && !high.is_empty();
        let both = low.iter().chain(high).filter(|_| whole);
        both.map(TransitGatewayAttachmentId::as_str).collect()
    }

    /// Whether the default route does not decide for all addresses: another route leads elsewhere.
    pub fn diverges(&self) -> bool {
        let default = self.attachments_to(None);
        let elsewhere = |it: &TransitGatewayRoute| {
            let ids = self.attachments_to(Some(it.destination.network()));
            it.destination.addr().is_ipv4()
                && it.destination.prefix_len() > HALF
                && !ids.is_empty()
                && ids != default
        };
        self.routes.iter().flatten().any(elsewhere)
    }
}

/// The prefix length of half of all IPv4 addresses, and where the halves begin: two routes may stand
/// for a default route.
const HALF: u8 = 1;
const HALVES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V4(Ipv4Addr::new(128, 0, 0, 0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(all: &[(&str, &str, bool)]) -> TransitGatewayRouteTable {
        let route = |(to, attachment, is_static): &(&str, &str, bool)| TransitGatewayRoute {
            destination: to.parse().unwrap(),
            attachment_ids: [*attachment]
                .into_iter()
                .filter(|it| *it != "drop")
                .map(Into::into)
                .collect(),
            blackhole: *attachment == "drop",
            is_static: *is_static,
        };
        TransitGatewayRouteTable {
            route_table_id: "tgw-rtb-1".into(),
            attachment_ids: Vec::new(),
            routes: Some(all.iter().map(route).collect()),
        }
    }

    #[test]
    fn the_longest_prefix_decides_and_static_routes_come_before_propagated_ones() {
        let table = routes(&[
            ("0.0.0.0/0", "hub", true),
            ("52.0.0.0/8", "vpn", false),
            ("52.218.0.0/17", "drop", true),
            ("52.218.0.0/17", "vpn", false),
            ("54.0.0.0/8", "other", false),
            ("54.0.0.0/8", "hub", true),
            ("::/0", "six", true),
        ]);
        let to = |address: &str| {
            let address = address.parse().unwrap();
            let found = table.attachments_to(Some(address)).into_iter();
            found.collect::<Vec<_>>().join(" ")
        };
        for (address, expected) in [
            ("3.5.1.1", "hub"),
            ("52.1.1.1", "vpn"),
            ("52.218.1.1", ""),
            ("52.218.128.1", "vpn"),
            ("54.1.1.1", "hub"),
            ("2600:1f18::1", "six"),
        ] {
            assert_eq!(to(address), expected, "{address}");
        }
        assert!(table.attachments_to(None).contains("hub"));
        assert!(table.diverges());
    }

    #[test]
    fn a_default_route_may_be_two_halves_and_half_of_one_is_none() {
        for (all, expected) in [
            (
                &[("0.0.0.0/1", "a", true), ("128.0.0.0/1", "a", true)][..],
                "a",
            ),
            (
                &[("0.0.0.0/1", "a", true), ("128.0.0.0/1", "b", true)],
                "a b",
            ),
            (&[("0.0.0.0/1", "a", true)], ""),
            (&[("0.0.0.0/0", "a", true), ("0.0.0.0/1", "b", true)], "a b"),
            (&[("0.0.0.0/0", "drop", true)], ""),
            (
                &[("0.0.0.0/0", "drop", true), ("0.0.0.0/0", "a", false)],
                "",
            ),
            (&[("52.0.0.0/8", "a", true)], ""),
            (&[], ""),
        ] {
            let table = routes(all);
            let found: Vec<_> = table.attachments_to(None).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{all:?}");
        }
        assert!(!routes(&[("0.0.0.0/0", "a", true), ("52.0.0.0/8", "a", true)]).diverges());
        let shadowed = [
            ("0.0.0.0/0", "a", true),
            ("52.0.0.0/8", "a", true),
            ("52.0.0.0/8", "b", false),
        ];
        assert!(!routes(&shadowed).diverges(), "the static route decides");
        assert!(!routes(&[("0.0.0.0/0", "a", true), ("52.0.0.0/8", "drop", true)]).diverges());
    }

    #[test]
    fn an_interface_shows_which_endpoint_it_was_made_for() {
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
