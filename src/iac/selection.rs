//! Which opportunities become code, and why the others do not.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{
    id::{AccountId, Region},
    kind::EndpointType,
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

/// The values of the filters that no opportunity of the run has so far: typing errors, most of the time.
#[derive(Debug)]
pub struct UnmatchedFilters(BTreeSet<(&'static str, String)>);

impl UnmatchedFilters {
    /// All values of the filters.
    pub fn of(selection: &Selection) -> Self {
        let accounts = selection.accounts.iter();
        let accounts = accounts.map(|it| ("--accounts", it.to_string()));
        let regions = selection.regions.iter();
        let regions = regions.map(|it| ("--regions", it.to_string()));
        let services = selection.services.iter();
        let services = services.map(|it| ("--services", it.clone()));
        Self(accounts.chain(regions).chain(services).collect())
    }

    /// Takes out what these opportunities have.
    pub fn match_rows(&mut self, rows: &[OpportunityRow]) {
        self.0.retain(|(flag, value)| {
            !rows.iter().any(|row| match *flag {
                "--accounts" => row.account_id.as_str() == value,
                "--regions" => row.region.as_str() == value,
                _ => row.service.as_ref() == Some(value),
            })
        });
    }

    /// A warning for each value that is left.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|(flag, value)| format!("`{value}` of {flag} fits no opportunity of the run"))
    }
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
            && row.endpoint_type == Some(EndpointType::Interface)
    }
}

fn is_free(row: &OpportunityRow) -> bool {
    row.endpoint_type == Some(EndpointType::Gateway)
}

fn saves(row: &OpportunityRow) -> bool {
    row.basis == Basis::Measured
        && row
            .monthly_saving_usd
            .is_some_and(|usd| usd.0.is_sign_positive() && !usd.0.is_zero())
}
