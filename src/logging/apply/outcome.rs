//! How an action of a plan ended.

use crate::model::coverage::Failure;

/// How an action ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Done, with the id or ARN of what was made, if AWS returned one.
    Done(Option<String>),
    /// Done, and delivery works: AWS's word for it.
    Active(String),
    /// Done, and whether delivery works is not known yet: why.
    Pending(String),
    /// Refused or unanswered.
    Failed(Failure),
    /// Not tried, because something that it needs failed.
    Skipped(Failure),
}
