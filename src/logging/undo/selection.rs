//! What is to be removed.

use jiff::Timestamp;

use crate::model::{
    id::VpcId,
    logging::{EXPIRES_TAG, Item, RUN_TAG, Tags},
};

/// What is to be removed.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only what this run made.
    pub run: Option<String>,
    /// Only what has expired by now.
    pub expired_at: Option<Timestamp>,
    /// These VPCs only; what they share with others is kept.
    pub vpc_ids: Vec<VpcId>,
    /// Log groups of ours too, with all that is in them.
    pub delete_logs: bool,
}

impl Selection {
    fn has(&self, run: Option<&str>, expires_at: Option<Timestamp>) -> bool {
        self.run.as_deref().is_none_or(|wanted| run == Some(wanted))
            && self
                .expired_at
                .is_none_or(|now| expires_at.is_some_and(|at| at <= now))
    }

    pub(super) fn has_tags(&self, tags: &Tags) -> bool {
        let run = tags.get(RUN_TAG).map(String::as_str);
        let expires_at = tags.get(EXPIRES_TAG).and_then(|at| at.parse().ok());
        self.has(run, expires_at)
    }

    pub(super) fn has_item(&self, item: &Item) -> bool {
        self.has(Some(&item.run), Some(item.expires_at))
    }

    pub(super) fn has_vpc(&self, vpc_id: &str) -> bool {
        self.vpc_ids.is_empty() || self.vpc_ids.iter().any(|id| id == vpc_id)
    }
}
