//! VPCs with their address blocks.

use aws_sdk_ec2::types::{self, VpcCidrBlockStateCode};

use super::{PAGE, name_tag};
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, inventory::Vpc, target::Target},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcs"];

/// Lists the VPCs, those shared with the account included. Their DNS attributes are not in the
/// answer: `collect::vpc_dns_attributes` reads them.
pub async fn list(session: &Session) -> Result<Vec<Vpc>, Failure> {
    let pages = session.ec2().describe_vpcs().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeVpcs"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.vpcs()
                    .iter()
                    .map(|it| vpc(session.target(), it))
                    .collect()
            },
        )
        .await
}

fn vpc(target: &Target, vpc: &types::Vpc) -> Result<Vpc, MissingField> {
    let gone = [
        VpcCidrBlockStateCode::Disassociated,
        VpcCidrBlockStateCode::Disassociating,
        VpcCidrBlockStateCode::Failed,
    ];
    let in_use = |state: Option<&VpcCidrBlockStateCode>| state.is_none_or(|it| !gone.contains(it));
    let v4 = vpc.cidr_block_association_set().iter().filter_map(|block| {
        let state = block.cidr_block_state().and_then(|state| state.state());
        block.cidr_block().filter(|_| in_use(state))
    });
    let v6 = vpc
        .ipv6_cidr_block_association_set()
        .iter()
        .filter_map(|block| {
            let state = block
                .ipv6_cidr_block_state()
                .and_then(|state| state.state());
            block.ipv6_cidr_block().filter(|_| in_use(state))
        });
    let mut cidrs = Vec::new();
    for block in vpc.cidr_block().into_iter().chain(v4).chain(v6) {
        let block = block.parse().map_err(|_| MissingField("Vpc.CidrBlock"))?;
        if !cidrs.contains(&block) {
            cidrs.push(block);
        }
    }
    Ok(Vpc {
        target: target.clone(),
        vpc_id: required(vpc.vpc_id(), "Vpc.VpcId")?.into(),
        name: name_tag(vpc.tags()),
        owner_account_id: match vpc.owner_id() {
            Some(owner) => owner.parse().map_err(|_| MissingField("Vpc.OwnerId"))?,
            None => target.account_id.clone(),
        },
        is_default: vpc.is_default().unwrap_or(false),
        cidrs,
        dns_support: None,
        dns_hostnames: None,
        block_public_access: vpc
            .block_public_access_states()
            .and_then(types::BlockPublicAccessStates::internet_gateway_block_mode)
            .map(|mode| mode.as_str().into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::BlockMode;

    #[test]
    fn a_block_that_is_gone_does_not_count_and_none_counts_twice() {
        let block = |cidr: &str, state: VpcCidrBlockStateCode| {
            types::VpcCidrBlockAssociation::builder()
                .cidr_block(cidr)
                .cidr_block_state(types::VpcCidrBlockState::builder().state(state).build())
                .build()
        };
        let answer = types::Vpc::builder()
            .vpc_id("vpc-1")
            .cidr_block("10.0.0.0/16")
            .cidr_block_association_set(block("10.0.0.0/16", VpcCidrBlockStateCode::Associated))
            .cidr_block_association_set(block("100.64.0.0/16", VpcCidrBlockStateCode::Associated))
            .cidr_block_association_set(block("10.9.0.0/16", VpcCidrBlockStateCode::Disassociated))
            .block_public_access_states(
                types::BlockPublicAccessStates::builder()
                    .internet_gateway_block_mode(types::BlockPublicAccessMode::BlockIngress)
                    .build(),
            )
            .build();
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let read = vpc(&target, &answer).unwrap();
        let cidrs: Vec<_> = read.cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(cidrs, ["10.0.0.0/16", "100.64.0.0/16"]);
        assert!(read.is_seen_by_owner());
        assert_eq!(read.block_public_access, Some(BlockMode::BlockIngress));
        assert!(vpc(&target, &types::Vpc::builder().build()).is_err());
    }
}
