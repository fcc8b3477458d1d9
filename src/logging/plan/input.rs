//! What a plan is made of besides the observed state.

use jiff::Timestamp;

use crate::model::logging::Request;

/// Quotas of an account in a Region, as configured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quotas {
    pub(super) configs: usize,
    pub(super) associations: usize,
    pub(super) policies: usize,
}

/// What a plan is made of besides the observed state.
#[derive(Clone, Debug)]
pub struct PlanInput {
    /// What was asked for.
    pub request: Request,
    /// The id of the run that will carry it out.
    pub run: String,
    /// When the created resources expire.
    pub expires_at: Timestamp,
    /// Query logging configurations that an account may have in a Region.
    pub query_log_configs: usize,
    /// Associations that an account may have in a Region.
    pub query_log_associations: usize,
    /// Resource policies that an account may have in a Region.
    pub resource_policies: usize,
}

impl PlanInput {
    pub(super) fn quotas(&self) -> Quotas {
        Quotas {
            configs: self.query_log_configs,
            associations: self.query_log_associations,
            policies: self.resource_policies,
        }
    }
}
