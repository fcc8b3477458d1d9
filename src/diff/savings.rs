//! What the first run promised to save, and what of it was done by the second.
//!
//! A promise is an opportunity with a measured saving. It is kept if the second run looked there, no
//! longer advises it, and sees what it would have done: the endpoint, the private path, or that what was
//! to be removed is gone. What the second run could not see is counted apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use rust_decimal::Decimal;

use super::{Change, Kind, Row, Tables};
use crate::model::{
    classified::Path,
    coverage::Step,
    kind::ResourceState,
    money::Amount,
    opportunity::Action,
    outcomes::Outcomes,
    report::{EndpointRow, OpportunityRow, VpcServiceRow},
    target::Target,
};

/// The rows `saving_promised` and `saving_realised`.
pub(super) fn totals([before, after]: [&Tables; 2]) -> [Row; 2] {
    let (old, new) = (promises(before), promises(after));
    if old.is_empty() {
        return ["saving_promised", "saving_realised"].map(|id| Row {
            monthly_usd_after: sum(&new).filter(|_| id == "saving_promised"),
            note: Some("unknown: the run before measured no saving".to_owned()),
            ..Row::new(Kind::Total, Change::Unknown, id)
        });
    }
    let (promised_before, promised_after) = (sum(&old), sum(&new));
    let change = match promised_after {
        None => Change::Unknown,
        same if same == promised_before => Change::Same,
        Some(_) => Change::Changed,
    };
    let promised = Row {
        monthly_usd_before: promised_before,
        monthly_usd_after: promised_after,
        note: promised_after
            .is_none()
            .then(|| "the run after measured no saving".to_owned()),
        ..Row::new(Kind::Total, change, "saving_promised")
    };
    [promised.priced(), realised(&old, after)]
}

fn realised(promises: &[&OpportunityRow], after: &Tables) -> Row {
    let seen = SecondRun::new(after);
    let (visible, hidden): (Vec<&OpportunityRow>, Vec<&OpportunityRow>) =
        promises.iter().partition(|row| seen.was_scanned(row));
    let kept: Vec<&OpportunityRow> = visible
        .into_iter()
        .filter(|row| seen.is_kept(row))
        .collect();
    let mut note = format!(
        "{} of {} measured savings realised",
        kept.len(),
        promises.len()
    );
    if !hidden.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(note, ", {} unknown", hidden.len());
    }
    let unknown = hidden.len() == promises.len();
    let zero = Amount(Decimal::ZERO);
    Row {
        monthly_usd_after: sum(&kept).or(Some(zero)).filter(|_| !unknown),
        note: Some(note),
        ..Row::new(
            Kind::Total,
            if unknown {
                Change::Unknown
            } else {
                Change::Changed
            },
            "saving_realised",
        )
    }
}

fn promises(tables: &Tables) -> Vec<&OpportunityRow> {
    let rows = tables.opportunities.iter();
    rows.filter(|row| row.action != Action::None && row.monthly_saving_usd.is_some())
        .collect()
}

fn sum(rows: &[&OpportunityRow]) -> Option<Amount> {
    let amounts = rows.iter().filter_map(|row| row.monthly_saving_usd);
    let sum = amounts.map(|it| it.0).reduce(|a, b| a + b)?;
    Some(Amount(sum.normalize()))
}

/// What the second run shows.
struct SecondRun<'r> {
    outcomes: &'r Outcomes,
    vpcs: BTreeSet<&'r str>,
    /// By VPC and service.
    advised: BTreeSet<(&'r str, Option<&'r str>, Action)>,
    /// Available ones, by VPC, service and type.
    endpoints: BTreeSet<(&'r str, &'r str, &'r str)>,
    /// By VPC.
    nat_gateways: BTreeMap<&'r str, Vec<&'r str>>,
    /// VPCs and the services that they reach by an interface endpoint.
    private: BTreeSet<(&'r str, &'r str)>,
}

impl<'r> SecondRun<'r> {
    fn new(tables: &'r Tables) -> Self {
        let key = |it: &'r OpportunityRow| (it.vpc_id.as_str(), it.service.as_deref(), it.action);
        let available = |it: &&EndpointRow| it.state == ResourceState::Available;
        let private =
            |it: &&VpcServiceRow| matches!(it.path, Path::LocalEndpoint | Path::CentralEndpoint);
        let endpoints = tables.endpoints.iter().filter(available);
        let services = tables.vpc_services.iter().filter(private);
        let mut nat_gateways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for it in &tables.nat_gateways {
            let of_vpc = nat_gateways.entry(&it.vpc_id).or_default();
            of_vpc.push(&it.nat_gateway_id);
        }
        Self {
            outcomes: &tables.outcomes,
            vpcs: tables.vpcs.iter().map(|vpc| vpc.vpc_id.as_str()).collect(),
            advised: tables.opportunities.iter().map(key).collect(),
            endpoints: endpoints
                .map(|it| {
                    let service = it.service.as_str();
                    (it.vpc_id.as_str(), service, it.endpoint_type.as_str())
                })
                .collect(),
            nat_gateways,
            private: services
                .map(|it| (it.vpc_id.as_str(), it.service.as_str()))
                .collect(),
        }
    }

    fn was_scanned(&self, row: &OpportunityRow) -> bool {
        let step = match row.service {
            Some(_) => Step::Endpoints,
            None => Step::NatGateways,
        };
        let target = Target {
            account_id: row.account_id.clone(),
            region: row.region.clone(),
        };
        self.outcomes.is_complete(&target, step) && self.vpcs.contains(row.vpc_id.as_str())
    }

    fn is_kept(&self, row: &OpportunityRow) -> bool {
        let key = (row.vpc_id.as_str(), row.service.as_deref(), row.action);
        !self.advised.contains(&key)
            && match row.action {
                Action::Remove => !self.is_there(row),
                Action::AttachRouteTables => self.is_there(row),
                Action::Create if row.hub_vpc_id.is_none() => self.is_there(row),
                // Subnets that no longer go out by a NAT gateway in another zone.
                Action::AddAvailabilityZones if row.service.is_none() => true,
                _ => self.is_private(row),
            }
    }

    /// Whether the VPC has what the row is about.
    fn is_there(&self, row: &OpportunityRow) -> bool {
        let vpc = row.vpc_id.as_str();
        let Some(service) = &row.service else {
            let gateways = self.nat_gateways.get(vpc);
            return gateways.is_some_and(|ids| ids.iter().any(|id| row.reason.contains(id)));
        };
        row.endpoint_type
            .as_ref()
            .is_some_and(|it| self.endpoints.contains(&(vpc, service, it.as_str())))
    }

    fn is_private(&self, row: &OpportunityRow) -> bool {
        let service = row.service.as_deref().unwrap_or_default();
        self.private.contains(&(row.vpc_id.as_str(), service))
    }
}
