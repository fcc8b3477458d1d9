//! Endpoints that queries led to.

use std::collections::BTreeSet;

use crate::{
    classify::path::{EndpointAddresses, ServiceInRegion},
    model::{
        classified::{ClassifiedHost, HostKind},
        id::VpcEndpointId,
        inventory::Vpc,
    },
};

/// Endpoints at the addresses in the answers to a VPC, and those that it called by their own names.
pub(super) fn by_hosts(
    addresses: &EndpointAddresses<'_>,
    vpc: &Vpc,
    hosts: &[ClassifiedHost],
) -> BTreeSet<VpcEndpointId> {
    let mut answered = BTreeSet::new();
    for host in hosts.iter().filter(|host| host.queries > 0) {
        answered.extend(endpoint_in(&host.host).map(Into::into));
        if host.kind == HostKind::OtherAws {
            // No rule knows the service: the address alone names the endpoint.
            let here = host.answers.iter();
            answered.extend(here.flat_map(|it| addresses.at(*it)).map(Into::into));
        }
        if let Some(service) = &host.service {
            let called = ServiceInRegion {
                service,
                region: host.service_region.as_deref(),
            };
            for address in &host.answers {
                let by = addresses.answered_by(vpc, called, *address);
                answered.extend(by.map(Into::into));
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
