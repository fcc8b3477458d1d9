//! Route tables that subnets use and that no gateway endpoint of the service is on.

use std::collections::BTreeSet;

use super::context::{PostureContext, Subject};
use crate::model::{coverage::Step, id::RouteTableId};

/// Their ids, sorted; unknown if route tables or subnets are.
pub(super) fn missing(context: &PostureContext<'_>, subject: Subject<'_>) -> Option<Vec<String>> {
    let target = &subject.endpoint.target;
    let known = [Step::RouteTables, Step::Subnets]
        .into_iter()
        .all(|step| context.knows(step, target));
    if !known || !subject.is_gateway() {
        return None;
    }
    // A table takes one endpoint of a service, so that two endpoints may share the tables.
    let mut have: BTreeSet<&str> = BTreeSet::new();
    for endpoint in context.endpoints(subject.vpc, subject.service) {
        have.extend(endpoint.route_table_ids.iter().map(RouteTableId::as_str));
    }
    have.extend(
        subject
            .endpoint
            .route_table_ids
            .iter()
            .map(RouteTableId::as_str),
    );
    let used: BTreeSet<&str> = context
        .index
        .used_route_tables(&subject.vpc.vpc_id)
        .iter()
        .map(|table| table.route_table_id.as_str())
        .collect();
    Some(used.difference(&have).map(ToString::to_string).collect())
}
