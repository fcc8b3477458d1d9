//! What is looked at and with which role: the flags that all commands share which call AWS.

/// Accounts, Regions and roles.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ScopeArgs {
    /// Regions to scan, or `enabled` for all that each account has enabled [default: enabled]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub regions: Option<Vec<String>>,

    /// Regions to exclude, as globs: 'ap-*'
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    pub exclude_regions: Option<Vec<String>>,

    /// Accounts to scan, or `self` for the caller's alone; works without an organization
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub accounts: Option<Vec<String>>,

    /// Accounts to exclude
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub exclude_accounts: Option<Vec<String>>,

    /// Organizational units to scan, by id or path (/Workloads/Prod), with all below them
    #[arg(long, value_name = "PATHS|IDS", value_delimiter = ',')]
    pub ous: Option<Vec<String>>,

    /// Organizational units to exclude, with all below them
    #[arg(long, value_name = "PATHS|IDS", value_delimiter = ',')]
    pub exclude_ous: Option<Vec<String>>,

    /// Role to assume in every account but the caller's own [default: vpce-scout-read, and
    /// vpce-scout-logging for `logging enable` and `logging disable`]
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,

    /// External id of that role
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,

    /// Role that reads the organization and assumes the roles of the member accounts
    #[arg(long, value_name = "ARN")]
    pub org_role_arn: Option<String>,

    /// Profile of the AWS configuration files [default: AWS_PROFILE, or the profile default]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}
