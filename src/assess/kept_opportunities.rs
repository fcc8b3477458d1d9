//! The opportunities of a Region between the rules that make them and their table: on disk, since a Region
//! may have tens of thousands, and which is better is known only when all are made.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    AssessError,
    figures::usd,
    tables::{Tables, WantedRows, columns_of},
    view::RegionView,
};
use crate::{
    model::{id::VpcId, opportunity::Opportunity, report::OpportunityRow},
    recommend::{self, OpportunityStore, RankedRow},
    store::{NumberedRows, RowBuffer},
};

/// The column that is known only when all rows are made.
const CEILING: &str = "saving_ceiling_usd";

/// The rows of the opportunities of a Region.
pub(super) struct KeptOpportunities<'k> {
    view: &'k RegionView<'k>,
    rows: NumberedRows,
    buffer: RowBuffer,
    /// VPCs that an opportunity leads to a central endpoint; none unless the templates are wanted.
    led: BTreeSet<VpcId>,
    wanted: WantedRows,
    /// Why a row could not be kept or read.
    failed: Option<AssessError>,
}

/// What orders rows that are alike.
#[derive(Deserialize)]
struct Reason {
    reason: String,
}

impl<'k> KeptOpportunities<'k> {
    pub(super) fn new(view: &'k RegionView<'k>, tables: &Tables<'_>) -> Result<Self, AssessError> {
        Ok(Self {
            view,
            rows: tables.numbered(columns_of::<OpportunityRow>())?,
            buffer: RowBuffer::default(),
            led: BTreeSet::new(),
            wanted: tables.wanted(),
            failed: None,
        })
    }

    /// VPCs that an opportunity leads to a central endpoint, where the templates are wanted.
    pub(super) fn led(&self) -> &BTreeSet<VpcId> {
        &self.led
    }

    /// Writes a row to its table, behind those that are better.
    pub(super) fn write(
        &mut self,
        tables: &Tables<'_>,
        rank: &RankedRow<'_>,
    ) -> Result<(), AssessError> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let row = self.rows.read(rank.number)?;
        row.copy_with(CEILING, &usd(rank.ceiling), &mut self.buffer)?;
        tables.add_buffer::<OpportunityRow>(&recommend::sort_key(rank), &self.buffer)
    }

    fn keep(&mut self, row: &Opportunity) -> Result<(), AssessError> {
        self.buffer.clear();
        self.buffer.add(&self.view.opportunity(row))?;
        Ok(self.rows.add(&self.buffer)?)
    }

    fn read_reason(&mut self, number: usize) -> Result<String, AssessError> {
        let row: Reason = self.rows.read(number)?.read()?;
        Ok(row.reason)
    }
}

impl OpportunityStore for KeptOpportunities<'_> {
    fn put(&mut self, row: Opportunity) {
        if self.wanted == WantedRows::Advice && row.hub.is_some() {
            self.led.insert(row.vpc_id.clone());
        }
        if self.failed.is_none() {
            self.failed = self.keep(&row).err();
        }
    }

    fn reason(&mut self, number: usize) -> String {
        let reason = self.read_reason(number);
        reason.unwrap_or_else(|error| {
            self.failed.get_or_insert(error);
            String::new()
        })
    }
}
