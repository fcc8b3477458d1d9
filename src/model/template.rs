//! Infrastructure as code: in which language, and in how many roots.

use clap::ValueEnum;

/// A language of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// endpoints.yaml
    #[value(name = "cloudformation")]
    CloudFormation,
    /// main.tf
    Terraform,
}

/// Layouts of the Terraform roots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// One root for each account and Region
    #[default]
    Accounts,
    /// One root that assumes a role in every account
    Single,
}
