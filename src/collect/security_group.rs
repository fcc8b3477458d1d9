//! Security groups of interface endpoints: what they let in.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        id::SecurityGroupId,
        inventory::Endpoint,
        network::{IngressRule, SecurityGroup},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeSecurityGroups"];

/// Values that one filter may hold
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
const VALUES_PER_FILTER: usize = 200;

/// The groups of these endpoints, each once.
pub fn of_endpoints<'e>(endpoints: impl Iterator<Item = &'e Endpoint>) -> Vec<SecurityGroupId> {
    let groups = endpoints.flat_map(|it| it.security_group_ids.iter().cloned());
    groups.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Reads these groups. By a filter, not by id: a group that is gone since is left out, no error.
pub async fn list(
    session: &Session,
    group_ids: &[SecurityGroupId],
) -> Result<Vec<SecurityGroup>, Failure> {
    let mut groups = Vec::new();
    for chunk in group_ids.chunks(VALUES_PER_FILTER) {
        let filter = types::Filter::builder()
            .name("group-id")
            .set_values(Some(chunk.iter().map(ToString::to_string).collect()))
            .build();
        let pages = session
            .ec2()
            .describe_security_groups()
            .filters(filter)
            .max_results(super::PAGE);
        let read = session
            .items(
                Api::Ec2("DescribeSecurityGroups"),
                || pages.clone().into_paginator().send(),
                |page| {
                    page.security_groups()
                        .iter()
                        .map(|it| group(session.target(), it))
                        .collect()
                },
            )
            .await?;
        groups.extend(read);
    }
    Ok(groups)
}

fn group(target: &Target, group: &types::SecurityGroup) -> Result<SecurityGroup, MissingField> {
    Ok(SecurityGroup {
        target: target.clone(),
        security_group_id: required(group.group_id(), "SecurityGroup.GroupId")?.into(),
        ingress: group
            .ip_permissions()
            .iter()
            .map(rule)
            .collect::<Result<_, _>>()?,
    })
}

fn rule(rule: &types::IpPermission) -> Result<IngressRule, MissingField> {
    let v4 = rule.ip_ranges().iter().filter_map(|it| it.cidr_ip());
    let v6 = rule.ipv6_ranges().iter().filter_map(|it| it.cidr_ipv6());
    let cidrs = v4.chain(v6).map(|block| {
        block
            .parse()
            .map_err(|_| MissingField("IpPermission.CidrIp"))
    });
    Ok(IngressRule {
        protocol: required(rule.ip_protocol(), "IpPermission.IpProtocol")?.to_owned(),
        from_port: rule.from_port(),
        to_port: rule.to_port(),
        cidrs: cidrs.collect::<Result<_, _>>()?,
        others: !rule.user_id_group_pairs().is_empty() || !rule.prefix_list_ids().is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_its_blocks_and_shows_that_there_is_more() {
        let range = types::IpRange::builder().cidr_ip("10.0.0.0/16").build();
        let v6 = types::Ipv6Range::builder().cidr_ipv6("fd00::/8").build();
        let list = types::PrefixListId::builder()
            .prefix_list_id("pl-1")
            .build();
        let answer = types::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(range)
            .ipv6_ranges(v6);
        let read = rule(&answer.clone().build()).unwrap();
        assert_eq!(read.cidrs.len(), 2);
        assert!(!read.others);
        assert!(rule(&answer.prefix_list_ids(list).build()).unwrap().others);
        assert!(rule(&types::IpPermission::builder().build()).is_err());
    }
}
