//! The changing calls, one for each kind of work. Each may be repeated: what exists already and is
//! ours counts as made, what is gone already counts as removed.

pub(super) mod context;
pub(super) mod dispatch;
mod flow_logs;
mod groups;
mod query_logs;
mod roles;
mod sharing;
