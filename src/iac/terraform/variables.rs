//! The variables of a unit, which the root of `--layout single` has too and passes on.

use hcl::Block;

use super::blocks::variable;
use crate::iac::{
    input::Input,
    unit::{EndpointPlan, Shape, Unit},
};

/// A variable that has a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shared {
    OrganizationId,
    PrivateDnsEnabled,
    RunId,
}

impl Shared {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OrganizationId => "organization_id",
            Self::PrivateDnsEnabled => "private_dns_enabled",
            Self::RunId => "run_id",
        }
    }

    /// Its block. `run_id` and `organization_id` are the defaults.
    pub(super) fn block(self, run_id: &str, organization_id: Option<&str>) -> hcl::Result<Block> {
        let (kind, description, default) = match self {
            Self::OrganizationId => (
                "string",
                "Id of the organization whose principals and resources the endpoint policies let \
                 through; empty makes endpoints with full access",
                organization_id.unwrap_or_default().into(),
            ),
            Self::PrivateDnsEnabled => (
                "bool",
                "Whether the services' own names lead to the new interface endpoints",
                true.into(),
            ),
            Self::RunId => (
                "string",
                "The scan that this configuration was generated from",
                run_id.into(),
            ),
        };
        variable(self.name(), kind, description, Some(default))
    }
}

/// Only what the unit uses.
pub(super) fn used(unit: &Unit<'_>) -> Vec<Shared> {
    let new: Vec<&EndpointPlan<'_>> = unit
        .endpoints()
        .map(|(_, it)| it)
        .filter(|it| it.existing.is_none())
        .collect();
    let answers = |it: &&EndpointPlan<'_>| {
        matches!(
            it.shape,
            Shape::Interface {
                private_dns: true,
                ..
            }
        )
    };
    let mut used = Vec::new();
    if new.iter().any(|it| it.policy.is_some()) {
        used.push(Shared::OrganizationId);
    }
    if new.iter().any(answers) {
        used.push(Shared::PrivateDnsEnabled);
    }
    // The tags of security groups and endpoints.
    if !new.is_empty() {
        used.push(Shared::RunId);
    }
    used
}

/// The blocks of a unit.
pub(super) fn of_unit(unit: &Unit<'_>, input: &Input<'_>) -> hcl::Result<Vec<Block>> {
    let used = used(unit).into_iter();
    used.map(|it| it.block(input.run_id, input.organization_id))
        .collect()
}
