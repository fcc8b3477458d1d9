//! `vpce-scout permissions`.

use clap::ValueEnum;

/// Prints what the roles must allow.
#[derive(Debug, clap::Args)]
pub struct PermissionsArgs {
    /// Which document
    #[arg(value_enum, default_value = "all")]
    pub document: PermissionsDocument,

    /// What `logging enable` and `logging disable` need, instead of what a scan needs
    #[arg(long)]
    pub enable: bool,
}

/// The documents that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PermissionsDocument {
    /// Both policies, then the template of the member roles
    All,
    /// IAM policy of the role in every member account (JSON)
    Policy,
    /// IAM policy of the caller, who reads the organization and assumes the roles (JSON)
    CallerPolicy,
    /// IAM policy of whoever runs `prices update` (JSON)
    PricesPolicy,
    /// CloudFormation template of the member roles, for a StackSet (YAML)
    Cloudformation,
    /// CloudFormation template of a VPC to try vpce-scout on (YAML)
    TrialVpc,
}
