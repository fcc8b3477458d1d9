//! Plans what is missing for every VPC to log: pure, from what was observed.

mod bucket;
mod delivery_role;
mod draft;
pub mod drift;
mod flow_log_check;
mod flow_logs;
mod input;
mod log_group;
mod query_logs;
mod query_logs_in_s3;
mod sharing;

pub(super) use self::{
    draft::Draft, flow_log_check::shortcoming, flow_logs::flow_log_key, query_logs::association_key,
};
pub use self::{input::PlanInput, query_logs::has_unlogged};

use super::observed_state::ObservedState;
use crate::model::logging::{Destination, Plan, RequestedLogs, Verdict};

/// Plans what is missing.
pub fn enable(input: &PlanInput, observed: &ObservedState) -> Plan {
    let mut draft = Draft::default();
    match &input.request.wanted {
        RequestedLogs::Dns {
            destination: Destination::S3 { bucket },
        } => query_logs_in_s3::plan(input, bucket, observed, &mut draft),
        RequestedLogs::Dns { destination } => {
            query_logs::plan(input, destination, observed, &mut draft);
        }
        RequestedLogs::Flow { .. } => flow_logs::plan(input, observed, &mut draft),
    }
    let why = "no VPC with this id belongs to the accounts and Regions that could be read";
    draft.absent(&input.request.vpc_ids, observed, Verdict::Cannot, why);
    let request = Some(input.request.clone());
    draft.plan(observed, &input.run, input.expires_at, request)
}
