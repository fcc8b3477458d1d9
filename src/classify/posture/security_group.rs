//! Whether the security groups of an endpoint let TCP port 443 in from the VPC.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::{PostureContext, Subject};
use crate::model::network::{IngressRule, SecurityGroup};

/// Services that listen on other ports than 443, so that a closed one says nothing
/// (<https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html>,
/// <https://docs.aws.amazon.com/keyspaces/latest/devguide/vpc-endpoints.html>,
/// <https://docs.aws.amazon.com/transfer/latest/userguide/create-server-in-vpc.html>).
pub(super) const NOT_HTTPS: [&str; 4] = [
    "email-smtp",
    "cassandra",
    "cassandra-fips",
    "transfer.server",
];

const HTTPS: i32 = 443;

/// Unknown if a group could not be read, or if only other groups and prefix lists may come in.
pub(super) fn allows_443(context: &PostureContext<'_>, subject: Subject<'_>) -> Option<bool> {
    let endpoint = subject.endpoint;
    if !subject.is_interface() || endpoint.security_group_ids.is_empty() {
        return None;
    }
    let groups: Option<Vec<&SecurityGroup>> = endpoint
        .security_group_ids
        .iter()
        .map(|id| context.facts.security_groups.get(id))
        .collect();
    // IPv6 blocks count only if the endpoint answers by IPv6.
    let interfaces = endpoint
        .network_interface_ids
        .iter()
        .filter_map(|id| context.facts.network_interfaces.get(id));
    let v6 = interfaces.flat_map(|it| &it.addresses).any(IpAddr::is_ipv6);
    let blocks = subject.vpc.cidrs.iter().copied();
    let blocks: Vec<IpNet> = blocks
        .filter(|block| v6 || block.addr().is_ipv4())
        .collect();
    let rules: Vec<&IngressRule> = groups?.iter().flat_map(|group| &group.ingress).collect();
    lets_in(&rules, &blocks)
}

fn lets_in(rules: &[&IngressRule], blocks: &[IpNet]) -> Option<bool> {
    let open: Vec<_> = rules.iter().filter(|rule| is_https(rule)).collect();
    let cidrs: Vec<IpNet> = open.iter().flat_map(|rule| rule.cidrs.clone()).collect();
    let whole = IpNet::aggregate(&cidrs);
    let covered = |block: &IpNet| whole.iter().any(|it| it.contains(block));
    if !blocks.is_empty() && blocks.iter().all(covered) {
        return Some(true);
    }
    // Members of a group or a prefix list may be the whole VPC, or nobody.
    let undecided = open.iter().any(|rule| rule.others) || blocks.is_empty();
    (!undecided).then_some(false)
}

fn is_https(rule: &IngressRule) -> bool {
    match rule.protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => {
            let from = rule.from_port.unwrap_or(0);
            let to = rule.to_port.unwrap_or(i32::from(u16::MAX));
            from <= HTTPS && (HTTPS <= to || to == -1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(
        protocol: &str,
        ports: Option<(i32, i32)>,
        cidrs: &[&str],
        others: bool,
    ) -> IngressRule {
        IngressRule {
            protocol: protocol.into(),
            from_port: ports.map(|it| it.0),
            to_port: ports.map(|it| it.1),
            cidrs: cidrs.iter().map(|it| it.parse().unwrap()).collect(),
            others,
        }
    }

    #[test]
    fn https_is_let_in_only_from_the_whole_vpc() {
        const VPC: [&str; 2] = ["10.0.0.0/16", "100.64.0.0/16"];
        let https = Some((443, 443));
        let cases = [
            (vec![rule("tcp", https, &VPC, false)], Some(true)),
            (
                vec![rule("6", Some((0, 65535)), &["0.0.0.0/0"], false)],
                Some(true),
            ),
            (
                vec![rule("-1", None, &["10.0.0.0/8", "100.64.0.0/10"], true)],
                Some(true),
            ),
            (
                vec![
                    rule("tcp", https, &["10.0.0.0/17", "10.0.128.0/17"], false),
                    rule("tcp", https, &["100.64.0.0/16"], false),
                ],
                Some(true),
            ),
            (vec![], Some(false)),
            (
                vec![rule("tcp", https, &["10.0.0.0/16"], false)],
                Some(false),
            ),
            (vec![rule("udp", https, &VPC, false)], Some(false)),
            (vec![rule("tcp", Some((80, 80)), &VPC, true)], Some(false)),
            (vec![rule("tcp", https, &[], true)], None),
            (vec![rule("-1", None, &["10.0.0.0/24"], true)], None),
            (vec![rule("tcp", https, &["::/0"], false)], Some(false)),
        ];
        let blocks = VPC.map(|it| it.parse().unwrap());
        for (rules, expected) in cases {
            let all: Vec<&IngressRule> = rules.iter().collect();
            assert_eq!(lets_in(&all, &blocks), expected, "{rules:?}");
        }
    }

    #[test]
    fn a_vpc_without_known_blocks_is_undecided() {
        assert_eq!(lets_in(&[], &[]), None);
    }
}
