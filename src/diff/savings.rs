//! What the first run promised to save, and what of it was done by the second.
//!
//! A promise is an opportunity with a measured saving. It is kept if the second run looked there, no
//! longer advises it, and sees what it would have done: the endpoint, the private way, or that what was
//! to be removed is gone. What the second run could not see is told apart.

use std::{collections::BTreeSet, fmt::Write as _};

use rust_decimal::Decimal;

use super::{Change, Kind, Row};
use crate::model::{
    classified::Path,
    coverage::Step,
    money::Amount,
    opportunity::Action,
    outcomes::Outcomes,
    report::{OpportunityRow, Report},
    target::Target,
};

/// The rows `saving_promised` and `saving_realised`.
pub(super) fn totals([before, after]: [&Report; 2], seen: &Outcomes) -> [Row; 2] {
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
    [promised.priced(), realised(&old, after, seen)]
}

fn realised(promises: &[&OpportunityRow], after: &Report, outcomes: &Outcomes) -> Row {
    let seen = Seen::new(after, outcomes);
    let (visible, hidden): (Vec<&OpportunityRow>, Vec<&OpportunityRow>) =
        promises.iter().partition(|row| seen.can_tell(row));
    let kept: Vec<&OpportunityRow> = visible
        .into_iter()
        .filter(|row| seen.is_kept(row))
        .collect();
    let mut note = format!("{} of {} promises kept", kept.len(), promises.len());
    if !hidden.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(note, ", {} cannot be told", hidden.len());
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

fn promises(report: &Report) -> Vec<&OpportunityRow> {
    let rows = report.opportunities.iter();
    rows.filter(|row| row.action != Action::None && row.monthly_saving_usd.is_some())
        .collect()
}

fn sum(rows: &[&OpportunityRow]) -> Option<Amount> {
    let amounts = rows.iter().filter_map(|row| row.monthly_saving_usd);
    let sum = amounts.map(|it| it.0).reduce(|a, b| a + b)?;
    Some(Amount(sum.normalize()))
}

/// What the second run shows.
struct Seen<'r> {
    report: &'r Report,
    outcomes: &'r Outcomes,
    vpcs: BTreeSet<&'r str>,
}

impl<'r> Seen<'r> {
    fn new(report: &'r Report, outcomes: &'r Outcomes) -> Self {
        Self {
            report,
            outcomes,
            vpcs: report.vpcs.iter().map(|vpc| vpc.vpc_id.as_str()).collect(),
        }
    }

    fn can_tell(&self, row: &OpportunityRow) -> bool {
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
        !self.is_advised(row)
            && match row.action {
                Action::Remove => !self.is_there(row),
                Action::AttachRouteTables => self.is_there(row),
                Action::Create if row.hub_vpc_id.is_none() => self.is_there(row),
                _ => self.is_private(row),
            }
    }

    fn is_advised(&self, row: &OpportunityRow) -> bool {
        let mut rows = self.report.opportunities.iter();
        rows.any(|it| {
            (&it.vpc_id, &it.service, it.action) == (&row.vpc_id, &row.service, row.action)
        })
    }

    /// Whether the VPC has what the row is about.
    fn is_there(&self, row: &OpportunityRow) -> bool {
        let Some(service) = &row.service else {
            let mut gateways = self.report.nat_gateways.iter();
            return gateways
                .any(|it| it.vpc_id == row.vpc_id && row.reason.contains(&it.nat_gateway_id));
        };
        self.report.endpoints.iter().any(|it| {
            (&it.vpc_id, &it.service) == (&row.vpc_id, service)
                && Some(&it.endpoint_type) == row.endpoint_type.as_ref()
                && it.state == "available"
        })
    }

    fn is_private(&self, row: &OpportunityRow) -> bool {
        let private = [Path::LocalEndpoint, Path::CentralEndpoint];
        self.report.vpc_services.iter().any(|it| {
            it.vpc_id == row.vpc_id
                && Some(&it.service) == row.service.as_ref()
                && private.contains(&it.path)
        })
    }
}
