//! Endpoints as code: the opportunities of a stored run as CloudFormation or Terraform.
//!
//! Pure: facts and rows in, texts out. `plan` decides what is made and what is left out,
//! `cloudformation` and `terraform` write it down, `readme` explains it to the reviewer.
//! Removals are never generated; the README lists them with their proof.
//!
//! A *unit* is what one account deploys in one Region. The same run gives the same bytes: names
//! are made from ids, everything is sorted, and the only text that changes with every run is the
//! default of one parameter.

mod cloudformation;
mod input;
mod names;
mod network;
mod plan;
mod policy;
mod readme;
mod risks;
mod selection;
mod stackset;
mod terraform;
mod text;
mod unit;

pub use self::{
    input::{File, Input, Language, Layout},
    selection::{LeftOut, Selection},
};

/// A template cannot be written down.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the template of account {account_id} in {region}: {problem}")]
pub struct GenerateError {
    account_id: String,
    region: String,
    problem: String,
}

/// What was generated.
#[derive(Debug, Default)]
pub struct Generated {
    /// The files of every unit.
    pub files: Vec<File>,
    /// Opportunities without a template, and why.
    pub left_out: Vec<LeftOut>,
    /// Endpoints that are made or changed.
    pub endpoints: usize,
    /// Units, one an account and Region.
    pub units: usize,
}

/// Generates the units of the input.
///
/// # Errors
///
/// If a template cannot be serialized.
pub fn generate(
    input: &Input<'_>,
    selection: &Selection,
    language: Language,
    layout: Layout,
) -> Result<Generated, GenerateError> {
    let planned = plan::plan(input, selection);
    let mut generated = Generated {
        left_out: planned.left_out,
        ..Generated::default()
    };
    for unit in &planned.units {
        let files = match language {
            Language::CloudFormation => cloudformation::files(unit, input),
            Language::Terraform => terraform::files(unit, input, layout),
        };
        let directory = format!("{}/{}", unit.target.account_id, unit.target.region);
        let files = files.map_err(|problem| GenerateError {
            account_id: unit.target.account_id.to_string(),
            region: unit.target.region.to_string(),
            problem,
        })?;
        let readme = readme::text(unit, input, language);
        let named = files.into_iter().chain([("README.md", readme)]);
        generated.files.extend(named.map(|(name, contents)| File {
            path: format!("{directory}/{name}"),
            contents,
        }));
        generated.endpoints += unit.endpoints().count();
        generated.units += 1;
    }
    let whole = match (language, layout) {
        (Language::CloudFormation, _) => stackset::files(&planned.units, input),
        (Language::Terraform, Layout::Single) => terraform::root::files(&planned.units),
        (Language::Terraform, Layout::Accounts) => Ok(Vec::new()),
    };
    generated
        .files
        .extend(whole.map_err(|problem| GenerateError {
            account_id: "all accounts".to_owned(),
            region: "all Regions".to_owned(),
            problem,
        })?);
    Ok(generated)
}

/// What was generated, for people.
pub fn summary(generated: &Generated, directory: &str) -> String {
    // Writing to a String cannot fail.
    use std::fmt::Write as _;

    let asked_for = generated.left_out.iter().filter(|it| it.asked_for).count();
    let mut text = format!(
        "Endpoints      {} in {} units of an account and Region\n\
         Left out       {} opportunities; left_out.csv says why\n",
        generated.endpoints,
        generated.units,
        generated.left_out.len()
    );
    if asked_for > 0 {
        let _ = writeln!(text, "Not possible   {asked_for} of what was asked for");
    }
    let _ = writeln!(text, "Templates      {directory}");
    text
}

#[cfg(test)]
mod tests;
