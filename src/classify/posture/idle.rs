//! Whether an endpoint is unused. That needs every proof: the age of the endpoint, the queries of every
//! VPC that may use it over the whole window, and the bytes. What is missing is named.

use super::context::{PostureContext, Subject};
use crate::model::{
    classified::ClassifiedHost, coverage::Step, inventory::Vpc, posture::MissingProof,
};

/// Whether nothing used the endpoint in the window, and what is missing to prove it; `bypassed` if the
/// VPC calls the service past it.
pub(super) fn judge(
    context: &PostureContext<'_>,
    subject: Subject<'_>,
    bypassed: bool,
) -> (Option<bool>, Vec<MissingProof>) {
    if subject.endpoint.requester_managed == Some(true) {
        return (None, vec![MissingProof::ServiceManaged]);
    }
    if !subject.is_interface() && !subject.is_gateway() {
        return (None, Vec::new());
    }
    if is_used(context, subject) {
        return (Some(false), Vec::new());
    }
    let missing = missing_proofs(context, subject, bypassed);
    (missing.is_empty().then_some(true), missing)
}

fn is_used(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let id = subject.endpoint.endpoint_id.as_str();
    let metrics = context.facts.endpoint_metrics.get(id);
    let counted = metrics
        .into_iter()
        .flat_map(|it| [it.bytes_processed, it.active_connections]);
    let measured = context.attribution.endpoints.get(id).copied();
    if counted.chain([measured]).flatten().any(|it| it > 0) || context.answered.contains(id) {
        return true;
    }
    // An interface endpoint is used by who was answered with an address of its own.
    let mut calls = own_hosts(subject).filter(|host| host.queries > 0);
    subject.is_gateway() && calls.next().is_some()
}

/// Names of the service that the VPC asked for.
fn own_hosts(subject: Subject<'_>) -> impl Iterator<Item = &ClassifiedHost> {
    subject.hosts.iter().filter(move |host| {
        let service = host.service.as_deref().unwrap_or_default();
        subject.is_called_by(service, host.service_region.as_deref())
    })
}

fn missing_proofs(
    context: &PostureContext<'_>,
    subject: Subject<'_>,
    bypassed: bool,
) -> Vec<MissingProof> {
    let (endpoint, vpc) = (subject.endpoint, subject.vpc);
    let old = endpoint
        .created_at
        .is_some_and(|at| at <= context.window.start);
    let failed = |host: &ClassifiedHost| {
        let errors = host.nxdomain_queries + host.failed_queries;
        errors > 0 || (host.queries > 0 && host.answers.is_empty())
    };
    let mut missing = vec![
        (!old, MissingProof::CreatedInWindow),
        (context.window.is_too_short(), MissingProof::WindowTooShort),
        (!context.is_covered(vpc), MissingProof::QueryLogs),
        (own_hosts(subject).any(failed), MissingProof::FailedQueries),
        (
            may_have_unknown_names(context, subject),
            MissingProof::UnknownNames,
        ),
        (bypassed, MissingProof::Bypassed),
    ];
    if subject.is_gateway() {
        missing.push((
            !is_shown_by_flow_logs(context, subject),
            MissingProof::FlowLogs,
        ));
    } else {
        let interfaces = context.knows(Step::NetworkInterfaces, &endpoint.target)
            && context.addresses.are_known_of(vpc);
        missing.extend([
            (!interfaces, MissingProof::NetworkInterfaces),
            (
                !are_others_known(context, subject),
                MissingProof::OtherNetworks,
            ),
            (!is_metered(context, subject), MissingProof::EndpointMetrics),
        ]);
    }
    let mut missing: Vec<_> = missing
        .into_iter()
        .filter_map(|(is_missing, proof)| is_missing.then_some(proof))
        .collect();
    missing.sort_unstable();
    missing
}

/// Whether CloudWatch counted neither a byte nor a connection. AWS publishes no metrics for endpoints of
/// services in another Region.
fn is_metered(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let endpoint = subject.endpoint;
    let metrics = context.facts.endpoint_metrics.get(&endpoint.endpoint_id);
    let zero = |it: Option<u64>| it == Some(0);
    !endpoint.is_cross_region()
        && metrics.is_some_and(|it| zero(it.bytes_processed) && zero(it.active_connections))
}

/// Names in AWS's zones that no rule knows, without a public answer; or names of the service outside of
/// every zone that is asked about.
fn may_have_unknown_names(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let names = context
        .offered(subject.endpoint)
        .map(|it| it.private_dns_names.as_slice());
    let unasked = |name: &String| !context.rules.is_in_zone(name.trim_start_matches("*."));
    context.unknown_names.contains(subject.vpc.vpc_id.as_str())
        || names.unwrap_or_default().iter().any(unasked)
}

/// Whether the queries of every other network that may use the endpoint are known. An endpoint with private
/// DNS serves its own VPC alone, unless its VPC answers others; without, its clients have a zone of their
/// own, wherever they are.
fn are_others_known(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let vpc = subject.vpc;
    // VPCs that it answers may be in other shards.
    let alone = subject.endpoint.private_dns_enabled == Some(true)
        && !context.hubs.contains(vpc.vpc_id.as_str());
    if alone && !context.facts.cross_region.other_shards {
        return true;
    }
    let near = context.reach.of(vpc);
    let known = |id: &&str| {
        context
            .vpcs
            .get(*id)
            .is_some_and(|it| context.is_covered(it))
    };
    !near.unknown && near.vpcs.iter().all(known)
}

/// Whether flow logs show every byte of the VPC, and none to the service or by an unknown route.
fn is_shown_by_flow_logs(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let found = context.attribution;
    let Vpc { vpc_id, .. } = subject.vpc;
    let mut called = context.services(vpc_id).iter();
    let to_service = called.any(|it| {
        let bytes = [it.bytes.to_service, it.bytes.from_service];
        let region = it.names.service_region.as_deref();
        subject.is_called_by(&it.names.service, region)
            && bytes.into_iter().flatten().any(|bytes| bytes > 0)
    });
    found.all_routes_known.contains(vpc_id)
        && !context.unclear_routes.contains(vpc_id.as_str())
        && !to_service
        && !found.is_ambiguous(vpc_id, subject.service)
}
