//! `vpce-scout permissions`.

use clap::ValueEnum;

use crate::model::{
    id::{AccountId, Arn},
    s3_location::S3Location,
};

/// Prints what the roles must allow.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, clap::Args)]
pub struct PermissionsArgs {
    /// Which document
    #[arg(value_enum, default_value = "all")]
    pub document: PermissionsDocument,

    /// What `logging enable` and `logging disable` need, instead of what a scan needs
    #[arg(long)]
    pub enable: bool,

    /// Role of the scans in the member accounts, which the caller may assume [default: vpce-scout-read, or
    /// that of the StackSet that exists]
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    pub role_name: Option<String>,

    /// Role that turns logs on, which the caller may assume too (with --enable) [default: vpce-scout-logging,
    /// or that of the StackSet that exists]
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    pub logging_role_name: Option<String>,

    /// Role that delivers flow logs (with --enable) [default: vpce-scout-flow-logs, or that of the StackSet
    /// that exists]
    #[arg(long, value_name = "NAME", value_parser = role_name)]
    pub delivery_role: Option<String>,

    /// Prefixes of the log groups that may be queried [default: every log group]
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',', value_parser = log_group_prefix)]
    pub log_group_prefixes: Vec<String>,

    /// What `scan --bill` needs too: the caller reads Cost Explorer
    #[arg(long)]
    pub bill: bool,

    /// Buckets of logs that may be read, with or without a prefix [default: none]
    #[arg(long, value_name = "BUCKET[/PREFIX]", value_delimiter = ',', value_parser = bucket)]
    pub objects: Vec<String>,

    /// Keys that these buckets are encrypted with (with --objects)
    #[arg(long, value_name = "ARNS", value_delimiter = ',', value_parser = key_arn, requires = "objects")]
    pub key: Vec<String>,

    /// Athena workgroup that may be used, with or without the database of its tables (with --objects)
    #[arg(long, value_name = "WORKGROUP[/DATABASE]", value_parser = workgroup, requires = "objects")]
    pub athena: Option<String>,

    /// Table that `scan --bill` reads instead of Cost Explorer, or its database alone (with --athena; its bucket
    /// with --objects)
    #[arg(long, value_name = "DATABASE[.TABLE]", value_parser = bill_table, requires = "athena")]
    pub bill_table: Option<String>,

    /// Place in S3 that the caller may write reports to; --state names that of the run store
    #[arg(long, value_name = "s3://BUCKET/PREFIX/")]
    pub out: Option<S3Location>,

    /// Keys that the buckets of --out and --state are encrypted with
    #[arg(long, value_name = "ARNS", value_delimiter = ',', value_parser = key_arn)]
    pub write_key: Vec<String>,

    /// Organization whose roles the caller may assume [default: any]
    #[arg(long, value_name = "ID", value_parser = organization_id)]
    pub organization_id: Option<String>,

    /// Print the calls that `deploy` would make; the default
    #[arg(long, conflicts_with = "apply")]
    pub plan: bool,

    /// Deploy the StackSet and wait (with `deploy`)
    #[arg(long)]
    pub apply: bool,

    /// How the plan of `deploy` is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "cli")]
    pub format: DeployFormat,

    /// Name of the StackSet (with `deploy`)
    #[arg(long, value_name = "NAME", default_value = "vpce-scout", value_parser = stack_set_name)]
    pub stack_set_name: String,

    /// Role or user that the roles trust (with `deploy`) [default: the caller, or that of the StackSet that
    /// exists]
    #[arg(long, value_name = "ARN", value_parser = principal_arn)]
    pub trusted_principal_arn: Option<String>,

    /// External id that the roles ask for (with `deploy`)
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,

    /// Organizational units whose accounts get the roles (with `deploy`) [default: the root]
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = unit_id)]
    pub units: Vec<String>,

    /// The caller is a delegated administrator of StackSets, not the management account
    #[arg(long)]
    pub delegated: bool,
}

/// How a plan of `permissions deploy` is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeployFormat {
    /// Commands of the AWS CLI
    Cli,
    /// Terraform
    Terraform,
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
    /// StackSet that puts the roles into every account: --plan prints its calls, --apply makes them
    Deploy,
    /// CloudFormation template of a VPC to try vpce-scout on (YAML)
    TrialVpc,
}

fn role_name(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-/".contains(letter);
    checked(
        text,
        (1..=64).contains(&text.len()) && text.chars().all(letter),
        "expected the name of an IAM role: 1 to 64 letters, digits and + = , . @ _ -",
    )
}

fn log_group_prefix(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    checked(
        text,
        (1..=512).contains(&text.len()) && text.chars().all(letter),
        "expected the start of a log group's name: letters, digits and . _ - / #",
    )
}

fn bucket(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || ".-_/=!'()".contains(letter);
    let name = text.split('/').next().unwrap_or_default();
    checked(
        text,
        (3..=63).contains(&name.len()) && text.chars().all(letter),
        "expected the name of a bucket, with or without a prefix: logs or logs/network/",
    )
}

fn key_arn(text: &str) -> Result<String, String> {
    let is_key = text.starts_with("arn:") && text.contains(":kms:") && text.contains(":key/");
    let letter = |letter: char| letter.is_ascii_alphanumeric() || ":/-_".contains(letter);
    checked(
        text,
        is_key && text.chars().all(letter),
        "expected the ARN of a KMS key: arn:aws:kms:eu-west-1:111111111111:key/...",
    )
}

fn workgroup(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let (name, database) = text.split_once('/').unwrap_or((text, "default"));
    checked(
        text,
        (1..=128).contains(&name.len())
            && !database.is_empty()
            && name.chars().chain(database.chars()).all(letter),
        "expected the name of a workgroup, with or without a database: logs or logs/vpce_scout",
    )
}

fn bill_table(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (database, table) = text.split_once('.').unwrap_or((text, "default"));
    checked(
        text,
        !database.is_empty()
            && !table.is_empty()
            && format!("{database}{table}").chars().all(letter),
        "expected a database of Glue, with or without a table: billing or billing.cur2",
    )
}

fn organization_id(text: &str) -> Result<String, String> {
    let id = text.strip_prefix("o-").unwrap_or_default();
    let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    checked(
        text,
        (10..=32).contains(&id.len()) && id.chars().all(letter),
        "expected the id of an organization: o-1234567890",
    )
}

/// The ARN of a role or user, as the template takes it. It is printed as a word of a shell, so a path has no
/// more letters than a name
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
///
/// # Errors
///
/// What is expected instead.
pub fn principal_arn(text: &str) -> Result<String, String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-/".contains(letter);
    let named = |arn: &Arn| {
        let resource = arn.resource();
        let mut kinds = ["role/", "user/"].iter();
        let name = kinds.find_map(|kind| resource.strip_prefix(kind));
        let partition = |it: char| it.is_ascii_lowercase() || it == '-';
        arn.partition().starts_with("aws")
            && arn.partition().chars().all(partition)
            && arn.service() == "iam"
            && arn.region().is_empty()
            && arn.account().parse::<AccountId>().is_ok()
            && name.is_some_and(|name| !name.is_empty() && name.chars().all(letter))
    };
    let arn: Option<Arn> = text.parse().ok();
    checked(
        text,
        arn.as_ref().is_some_and(named),
        "expected the ARN of a role or user: arn:aws:iam::111111111111:role/vpce-scout",
    )
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
fn unit_id(text: &str) -> Result<String, String> {
    let letters = |text: &str, length: std::ops::RangeInclusive<usize>| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        length.contains(&text.len()) && text.bytes().all(letter)
    };
    let valid = match (text.strip_prefix("r-"), text.strip_prefix("ou-")) {
        (Some(root), _) => letters(root, 4..=32),
        (_, Some(unit)) => unit
            .split_once('-')
            .is_some_and(|(root, id)| letters(root, 4..=32) && letters(id, 8..=32)),
        _ => false,
    };
    checked(
        text,
        valid,
        "expected the id of an organizational unit or root: ou-ab12-34cd56ef or r-ab12",
    )
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html>
fn stack_set_name(text: &str) -> Result<String, String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    checked(
        text,
        text.len() <= 128
            && text.starts_with(|it: char| it.is_ascii_alphabetic())
            && text.bytes().all(letter),
        "expected the name of a StackSet: a letter, then letters, digits and hyphens",
    )
}

fn checked(text: &str, valid: bool, expected: &str) -> Result<String, String> {
    if valid {
        Ok(text.to_owned())
    } else {
        Err(expected.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stack_set_cannot_be_made_with_is_refused() {
        for unit in ["r-ab12", "ou-ab12-34cd56ef"] {
            assert!(unit_id(unit).is_ok(), "{unit}");
        }
        for odd in [
            "",
            "foo",
            "r-",
            "R-AB12",
            "ou-ab12",
            "ou-ab12-",
            "ou-ab12-34CD56EF",
            "/Prod",
        ] {
            assert!(unit_id(odd).is_err(), "{odd}");
        }
        for arn in [
            "arn:aws:iam::111111111111:role/a/b",
            "arn:aws-cn:iam::111111111111:user/a",
        ] {
            assert!(principal_arn(arn).is_ok(), "{arn}");
        }
        for odd in [
            "",
            "foo",
            "arn:aws:iam::111111111111:role/",
            "arn:aws:sts::111111111111:assumed-role/a/b",
            "arn:aws:iam::111111111111:root",
            "arn:aws:iam::111111111111:role/$(x)",
            "arn:aws:iam::111111111111:role/a\"b",
            "arn:aws:iam::11:role/a",
            "arn:$(x):iam::111111111111:role/a",
            "arn:aws:iam:$(x):111111111111:role/a",
        ] {
            assert!(principal_arn(odd).is_err(), "{odd}");
        }
        let key = "arn:aws:kms:eu-west-1:111111111111:key/";
        assert!(key_arn(&format!("{key}mrk-1a")).is_ok());
        for odd in ["*", "$(x)", "a b"] {
            assert!(key_arn(&format!("{key}{odd}")).is_err(), "{odd}");
        }
        for odd in ["", "1a", "a b", "-", &"a".repeat(129)] {
            assert!(stack_set_name(odd).is_err(), "{odd}");
        }
        assert!(stack_set_name("vpce-scout").is_ok());
    }
}
