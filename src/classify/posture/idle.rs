//! Endpoints that no query led to, said only where every VPC that may use one was listened to.

use std::collections::BTreeSet;

use super::{Subject, World};
use crate::{
    classify::path::{Called, Way, Ways},
    model::{
        classified::ClassifiedHost,
        coverage::Step,
        inventory::{RouteTarget, Vpc},
    },
};

/// Endpoints at the addresses in the answers to a VPC, and those that it called by their own names.
pub(super) fn answered(ways: &Ways<'_>, vpc: &Vpc, hosts: &[ClassifiedHost]) -> BTreeSet<String> {
    let mut answered = BTreeSet::new();
    for host in hosts.iter().filter(|host| host.queries > 0) {
        answered.extend(endpoint_in(&host.host).map(str::to_owned));
        if let Some(service) = &host.service {
            let called = Called {
                service,
                region: host.service_region.as_deref(),
            };
            for address in &host.answers {
                let by = ways.answered_by(vpc, called, *address);
                answered.extend(by.map(str::to_owned));
            }
        }
    }
    answered
}

/// The id in `vpce-0123-abcd.sts.eu-west-1.vpce.amazonaws.com` and `api-vpce-0123.execute-api.…`.
fn endpoint_in(host: &str) -> Option<&str> {
    const PREFIX: &str = "vpce-";
    let start = host
        .match_indices(PREFIX)
        .map(|(at, _)| at)
        .find(|at| host[at + PREFIX.len()..].starts_with(|it: char| it.is_ascii_hexdigit()))?;
    let rest = &host[start + PREFIX.len()..];
    let length = rest.find(|it: char| !it.is_ascii_hexdigit());
    host.get(start..start + PREFIX.len() + length.unwrap_or(rest.len()))
}

/// Whether nobody called it in the window, as far as DNS shows.
pub(super) fn is_idle(world: &World<'_>, subject: Subject<'_>) -> bool {
    let (endpoint, vpc) = (subject.endpoint, subject.vpc);
    let own = subject.hosts.iter().filter(|host| {
        let service = host.service.as_deref().unwrap_or_default();
        host.queries > 0 && subject.is_called_by(service, host.service_region.as_deref())
    });
    if !is_read(world, vpc) || world.answered.contains(&endpoint.endpoint_id) {
        return false;
    }
    if subject.is_gateway() {
        return own.count() == 0;
    }
    let local = |host: &&ClassifiedHost| {
        let called = Called {
            service: subject.service,
            region: host.service_region.as_deref(),
        };
        let way = |address: &_| world.ways.way(vpc, Some(called), *address);
        // Without addresses in the log nothing speaks against it.
        host.answers.is_empty() || host.answers.iter().any(|it| way(it) == Way::Local)
    };
    subject.is_interface()
        && world.knows(Step::NetworkInterfaces, &endpoint.target)
        && own.clone().all(|host| !local(&host))
        && (!may_serve_others(world, subject) || world.all_read)
}

/// Whether all queries of the VPC are known.
pub(super) fn is_read(world: &World<'_>, vpc: &Vpc) -> bool {
    let queries = world.facts.dns.get(&vpc.vpc_id).and_then(|it| it.queries);
    queries.is_some() && world.knows(Step::DnsUsage, &vpc.target)
}

/// Whether it may be central: without private DNS its clients have a zone of their own, wherever they are,
/// as long as other networks can send to the VPC, by a transit gateway, a peer or a VPN.
fn may_serve_others(world: &World<'_>, subject: Subject<'_>) -> bool {
    let vpc = subject.vpc;
    let mut routes = world
        .index
        .route_tables(&vpc.vpc_id)
        .iter()
        .flat_map(|table| &table.routes);
    let reached = !world.knows(Step::RouteTables, &vpc.target)
        || routes.any(|route| {
            matches!(
                route.target,
                RouteTarget::TransitGateway(_) | RouteTarget::Other(_)
            )
        });
    subject.endpoint.private_dns_enabled != Some(true) && reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_found_in_its_own_names() {
        for (host, expected) in [
            (
                "vpce-0a1b-x7f2.sts.eu-west-1.vpce.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            (
                "bucket.vpce-0a1b-x7-eu-west-1a.s3.eu-west-1.vpce.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            (
                "api1-vpce-0a1b.execute-api.eu-west-1.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            ("sts.eu-west-1.amazonaws.com", None),
            ("vpce-svc-0a1b.eu-west-1.vpce.amazonaws.com", None),
        ] {
            assert_eq!(endpoint_in(host), expected, "{host}");
        }
    }
}
