//! NAT gateways, zonal and regional, public and private.

use aws_sdk_ec2::types;

use super::{PAGE, name_tag, timestamp};
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        inventory::{NatGateway, NatGatewayAddress},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeNatGateways"];

/// Lists the NAT gateways; deleted ones stay visible for about an hour.
pub async fn list(session: &Session) -> Result<Vec<NatGateway>, Failure> {
    let pages = session.ec2().describe_nat_gateways().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeNatGateways"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.nat_gateways()
                    .iter()
                    .map(|it| nat_gateway(session.target(), it))
                    .collect()
            },
        )
        .await
}

fn nat_gateway(target: &Target, gateway: &types::NatGateway) -> Result<NatGateway, MissingField> {
    let mut zones: Vec<String> = gateway
        .nat_gateway_addresses()
        .iter()
        .filter_map(|address| address.availability_zone().map(str::to_owned))
        .collect();
    zones.sort();
    zones.dedup();
    Ok(NatGateway {
        target: target.clone(),
        vpc_id: required(gateway.vpc_id(), "NatGateway.VpcId")?.into(),
        nat_gateway_id: required(gateway.nat_gateway_id(), "NatGateway.NatGatewayId")?.into(),
        name: name_tag(gateway.tags()),
        state: required(gateway.state(), "NatGateway.State")?
            .as_str()
            .into(),
        // Both attributes are younger than NAT gateways: what lacks them is public and zonal.
        connectivity_type: gateway
            .connectivity_type()
            .map_or("public", types::ConnectivityType::as_str)
            .into(),
        availability_mode: gateway
            .availability_mode()
            .map_or("zonal", types::AvailabilityMode::as_str)
            .into(),
        subnet_id: gateway
            .subnet_id()
            .filter(|id| !id.is_empty())
            .map(Into::into),
        availability_zones: zones,
        created_at: timestamp(gateway.create_time()),
        deleted_at: timestamp(gateway.delete_time()),
        public_ipv4_addresses: Some(public_addresses(gateway)),
        addresses: Some(held_addresses(gateway).map(address).collect()),
    })
}

/// The addresses of a gateway: one that could not be associated is none of them.
fn held_addresses(gateway: &types::NatGateway) -> impl Iterator<Item = &types::NatGatewayAddress> {
    let addresses = gateway.nat_gateway_addresses().iter();
    addresses.filter(|it| it.status() != Some(&types::NatGatewayAddressStatus::Failed))
}

fn address(address: &types::NatGatewayAddress) -> NatGatewayAddress {
    let text = |text: Option<&str>| text.filter(|it| !it.is_empty()).map(str::to_owned);
    let ip = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    NatGatewayAddress {
        network_interface_id: address.network_interface_id().map(Into::into),
        private_ip: ip(address.private_ip()),
        public_ip: ip(address.public_ip()),
        availability_zone: text(address.availability_zone()),
    }
}

fn public_addresses(gateway: &types::NatGateway) -> u64 {
    held_addresses(gateway)
        .filter(|address| address.public_ip().is_some_and(|ip| !ip.is_empty()))
        .map(|_| 1)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regional_gateway_shows_its_zones_by_its_addresses() {
        let address = |zone: &str| {
            types::NatGatewayAddress::builder()
                .availability_zone(zone)
                .public_ip("198.51.100.1")
                .build()
        };
        let answer = types::NatGateway::builder()
            .nat_gateway_id("nat-1")
            .vpc_id("vpc-1")
            .state(types::NatGatewayState::Available)
            .availability_mode(types::AvailabilityMode::Regional)
            .nat_gateway_addresses(address("eu-west-1b"))
            .nat_gateway_addresses(
                types::NatGatewayAddress::builder()
                    .public_ip("198.51.100.2")
                    .status(types::NatGatewayAddressStatus::Failed)
                    .build(),
            )
            .nat_gateway_addresses(
                types::NatGatewayAddress::builder()
                    .private_ip("10.0.0.1")
                    .build(),
            )
            .nat_gateway_addresses(address("eu-west-1a"))
            .nat_gateway_addresses(address("eu-west-1a"))
            .build();
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let read = nat_gateway(&target, &answer).unwrap();
        assert!(read.is_regional());
        assert_eq!(read.availability_zones, ["eu-west-1a", "eu-west-1b"]);
        assert_eq!(read.connectivity_type.as_str(), "public");
        assert_eq!(read.public_ipv4_addresses, Some(3));
        // The one that failed is none of them.
        assert_eq!(read.addresses.unwrap().len(), 4);
    }
}
