//! Bytes by service: every row of the flow logs to a client, a route and a service, each byte once.
//!
//! A byte through a NAT gateway counts where the gateway's own flow log shows it, at the first of several on
//! its way; only without one do the records of the transit gateway before it count, and without these those of
//! clients. What goes by an endpoint counts at the endpoint's interface, or else at the client's. What cannot
//! be decided stays ambiguous or unmatched and is in the sums all the same.

use crate::model::id::VpcId;

mod central;
mod client_records;
mod clients;
mod completeness;
mod context;
mod merge;
mod names;
mod private_gateways;
mod routes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::context::AttributionContext;
pub use self::merge::{VpcUsage, each_vpc};
use super::service::UsageClassifier;
use crate::model::{
    bytes::Attribution,
    classified::CentralEgress,
    flow::{FlowKind, FlowSource},
};

/// Judges the rows of all flow logs.
pub fn attribute(
    classifier: &UsageClassifier<'_>,
    central: &BTreeMap<VpcId, CentralEgress>,
    flows: &[FlowSource],
) -> Attribution {
    if flows.is_empty() {
        return Attribution::default();
    }
    let mut context = AttributionContext::new(classifier, central, flows);
    context.assess_log_coverage();
    // Records of clients count only for what no gateway shows.
    let sources = flows.iter().enumerate();
    let (clients, gateways): (Vec<_>, Vec<_>) =
        sources.partition(|(_, it)| it.kind == FlowKind::Client);
    for (_, source) in &gateways {
        context.private_gateways(source);
    }
    for (at, source) in gateways {
        context.source(at, source);
    }
    let transit = flows.iter();
    let transit: Vec<_> = transit
        .filter(|it| it.kind == FlowKind::TransitGateway)
        .collect();
    context.at_transit_gateways(&transit);
    for (at, source) in clients {
        context.source(at, source);
    }
    context.assess_vpcs(classifier.index);
    context.found
}
