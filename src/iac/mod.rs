//! Endpoints as code: the opportunities of a stored run as CloudFormation or Terraform.
//!
//! Pure: facts and rows in, texts out. `plan` decides what is made and what is left out,
//! `cloudformation` and `terraform` write it down, `readme` explains it to the reviewer.
//! Removals are never generated; the README lists them with their proof.
//!
//! A *unit* is what one account deploys in one Region. The same run gives the same bytes: names
//! are made from ids, everything is sorted, and the only text that changes with every run is the
//! default of one parameter.

mod central;
mod cloudformation;
mod input;
mod limits;
mod names;
mod network;
mod plan;
mod policy;
mod readme;
mod risks;
mod selection;
mod stackset;
mod subnets;
mod terraform;
mod text;
mod unit;

pub use self::{
    central::HubConsumers,
    input::{File, Input},
    selection::{LeftOut, Selection, UnmatchedFilters},
};

use crate::model::{
    report::OpportunityRow,
    template::{Language, Layout},
};

/// A template cannot be written down.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the template of account {account_id} in {region}: {problem}")]
pub struct GenerateError {
    account_id: String,
    region: String,
    problem: String,
}

impl GenerateError {
    fn of(unit: &unit::Unit<'_>, problem: String) -> Self {
        Self {
            account_id: unit.target.account_id.to_string(),
            region: unit.target.region.to_string(),
            problem,
        }
    }
}

/// What was generated from one Region, or for all of them.
#[derive(Debug, Default)]
pub struct Generated {
    /// The files of every unit.
    pub files: Vec<File>,
    /// Opportunities without a template, and why.
    pub left_out: Vec<LeftOut>,
}

/// The CloudFormation template of one opportunity by itself, as the unit of its account would hold it; none if the
/// opportunity has no template, or only together with others.
///
/// # Errors
///
/// If the template cannot be serialized.
pub fn template_of(
    row: &OpportunityRow,
    input: &Input<'_>,
) -> Result<Option<String>, GenerateError> {
    let selection = Selection {
        actions: vec![row.action],
        include_unmeasured: true,
        ..Selection::default()
    };
    let input = Input {
        opportunities: std::slice::from_ref(row),
        ..*input
    };
    let planned = plan::plan(&input, &selection);
    let Some(unit) = planned.units.first() else {
        return Ok(None);
    };
    let files = cloudformation::files(unit, &input);
    let files = files.map_err(|problem| GenerateError::of(unit, problem))?;
    let template = files
        .into_iter()
        .find(|(name, _)| cloudformation::suffix_of(name).is_some());
    Ok(template.map(|(_, text)| text))
}

/// How much was generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Endpoints that are made or changed.
    pub endpoints: usize,
    /// Units, one an account and Region.
    pub units: usize,
    /// Opportunities without a template.
    pub left_out: usize,
    /// Those of them that were asked for.
    pub asked_for: usize,
}

/// Generates one Region after the other, and then what holds them together. It keeps of a Region what
/// that needs, and no more.
#[derive(Debug)]
pub struct Generator<'s> {
    selection: &'s Selection,
    language: Language,
    layout: Layout,
    stack_set: stackset::StackSet,
    root: terraform::root::Root,
    totals: Totals,
}

impl<'s> Generator<'s> {
    /// Generates what `selection` wants.
    pub fn new(selection: &'s Selection, language: Language, layout: Layout) -> Self {
        Self {
            selection,
            language,
            layout,
            stack_set: stackset::StackSet::default(),
            root: terraform::root::Root::default(),
            totals: Totals::default(),
        }
    }

    /// Generates the units of a Region.
    ///
    /// # Errors
    ///
    /// If a template cannot be serialized.
    pub fn region(&mut self, input: &Input<'_>) -> Result<Generated, GenerateError> {
        let planned = plan::plan(input, self.selection);
        let mut files = Vec::new();
        for unit in &planned.units {
            let templates = self.templates(unit, input);
            let templates = templates.map_err(|problem| GenerateError::of(unit, problem))?;
            let readme = readme::text(unit, input, self.language, &templates);
            let directory = format!("{}/{}", unit.target.account_id, unit.target.region);
            let named = templates.into_iter();
            let named = named.chain([("README.md".to_owned(), readme)]);
            files.extend(named.map(|(name, contents)| File {
                path: format!("{directory}/{name}"),
                contents,
            }));
            self.totals.endpoints += unit.endpoints().count();
            self.totals.units += 1;
        }
        let asked_for = planned.left_out.iter().filter(|it| it.asked_for).count();
        self.totals.left_out += planned.left_out.len();
        self.totals.asked_for += asked_for;
        Ok(Generated {
            files,
            left_out: planned.left_out,
        })
    }

    fn templates(
        &mut self,
        unit: &unit::Unit<'_>,
        input: &Input<'_>,
    ) -> Result<Vec<(String, String)>, String> {
        match self.language {
            Language::CloudFormation => {
                self.stack_set.add(unit);
                cloudformation::files(unit, input)
            }
            Language::Terraform => {
                if self.layout == Layout::Single {
                    self.root.add(unit, input)?;
                }
                terraform::files(unit, input, self.layout)
            }
        }
    }

    /// What holds the units of all Regions together, and how much there is.
    ///
    /// # Errors
    ///
    /// If a template cannot be serialized.
    pub fn finish(
        self,
        organization_id: Option<&str>,
    ) -> Result<(Vec<File>, Totals), GenerateError> {
        let files = match (self.language, self.layout) {
            (Language::CloudFormation, _) => self.stack_set.files(organization_id),
            (Language::Terraform, Layout::Single) => self.root.files(organization_id),
            (Language::Terraform, Layout::Accounts) => Ok(Vec::new()),
        };
        let files = files.map_err(|problem| GenerateError {
            account_id: "all accounts".to_owned(),
            region: "all Regions".to_owned(),
            problem,
        })?;
        Ok((files, self.totals))
    }
}

/// What was generated, for people.
pub fn summary(totals: &Totals, directory: &str) -> String {
    // Writing to a String cannot fail.
    use std::fmt::Write as _;

    let mut text = format!(
        "Endpoints      {} in {} units of an account and Region\n\
         Left out       {} opportunities; left_out.csv states why\n",
        totals.endpoints, totals.units, totals.left_out
    );
    if totals.asked_for > 0 {
        let asked_for = totals.asked_for;
        let _ = writeln!(text, "Not possible   {asked_for} of what was asked for");
    }
    let _ = writeln!(text, "Templates      {directory}");
    text
}

#[cfg(test)]
mod tests;
