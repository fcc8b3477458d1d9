//! VPCs with their address blocks and DNS attributes.

use aws_sdk_ec2::types::{self, VpcAttributeName, VpcCidrBlockStateCode};
use futures::{StreamExt, TryStreamExt, stream};

use super::{PAGE, name_tag};
use crate::{
    aws::pace::Api,
    model::{coverage::Failure, inventory::Vpc, target::Target},
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"];

/// Calls for DNS attributes at once in one target; EC2's rate limit does the rest.
const ATTRIBUTES_AT_ONCE: usize = 8;

/// Lists the VPCs, those shared with the account included.
pub async fn list(session: &Session) -> Result<Vec<Vpc>, Failure> {
    let pages = session.ec2().describe_vpcs().max_results(PAGE);
    let vpcs = session
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
        .await?;
    stream::iter(vpcs)
        .map(|vpc| with_dns(session, vpc))
        .buffered(ATTRIBUTES_AT_ONCE)
        .try_filter_map(|vpc| async { Ok(vpc) })
        .try_collect()
        .await
}

/// Adds the DNS attributes; only the owner of a VPC may read them. None if the VPC was deleted
/// after it was listed: that is no reason to lose the others.
async fn with_dns(session: &Session, vpc: Vpc) -> Result<Option<Vpc>, Failure> {
    let read = attributes(session, vpc).await;
    match read {
        Err(failure) if failure.code.as_deref() == Some("InvalidVpcID.NotFound") => Ok(None),
        read => read.map(Some),
    }
}

async fn attributes(session: &Session, vpc: Vpc) -> Result<Vpc, Failure> {
    if !vpc.is_seen_by_owner() {
        return Ok(vpc);
    }
    let attribute = |name: VpcAttributeName| {
        let call = session
            .ec2()
            .describe_vpc_attribute()
            .vpc_id(&vpc.vpc_id)
            .attribute(name);
        session.call(Api::Ec2("DescribeVpcAttribute"), move || {
            call.clone().send()
        })
    };
    let support = attribute(VpcAttributeName::EnableDnsSupport).await?;
    let hostnames = attribute(VpcAttributeName::EnableDnsHostnames).await?;
    Ok(Vpc {
        dns_support: support
            .enable_dns_support()
            .and_then(types::AttributeBooleanValue::value),
        dns_hostnames: hostnames
            .enable_dns_hostnames()
            .and_then(types::AttributeBooleanValue::value),
        ..vpc
    })
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
        vpc_id: required(vpc.vpc_id(), "Vpc.VpcId")?.to_owned(),
        name: name_tag(vpc.tags()),
        owner_account_id: match vpc.owner_id() {
            Some(owner) => owner.parse().map_err(|_| MissingField("Vpc.OwnerId"))?,
            None => target.account_id.clone(),
        },
        is_default: vpc.is_default().unwrap_or(false),
        cidrs,
        dns_support: None,
        dns_hostnames: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            .build();
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let read = vpc(&target, &answer).unwrap();
        let cidrs: Vec<_> = read.cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(cidrs, ["10.0.0.0/16", "100.64.0.0/16"]);
        assert!(read.is_seen_by_owner());
        assert!(vpc(&target, &types::Vpc::builder().build()).is_err());
    }
}
