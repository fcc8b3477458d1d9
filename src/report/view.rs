//! What the tables are built from, and the figures that several of them share.

use std::{collections::BTreeMap, io, sync::Arc};

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
    rows::Rows,
    run::Run,
};

/// Everything that a report is made of: what was read, and what was judged of it.
#[derive(Debug)]
pub struct Judged {
    /// What was read.
    pub facts: Arc<Facts>,
    /// The services that VPCs call.
    pub services: Vec<VpcService>,
    /// What to do, best first.
    pub opportunities: Vec<Opportunity>,
    /// Hub or own, by region and service.
    pub hub_or_own: Vec<HubOrOwn>,
    /// Ways out, by VPC.
    pub egress: BTreeMap<String, Vec<Egress>>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub central_egress: BTreeMap<String, CentralEgress>,
    /// Service names of endpoint service names.
    pub service_names: BTreeMap<String, String>,
    /// Costs by NAT gateway.
    pub nat_costs: BTreeMap<String, NatGatewayCost>,
    /// Costs by endpoint.
    pub endpoint_costs: BTreeMap<String, EndpointCost>,
    /// Postures by endpoint.
    pub postures: BTreeMap<String, EndpointPosture>,
    /// The bytes of the flow logs, judged.
    pub attribution: Attribution,
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

/// The same, indexed: the tables that grow with the organization are not held, but made again from
/// a view of their own whenever they are written.
pub(super) struct View<'v> {
    pub(super) judged: &'v Judged,
    pub(super) facts: &'v Facts,
    pub(super) index: ByVpc<'v>,
    names: BTreeMap<&'v AccountId, &'v str>,
    /// Distinct VPCs, in the order of the tables.
    pub(super) vpcs: Vec<&'v Vpc>,
    by_id: BTreeMap<&'v str, &'v Vpc>,
}

/// What takes the rows of a table, one by one.
pub(super) type Take<'t, T> = dyn FnMut(&T) -> io::Result<()> + 't;

/// The rows of a table, made from a view whenever they are asked for.
pub(super) fn table<T: 'static>(
    judged: &Arc<Judged>,
    rows: fn(&View<'_>, &mut Take<'_, T>) -> io::Result<()>,
) -> Rows<T> {
    let judged = Arc::clone(judged);
    Rows::made_by(move |take| rows(&View::new(&judged), take))
}

/// Hands over rows that are made one by one.
pub(super) fn hand_over<T>(
    mut rows: impl Iterator<Item = T>,
    take: &mut Take<'_, T>,
) -> io::Result<()> {
    rows.try_for_each(|row| take(&row))
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

impl<'v> View<'v> {
    pub(super) fn new(judged: &'v Judged) -> Self {
        let facts = judged.facts.as_ref();
        let vpcs = facts.distinct_vpcs();
        Self {
            judged,
            facts,
            index: ByVpc::new(facts),
            names: facts.account_names(),
            by_id: vpcs.iter().map(|vpc| (vpc.vpc_id.as_str(), *vpc)).collect(),
            vpcs,
        }
    }

    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<String> {
        self.names.get(id).map(ToString::to_string)
    }

    /// A VPC that some account listed.
    pub(super) fn vpc(&self, id: &str) -> Option<&'v Vpc> {
        self.by_id.get(id).copied()
    }

    /// The services that a VPC calls, in the order of `vpc_services.csv`.
    pub(super) fn services_of(&self, vpc_id: &str) -> &'v [VpcService] {
        let all = self.judged.services.as_slice();
        let start = all.partition_point(|it| it.vpc_id.as_str() < vpc_id);
        let end = all.partition_point(|it| it.vpc_id.as_str() <= vpc_id);
        all.get(start..end).unwrap_or_default()
    }
}
