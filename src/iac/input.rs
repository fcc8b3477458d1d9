//! What goes into a generation, and what comes out: facts and rows in, files out.

use crate::model::{
    facts::Facts,
    report::{HostRow, OpportunityRow},
};

/// What the templates are made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'f> {
    /// What was read of one Region.
    pub facts: &'f Facts,
    /// What the report advises, in its order.
    pub opportunities: &'f [OpportunityRow],
    /// Names that VPCs call, of those that a hub is to answer.
    pub hosts: &'f [HostRow],
    /// `o-…`, the default of the parameter that the endpoint policies use; unknown = empty.
    pub organization_id: Option<&'f str>,
    /// The run that the advice comes from.
    pub run_id: &'f str,
}

/// A text to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Below the output directory: `111122223333/eu-west-1/README.md`.
    pub path: String,
    /// The whole text.
    pub contents: String,
}
