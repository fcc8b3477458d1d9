//! Endpoints that no query led to, said only where every VPC that may use one was listened to.

use super::context::{PostureContext, Subject};
use crate::{
    classify::path::{AnswerOrigin, Called},
    model::{classified::ClassifiedHost, coverage::Step, inventory::RouteTarget},
};

/// Whether nobody called it in the window, as far as DNS shows.
pub(super) fn is_idle(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let (endpoint, vpc) = (subject.endpoint, subject.vpc);
    let own = subject.hosts.iter().filter(|host| {
        let service = host.service.as_deref().unwrap_or_default();
        host.queries > 0 && subject.is_called_by(service, host.service_region.as_deref())
    });
    if !context.is_read(vpc) || context.answered.contains(&endpoint.endpoint_id) {
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
        let way = |address: &_| context.addresses.origin(vpc, Some(called), *address);
        // Without addresses in the log nothing speaks against it.
        host.answers.is_empty() || host.answers.iter().any(|it| way(it) == AnswerOrigin::Local)
    };
    subject.is_interface()
        && context.knows(Step::NetworkInterfaces, &endpoint.target)
        && own.clone().all(|host| !local(&host))
        && (!may_serve_others(context, subject) || context.all_read)
}

/// Whether it may be central: without private DNS its clients have a zone of their own, wherever they are,
/// as long as other networks can send to the VPC, by a transit gateway, a peer or a VPN.
fn may_serve_others(context: &PostureContext<'_>, subject: Subject<'_>) -> bool {
    let vpc = subject.vpc;
    let mut routes = context
        .index
        .route_tables(&vpc.vpc_id)
        .iter()
        .flat_map(|table| &table.routes);
    let reached = !context.knows(Step::RouteTables, &vpc.target)
        || routes.any(|route| {
            matches!(
                route.target,
                RouteTarget::TransitGateway(_) | RouteTarget::Other(_)
            )
        });
    subject.endpoint.private_dns_enabled != Some(true) && reached
}
