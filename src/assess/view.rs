//! A Region that was judged, indexed for the making of its rows.

use std::collections::BTreeMap;

use super::{
    AssessError, Context, network,
    services::{self, hosts_of_vpc},
    tables::Tables,
    totals::Sums,
};
use crate::{
    classify::service::UsageClassifier,
    model::{
        bytes::Attribution,
        classified::{CentralEgress, VpcService},
        cost::{EndpointCost, NatGatewayCost},
        facts::Facts,
        id::{AccountId, Region},
        index::ByVpc,
        inventory::Vpc,
        opportunity::{HubOrOwn, Opportunity},
        posture::EndpointPosture,
    },
    recommend,
};

/// What was judged of a Region.
#[derive(Debug)]
pub(super) struct Judged {
    /// The services that VPCs call.
    pub(super) services: Vec<VpcService>,
    /// The VPCs behind transit gateways, by the VPC that goes out through them.
    pub(super) central_egress: BTreeMap<String, CentralEgress>,
    /// Costs by NAT gateway.
    pub(super) nat_costs: BTreeMap<String, NatGatewayCost>,
    /// Costs by endpoint.
    pub(super) endpoint_costs: BTreeMap<String, EndpointCost>,
    /// Postures by endpoint.
    pub(super) postures: BTreeMap<String, EndpointPosture>,
    /// The bytes of the flow logs.
    pub(super) attribution: Attribution,
    /// What to do, best first.
    pub(super) opportunities: Vec<Opportunity>,
    /// Hub or own, by service.
    pub(super) hub_or_own: Vec<HubOrOwn>,
}

/// A Region and what was judged of it.
pub(super) struct View<'v> {
    pub(super) context: &'v Context<'v>,
    pub(super) facts: &'v Facts,
    pub(super) index: &'v ByVpc<'v>,
    pub(super) judged: Judged,
    classifier: &'v UsageClassifier<'v>,
    /// Distinct VPCs, in the order of the tables.
    pub(super) vpcs: Vec<&'v Vpc>,
    by_id: BTreeMap<&'v str, &'v Vpc>,
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
    pub(super) fn new(
        context: &'v Context<'v>,
        facts: &'v Facts,
        index: &'v ByVpc<'v>,
        classifier: &'v UsageClassifier<'v>,
        mut judged: Judged,
    ) -> Self {
        let vpcs = facts.distinct_vpcs();
        services::sort(&mut judged.services);
        Self {
            context,
            facts,
            index,
            judged,
            classifier,
            by_id: vpcs.iter().map(|vpc| (vpc.vpc_id.as_str(), *vpc)).collect(),
            vpcs,
        }
    }

    /// An account's name, where known.
    pub(super) fn name(&self, id: &AccountId) -> Option<String> {
        self.context.organization.name(id)
    }

    /// A VPC that some account listed.
    pub(super) fn vpc(&self, id: &str) -> Option<&'v Vpc> {
        self.by_id.get(id).copied()
    }

    /// The services that a VPC calls, in the order of `vpc_services.csv`.
    pub(super) fn services_of(&self, vpc_id: &str) -> &[VpcService] {
        let all = self.judged.services.as_slice();
        let start = all.partition_point(|it| it.vpc_id.as_str() < vpc_id);
        let end = all.partition_point(|it| it.vpc_id.as_str() <= vpc_id);
        all.get(start..end).unwrap_or_default()
    }

    /// Writes the rows of the Region, and returns their sums.
    pub(super) fn write(&self, tables: &Tables<'_>, region: &Region) -> Result<Sums, AssessError> {
        let mut sums = Sums::of_facts(self);
        tables.begin(Some(region));
        for vpc in &self.vpcs {
            let key = vpc.target.account_id.as_str().as_bytes();
            let row = self.vpc_row(vpc);
            sums.add_vpc(self, &row);
            tables.add(key, &row)?;
            for row in self.vpc_services(vpc) {
                tables.add(key, &row)?;
            }
            for row in hosts_of_vpc(vpc, self.classifier.hosts(vpc)) {
                tables.add(key, &row)?;
            }
        }
        for row in self.nat_gateways() {
            sums.add_nat_gateway(&row);
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.endpoints() {
            sums.add_endpoint(&row);
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.flow_usage() {
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for it in &self.judged.opportunities {
            let row = self.opportunity(it);
            sums.opportunities.add(it, network::usd(it.money.saving));
            tables.add(&recommend::sort_key(it), &row)?;
        }
        for row in self.hub_or_own() {
            // By Region, in which they are sorted by service.
            tables.add(&[], &row)?;
        }
        Ok(sums)
    }
}
