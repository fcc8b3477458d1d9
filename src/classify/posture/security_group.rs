//! Whether the security groups of an endpoint let the VPC in, on TCP port 443 or those of the service.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::{PostureContext, Subject};
use crate::model::{
    endpoint_port,
    network::{IngressRule, SecurityGroup},
};

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// Whether TCP port 443 is let in; unknown as in [`allows`].
pub(super) fn allows_443(context: &PostureContext<'_>, subject: Subject<'_>) -> Option<bool> {
    allows(context, subject, HTTPS)
}

/// Whether none of the ports is let in that a service uses instead of 443; `false` if it uses that.
pub(super) fn blocks_service(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let ports = endpoint_port::of_service(subject.service);
    let mut allowed = ports.iter().map(|port| allows(context, subject, *port));
    !endpoint_port::is_https(subject.service) && allowed.all(|it| it == Some(false))
}

/// Unknown if a group could not be read, or if only other groups and prefix lists may come in.
fn allows(context: &PostureContext<'_>, subject: Subject<'_>, port: u16) -> Option<bool> {
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
    lets_in(&rules, &blocks, port)
}

fn lets_in(rules: &[&IngressRule], blocks: &[IpNet], port: u16) -> Option<bool> {
    let open: Vec<_> = rules.iter().filter(|rule| is_open(rule, port)).collect();
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

fn is_open(rule: &IngressRule, port: u16) -> bool {
    let port = i32::from(port);
    match rule.protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => {
            let from = rule.from_port.unwrap_or(0);
            let to = rule.to_port.unwrap_or(i32::from(u16::MAX));
            from <= port && (port <= to || to == -1)
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
            assert_eq!(lets_in(&all, &blocks, HTTPS), expected, "{rules:?}");
        }
    }

    #[test]
    fn a_vpc_without_known_blocks_is_undecided() {
        assert_eq!(lets_in(&[], &[], HTTPS), None);
    }

    #[test]
    fn another_port_than_443_is_judged_by_the_rules_that_hold_it() {
        let block = ["10.0.0.0/16".parse().unwrap()];
        let ssh = rule("tcp", Some((22, 22)), &["10.0.0.0/8"], false);
        let open = |port| lets_in(&[&ssh], &block, port);
        assert_eq!((open(22), open(HTTPS)), (Some(true), Some(false)));
    }
}
