//! What the tables are built from, and the figures that several of them share.

use std::collections::BTreeMap;

use crate::model::{
    bytes::Attribution,
    classified::{CentralEgress, Egress, VpcService},
    cost::{EndpointCost, KnownCost, NatGatewayCost},
    facts::Facts,
    id::AccountId,
    index::ByVpc,
    inventory::Vpc,
    money::Price,
    opportunity::{HubOrOwn, Opportunity},
    posture::EndpointPosture,
    run::Run,
};
/// Everything that a report is made of.
#[derive(Debug)]
pub struct Parts<'p> {
    /// What was read.
    pub facts: &'p Facts,
    /// The facts by VPC.
    pub index: &'p ByVpc<'p>,
    /// Ways out, by VPC.
    pub egress: &'p BTreeMap<String, Vec<Egress>>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub central_egress: &'p BTreeMap<String, CentralEgress>,
    /// Service names of endpoint service names.
    pub service_names: &'p BTreeMap<String, String>,
    /// Costs by NAT gateway.
    pub nat_costs: &'p BTreeMap<String, NatGatewayCost>,
    /// Costs by endpoint.
    pub endpoint_costs: &'p BTreeMap<String, EndpointCost>,
    /// Postures by endpoint.
    pub postures: &'p BTreeMap<String, EndpointPosture>,
    /// Hub or own, by region and service.
    pub hub_or_own: &'p [HubOrOwn],
    /// The bytes of the flow logs, judged.
    pub attribution: &'p Attribution,
    /// What Logs Insights took, in GB.
    pub logs_scan: KnownCost,
    /// Metrics that CloudWatch was asked for.
    pub metrics: KnownCost,
    /// GB of query logs a month.
    pub query_logs: KnownCost,
    /// Unit prices used.
    pub prices: Vec<Price>,
    /// The run.
    pub run: Run,
}

/// Judgements that become rows: taken over and not copied, since there is one for each VPC and
/// service.
#[derive(Debug)]
pub struct Judged {
    /// Services.
    pub services: Vec<VpcService>,
    /// What to do, best first.
    pub opportunities: Vec<Opportunity>,
}

/// Queries to AWS services, and how many distinct ones, by VPC.
pub(super) type AwsUsage = BTreeMap<String, (u64, u64)>;

/// What the tables are built from.
pub(super) struct View<'v> {
    pub(super) parts: &'v Parts<'v>,
    pub(super) names: &'v BTreeMap<&'v AccountId, &'v str>,
    /// Distinct VPCs by id.
    pub(super) vpcs: &'v BTreeMap<String, &'v Vpc>,
    pub(super) aws: &'v AwsUsage,
}

/// `part` of `whole` as a fraction of one, rounded to six places.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a share needs six places")]
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

pub(super) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

pub(super) fn count(items: usize) -> u64 {
    items as u64
}

impl View<'_> {
    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<String> {
        self.names.get(id).map(ToString::to_string)
    }
}
