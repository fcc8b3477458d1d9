//! Subnets with their availability zones.

use aws_sdk_ec2::types;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, inventory::Subnet},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeSubnets"];

/// Lists the subnets, those shared with the account included.
pub async fn list(session: &Session) -> Result<Vec<Subnet>, Failure> {
    let pages = session.ec2().describe_subnets().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeSubnets"),
            || pages.clone().into_paginator().send(),
            |page| page.subnets().iter().map(subnet).collect(),
        )
        .await
}

fn subnet(subnet: &types::Subnet) -> Result<Subnet, MissingField> {
    let v6 = subnet
        .ipv6_cidr_block_association_set()
        .iter()
        .filter_map(|it| it.ipv6_cidr_block());
    Ok(Subnet {
        subnet_id: required(subnet.subnet_id(), "Subnet.SubnetId")?.into(),
        vpc_id: required(subnet.vpc_id(), "Subnet.VpcId")?.into(),
        availability_zone: required(subnet.availability_zone(), "Subnet.AvailabilityZone")?.into(),
        availability_zone_id: subnet.availability_zone_id().map(Into::into),
        cidrs: v6
            .chain(subnet.cidr_block())
            .filter_map(|block| block.parse().ok())
            .collect(),
        available_addresses: subnet
            .available_ip_address_count()
            .and_then(|count| u32::try_from(count).ok()),
    })
}
