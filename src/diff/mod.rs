//! What changed from one run to another: a pure comparison of two reports.
//!
//! Only what both runs looked at is called added or removed. What one of them could not see (a
//! denied account, a region left out, a VPC without query logs) is `unknown`, with the reason: a
//! thing that was not looked for has not gone. Sums of partly unknown figures state what they leave
//! out.

mod alarms;
mod compare;
mod savings;
mod text;
mod totals;

use std::io;

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        alarm::Alarm,
        id::{AccountId, Region, VpcId},
        money::Amount,
        outcomes::{Outcomes, StepOutcome},
        report::{CoverageRow, EndpointRow, NatGatewayRow, OpportunityRow, VpcRow, VpcServiceRow},
        run::Run,
    },
    report::ReportReader,
};

pub use self::text::text;

/// The version of the shape of what [`diff`] returns.
pub const SCHEMA_VERSION: u32 = 1;

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The program and its version.
    pub tool: String,
    /// The run before.
    pub before: Run,
    /// The run after.
    pub after: Run,
    /// One row for each thing that came, went, changed, or may have.
    pub changes: Vec<Row>,
    /// The sums of both runs.
    pub totals: Vec<Row>,
}

/// What became of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There now, not before.
    Added,
    /// There before, not now.
    Removed,
    /// There both times, and different.
    Changed,
    /// A sum that is the same, or cannot be compared.
    Same,
    /// One of the runs did not see it.
    Unknown,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A VPC.
    Vpc,
    /// How a VPC logs its DNS queries.
    QueryLogging,
    /// Where the flow logs of a VPC go.
    FlowLogs,
    /// An endpoint.
    Endpoint,
    /// A service that a VPC calls.
    Service,
    /// A NAT gateway.
    NatGateway,
    /// A sum over the run.
    Total,
}

/// A row of the comparison. Text describes a thing; figures carry their unit in their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns are described once, in docs/reports.md"
)]
pub struct Row {
    pub kind: Kind,
    pub change: Change,
    pub account_id: Option<AccountId>,
    pub account_name: Option<String>,
    pub region: Option<Region>,
    pub vpc_id: Option<VpcId>,
    pub id: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub query_count_before: Option<u64>,
    pub query_count_after: Option<u64>,
    pub gb_month_before: Option<Amount>,
    pub gb_month_after: Option<Amount>,
    pub monthly_usd_before: Option<Amount>,
    pub monthly_usd_after: Option<Amount>,
    pub monthly_usd_change: Option<Amount>,
    pub note: Option<String>,
    pub alarm: Option<Alarm>,
}

impl Row {
    fn new(kind: Kind, change: Change, id: impl Into<String>) -> Self {
        Self {
            kind,
            change,
            account_id: None,
            account_name: None,
            region: None,
            vpc_id: None,
            id: id.into(),
            before: None,
            after: None,
            query_count_before: None,
            query_count_after: None,
            gb_month_before: None,
            gb_month_after: None,
            monthly_usd_before: None,
            monthly_usd_after: None,
            monthly_usd_change: None,
            note: None,
            alarm: None,
        }
    }

    /// The same row with the difference of its sums of money, where both are known.
    fn priced(self) -> Self {
        let change = match (self.monthly_usd_before, self.monthly_usd_after) {
            (Some(before), Some(after)) => Some(Amount((after.0 - before.0).normalize())),
            _ => None,
        };
        Self {
            monthly_usd_change: change,
            ..self
        }
    }
}

/// What of a report is compared, held while it is.
#[derive(Clone, Debug)]
pub struct Tables {
    tool: String,
    run: Run,
    /// How the cells ended.
    outcomes: Outcomes,
    vpcs: Vec<VpcRow>,
    vpc_services: Vec<VpcServiceRow>,
    endpoints: Vec<EndpointRow>,
    nat_gateways: Vec<NatGatewayRow>,
    opportunities: Vec<OpportunityRow>,
}

impl Tables {
    /// Takes them from a report.
    ///
    /// # Errors
    ///
    /// If a table cannot be read.
    pub fn of(report: &ReportReader) -> io::Result<Self> {
        let mut outcomes = Outcomes::default();
        report.each_row(|row: CoverageRow| {
            add_outcome(&mut outcomes, &row);
            Ok(())
        })?;
        Ok(Self {
            tool: report.header().tool.clone(),
            run: report.header().run.clone(),
            outcomes,
            vpcs: report.collect()?,
            vpc_services: report.collect()?,
            endpoints: report.collect()?,
            nat_gateways: report.collect()?,
            opportunities: report.collect()?,
        })
    }
}

/// Compares two reports.
pub fn diff(before: &Tables, after: &Tables) -> Diff {
    let mut changes = compare::changes(before, after);
    alarms::mark(&mut changes, before, after);
    Diff {
        schema_version: SCHEMA_VERSION,
        tool: after.tool.clone(),
        before: before.run.clone(),
        after: after.run.clone(),
        changes,
        totals: totals::totals([before, after]),
    }
}

impl Diff {
    /// The changes that are one of these alarms.
    pub fn alarms<'d>(&'d self, wanted: &'d [Alarm]) -> impl Iterator<Item = &'d Row> {
        let is_wanted = |row: &&Row| row.alarm.is_some_and(|it| wanted.contains(&it));
        self.changes.iter().filter(is_wanted)
    }
}

/// Adds how a cell of a report ended.
fn add_outcome(outcomes: &mut Outcomes, row: &CoverageRow) {
    let ended = StepOutcome {
        step: row.step,
        outcome: row.outcome,
        reason: row.reason,
    };
    outcomes.put(row.account_id.as_ref(), row.region.as_ref(), ended);
}

#[cfg(test)]
mod tests;
