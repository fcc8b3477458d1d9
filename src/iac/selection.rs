//! Which opportunities become code, and why the others do not.

use serde::Serialize;

use crate::model::{
    id::{AccountId, Region},
    opportunity::{Action, Basis},
    report::OpportunityRow,
};

/// What was asked for. An empty list means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Accounts that act.
    pub accounts: Vec<AccountId>,
    /// Regions.
    pub regions: Vec<Region>,
    /// Services, as in the column `service`.
    pub services: Vec<String>,
    /// Actions. Empty: what is free or saves by measured bytes.
    pub actions: Vec<Action>,
    /// Whether opportunities without measured bytes are taken too.
    pub include_unmeasured: bool,
}

/// An opportunity without a template: a row of `left_out.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// The opportunity.
    #[serde(flatten)]
    pub row: OpportunityRow,
    /// Why there is no template.
    pub why: String,
    /// Whether it was asked for: the program then exits with 3.
    #[serde(skip)]
    pub asked_for: bool,
}

/// What is to be done with an opportunity.
pub(super) enum Choice {
    /// It becomes code.
    Taken,
    /// It is in the checklist of the README.
    Checklist,
    /// It is not asked for.
    LeftOut(&'static str),
    /// It is outside of the filters.
    Elsewhere,
}

impl Selection {
    /// Decides on one opportunity.
    pub(super) fn choose(&self, row: &OpportunityRow) -> Choice {
        let within = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|it| it == value))
        };
        if !(self.accounts.is_empty() || self.accounts.contains(&row.account_id))
            || !(self.regions.is_empty() || self.regions.contains(&row.region))
            || !within(&self.services, row.service.as_deref())
        {
            return Choice::Elsewhere;
        }
        let named = self.actions.contains(&row.action);
        match row.action {
            Action::None if self.is_wanted_unmeasured(row) => Choice::Taken,
            Action::None if named => Choice::LeftOut("the report advises nothing here"),
            Action::None => Choice::Elsewhere,
            Action::Remove if self.actions.is_empty() || named => Choice::Checklist,
            Action::AddAvailabilityZones if row.service.is_none() => {
                Choice::LeftOut("NAT gateways and routes of subnets have no template")
            }
            _ if !self.actions.is_empty() && !named => Choice::LeftOut("not among --actions"),
            _ if self.include_unmeasured || is_free(row) || saves(row) => Choice::Taken,
            _ => Choice::LeftOut("not measured; --include-unmeasured takes it"),
        }
    }

    /// An interface endpoint of which nobody knows whether it pays is made only for a service that
    /// was named, since the reason may be another than money.
    fn is_wanted_unmeasured(&self, row: &OpportunityRow) -> bool {
        self.include_unmeasured
            && !self.services.is_empty()
            && row.basis == Basis::Unknown
            && row.endpoint_service_name.is_some()
            && row.endpoint_type.as_deref() == Some("Interface")
    }
}

fn is_free(row: &OpportunityRow) -> bool {
    row.endpoint_type.as_deref() == Some("Gateway")
}

fn saves(row: &OpportunityRow) -> bool {
    row.basis == Basis::Measured
        && row
            .monthly_saving_usd
            .is_some_and(|usd| usd.0.is_sign_positive() && !usd.0.is_zero())
}
