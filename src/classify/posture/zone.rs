//! Availability zones with subnets of the VPC, in which the endpoint has no interface.
//!
//! Zones are compared by id: accounts map names to zones differently, and which zones offer a service
//! is listed by a region as ids.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{PostureContext, Subject};
use crate::model::coverage::Step;

/// Their names, sorted; unknown if the subnets or the zones of the service are.
pub(super) fn missing(context: &PostureContext<'_>, subject: Subject<'_>) -> Option<Vec<String>> {
    let endpoint = subject.endpoint;
    if !subject.is_interface() || !context.knows(Step::Subnets, &endpoint.target) {
        return None;
    }
    let offered = &context.offered(endpoint)?.availability_zone_ids;
    let mut zones: BTreeMap<&str, &str> = BTreeMap::new();
    let mut have: BTreeSet<&str> = BTreeSet::new();
    for subnet in context.index.subnets(&subject.vpc.vpc_id) {
        let id = subnet.availability_zone_id.as_deref()?;
        zones.insert(id, &subnet.availability_zone);
        if endpoint.subnet_ids.contains(&subnet.subnet_id) {
            have.insert(id);
        }
    }
    let lacks = |id: &str| offered.iter().any(|it| it == id) && !have.contains(id);
    let mut missing: Vec<String> = zones
        .into_iter()
        .filter(|(id, _)| lacks(id))
        .map(|(_, name)| name.to_owned())
        .collect();
    missing.sort();
    (!offered.is_empty()).then_some(missing)
}
