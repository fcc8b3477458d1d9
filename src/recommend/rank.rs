//! Rows while not all of them are made: where they are kept, and what is held of each.

use rust_decimal::Decimal;

use crate::model::{
    inventory::Vpc,
    opportunity::{Action, Opportunity},
    shared_text::SharedText,
};

/// Keeps rows as they are made.
pub trait OpportunityStore {
    /// Takes the next row. Its number is how many came before it.
    fn put(&mut self, row: Opportunity);

    /// The reason of the row with a number.
    fn reason(&mut self, number: usize) -> String;
}

/// What is held of a row.
#[derive(Clone, Debug)]
pub struct RankedRow<'w> {
    /// How many rows were made before it.
    pub number: usize,
    /// The VPC.
    pub vpc: &'w Vpc,
    /// The service; none for NAT gateways.
    pub service: Option<SharedText>,
    /// What to do.
    pub action: Action,
    /// What is saved.
    pub saving: Option<Decimal>,
    /// The most that could be saved, where no better row has it.
    pub ceiling: Option<Decimal>,
    pub(super) is_gateway: bool,
    pub(super) query_count: u64,
    /// Whether what the VPC calls is not known.
    pub(super) usage_unknown: bool,
}

impl RankedRow<'_> {
    /// Whether its ceiling is what NAT gateways cost for data.
    pub(super) fn has_ceiling_of_data(&self) -> bool {
        self.action != Action::Remove && self.ceiling.is_some()
    }
}
