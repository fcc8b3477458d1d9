//! What is going to be read of the logs.

use super::cells::Cells;
use crate::model::{coverage::Step, log_place::LogPlace};

/// A place that is going to be read; a log group by how many queries over the whole window.
#[derive(Debug)]
pub(super) struct PlannedRead {
    pub(super) step: Step,
    pub(super) place: LogPlace,
    pub(super) queries: u64,
}

/// Whether an earlier process of the run has read it.
pub(super) fn is_kept(cells: &Cells, wanted: &PlannedRead) -> bool {
    let (target, name) = (wanted.place.target(), wanted.place.name());
    let kept = cells.part::<serde::de::IgnoredAny>(target, wanted.step, &name);
    kept.is_some_and(|(_, again)| !again)
}
