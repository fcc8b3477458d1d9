//! Network interfaces of interface endpoints and NAT gateways: which addresses are theirs.

use aws_sdk_ec2::types;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, network::NetworkInterface, target::Target},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeNetworkInterfaces"];

/// The types that are kept. EC2 filters by them; every other interface stays where it is.
const TYPES: [&str; 2] = ["vpc_endpoint", "nat_gateway"];

/// Values that one filter takes (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>).
const FILTER_VALUES: usize = 200;

/// Lists these interfaces.
pub async fn list(session: &Session) -> Result<Vec<NetworkInterface>, Failure> {
    list_by(session, "interface-type", TYPES.map(str::to_owned).to_vec()).await
}

/// Finds interfaces of any type by their ids. Those that are gone, or of another account, are missing.
pub async fn find(session: &Session, ids: &[String]) -> Result<Vec<NetworkInterface>, Failure> {
    let mut found = Vec::new();
    for ids in ids.chunks(FILTER_VALUES) {
        found.extend(list_by(session, "network-interface-id", ids.to_vec()).await?);
    }
    Ok(found)
}

/// Always by pages: without, EC2 counts the call against a smaller bucket.
async fn list_by(
    session: &Session,
    filter: &str,
    values: Vec<String>,
) -> Result<Vec<NetworkInterface>, Failure> {
    let filter = types::Filter::builder()
        .name(filter)
        .set_values(Some(values))
        .build();
    let pages = session
        .ec2()
        .describe_network_interfaces()
        .filters(filter)
        .max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeNetworkInterfaces"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.network_interfaces()
                    .iter()
                    .map(|it| interface(session.target(), it))
                    .collect()
            },
        )
        .await
}

fn interface(
    target: &Target,
    interface: &types::NetworkInterface,
) -> Result<NetworkInterface, MissingField> {
    let invalid = MissingField("NetworkInterface.PrivateIpAddress");
    let v4 = interface
        .private_ip_addresses()
        .iter()
        .filter_map(|it| it.private_ip_address())
        .chain(interface.private_ip_address());
    let v6 = interface
        .ipv6_addresses()
        .iter()
        .filter_map(|it| it.ipv6_address())
        .chain(interface.ipv6_address());
    let mut addresses = Vec::new();
    for address in v4.chain(v6) {
        addresses.push(address.parse().map_err(|_| invalid.clone())?);
    }
    addresses.sort_unstable();
    addresses.dedup();
    Ok(NetworkInterface {
        target: target.clone(),
        network_interface_id: required(
            interface.network_interface_id(),
            "NetworkInterface.NetworkInterfaceId",
        )?
        .into(),
        vpc_id: required(interface.vpc_id(), "NetworkInterface.VpcId")?.into(),
        subnet_id: interface.subnet_id().map(Into::into),
        interface_type: interface
            .interface_type()
            .map_or("", types::NetworkInterfaceType::as_str)
            .into(),
        addresses,
        description: interface.description().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_an_interface_is_kept_once_of_both_families() {
        let v4 = types::NetworkInterfacePrivateIpAddress::builder()
            .private_ip_address("10.0.0.9")
            .build();
        let v6 = types::NetworkInterfaceIpv6Address::builder()
            .ipv6_address("2600:1f18::9")
            .build();
        let answer = types::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .vpc_id("vpc-1")
            .interface_type(types::NetworkInterfaceType::VpcEndpoint)
            .private_ip_address("10.0.0.9")
            .private_ip_addresses(v4)
            .ipv6_addresses(v6);
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        };
        let read = interface(&target, &answer.clone().build()).unwrap();
        let addresses: Vec<_> = read.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["10.0.0.9", "2600:1f18::9"]);
        assert_eq!(read.interface_type.as_str(), "vpc_endpoint");
        let odd = answer.private_ip_address("ten").build();
        assert!(interface(&target, &odd).is_err());
    }
}
